# What a training needs that mixes its samples anew for each epoch.
SPECTRA = ["<mixing>/train.h5"] if config["classifier"]["mixing"]["anew"] else []

# Signals without one of their modes, for a training that leaves modes out.
RESTS = ["<mixing>/rests.h5"] if config["classifier"]["mixing"]["mode_dropout"] else []


rule transform_training:
    input:
        train=expand("<datasets>/{dataset}.h5", dataset=TRAIN),
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
        noise=expand("<noise>/train-{detector}.h5", detector=config["detectors"]),
    output:
        "<made_mixing>/train.h5",
    log:
        "<logs>/transform_training/train.log",
    benchmark:
        "<benchmarks>/transform_training/train.tsv"
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("transform_training"),
        settings=sampling_settings(),
        seed=config["seed"],
        bands=config["datasets"]["train_bands"],
    message:
        "Spectra of signals and noise, from which the training mixes samples"
    script:
        "../scripts/transform_training.py"


rule leave_out_modes:
    input:
        train=expand("<datasets>/{dataset}.h5", dataset=TRAIN),
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
        noise=expand("<noise>/train-{detector}.h5", detector=config["detectors"]),
    output:
        "<made_mixing>/rests.h5",
    log:
        "<logs>/leave_out_modes/train.log",
    benchmark:
        "<benchmarks>/leave_out_modes/train.tsv"
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        code=code_of("leave_out_modes"),
        settings=sampling_settings(),
        seed=config["seed"],
    message:
        "Signals without one of their modes, for the training"
    script:
        "../scripts/leave_out_modes.py"


rule train:
    input:
        train=expand("<datasets>/{dataset}.h5", dataset=TRAIN),
        validation=f"<datasets>/{VALIDATION}.h5",
        spectra=SPECTRA,
        rests=RESTS,
    output:
        best="<made_models>/seed-{seed}/best.weights.h5",
        last="<made_models>/seed-{seed}/last.weights.h5",
        history="<made_models>/seed-{seed}/history.csv",
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
