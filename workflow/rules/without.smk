# A network that is trained without one class, for which that class is unseen. Its samples are those
# of the run, so that the two networks differ in the class alone. Only asked for by name:
# results/<run>/unseen/without-<class>/tables/unseen.csv.
WITHOUT = "<results>/unseen/without-{left}"
LEARNED_WITHOUT = [f"{WITHOUT}/datasets/{dataset}.h5" for dataset in [*TRAIN, VALIDATION]]
SPECTRA_WITHOUT = [f"{WITHOUT}/mixing/train.h5"] if SPECTRA else []
RESTS_WITHOUT = [f"{WITHOUT}/mixing/rests.h5"] if RESTS else []


use rule build_snr_dataset as build_without with:
    input:
        waveforms=waveforms_without,
        noise=noise_files(["train", "validation"]),
    output:
        temp(LEARNED_WITHOUT[:-1]),
        LEARNED_WITHOUT[-1],
    log:
        "<logs>/build_without/{left}.log",
    benchmark:
        "<benchmarks>/build_without/{left}.tsv"
    message:
        "Data sets without {wildcards.left}"


use rule transform_training as transform_without with:
    input:
        train=LEARNED_WITHOUT[:-1],
        waveforms=waveforms_without,
        noise=rules.transform_training.input.noise,
    output:
        temp(f"{WITHOUT}/mixing/train.h5"),
    log:
        "<logs>/transform_without/{left}.log",
    benchmark:
        "<benchmarks>/transform_without/{left}.tsv"
    message:
        "Spectra from which the training without {wildcards.left} mixes samples"


use rule leave_out_modes as leave_out_modes_without with:
    input:
        train=LEARNED_WITHOUT[:-1],
        waveforms=waveforms_without,
        noise=rules.leave_out_modes.input.noise,
    output:
        temp(f"{WITHOUT}/mixing/rests.h5"),
    log:
        "<logs>/leave_out_modes_without/{left}.log",
    benchmark:
        "<benchmarks>/leave_out_modes_without/{left}.tsv"
    message:
        "Signals without one of their modes, for the training without {wildcards.left}"


use rule train as train_without with:
    input:
        train=LEARNED_WITHOUT[:-1],
        validation=LEARNED_WITHOUT[-1],
        spectra=SPECTRA_WITHOUT,
        rests=RESTS_WITHOUT,
    output:
        best=f"{WITHOUT}/models/seed-{{seed}}/best.weights.h5",
        last=f"{WITHOUT}/models/seed-{{seed}}/last.weights.h5",
        history=f"{WITHOUT}/models/seed-{{seed}}/history.csv",
    log:
        "<logs>/train_without/{left}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/train_without/{left}/seed-{seed}.tsv"
    params:
        classifier=classifier_without,
    message:
        "Training the network of seed {wildcards.seed} without {wildcards.left}"


use rule evaluate as evaluate_without with:
    input:
        weights=rules.train_without.output.best,
        known=LEARNED_WITHOUT[-1],
        datasets=expand("<datasets>/{dataset}.h5", dataset=[VALIDATION, *BESIDE]),
    output:
        [f"{WITHOUT}/evaluation/seed-{{seed}}/{name}.h5" for name in [VALIDATION, *BESIDE]],
    log:
        "<logs>/evaluate_without/{left}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/evaluate_without/{left}/seed-{seed}.tsv"
    params:
        classifier=classifier_without,
    message:
        "Evaluation of seed {wildcards.seed} without {wildcards.left}"


use rule search_background as search_background_without with:
    input:
        weights=rules.train_without.output.best,
        dataset=affordable(LEARNED_WITHOUT[-1], "search of noise"),
        noise=noise_files(SPLITS_OF_A_JOB),
    output:
        [f"{WITHOUT}/background/seed-{{seed}}/{split}-{{batch}}.h5" for split in SPLITS_OF_A_JOB],
    log:
        f"<logs>/search_background_without/{{left}}/seed-{{seed}}/{SEARCH_JOB}-{{batch}}.log",
    benchmark:
        f"<benchmarks>/search_background_without/{{left}}/seed-{{seed}}/{SEARCH_JOB}-{{batch}}.tsv"
    params:
        classifier=classifier_without,


use rule background as background_without with:
    input:
        parts=[
            f"{WITHOUT}/background/seed-{{seed}}/{split}-{batch}.h5"
            for split in SEARCHED
            for batch in range(BACKGROUND["batches"])
        ],
        noise=rules.background.input.noise,
    output:
        f"{WITHOUT}/background/seed-{{seed}}.h5",
    log:
        "<logs>/background_without/{left}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/background_without/{left}/seed-{seed}.tsv"
    message:
        "Background of seed {wildcards.seed} without {wildcards.left}"


use rule efficiency as search_without with:
    input:
        validation_noise=rules.efficiency.input.validation_noise,
        test_noise=rules.efficiency.input.test_noise,
        weights=rules.train_without.output.best,
        known=LEARNED_WITHOUT[-1],
        evaluations=[f"{WITHOUT}/evaluation/seed-{{seed}}/{name}.h5" for name in BESIDE],
        datasets=expand("<datasets>/{dataset}.h5", dataset=BESIDE),
        waveforms=rules.efficiency.input.waveforms,
    output:
        searched=[f"{WITHOUT}/detection/seed-{{seed}}/{name}.h5" for name in BESIDE],
        noise=f"{WITHOUT}/detection/seed-{{seed}}/noise.h5",
    log:
        "<logs>/search_without/{left}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/search_without/{left}/seed-{seed}.tsv"
    params:
        classifier=classifier_without,
    message:
        "Search with the network of seed {wildcards.seed} without {wildcards.left}"


use rule tabulate_unseen as tabulate_without with:
    input:
        backgrounds=[f"{WITHOUT}/background/seed-{seed}.h5" for seed in SEEDS],
        controls=rules.search_controls.output,
        noise=[f"{WITHOUT}/detection/seed-{seed}/noise.h5" for seed in SEEDS],
        searched=[f"{WITHOUT}/detection/seed-{seed}/{name}.h5" for seed in SEEDS for name in BESIDE],
        validation=[f"{WITHOUT}/evaluation/seed-{seed}/{VALIDATION}.h5" for seed in SEEDS],
        evaluations=[
            f"{WITHOUT}/evaluation/seed-{seed}/{name}.h5" for seed in SEEDS for name in BESIDE
        ],
    output:
        **{name: f"{WITHOUT}/tables/{name}.csv" for name in UNSEEN_TABLES},
    log:
        "<logs>/tabulate_without/{left}.log",
    benchmark:
        "<benchmarks>/tabulate_without/{left}.tsv"
    message:
        "Tables of {wildcards.left}, which its network has not seen"
