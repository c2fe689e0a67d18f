rule evaluate:
    input:
        weights="<results>/models/seed-{seed}/best.weights.h5",
        dataset="<results>/datasets/{dataset}.h5",
    output:
        "<results>/evaluation/seed-{seed}/{dataset}.h5",
    log:
        "<logs>/evaluate/seed-{seed}/{dataset}.log",
    benchmark:
        "<benchmarks>/evaluate/seed-{seed}/{dataset}.tsv"
    conda:
        "../../envs/keras.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="30m",
    params:
        code=code_of("classifier"),
        classifier={k: v for k, v in config["classifier"].items() if k != "seeds"},
        seed="{seed}",
    message:
        "Evaluation of seed {wildcards.seed} on {wildcards.dataset}"
    script:
        "../scripts/evaluate.py"
