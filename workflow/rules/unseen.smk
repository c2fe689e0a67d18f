# Waveforms that are scored and never trained (role: unseen). Their test sets are made, evaluated and
# searched by the scripts of the other test sets.
UNSEEN_TABLES = {
    "unseen": "unseen waveforms: found, and family right",
    "unseen_classes": "which class unseen waveforms are taken for",
    "novelty": "novelty scores of unseen waveforms",
}


use rule make_waveform as make_unseen_waveform with:
    output:
        "<made_waveforms>/{model}.h5",
    log:
        "<logs>/make_unseen_waveform/{model}.log",
    benchmark:
        "<benchmarks>/make_unseen_waveform/{model}.tsv"
    wildcard_constraints:
        model=one_of(UNSEEN),


use rule build_distance_dataset as build_unseen with:
    input:
        waveforms=unseen_waveforms,
        noise=rules.build_distance_dataset.input.noise,
    output:
        expand(
            "<made_datasets>/{dataset}.h5",
            dataset=UNSEEN_SETS if FEW_TESTED else ["{dataset}"],
        ),
    log:
        f"<logs>/build_unseen/{DISTANCE_JOB}.log",
    benchmark:
        f"<benchmarks>/build_unseen/{DISTANCE_JOB}.tsv"
    wildcard_constraints:
        dataset=one_of(UNSEEN_SETS),
    params:
        datasets=unseen_sets,
        distances=unseen_distances,
        per_class=unseen_sizes,


use rule evaluate as evaluate_unseen with:
    input:
        weights=rules.evaluate.input.weights,
        known=f"<datasets>/{VALIDATION}.h5",
        datasets=expand("<datasets>/{dataset}.h5", dataset=UNSEEN_SETS),
    output:
        expand("<results>/evaluation/seed-{{seed}}/{dataset}.h5", dataset=UNSEEN_SETS),
    log:
        "<logs>/evaluate_unseen/seed-{seed}.log",
    benchmark:
        "<benchmarks>/evaluate_unseen/seed-{seed}.tsv"
    message:
        "Evaluation of seed {wildcards.seed} on unseen waveforms"


use rule efficiency as search_unseen with:
    input:
        validation_noise=rules.efficiency.input.validation_noise,
        test_noise=rules.efficiency.input.test_noise,
        weights=rules.efficiency.input.weights,
        known=rules.evaluate_unseen.input.known,
        evaluations=rules.evaluate_unseen.output,
        datasets=rules.evaluate_unseen.input.datasets,
        waveforms=unseen_waveforms,
    output:
        searched=expand("<results>/detection/seed-{{seed}}/{dataset}.h5", dataset=UNSEEN_SETS),
    log:
        "<logs>/search_unseen/seed-{seed}.log",
    benchmark:
        "<benchmarks>/search_unseen/seed-{seed}.tsv"
    message:
        "Search of unseen waveforms with the network of seed {wildcards.seed}"


rule tabulate_unseen:
    input:
        backgrounds=rules.tabulate_detection.input.backgrounds,
        controls=rules.search_controls.output,
        noise=rules.tabulate_detection.input.noise,
        searched=expand(
            "<results>/detection/seed-{seed}/{dataset}.h5",
            seed=SEEDS,
            dataset=[*BESIDE, *UNSEEN_SETS],
        ),
        validation=expand(f"<results>/evaluation/seed-{{seed}}/{VALIDATION}.h5", seed=SEEDS),
        evaluations=expand(
            "<results>/evaluation/seed-{seed}/{dataset}.h5",
            seed=SEEDS,
            dataset=[*BESIDE, *UNSEEN_SETS],
        ),
    output:
        **{name: report_table(name, what) for name, what in UNSEEN_TABLES.items()},
    log:
        "<logs>/tabulate_unseen/tabulate_unseen.log",
    benchmark:
        "<benchmarks>/tabulate_unseen/tabulate_unseen.tsv"
    conda:
        "../../envs/unseen.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        **{key: config["detection"][key] for key in ("rates", "probabilities")},
        code=code_of("tabulate_unseen"),
        families=families(),
        splits=SEARCHED,
        seeds=SEEDS,
    message:
        "Tables of unseen waveforms"
    script:
        "../scripts/tabulate_unseen.py"
