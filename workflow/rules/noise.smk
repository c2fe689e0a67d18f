rule select_noise:
    input:
        files=strain_files,
        lines=workflow.source_path("../../resources/spectral_lines.tsv"),
        glitches=workflow.source_path("../../resources/glitches.tsv"),
    output:
        "<results>/noise/{split}-{detector}.h5",
    log:
        "<logs>/select_noise/{split}-{detector}.log",
    benchmark:
        "<benchmarks>/select_noise/{split}-{detector}.tsv"
    conda:
        "../../envs/strain.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("strain"),
        noise=config["noise"],
        whitening=config["whitening"],
        signal=config["signal"],
        seed=config["seed"],
        split="{split}",
        detector="{detector}",
    message:
        "Noise of {wildcards.detector} for {wildcards.split}"
    script:
        "../scripts/select_noise.py"
