"""What the rules share: the library, the checked configuration, names, and the parts of params."""

import re
import sys
from pathlib import Path

import snakemake
import yaml
from snakemake import __version__ as SNAKEMAKE
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

FOLDER = Path(str(workflow.current_basedir)).parents[1]
# Commit or tag, if the workflow is a module from github(). Snakemake keeps no folder of it, but
# fetches each file that is asked for into its cache. Jobs find the library and the tables there.
REF = getattr(workflow.current_basedir, "ref", None)
SHIPPED_TABLES = """
    asd.tsv events.tsv glitches.tsv observing_runs.tsv published.json science_segments.tsv
    spectral_lines.tsv surrogate_targets.tsv surrogates.tsv
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
        f"{workflow.current_basedir}: Snakemake keeps no folder of such a source, so jobs could "
        "not import the library: give github(...), or the path to workflow/Snakefile in a clone"
    )
sys.path.append(str(SCRIPTS))

from ccsncam import provenance

IMPORTED = Path(provenance.__file__).parents[1].resolve()
if IMPORTED != SCRIPTS.resolve():
    raise WorkflowError(
        f"{IMPORTED}/ccsncam: Python finds this package before that of the workflow, so jobs would "
        "run other code: pip uninstall ccsncam, or take an environment in which it is not installed"
    )

CODE = provenance.Code(script_file)
# Everything that the next lines import must be there.
CODE.files(
    None,
    "ccsncam.planning.start",
    "ccsncam.planning.costs",
    "ccsncam.planning.moments",
    "ccsncam.planning.scans",
    "ccsncam.planning.sizes",
    "ccsncam.planning.unseen",
    "ccsncam.saliency.names",
    "ccsncam.detection.names",
    "ccsncam.environment",
    "ccsncam.paths",
)

from ccsncam import environment, paths, resources
from ccsncam.detection import names as controls
from ccsncam.gwosc import archive
from ccsncam.origin import VARIANT as VARIANT_KEY
from ccsncam.origin import run_name
from ccsncam.planning import (
    costs,
    inputs,
    moment_table,
    moments,
    scans,
    sizes,
    start,
    studies,
    unseen,
)
from ccsncam.saliency import names
from ccsncam.samples.representations import names as representations
from ccsncam.waveforms import files, table


def read_yaml(name):
    """A YAML file of this repository, by the fast loader where PyYAML has it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(shipped(name).read_text(encoding="utf-8"), loader)


def checked(function, *arguments):
    """Call the library; a ValueError becomes the one line that Snakemake prints."""
    try:
        return function(*arguments)
    except ValueError as error:
        raise WorkflowError(str(error)) from None


environment.pin(snakemake.__file__)
# Snakemake keeps its own notes there, and without them it ends in a traceback.
checked(paths.check_writable, [".snakemake/locks", *Path(".snakemake").glob("*/")])

# Snakemake reads a module again for each `use rule`; an earlier reading has set this key below.
config.pop("_sources", None)
# As a module this workflow has no config file of its own, and may be given a few keys only.
config.setdefault("waveforms", str(shipped("config/waveforms.tsv")))
STUDY = checked(
    start.prepare_study,
    config,
    read_yaml("config/config.yaml"),
    read_yaml("workflow/schemas/config.schema.yaml"),
    workflow.configfiles,
)
for line in STUDY.warnings:
    logger.warning(line)

# In a report the results of each variant have a list of their own; those of a plain run have none.
VARIANT_SHOWN = run_name(config) if VARIANT_KEY in config else None
WAVEFORMS = checked(inputs.waveforms_of, config)
MODELS = table.models(WAVEFORMS, config["classes"][1:])
# Waveforms that are scored and never trained, and the test sets beside which they are shown.
UNSEEN = table.unseen(WAVEFORMS)
BESIDE = [f"test-{distance:g}kpc" for distance in unseen.distances(config)]
UNSEEN_SETS = [f"test-unseen-{distance:g}kpc" for distance in unseen.distances(config)]
# The report's paragraph on methods sees only the config, so it needs the sources in there.
config["_sources"] = WAVEFORMS.loc[MODELS, "source"].to_dict()
# A surrogate is made in a moment, so one job makes them all where there is nothing else.
ONLY_SURROGATES = set(config["_sources"].values()) == {"surrogate"}
MODELS_OF_A_JOB = MODELS if ONLY_SURROGATES else ["{model}"]
WAVEFORM_JOB = "all" if ONLY_SURROGATES else "{model}"
BANDS = [f"{low:g}-{high:g}" for low, high in config["datasets"]["train_bands"]]
TRAIN = [f"train-snr-{band}" for band in BANDS]
VALIDATION = "validation-snr-{:g}-{:g}".format(*config["datasets"]["validation_band"])
TEST = [f"test-{distance:g}kpc" for distance in config["datasets"]["distances"]]
EVALUATED = [VALIDATION, *TEST]
EXPLAINED = f"test-{config['saliency']['distance']:g}kpc"
ATTRIBUTED = [f"test-{distance:g}kpc" for distance in config["saliency"]["distances"]]
MAPS = [*config["saliency"]["methods"], *names.CONTROLS]
# In a small run one job makes the maps of all methods, in a large one each method has its own.
TOGETHER = sizes.few_explained(config)
MAPS_OF_A_JOB = MAPS if TOGETHER else ["{method}"]
MAP_JOB = "all" if TOGETHER else "{method}"
# One job simulates the noise of all detectors; the files of each detector are read on their own.
SIMULATED = config["noise"]["source"] == "simulated"
DETECTORS_OF_A_JOB = config["detectors"] if SIMULATED else ["{detector}"]
NOISE_JOB = "{split}" if SIMULATED else "{split}-{detector}"
# In a small run one job builds the data sets of training and validation, and one those for tests.
# Each counts its own samples, so that more tests make no training anew.
FEW_LEARNED, FEW_TESTED = sizes.few_learned(config), sizes.few_tested(config)
BANDS_OF_A_JOB = [*TRAIN, VALIDATION] if FEW_LEARNED else ["{dataset}"]
BAND_JOB = "all" if FEW_LEARNED else "{dataset}"
DISTANCES_OF_A_JOB = TEST if FEW_TESTED else ["{dataset}"]
DISTANCE_JOB = "all" if FEW_TESTED else "{dataset}"
SEEDS = config["classifier"]["seeds"]
# Representations that the frames of this run allow; a costly one only if the run has it.
KINDS = representations.possible(
    config["spectrogram"]["window"],
    config["spectrogram"]["hop"],
    config["signal"]["sample_rate"],
)
COSTLY = costs.costly(config)
if COSTLY:
    KINDS.append(config["spectrogram"]["kind"])
COST = costs.words(config)
WEIGHTS = f"<models>/seed-{SEEDS[0]}/best.weights.h5"
CACHE = config["noise"]["gwosc"]["cache"]


def one_of(names):
    """A wildcard constraint: one of these names, or nothing at all if there are none."""
    return "|".join(map(re.escape, names)) or r"(?!)"


def code_of(script, *modules):
    """Digest of a script, and of the library behind it, so that a real change reruns its rule."""
    return checked(CODE.digest, f"{script}.py", *modules)


def report_table(name, what):
    """A table of the run, which the report shows."""
    return report(
        f"<results>/tables/{name}.csv",
        caption=f"../report/tables/{name}.rst",
        category="Tables",
        subcategory=VARIANT_SHOWN,
        labels={"table": name, "what": what},
    )
