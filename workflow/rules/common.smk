"""What the rules share: the library, the checked configuration, names, and the parts of params."""

import re
import sys
from pathlib import Path

import yaml
from snakemake import __version__ as SNAKEMAKE
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

FOLDER = Path(str(workflow.current_basedir)).parents[1]
# Commit or tag of a module that comes from github(); Snakemake keeps no folder of it. It fetches
# each file that it is asked for into its cache, and jobs find the library and the tables there.
REF = getattr(workflow.current_basedir, "ref", None)
SHIPPED_TABLES = """
    events.tsv glitches.tsv observing_runs.tsv published.json science_segments.tsv spectral_lines.tsv
    surrogate_targets.tsv surrogates.tsv
""".split()


def shipped(name):
    """Path of a file of this repository."""
    return FOLDER / name if FOLDER.is_dir() else Path(workflow.source_path(f"../../{name}"))


def script_file(name):
    """Path of a file below the folder of the scripts; None where there is none."""
    try:
        path = shipped(f"workflow/scripts/{name}")
    except WorkflowError:
        return None
    return path if path.is_file() else None


for name in SHIPPED_TABLES:
    shipped(f"resources/{name}")
for name in ("__init__", "provenance"):
    script_file(f"ccsncam/{name}.py")
SCRIPTS = shipped("workflow/scripts/ccsncam/provenance.py").parents[1]
if not (SCRIPTS / "ccsncam/provenance.py").is_file():
    raise WorkflowError(
        f"{workflow.current_basedir}: Snakemake keeps no folder of such a source that jobs could "
        "import from: give github(...), or the path to workflow/Snakefile in a clone"
    )
sys.path.append(str(SCRIPTS))

from ccsncam.provenance import Code

CODE = Code(script_file)
# Everything that the next lines import must be there.
CODE.files(None, "ccsncam.config.checks", "ccsncam.config.moments", "ccsncam.saliency.names")

from ccsncam import resources
from ccsncam.config import checks, inputs, moments, schema
from ccsncam.gwosc import archive
from ccsncam.saliency import names
from ccsncam.waveforms import files, table


def checked(function, *arguments):
    """Call the library; a ValueError becomes the one line that Snakemake prints."""
    try:
        return function(*arguments)
    except ValueError as error:
        raise WorkflowError(str(error)) from None


# Snakemake reads a module again for each `use rule`; the key is the one that is set below.
config.pop("_sources", None)
# As a module this workflow has no config file of its own, and may be given a few keys only.
config.setdefault("waveforms", str(shipped("config/waveforms.tsv")))
schema.fill(config, yaml.safe_load(shipped("config/config.yaml").read_text()))
checked(
    checks.check,
    config,
    yaml.safe_load(shipped("workflow/schemas/config.schema.yaml").read_text()),
)
checked(inputs.check_files, config)
checks.complete(config)
for line in inputs.warnings(config):
    logger.warning(line)

WAVEFORMS = checked(inputs.waveforms_of, config)
MODELS = table.models(WAVEFORMS, config["classes"][1:])
# The methods paragraph of the report sees the config alone.
config["_sources"] = WAVEFORMS.loc[MODELS, "source"].to_dict()
BANDS = [f"{low:g}-{high:g}" for low, high in config["datasets"]["train_bands"]]
TRAIN = [f"train-snr-{band}" for band in BANDS]
VALIDATION = "validation-snr-{:g}-{:g}".format(*config["datasets"]["validation_band"])
TEST = [f"test-{distance:g}kpc" for distance in config["datasets"]["distances"]]
EXPLAINED = f"test-{config['saliency']['distance']:g}kpc"
ATTRIBUTED = [f"test-{distance:g}kpc" for distance in config["saliency"]["distances"]]
MAPS = [*config["saliency"]["methods"], *names.CONTROLS]
SEEDS = config["classifier"]["seeds"]
WEIGHTS = f"<results>/models/seed-{SEEDS[0]}/best.weights.h5"
CACHE = config["noise"]["gwosc"]["cache"]


def code_of(script, *modules):
    """Digest of a script, and of the library behind it, so that a real change reruns its rule."""
    return checked(CODE.digest, f"{script}.py", *modules)


def report_table(name, what):
    """A table of the run, which the report shows."""
    return report(
        f"<results>/tables/{name}.csv",
        caption=f"../report/tables/{name}.rst",
        category="Tables",
        labels={"table": name, "what": what},
    )


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
    """The block ``classifier`` without the seeds, for each seed is a network of its own."""
    return {key: value for key, value in config["classifier"].items() if key != "seeds"}


def saliency_settings():
    """What saliency maps depend on."""
    return {key: config["saliency"][key] for key in ("layer", "options", "target")}


def method_settings(wildcards):
    """What the maps of one method depend on."""
    options = config["saliency"]["options"]
    own = {name: switches for name, switches in options.items() if name == wildcards.method}
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


def waveform_files(wildcards):
    """Files that a row of the waveform table names."""
    found = checked(files.files_of, WAVEFORMS.loc[wildcards.model], config["waveforms"])
    return list(map(str, found))


def as_inputs(source, paths):
    """Files of strain as inputs; the name of a file of GWOSC says what it holds, not its age."""
    return [ancient(str(path)) if source == "gwosc" else str(path) for path in paths]
