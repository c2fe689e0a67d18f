rule build_snr_dataset:
    input:
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
        noise=noise_of_bands,
    output:
        expand("<made_datasets>/{dataset}.h5", dataset=BANDS_OF_A_JOB),
    log:
        f"<logs>/build_snr_dataset/{BAND_JOB}.log",
    benchmark:
        f"<benchmarks>/build_snr_dataset/{BAND_JOB}.tsv"
    wildcard_constraints:
        dataset="|".join(map(re.escape, [*TRAIN, VALIDATION])),
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=costs.of_building(config, "1h"),
    params:
        code=code_of("build_snr_dataset"),
        settings=sampling_settings(),
        seed=config["seed"],
        run=config["run"],
        datasets=banded,
        bands=bands_of,
        per_class=banded_sizes,
    message:
        f"Data sets {{params.datasets}}{COST}"
    script:
        "../scripts/build_snr_dataset.py"


rule build_distance_dataset:
    input:
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
        noise=expand("<noise>/test-{detector}.h5", detector=config["detectors"]),
    output:
        expand("<made_datasets>/{dataset}.h5", dataset=DISTANCES_OF_A_JOB),
    log:
        f"<logs>/build_distance_dataset/{DISTANCE_JOB}.log",
    benchmark:
        f"<benchmarks>/build_distance_dataset/{DISTANCE_JOB}.tsv"
    wildcard_constraints:
        dataset="|".join(map(re.escape, TEST)),
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=costs.of_building(config, "1h"),
    params:
        code=code_of("build_distance_dataset"),
        settings=sampling_settings(),
        seed=config["seed"],
        run=config["run"],
        datasets=placed,
        distances=distances_of,
        per_class=placed_sizes,
    message:
        f"Data sets {{params.datasets}}{COST}"
    script:
        "../scripts/build_distance_dataset.py"


rule build_examples:
    input:
        waveforms=expand("<waveforms>/{model}.h5", model=MODELS),
        noise=expand("<noise>/train-{detector}.h5", detector=config["detectors"]),
    output:
        "<made_datasets>/examples.h5",
        expand("<made_datasets>/examples/{kind}.h5", kind=KINDS),
    log:
        "<logs>/build_examples/examples.log",
    benchmark:
        "<benchmarks>/build_examples/examples.tsv"
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime="10m",
    params:
        code=code_of("build_examples"),
        settings=sampling_settings(),
        seed=config["seed"],
        run=config["run"],
        examples=config["figures"]["examples"],
        kinds=KINDS,
    message:
        "One example per class for Figure 2, and in each representation"
    script:
        "../scripts/build_examples.py"
