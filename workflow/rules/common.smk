"""What the rules share: the checked configuration, the names of data sets, input functions."""

import ast
import hashlib
import io
import re
import sys
import tokenize
from functools import cache
from pathlib import Path

import yaml
from snakemake import __version__ as SNAKEMAKE
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# Of a module from github() there is no folder: Snakemake fetches what it is asked for into its cache,
# each file at its place, and that is where jobs find the library and the tables.
LIBRARY = """
    __init__ attribution classifier classify dataset embedding evaluation examples faithfulness gwosc
    injection joblog methods network plots plots_classify plots_saliency plots_segments record
    relevance resources saliency seeds settings spectrogram strain surrogate waveform whitening
""".split()
TABLES = """
    events.tsv glitches.tsv observing_runs.tsv published.json science_segments.tsv spectral_lines.tsv
    surrogate_targets.tsv surrogates.tsv
""".split()
FOLDER = Path(str(workflow.current_basedir)).parents[1]
# Commit or tag of such a module.
REF = getattr(workflow.current_basedir, "ref", None)


def shipped(name):
    """Path of a file of this repository."""
    return FOLDER / name if FOLDER.is_dir() else Path(workflow.source_path(f"../../{name}"))


for name in LIBRARY:
    shipped(f"workflow/scripts/ccsncam/{name}.py")
for name in TABLES:
    shipped(f"resources/{name}")
SCRIPTS = shipped("workflow/scripts/ccsncam/settings.py").parents[1]
if not (SCRIPTS / "ccsncam" / "settings.py").is_file():
    raise WorkflowError(
        f"{workflow.current_basedir}: of such a source Snakemake keeps no folder that jobs can "
        "import from: give github(...), or the path of a clone's workflow/Snakefile"
    )
sys.path.append(str(SCRIPTS))

from ccsncam import gwosc, methods, resources, settings, strain, waveform

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def checked(function, *arguments):
    """Call the library; a ValueError becomes the one line that Snakemake prints."""
    try:
        return function(*arguments)
    except ValueError as error:
        raise WorkflowError(str(error)) from None


# A module's rules are read once for each `use rule` of the other workflow.
config.pop("_sources", None)
# As a module the workflow has no config file of its own, and may be given a few keys.
config.setdefault("waveforms", str(shipped("config/waveforms.tsv")))
settings.fill(config, yaml.safe_load(shipped("config/config.yaml").read_text()))
checked(
    settings.check,
    config,
    yaml.safe_load(shipped("workflow/schemas/config.schema.yaml").read_text()),
    resources.path("surrogates.tsv"),
)
checked(settings.check_files, config)
settings.complete(config)
for line in settings.warnings(config):
    logger.warning(line)

SIGNALS = config["classes"][1:]
TABLE = checked(settings.waveforms_of, config)
MODELS = waveform.models(TABLE, SIGNALS)
# For the methods paragraph of the report, which knows of the config alone.
config["_sources"] = TABLE.loc[MODELS, "source"].to_dict()
BANDS = [f"{low:g}-{high:g}" for low, high in config["datasets"]["train_bands"]]
TRAIN = [f"train-snr-{band}" for band in BANDS]
VALIDATION = "validation-snr-{:g}-{:g}".format(*config["datasets"]["validation_band"])
SEEDS = config["classifier"]["seeds"]
SHOWN = [f"{distance:g}" for distance in config["figures"]["distances"]]
TABLES = {
    "accuracy": "accuracy of each data set",
    "accuracy_by_snr": "accuracy in bins of network SNR",
    "tpr": "true positive rate of each class",
    "confusion": "confusion matrices",
    "snr": "network SNR of each data set",
    "noise": "live time, glitches and reuse of the noise",
}
MAPS = [*config["saliency"]["methods"], *methods.CONTROLS]
EXPLAINED = f"test-{config['saliency']['distance']:g}kpc"
ATTRIBUTED = [f"test-{distance:g}kpc" for distance in config["saliency"]["distances"]]
JUDGED = {
    "attribution": "share of each map on each mode",
    "removal": "predictions without a mode or a detector",
    "agreement": "do maps rank modes as removal does",
    "measures": "faithfulness of the maps",
    "curves": "deletion and insertion",
    "randomisation": "maps of randomised networks",
    "black": "prediction for a black image",
}
TEST = [f"test-{distance:g}kpc" for distance in config["datasets"]["distances"]]
NOISE = expand(
    "<results>/noise/{split}-{detector}.h5",
    split=config["noise"]["ranges"],
    detector=config["detectors"],
)
# A single map's target may hold any name: its input function says which are known.
ANYTHING = {"dataset": r"[^/]+", "name": r"[^/]+", "method": r"[^/.]+"}
CACHE = config["noise"]["gwosc"]["cache"]
MOMENT_SOURCES = (
    "set the config block classify, by --configfile or --config: source: gwosc, or source: files, "
    "their folder and, for files of other names, plain"
)


