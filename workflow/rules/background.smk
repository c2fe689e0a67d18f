# Noise of these splits is searched in time slides. Thresholds come from the first one.
SEARCHED = ["validation", "test"]
BACKGROUND = config["detection"]["background"]
# A single batch searches both splits: its start would take longer than the search of a small run.
SPLITS_OF_A_JOB = SEARCHED if BACKGROUND["batches"] == 1 else ["{split}"]
SEARCH_JOB = "all" if BACKGROUND["batches"] == 1 else "{split}"


rule search_background:
    input:
        weights="<models>/seed-{seed}/best.weights.h5",
        dataset=affordable(f"<datasets>/{VALIDATION}.h5", "search of noise"),
        noise=noise_files(SPLITS_OF_A_JOB),
    output:
        [f"<results>/background/seed-{{seed}}/{split}-{{batch}}.h5" for split in SPLITS_OF_A_JOB],
    log:
        f"<logs>/search_background/seed-{{seed}}/{SEARCH_JOB}-{{batch}}.log",
    benchmark:
        f"<benchmarks>/search_background/seed-{{seed}}/{SEARCH_JOB}-{{batch}}.tsv"
    conda:
        "../../envs/keras.yaml"
    threads: 1
    resources:
        gpu=int(BACKGROUND["gpu"]),
        mem_mb=3000,
        runtime="4h",
    params:
        code=code_of("search_background"),
        classifier=classifier_settings(),
        settings=search_settings,
        batches=BACKGROUND["batches"],
    message:
        "Background: {output}"
    script:
        "../scripts/search_background.py"


rule background:
    input:
        parts=expand(
            "<results>/background/seed-{{seed}}/{split}-{batch}.h5",
            split=SEARCHED,
            batch=range(BACKGROUND["batches"]),
        ),
        noise=noise_files(SEARCHED),
    output:
        "<results>/background/seed-{seed}.h5",
    log:
        "<logs>/background/seed-{seed}.log",
    benchmark:
        "<benchmarks>/background/seed-{seed}.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime="30m",
    params:
        code=code_of("background"),
        settings=search_settings,
        splits=SEARCHED,
    message:
        "Background of seed {wildcards.seed}"
    script:
        "../scripts/background.py"


rule tabulate_background:
    input:
        backgrounds=expand("<results>/background/seed-{seed}.h5", seed=SEEDS),
        noise=rules.background.input.noise,
    output:
        background=report_table("background", "how often noise is how loud by chance"),
        loudest=report_table("loudest", "loudest clusters of noise"),
    log:
        "<logs>/tabulate_background/tabulate_background.log",
    benchmark:
        "<benchmarks>/tabulate_background/tabulate_background.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("tabulate_background"),
        splits=SEARCHED,
        loudest=BACKGROUND["loudest"],
    message:
        "Tables of the background"
    script:
        "../scripts/tabulate_background.py"
