rule train:
    input:
        train=expand("<results>/datasets/{dataset}.h5", dataset=TRAIN),
        validation=f"<results>/datasets/{VALIDATION}.h5",
    output:
        best="<results>/models/seed-{seed}/best.weights.h5",
        last="<results>/models/seed-{seed}/last.weights.h5",
        history="<results>/models/seed-{seed}/history.csv",
    log:
        "<logs>/train/seed-{seed}.log",
    benchmark:
        "<benchmarks>/train/seed-{seed}.tsv"
    conda:
        "../../envs/keras.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=6000,
        runtime="4h",
    params:
        code=code_of("train"),
        classifier=classifier_settings(),
        seed="{seed}",
        stages=BANDS,
    message:
        "Training the network of seed {wildcards.seed}"
    script:
        "../scripts/train.py"