@cache
def parsed(path):
    """What a file of code says, less comments and docstrings, and the library files behind it.

    The text, and not Python's own form of it, which differs from version to version.
    """
    text, behind = path.read_text(), []
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("ccsncam"):
            inner = node.module.split(".")[1:] or sorted(alias.name for alias in node.names)
            behind += [SCRIPTS / "ccsncam" / f"{name}.py" for name in inner]
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            first, last = node.body[0].lineno, node.body[0].end_lineno
            lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip()).encode(), behind


def code_of(script):
    """Digest of a script and of the library modules behind it: a real change reruns its rule.

    How a job logs changes no result.
    """
    digest, todo, done = hashlib.sha256(), [shipped(f"workflow/scripts/{script}.py")], set()
    while todo:
        path = todo.pop(0)
        if path in done or path.stem == "joblog":
            continue
        done.add(path)
        said, behind = parsed(path)
        digest.update(said)
        todo += behind
    return digest.hexdigest()[:12]


def table(name, what):
    """A table of the run, which the report shows."""
    return report(
        f"<results>/tables/{name}.csv",
        caption=f"../report/tables/{name}.rst",
        category="Tables",
        labels={"table": name, "what": what},
    )


def run_inputs():
    """Files that the run reads: of waveforms, and of strain."""
    files = [
        file
        for model in MODELS
        for file in checked(waveform.inputs, TABLE.loc[model], config["waveforms"])
    ]
    return sorted(map(str, [config["waveforms"], *files, *checked(settings.strain_files, config)]))


def waveform_entry(wildcards):
    """What the tables say of a waveform, so that a change of another reruns nothing."""
    row = TABLE.loc[wildcards.model]
    return checked(waveform.entry, row, resources.path("surrogates.tsv"))


def waveform_files(wildcards):
    """Files that a row of the waveform table names."""
    files = checked(waveform.inputs, TABLE.loc[wildcards.model], config["waveforms"])
    return [str(file) for file in files]


def chosen_surrogates(wildcards):
    """The waveform itself where the config takes its surrogate."""
    return [name for name in config["surrogates"] if name == wildcards.model]


def strain_files(wildcards):
    """Strain files that overlap a split's ranges; none for simulated noise."""
    found = checked(settings.strain_of, config, wildcards.split, wildcards.detector)
    return found_strain(config["noise"]["source"], found)


def found_strain(source, files):
    """Files as inputs; what one of GWOSC holds follows from its name, whenever it was fetched."""
    return [ancient(str(file)) if source == "gwosc" else str(file) for file in files]


def strain_files_at(wildcards):
    """Strain files around a moment, by detector; a detector may have none."""
    gps, half = float(wildcards.gps), config["noise"]["segment_duration"] / 2
    found = {name: files_around(name, gps - half, gps + half) for name in config["detectors"]}
    if not any(found.values()):
        raise WorkflowError(
            f"no file holds strain of {', '.join(found)} at GPS {wildcards.gps} "
            f"({around(gps)}): {MOMENT_SOURCES}"
        )
    return found


def around(gps):
    """What the source of ``classify`` holds elsewhere."""
    if moment_source()[0] == "gwosc":
        near = ", ".join(gwosc.science_near(name, gps) for name in config["detectors"])
        return f"science time: {near}"
    files = moment_files()
    held = strain.held(files["folder"], config["detectors"], files["plain"])
    return f"{files['folder']}: {held}"


def files_around(detector, start, end):
    """Files of a detector that overlap a stretch, of the source of ``classify``."""
    source, block = moment_source()
    if source == "simulated":
        raise WorkflowError(
            f"the noise of this run is simulated, no strain holds the moment: {MOMENT_SOURCES}"
        )
    if source == "gwosc":
        where = f"the moment's piece, GPS {start:.15g} to {end:.15g},"
        archived = checked(gwosc.files_at, detector, start, end, where)
        own = f"{config['run']}/moments"
        found = checked(gwosc.paths_of, archived, config["noise"]["gwosc"], own)
    else:
        files, ranges = moment_files(), [[start, end]]
        found = checked(strain.files_at, files["folder"], detector, ranges, files["plain"], block)
    return found_strain(source, found)


def moment_source():
    """Where the strain around a moment comes from, and the block of the config that says so."""
    if config["classify"]["source"] is None:
        return config["noise"]["source"], "noise.files"
    return config["classify"]["source"], "classify"


