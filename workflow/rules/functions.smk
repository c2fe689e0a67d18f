"""Input functions, and the parts of the config that rules take as params."""


def blocks(*keys):
    """Blocks of the config as a parameter, so that a change reruns only the rules that use it."""
    return {key: config[key] for key in keys}


def signal_settings(*keys):
    """Some keys of the block ``signal``."""
    return {key: config["signal"][key] for key in keys}


def sampling_settings():
    """What makes a sample, for `Sampling` of the library."""
    noise = {"noise": {"coincident": config["noise"]["coincident"]}}
    return blocks("signal", "spectrogram") | noise


def classifier_settings():
    """The block ``classifier`` without the seeds, because each seed is a network of its own."""
    return {key: value for key, value in config["classifier"].items() if key != "seeds"}


def search_settings(wildcards):
    """What the search of a background depends on; of all splits if the job is of no single one."""
    block = config["detection"]["background"]
    own = {key: block[key] for key in ("live_time", "stride", "cluster", "keep")}
    if "split" in wildcards.keys():
        own["live_time"] = {wildcards.split: block["live_time"][wildcards.split]}
    return sampling_settings() | {"background": own}


def saliency_settings():
    """What saliency maps depend on."""
    return {key: config["saliency"][key] for key in ("layer", "options", "target")}


def methods_of(wildcards):
    """Methods of which a job makes the maps."""
    return [wildcards.method] if "method" in wildcards.keys() else MAPS


def method_settings(wildcards):
    """What the maps of a job's methods depend on."""
    options, methods = config["saliency"]["options"], methods_of(wildcards)
    own = {name: switches for name, switches in options.items() if name in methods}
    return saliency_settings() | {"options": own}


def split_of(wildcards):
    """Split of a data set, from its name."""
    return wildcards.dataset.split("-")[0]


def per_class_of(wildcards):
    """Samples per class of a data set."""
    return config["datasets"][f"{split_of(wildcards)}_per_class"]


def noise_of(wildcards):
    """Noise files of the split of a data set, one per detector."""
    split = split_of(wildcards)
    return [f"<results>/noise/{split}-{detector}.h5" for detector in config["detectors"]]


def models_of(wildcards):
    """Waveforms that a job makes."""
    return [wildcards.model] if "model" in wildcards.keys() else MODELS


def files_of_models(models):
    """Files that the rows of the waveform table name."""
    return [
        str(path)
        for model in models
        for path in checked(files.files_of, WAVEFORMS.loc[model], config["waveforms"])
    ]


def waveform_files(wildcards):
    """Files of the waveforms that a job makes."""
    return files_of_models(models_of(wildcards))


def as_inputs(source, paths):
    """Files of strain as inputs; a file of GWOSC may have any age, because its name is enough."""
    return [ancient(str(path)) if source == "gwosc" else str(path) for path in paths]


def fetched(path):
    """Output of a download: kept for other runs, or removed once it is whitened."""
    return update(path) if config["noise"]["gwosc"]["keep"] else temp(update(path))


def about_backups(record):
    """Drop Snakemake's words on a backup of a file that was never there, after a failed fetch."""
    return not re.fullmatch(
        r"Cannot restore \S+_4KHZ_R1-\d+-4096\.hdf5: no backup found\.", str(record.msg)
    )


def announce():
    """Name the run and what it will fetch before the first job; refuse if there is no room."""
    logger.info(f"Run {config['run']}, to results/{config['run']}")
    jobs = list(workflow.dag.needrun_jobs())
    # An output that is there is replaced, which takes the right to write its folder.
    folders = [Path(path).parent for job in jobs for path in job.output]
    checked(paths.check_writable, [*folders, *(path for job in jobs for path in job.log)])
    # As a module the workflow's rules may have a prefix.
    jobs = [job for job in jobs if job.rule.name.endswith("fetch_strain")]
    missing = [job.output[0] for job in jobs if not Path(job.output[0]).exists()]
    plan = checked(archive.plan, missing, CACHE, config["noise"]["gwosc"]["folder"])
    if plan is not None:
        logger.info(plan)


def strain_files(wildcards):
    """Strain files that overlap the ranges of a split, or the file of a simulation's spectrum."""
    found = checked(inputs.strain_of, config, wildcards.split, wildcards.detector)
    return as_inputs(config["noise"]["source"], found)


def noise_settings(wildcards):
    """What the noise of one split and detector depends on."""
    return inputs.noise_of(config["noise"], wildcards.split, wildcards.detector)


def waveform_entries(wildcards):
    """What the tables say of a job's waveforms, so that a change of other ones reruns nothing."""
    surrogates = inputs.surrogates()
    return {
        model: checked(table.entry, WAVEFORMS.loc[model], surrogates)
        for model in models_of(wildcards)
    }


def chosen_surrogates(wildcards):
    """Those of a job's waveforms for which the config takes the surrogate."""
    return [name for name in config["surrogates"] if name in models_of(wildcards)]


def band_of(wildcards):
    """Band of network SNR of a data set."""
    bands = dict(zip(TRAIN, config["datasets"]["train_bands"]))
    return {**bands, VALIDATION: config["datasets"]["validation_band"]}[wildcards.dataset]


def distance_of(wildcards):
    """Distance of a test set [kpc]."""
    return dict(zip(TEST, config["datasets"]["distances"]))[wildcards.dataset]


def picking_rules():
    """Which samples Figures 7 to 10 show."""
    return {key: config["figures"][key] for key in ("comparison", "gallery_snr", "misclassified")}


def dataset_with_sample(wildcards):
    """Data set of a single map; unknown names and a sample beyond the last one are refused."""
    for kind, known in (
        ("dataset", [*TRAIN, VALIDATION, *TEST]),
        ("name", config["classes"]),
        ("method", list(names.NAMES)),
    ):
        if wildcards[kind] not in known:
            raise WorkflowError(
                f"map of {wildcards[kind]!r}: the {kind} must be one of {', '.join(known)}"
            )
    count = per_class_of(wildcards)
    if int(wildcards.index) >= count:
        raise WorkflowError(
            f"{wildcards.dataset}: {wildcards.name} has {count} samples, numbered 0 to {count - 1}"
        )
    return f"<results>/datasets/{wildcards.dataset}.h5"


def caption_of(figure):
    """Caption of a figure in the report; one that is missing is said before any job runs."""
    caption = f"../report/{figure}.rst"
    if not shipped(f"workflow/report/{figure}.rst").is_file():
        raise WorkflowError(f"workflow/report/{figure}.rst: write the caption of this figure")
    return caption


def figure_file(figure):
    """Name of a figure's files, in which the figures of the paper have two digits."""
    number = figure.removeprefix("fig")
    return f"fig{int(number):02d}" if number.isdigit() else figure


def strain_at(wildcards):
    """Strain files around a moment, by detector; a detector may have none."""
    found = checked(moments.strain_at, config, float(wildcards.gps))
    source = moments.source_of(config)
    return {detector: as_inputs(source, paths) for detector, paths in found.items()}


def finished(wildcards):
    """Everything that `all` makes; it must exist, because the record describes a finished run."""
    missing = [path for path in map(str, rules.all.input) if not Path(path).exists()]
    if missing:
        raise WorkflowError(
            f"record: run {config['run']} is not finished, because {missing[0]} is missing: make "
            "the run first, or name the config of another run (--configfile config/quick.yaml)"
        )
    return list(rules.all.input)


def run_inputs():
    """Files that the run reads: waveform table, waveforms and strain."""
    found = [config["waveforms"], *map(str, checked(inputs.strain_files, config))]
    return sorted(files_of_models(MODELS) + found)
