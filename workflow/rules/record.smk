rule record:
    input:
        finished,
    output:
        metadata="<results>/ro-crate-metadata.json",
        code=directory("<results>/record"),
    log:
        "<logs>/record/record.log",
    conda:
        "../../envs/record.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="30m",
    params:
        code=code_of("record"),
        inputs=run_inputs(),
        benchmarks=f"benchmarks/{config['run']}",
        logs=f"logs/{config['run']}",
        figures=FIGURES_OF_ALL,
        snakemake=SNAKEMAKE,
        ref=REF,
        # No script reads it; a change of it makes the record again.
        config=recorded(),
    message:
        "Record of the run"
    script:
        "../scripts/record.py"
