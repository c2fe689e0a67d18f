SALIENCY_TABLES = {
    "attribution": "share of each map on each mode",
    "removal": "predictions without a mode or a detector",
    "agreement": "whether maps rank modes as removal does",
    "measures": "faithfulness of the maps",
    "curves": "deletion and insertion",
    "randomisation": "maps of randomised networks",
    "black": "prediction for a black image",
}
# The target of a single map may hold any name; its input function says which names are known.
ANYTHING = {"dataset": r"[^/]+", "name": r"[^/]+", "method": r"[^/.]+"}


rule take_apart:
    input:
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
        noise=noise_of,
        dataset="<datasets>/{dataset}.h5",
    output:
        "<results>/parts/{dataset}.h5",
    log:
        "<logs>/take_apart/{dataset}.log",
    benchmark:
        "<benchmarks>/take_apart/{dataset}.tsv"
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=costs.of_taking_apart(config, "30m"),
    params:
        code=code_of("take_apart"),
        settings=sampling_settings(),
        per_class=config["saliency"]["per_class"],
    message:
        f"Noise, signal and modes of samples of {{wildcards.dataset}}{COST}"
    script:
        "../scripts/take_apart.py"


rule explain:
    input:
        weights="<models>/seed-{seed}/best.weights.h5",
        dataset="<datasets>/{dataset}.h5",
        parts="<results>/parts/{dataset}.h5",
    output:
        expand("<results>/saliency/seed-{{seed}}/{{dataset}}/{method}.h5", method=MAPS_OF_A_JOB),
    log:
        f"<logs>/explain/seed-{{seed}}/{{dataset}}/{MAP_JOB}.log",
    benchmark:
        f"<benchmarks>/explain/seed-{{seed}}/{{dataset}}/{MAP_JOB}.tsv"
    conda:
        "../../envs/keras.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("explain"),
        classifier=classifier_settings(),
        saliency=method_settings,
        methods=methods_of,
        seed="{seed}",
    message:
        "Maps of {wildcards.dataset} by {params.methods}, seed {wildcards.seed}"
    script:
        "../scripts/explain.py"


rule attribute:
    input:
        weights="<models>/seed-{seed}/best.weights.h5",
        dataset="<datasets>/{dataset}.h5",
        parts="<results>/parts/{dataset}.h5",
    output:
        "<results>/attribution/seed-{seed}/{dataset}.h5",
    log:
        "<logs>/attribute/seed-{seed}/{dataset}.log",
    benchmark:
        "<benchmarks>/attribute/seed-{seed}/{dataset}.tsv"
    conda:
        "../../envs/keras.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime="1h",
    params:
        code=code_of("attribute"),
        classifier=classifier_settings(),
        saliency=saliency_settings(),
        methods=MAPS,
        seed="{seed}",
    message:
        "Saliency on the modes of {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/attribute.py"


rule embed:
    input:
        evaluation="<results>/evaluation/seed-{seed}/{dataset}.h5",
    output:
        points="<results>/embedding/seed-{seed}/{dataset}.h5",
        table=report(
            "<results>/embedding/seed-{seed}/{dataset}.csv",
            caption="../report/tables/embedding.rst",
            category="Tables",
            subcategory=VARIANT_SHOWN,
            labels={"table": "embedding {dataset}, seed {seed}", "what": "separation of classes"},
        ),
    log:
        "<logs>/embed/seed-{seed}/{dataset}.log",
    benchmark:
        "<benchmarks>/embed/seed-{seed}/{dataset}.tsv"
    conda:
        "../../envs/embedding.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("embed"),
        seed=config["seed"],
    message:
        "t-SNE of {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/embed.py"


rule pick_examples:
    input:
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
        noise=expand("<noise>/test-{detector}.h5", detector=config["detectors"]),
        evaluations=expand("<results>/evaluation/seed-{{seed}}/{dataset}.h5", dataset=EVALUATED),
        datasets=expand("<datasets>/{dataset}.h5", dataset=TEST),
    output:
        "<results>/saliency/seed-{seed}/picks.csv",
    log:
        "<logs>/pick_examples/seed-{seed}.log",
    benchmark:
        "<benchmarks>/pick_examples/seed-{seed}.tsv"
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="10m",
    params:
        code=code_of("pick_examples"),
        settings=sampling_settings(),
        rules=picking_rules(),
        names={"datasets": TEST, "comparison": EXPLAINED, "gallery": VALIDATION},
    message:
        "Samples of Figures 7 to 10, seed {wildcards.seed}"
    script:
        "../scripts/pick_examples.py"


