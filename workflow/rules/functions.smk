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


def per_class_of(dataset):
    """Samples per class of a data set."""
    return config["datasets"][f"{dataset.split('-')[0]}_per_class"]


def banded(wildcards):
    """Data sets in bands of SNR that a job builds.

    Snakemake does not record params that are made of a job's output, and would not see that they
    change. All functions of params therefore take wildcards alone.
    """
    return [wildcards.dataset] if "dataset" in wildcards.keys() else [*TRAIN, VALIDATION]


def banded_sizes(wildcards):
    """Samples per class of each data set in a band that a job builds."""
    return [per_class_of(name) for name in banded(wildcards)]


def bands_of(wildcards):
    """Band of network SNR of each data set that a job builds."""
    bands = dict(zip(TRAIN, config["datasets"]["train_bands"]))
    bands[VALIDATION] = config["datasets"]["validation_band"]
    return [bands[name] for name in banded(wildcards)]


def placed(wildcards):
    """Test sets at a distance that a job builds."""
    return [wildcards.dataset] if "dataset" in wildcards.keys() else TEST


def placed_sizes(wildcards):
    """Samples per class of each test set that a job builds."""
    return [per_class_of(name) for name in placed(wildcards)]


def distances_of(wildcards):
    """Distance of each test set that a job builds [kpc]."""
    distances = dict(zip(TEST, config["datasets"]["distances"]))
    return [distances[name] for name in placed(wildcards)]


def noise_of(wildcards):
    """Noise files of the split of a data set, one per detector."""
    split = wildcards.dataset.split("-")[0]
    return [f"<noise>/{split}-{detector}.h5" for detector in config["detectors"]]


def noise_files(splits):
    """Noise files of some splits, one per split and detector."""
    return expand("<noise>/{split}-{detector}.h5", split=splits, detector=config["detectors"])


def noise_of_bands(wildcards):
    """Noise files of the data sets in bands of SNR that a job builds."""
    if "dataset" in wildcards.keys():
        return noise_of(wildcards)
    return noise_files(["train", "validation"])


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
    logger.info(f"Run {config['run']}, to {STUDY.words}")
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


def detectors_of(wildcards):
    """Detectors of which a job makes the noise."""
    return [wildcards.detector] if "detector" in wildcards.keys() else config["detectors"]


def strain_files(wildcards):
    """Strain files that overlap the ranges of a split, or the files of a simulation's spectra."""
    found = [
        path
        for detector in detectors_of(wildcards)
        for path in checked(inputs.strain_of, config, wildcards.split, detector)
    ]
    return as_inputs(config["noise"]["source"], found)


def noise_settings(wildcards):
    """What the noise of each detector of a job depends on."""
    return [
        inputs.noise_of(config["noise"], wildcards.split, detector)
        for detector in detectors_of(wildcards)
    ]


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
    count = per_class_of(wildcards.dataset)
    if int(wildcards.index) >= count:
        raise WorkflowError(
            f"{wildcards.dataset}: {wildcards.name} has {count} samples, numbered 0 to {count - 1}"
        )
    return f"<datasets>/{wildcards.dataset}.h5"


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


def affordable(files, where):
    """Inputs of a job that transforms windows without end, which a costly representation refuses."""

    def refused(wildcards):
        return checked(_refuse, where)

    return refused if COSTLY else files


def _refuse(where):
    instead = "take another kind; docs/representations.md lists what can be made"
    return representations.affordable(config["spectrogram"]["kind"], where, instead)


def strain_at(wildcards):
    """Strain files around a moment, by detector; a detector may have none."""
    checked(_refuse, f"moment {wildcards.gps}")
    found = checked(moments.strain_at, config, float(wildcards.gps))
    source = moments.source_of(config)
    return {detector: as_inputs(source, paths) for detector, paths in found.items()}


def table_of_moments():
    """Rows of the table of moments."""
    if config["moment"]["table"] is None:
        raise WorkflowError(
            "moments: no table is set: add --config moment=\"{'table': 'moments.tsv'}\", or set "
            "moment.table in a file after --configfile"
        )
    return checked(moment_table.read_table, config["moment"]["table"])


def answers_of_table(wildcards):
    """Answers to the moments of the table; a row without strain is named."""
    rows = table_of_moments()
    for row in rows:
        try:
            moments.strain_at(config, float(row.gps))
        except ValueError as error:
            raise WorkflowError(f"{row.where}: {error}") from None
    return {
        "answers": [f"<results>/moments/{row.gps}.h5" for row in rows],
        "pages": [f"<results>/moments/{row.gps}.html" for row in rows],
    }


def names_of_moments(wildcards):
    """What the table calls the moments."""
    return {row.gps: row.name for row in table_of_moments()}


def parts_in(wildcards):
    """Parts of a scan that have strain."""
    return checked(scans.parts_of, config, int(wildcards.start), int(wildcards.end))


