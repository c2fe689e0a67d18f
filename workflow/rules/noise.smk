NOISE = expand(
    "<noise>/{split}-{detector}.h5",
    split=config["noise"]["ranges"],
    detector=config["detectors"],
)


rule select_noise:
    input:
        files=strain_files,
    output:
        expand("<made_noise>/{{split}}-{detector}.h5", detector=DETECTORS_OF_A_JOB),
    log:
        f"<logs>/select_noise/{NOISE_JOB}.log",
    benchmark:
        f"<benchmarks>/select_noise/{NOISE_JOB}.tsv"
    conda:
        "../../envs/strain.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("select_noise"),
        tables=resources.digest("asd.tsv", "spectral_lines.tsv", "glitches.tsv"),
        noise=noise_settings,
        whitening=config["whitening"],
        signal=signal_settings("sample_rate", "f_min", "f_max"),
        seed=config["seed"],
        split="{split}",
        detectors=detectors_of,
    message:
        "Noise of {params.detectors} for {wildcards.split}"
    script:
        "../scripts/select_noise.py"


rule tabulate_segments:
    input:
        noise=NOISE,
    output:
        report_table("segments", "stretches of the GPS ranges, kept and lost"),
    log:
        "<logs>/tabulate_segments/tabulate_segments.log",
    benchmark:
        "<benchmarks>/tabulate_segments/tabulate_segments.tsv"
    conda:
        "../../envs/strain.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("tabulate_segments"),
        coincident=config["noise"]["coincident"],
    message:
        "Table of what is kept and lost of the GPS ranges"
    script:
        "../scripts/tabulate_segments.py"
