RESULT_TABLES = {
    "accuracy": "accuracy on each data set",
    "accuracy_by_snr": "accuracy in bins of network SNR",
    "tpr": "true positive rate of each class",
    "confusion": "confusion matrices",
    "false_alarms": "noise that is taken for a signal",
    "snr": "network SNR in each data set",
    "noise": "live time, glitches and reuse of the noise",
}


# One job for all data sets of a network, because its start takes longer than an evaluation.
rule evaluate:
    input:
        weights="<models>/seed-{seed}/best.weights.h5",
        datasets=expand("<datasets>/{dataset}.h5", dataset=EVALUATED),
    output:
        expand("<results>/evaluation/seed-{{seed}}/{dataset}.h5", dataset=EVALUATED),
    log:
        "<logs>/evaluate/seed-{seed}.log",
    benchmark:
        "<benchmarks>/evaluate/seed-{seed}.tsv"
    conda:
        "../../envs/keras.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="30m",
    params:
        code=code_of("evaluate"),
        classifier=classifier_settings(),
        seed="{seed}",
    message:
        "Evaluation of seed {wildcards.seed} on all data sets"
    script:
        "../scripts/evaluate.py"


rule tabulate_results:
    input:
        evaluations=expand(
            "<results>/evaluation/seed-{seed}/{dataset}.h5", seed=SEEDS, dataset=EVALUATED
        ),
        datasets=expand("<datasets>/{dataset}.h5", dataset=[*TRAIN, VALIDATION, *TEST]),
        noise=NOISE,
    output:
        **{name: report_table(name, what) for name, what in RESULT_TABLES.items()},
    log:
        "<logs>/tabulate_results/tabulate_results.log",
    benchmark:
        "<benchmarks>/tabulate_results/tabulate_results.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("tabulate_results"),
        coincident=config["noise"]["coincident"],
    message:
        "Tables of the results"
    script:
        "../scripts/tabulate_results.py"


rule permute_scales:
    input:
        weights=expand("<models>/seed-{seed}/best.weights.h5", seed=SEEDS),
        datasets=expand("<datasets>/{dataset}.h5", dataset=TEST),
        waveforms=affordable(
            expand("<waveforms>/{model}.h5", model=MODELS), "scales of other samples"
        ),
        noise=expand("<noise>/test-{detector}.h5", detector=config["detectors"]),
    output:
        report_table("scales", "accuracy on the scales of other samples"),
    log:
        "<logs>/permute_scales/permute_scales.log",
    benchmark:
        "<benchmarks>/permute_scales/permute_scales.tsv"
    conda:
        "../../envs/detection.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("permute_scales"),
        classifier=classifier_settings(),
        settings=sampling_settings(),
        per_class=config["detection"]["per_class"],
        seeds=SEEDS,
    message:
        "Accuracy on the scales of other samples"
    script:
        "../scripts/permute_scales.py"


rule paper_numbers:
    input:
        tables=expand(
            "<results>/tables/{table}.csv",
            table=["accuracy", "tpr", "false_alarms", "snr", "noise"],
        ),
        detection=expand(
            "<results>/tables/{table}.csv",
            table=["operating_point", "efficiency", "reach", "recognised"],
        ),
        table1="<results>/tables/table1.csv",
        dataset=f"<datasets>/{VALIDATION}.h5",
    output:
        numbers="<results>/paper/numbers.json",
        comparison=report_table("paper_comparison", "numbers beside the published ones"),
    log:
        "<logs>/paper_numbers/paper_numbers.log",
    benchmark:
        "<benchmarks>/paper_numbers/paper_numbers.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("paper_numbers"),
        published=resources.digest("published.json"),
        classifier={key: config["classifier"][key] for key in ("parameters", "features")},
        seeds=SEEDS,
    message:
        "Numbers, and the paper's beside them"
    script:
        "../scripts/paper_numbers.py"
