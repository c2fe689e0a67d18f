def finished(wildcards):
    """Everything that `all` makes; it must be there, for the record describes a finished run."""
    missing = [path for path in map(str, rules.all.input) if not Path(path).exists()]
    if missing:
        raise WorkflowError(
            f"record: run {config['run']} is not finished, {missing[0]} is missing: make the run "
            "first, or name the config of another run (--configfile config/quick.yaml)"
        )
    return list(rules.all.input)


def run_inputs():
    """Files that the run reads: waveform table, waveforms and strain."""
    found = [
        path
        for model in MODELS
        for path in checked(files.files_of, WAVEFORMS.loc[model], config["waveforms"])
    ]
    found += [config["waveforms"], *checked(inputs.strain_files, config)]
    return sorted(map(str, found))


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
        snakemake=SNAKEMAKE,
        ref=REF,
        # No script reads it; a change of it makes the record again.
        config=config,
    message:
        "Record of the run"
    script:
        "../scripts/record.py"
