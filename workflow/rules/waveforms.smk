rule make_waveform:
    input:
        table=config["waveforms"],
        surrogates=workflow.source_path("../../resources/surrogates.tsv"),
        files=waveform_files,
    output:
        "<results>/waveforms/{model}.h5",
    log:
        "<logs>/make_waveform/{model}.log",
    conda:
        "../../envs/strain.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("waveform", "surrogate"),
        name="{model}",
        signal=config["signal"],
    message:
        "Waveform {wildcards.model}"
    script:
        "../scripts/make_waveform.py"