def strain_of_part(wildcards):
    """Strain files of a part of a scan, by detector; a detector may have none."""
    checked(_refuse, f"scan of GPS {wildcards.start} to {wildcards.end}")
    part = scans.Part(int(wildcards.start), int(wildcards.end))
    found = checked(scans.strain_of, config, part)
    source = moments.source_of(config)
    return {detector: as_inputs(source, paths) for detector, paths in found.items()}


def strain_of_scan(wildcards):
    """Strain files of a whole scan, by detector."""
    found = {detector: {} for detector in config["detectors"]}
    for part in parts_in(wildcards):
        for detector, paths in checked(scans.strain_of, config, part).items():
            found[detector].update(dict.fromkeys(paths))
    source = moments.source_of(config)
    return {detector: as_inputs(source, paths) for detector, paths in found.items()}


def parts_of_scan(wildcards):
    """Files of the parts of a scan."""
    return [f"<results>/scan/parts/{part.name}.h5" for part in parts_in(wildcards)]


def rating_of_scan(wildcards):
    """The background that candidates are rated by, if they are to be rated."""
    rated = config["scan"]["rated"]
    return {"background": f"<results>/background/seed-{SEEDS[0]}.h5"} if rated else {}


def scan_words():
    """What the page of a scan says and depends on."""
    return {
        "code": code_of("plot_scan"),
        "tables": resources.digest("events.tsv"),
        "rates": config["detection"]["rates"],
        "lowest": config["scan"]["lowest"],
        "cluster": config["detection"]["background"]["cluster"],
        "piece": config["noise"]["segment_duration"],
        "start": "{start}",
        "end": "{end}",
    }


def scans_of_config(wildcards):
    """Pages of the ranges that the config names."""
    if not config["scan"]["ranges"]:
        raise WorkflowError(
            "scan: no range is set: ask for results/<run>/scan/<start>-<end>.html, or set "
            "scan.ranges in the config"
        )
    return [f"<results>/scan/{start}-{end}.html" for start, end in config["scan"]["ranges"]]


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
    return sorted(files_of_models([*MODELS, *UNSEEN]) + found)


def families():
    """Kind of emission of each class of the run and of the unseen ones, where the table has it."""
    own = WAVEFORMS.loc[UNSEEN, "class"]
    return checked(table.families, WAVEFORMS, dict.fromkeys([*config["classes"][1:], *own]))


def unseen_sets(wildcards):
    """Test sets of unseen waveforms that a job builds."""
    return [wildcards.dataset] if "dataset" in wildcards.keys() else UNSEEN_SETS


def unseen_sizes(wildcards):
    """Samples per class of each test set of unseen waveforms that a job builds."""
    return [per_class_of(name) for name in unseen_sets(wildcards)]


def unseen_distances(wildcards):
    """Distance of each test set of unseen waveforms that a job builds [kpc]."""
    distances = dict(zip(UNSEEN_SETS, unseen.distances(config)))
    return [distances[name] for name in unseen_sets(wildcards)]


def unseen_waveforms(wildcards):
    """Waveforms that no network is trained on; a table without any is named."""
    found = checked(unseen.require, WAVEFORMS, config["waveforms"])
    return [f"<waveforms>/{model}.h5" for model in found]


def waveforms_without(wildcards):
    """Waveforms of all classes but the one that is left out."""
    classes = checked(unseen.classes_without, config, wildcards.left)
    return [f"<waveforms>/{model}.h5" for model in table.models(WAVEFORMS, classes)]


def classifier_without(wildcards):
    """The block ``classifier`` of the network that lacks a class."""
    return checked(unseen.classifier_without, config, wildcards.left)


def recorded():
    """The configuration that a record depends on; a study has other results."""
    return {key: value for key, value in config.items() if key != "study"}


def settle_variants():
    """Name the variant in what its jobs say, and give them what a profile sets for their rules."""
    # Snakemake looks for the name of a rule with its prefix only, such as power.train.
    given = workflow.resource_settings._parsed_overwrite_resources
    for variant in STUDY.variants:
        for one in workflow.rules:
            if one.name.rpartition(".")[0] == variant.name:
                for name in (one.name.removeprefix(variant.prefix), one.name):
                    one.resources.update(given.get(name, {}))
                if one.message:
                    one.message = f"{variant.name}: {one.message}"


def pages_of_study(wildcards):
    """What the target ``study`` makes; it is refused here, because old files hide other refusals."""
    if not STUDY.variants:
        raise WorkflowError(
            "study: the config has no variants: name one that has, such as "
            "--configfile config/study.yaml, or set study.variants (docs/study.md)"
        )
    return rules.plot_study.output


def advise():
    """Say how to compare what there is, after a variant of a study has failed."""
    if any(job.rule.name == "tabulate_study" for job in workflow.dag.needrun_jobs()):
        logger.error(STUDY.advice() or "The study has no table yet.")