def moment_files():
    """Block of the config that names the files of strain around a moment, where they are at hand."""
    return config["noise"]["files"] if moment_source()[1] == "noise.files" else config["classify"]


def moment_settings():
    """What the strain around a moment becomes depends on."""
    own, noise = config["classify"], config["noise"]
    return {
        "classify": {key: own[key] for key in ("span", "step", "missing")},
        "plain": moment_files()["plain"],
        **{key: noise["files"][key] for key in ("channel", "quality", "injections")},
        "segment_duration": noise["segment_duration"],
        **blocks("seed", "detectors", "signal", "spectrogram", "whitening"),
    }


def finished(wildcards):
    """What `all` makes, which must be there: a record is of a finished run."""
    missing = [path for path in map(str, rules.all.input) if not Path(path).exists()]
    if missing:
        raise WorkflowError(
            f"record: run {config['run']} is not finished, {missing[0]} is missing: make the run "
            "first, or name the config of another one (--configfile config/quick.yaml)"
        )
    return list(rules.all.input)


def fetched(path):
    """Output of a download: kept for other runs, or gone once it is whitened."""
    return update(path) if config["noise"]["gwosc"]["keep"] else temp(update(path))


def announce():
    """Before the first job: which run, what will be fetched, and whether there is room for it."""
    logger.info(f"Run {config['run']}, to results/{config['run']}")
    # As a module the workflow's rules may have a prefix.
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name.endswith("fetch_strain")]
    missing = [job.output[0] for job in jobs if not Path(job.output[0]).exists()]
    plan = checked(gwosc.plan, missing, CACHE, config["noise"]["gwosc"]["folder"])
    if plan is not None:
        logger.info(plan)


def noise_settings(wildcards):
    """What the noise of a split and detector depends on."""
    return settings.noise_of(config["noise"], wildcards.split, wildcards.detector)


def signal_settings(*keys):
    """Some keys of the block ``signal``."""
    return {key: config["signal"][key] for key in keys}


def noise_of(wildcards):
    """Noise files of a data set's split, one a detector."""
    split = split_of(wildcards)
    return [f"<results>/noise/{split}-{detector}.h5" for detector in config["detectors"]]


def split_of(wildcards):
    """Split of a data set, from its name."""
    return wildcards.dataset.split("-")[0]


def band_of(wildcards):
    """Band of network SNR of a data set."""
    bands = dict(zip(TRAIN, config["datasets"]["train_bands"]))
    return {**bands, VALIDATION: config["datasets"]["validation_band"]}[wildcards.dataset]


def distance_of(wildcards):
    """Distance of a test set [kpc]."""
    return dict(zip(TEST, config["datasets"]["distances"]))[wildcards.dataset]


def per_class_of(wildcards):
    """Samples a class of a data set."""
    return config["datasets"][f"{split_of(wildcards)}_per_class"]


def dataset_settings():
    """Blocks of the config that make a sample."""
    noise = {"noise": {"coincident": config["noise"]["coincident"]}}
    return blocks("signal", "spectrogram") | noise


def network_settings():
    """The classifier's block less the seeds, of which each is a network."""
    return {key: value for key, value in config["classifier"].items() if key != "seeds"}


def picking_rules():
    """Which samples Figures 7 to 10 show."""
    return {key: config["figures"][key] for key in ("comparison", "gallery_snr", "misclassified")}


def map_settings():
    """What saliency maps depend on."""
    return {key: config["saliency"][key] for key in ("layer", "options", "target")}


def method_settings(wildcards):
    """What the maps of one method depend on."""
    options = config["saliency"]["options"]
    own = {name: switches for name, switches in options.items() if name == wildcards.method}
    return map_settings() | {"options": own}


def dataset_with_sample(wildcards):
    """Data set of a single map; its names must be known, and its class have that many samples."""
    for kind, known in (
        ("dataset", [*TRAIN, VALIDATION, *TEST]),
        ("name", config["classes"]),
        ("method", list(methods.NAMES)),
    ):
        if wildcards[kind] not in known:
            raise WorkflowError(f"map of {wildcards[kind]!r}: one of {', '.join(known)} is meant")
    count = per_class_of(wildcards)
    if int(wildcards.index) >= count:
        raise WorkflowError(
            f"{wildcards.dataset}: {wildcards.name} has {count} samples, 0 to {count - 1}"
        )
    return f"<results>/datasets/{wildcards.dataset}.h5"


def blocks(*names):
    """Blocks of the config as a parameter, so that a change reruns just the rules that use it."""
    return {name: config[name] for name in names}
