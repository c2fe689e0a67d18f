CALIBRATION_TABLES = {
    "calibration": "calibration error, with and without a temperature",
    "reliability": "accuracy in bins of confidence",
    "coverage": "how often sets of classes hold the true class",
}

DETECTION_TABLES = {
    "operating_point": "thresholds of false-alarm rates",
    "efficiency": "share of signals that are found",
    "reach": "where half of the signals are found",
    "detected": "classes of found signals",
    "recognised": "accuracy at thresholds",
}
CONTROLS = controls.names(len(config["detectors"]))


rule calibrate:
    input:
        f"<results>/evaluation/seed-{{seed}}/{VALIDATION}.h5",
    output:
        "<results>/calibration/seed-{seed}.json",
    log:
        "<logs>/calibrate/seed-{seed}.log",
    benchmark:
        "<benchmarks>/calibrate/seed-{seed}.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("calibrate"),
        coverage=config["detection"]["coverage"],
    message:
        "Calibration of seed {wildcards.seed}"
    script:
        "../scripts/calibrate.py"


rule tabulate_calibration:
    input:
        evaluations=expand(
            "<results>/evaluation/seed-{seed}/{dataset}.h5", seed=SEEDS, dataset=EVALUATED
        ),
        calibrations=expand("<results>/calibration/seed-{seed}.json", seed=SEEDS),
    output:
        **{name: report_table(name, what) for name, what in CALIBRATION_TABLES.items()},
    log:
        "<logs>/tabulate_calibration/tabulate_calibration.log",
    benchmark:
        "<benchmarks>/tabulate_calibration/tabulate_calibration.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("tabulate_calibration"),
    message:
        "Tables of the calibration"
    script:
        "../scripts/tabulate_calibration.py"


rule search_controls:
    input:
        noise=rules.background.input.noise,
        dataset=f"<datasets>/{VALIDATION}.h5",
    output:
        expand("<results>/background/controls/{control}.h5", control=CONTROLS),
    log:
        "<logs>/search_controls/search_controls.log",
    benchmark:
        "<benchmarks>/search_controls/search_controls.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime="30m",
    params:
        code=code_of("search_controls"),
        settings=search_settings,
        splits=SEARCHED,
        names=CONTROLS,
    message:
        "Background of excess power"
    script:
        "../scripts/search_controls.py"


rule efficiency:
    input:
        **{
            f"{split}_noise": affordable(
                expand(f"<noise>/{split}-{{detector}}.h5", detector=config["detectors"]),
                "search of windows",
            )
            for split in SEARCHED
        },
        weights="<models>/seed-{seed}/best.weights.h5",
        evaluations=expand("<results>/evaluation/seed-{{seed}}/{dataset}.h5", dataset=TEST),
        datasets=expand("<datasets>/{dataset}.h5", dataset=TEST),
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
    output:
        searched=expand("<results>/detection/seed-{{seed}}/{dataset}.h5", dataset=TEST),
        noise="<results>/detection/seed-{seed}/noise.h5",
    log:
        "<logs>/efficiency/seed-{seed}.log",
    benchmark:
        "<benchmarks>/efficiency/seed-{seed}.tsv"
    conda:
        "../../envs/detection.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        **{key: config["detection"][key] for key in ("per_class", "noise_windows")},
        code=code_of("efficiency"),
        classifier=classifier_settings(),
        stride=BACKGROUND["stride"],
    message:
        "Search of test samples with the network of seed {wildcards.seed}"
    script:
        "../scripts/efficiency.py"


rule tabulate_detection:
    input:
        backgrounds=expand("<results>/background/seed-{seed}.h5", seed=SEEDS),
        controls=rules.search_controls.output,
        searched=expand("<results>/detection/seed-{seed}/{dataset}.h5", seed=SEEDS, dataset=TEST),
        noise=expand("<results>/detection/seed-{seed}/noise.h5", seed=SEEDS),
    output:
        **{name: report_table(name, what) for name, what in DETECTION_TABLES.items()},
    log:
        "<logs>/tabulate_detection/tabulate_detection.log",
    benchmark:
        "<benchmarks>/tabulate_detection/tabulate_detection.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        **{key: config["detection"][key] for key in ("rates", "probabilities")},
        code=code_of("tabulate_detection"),
        splits=SEARCHED,
        seeds=SEEDS,
    message:
        "Tables of what is found"
    script:
        "../scripts/tabulate_detection.py"
