CALIBRATION_TABLES = {
    "calibration": "calibration error, with and without a temperature",
    "reliability": "accuracy in bins of confidence",
    "coverage": "how often sets of classes hold the true class",
}


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