rule explain_examples:
    input:
        picks="<results>/saliency/seed-{seed}/picks.csv",
        weights="<models>/seed-{seed}/best.weights.h5",
        datasets=expand("<datasets>/{dataset}.h5", dataset=EVALUATED),
    output:
        "<results>/saliency/seed-{seed}/examples.h5",
    log:
        "<logs>/explain_examples/seed-{seed}.log",
    benchmark:
        "<benchmarks>/explain_examples/seed-{seed}.tsv"
    conda:
        "../../envs/keras.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="10m",
    params:
        code=code_of("explain_examples"),
        classifier=classifier_settings(),
        saliency=saliency_settings(),
        datasets=EVALUATED,
    message:
        "Maps of Figures 7 to 10, seed {wildcards.seed}"
    script:
        "../scripts/explain_examples.py"


rule explain_sample:
    input:
        weights=WEIGHTS,
        dataset=dataset_with_sample,
    output:
        "<results>/saliency/{dataset}/{name}-{index}.{method}.h5",
    log:
        "<logs>/explain_sample/{dataset}/{name}-{index}.{method}.log",
    benchmark:
        "<benchmarks>/explain_sample/{dataset}/{name}-{index}.{method}.tsv"
    wildcard_constraints:
        **ANYTHING,
    conda:
        "../../envs/keras.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="10m",
    params:
        code=code_of("explain_sample"),
        classifier=classifier_settings(),
        saliency=method_settings,
        name="{name}",
        index="{index}",
        method="{method}",
    message:
        "Map of {wildcards.name} {wildcards.index} of {wildcards.dataset} by {wildcards.method}"
    script:
        "../scripts/explain_sample.py"


rule plot_map:
    input:
        "<results>/saliency/{dataset}/{name}-{index}.{method}.h5",
    output:
        report(
            "<results>/saliency/{dataset}/{name}-{index}.{method}.png",
            caption="../report/map.rst",
            category="Maps",
            subcategory=VARIANT_SHOWN,
            labels={"sample": "{dataset} {name} {index}", "method": "{method}"},
        ),
    log:
        "<logs>/plot_map/{dataset}/{name}-{index}.{method}.log",
    benchmark:
        "<benchmarks>/plot_map/{dataset}/{name}-{index}.{method}.tsv"
    wildcard_constraints:
        **ANYTHING,
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("plot_map"),
        method="{method}",
    message:
        "Figure of {wildcards.name} {wildcards.index} of {wildcards.dataset} by {wildcards.method}"
    script:
        "../scripts/plot_map.py"


rule table1:
    input:
        explained=expand(
            f"<results>/saliency/seed-{{seed}}/{EXPLAINED}/{{method}}.h5", seed=SEEDS, method=MAPS
        ),
    output:
        report_table("table1", "Table I: average drop and increase"),
    log:
        "<logs>/table1/table1.log",
    benchmark:
        "<benchmarks>/table1/table1.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("table1"),
        published=resources.digest("published.json"),
    message:
        "Table I: average drop and average increase"
    script:
        "../scripts/table1.py"


rule tabulate_saliency:
    input:
        explained=expand(
            f"<results>/saliency/seed-{{seed}}/{EXPLAINED}/{{method}}.h5", seed=SEEDS, method=MAPS
        ),
        attributed=expand(
            "<results>/attribution/seed-{seed}/{dataset}.h5", seed=SEEDS, dataset=ATTRIBUTED
        ),
    output:
        **{name: report_table(name, what) for name, what in SALIENCY_TABLES.items()},
    log:
        "<logs>/tabulate_saliency/tabulate_saliency.log",
    benchmark:
        "<benchmarks>/tabulate_saliency/tabulate_saliency.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        code=code_of("tabulate_saliency"),
    message:
        "Tables of the maps' faithfulness and of what they lie on"
    script:
        "../scripts/tabulate_saliency.py"
