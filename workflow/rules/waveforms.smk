rule make_waveform:
    input:
        files=waveform_files,
    output:
        expand("<made_waveforms>/{model}.h5", model=MODELS_OF_A_JOB),
    log:
        f"<logs>/make_waveform/{WAVEFORM_JOB}.log",
    benchmark:
        f"<benchmarks>/make_waveform/{WAVEFORM_JOB}.tsv"
    wildcard_constraints:
        model=one_of(MODELS),
    conda:
        "../../envs/strain.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("make_waveform"),
        table=config["waveforms"],
        surrogates=chosen_surrogates,
        entries=waveform_entries,
        names=models_of,
        signal=signal_settings("sample_rate", "highpass", "tukey"),
    message:
        "Waveform {params.names}"
    script:
        "../scripts/make_waveform.py"


rule plot_waveform:
    input:
        "<waveforms>/{model}.h5",
    output:
        report(
            "<results>/waveforms/{model}.png",
            caption="../report/waveform.rst",
            category="Waveforms",
            subcategory=VARIANT_SHOWN,
            labels={"waveform": "{model}"},
        ),
    log:
        "<logs>/plot_waveform/{model}.log",
    benchmark:
        "<benchmarks>/plot_waveform/{model}.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plot_waveform"),
    message:
        "Figure of waveform {wildcards.model}"
    script:
        "../scripts/plot_waveform.py"


rule waveforms:
    input:
        expand("<results>/waveforms/{model}.png", model=[*MODELS, *UNSEEN]),
