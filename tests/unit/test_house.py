"""How the library is built: imports, owners of file formats, sizes."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
# The wings, each below those that may import it. Modules that lie in no wing are the ground.
WINGS = (
    *("config", "gwosc", "waveforms", "noise", "samples", "network", "saliency"),
    *("detection", "moment", "scan", "results", "plots", "planning"),
)
# Formats and their owners; hdf5 and untrusted hold what they share.
OWNERS = {
    "ccsncam.hdf5",
    "ccsncam.detection.searched",
    "ccsncam.detection.store",
    "ccsncam.gwosc.layout",
    "ccsncam.gwosc.untrusted",
    "ccsncam.moment.store",
    "ccsncam.network.evaluation",
    "ccsncam.network.state",
    "ccsncam.noise.store",
    "ccsncam.noise.strain_file",
    "ccsncam.results.embedding",
    "ccsncam.saliency.attribution",
    "ccsncam.saliency.explained",
    "ccsncam.saliency.shown",
    "ccsncam.samples.dataset",
    "ccsncam.samples.parts",
    "ccsncam.samples.rests",
    "ccsncam.samples.spectra",
    "ccsncam.scan.store",
    "ccsncam.waveforms.model",
}
# What Snakemake may import when it starts, beside its own environment.
HEAVY = {
    *("h5py", "scipy", "gwosc", "pycbc", "lal", "tensorflow", "keras", "matplotlib", "seaborn"),
    *("sklearn", "threadpoolctl"),
}
LINES, FLOORS, PARAMETERS = 400, 6, 8


def modules():
    """Syntax trees of all scripts and modules of the library, by name."""
    found = {}
    for path in SCRIPTS.rglob("*.py"):
        parts = path.relative_to(SCRIPTS).with_suffix("").parts
        found[".".join(parts)] = ast.parse(path.read_text())
    return found


TREES = modules()


def imports(name):
    """Modules of the library that a module imports."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in TREES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module in TREES:
                yield node.module
            inner = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (one for one in inner if one in TREES)


@cache
def floor(name):
    """A module stands one floor above the highest that it imports; a circle never ends."""
    return 1 + max(map(floor, imports(name)), default=0)


def wing(name):
    parts = name.split(".")
    return parts[1] if parts[0] == "ccsncam" and parts[1:] and parts[1] in WINGS else None


def test_no_circle_and_few_floors():
    heights = {name: floor(name) for name in TREES}
    assert len(heights) > 90
    assert max(heights.values()) <= FLOORS, sorted(heights, key=heights.get)[-5:]


def test_no_wing_imports_a_later_one():
    folders = {path.name for path in (SCRIPTS / "ccsncam").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == set(WINGS)
    for name in TREES:
        for other in imports(name):
            if wing(name) and wing(other):
                assert WINGS.index(wing(other)) <= WINGS.index(wing(name)), f"{name} → {other}"
            assert not wing(other) or name.startswith("ccsncam.") <= bool(wing(name)), name


def test_files_are_short():
    for path in SCRIPTS.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= LINES, path


def test_each_format_has_one_owner():
    opened = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "File"
        and isinstance(node.ctx, ast.Load)
        if isinstance(node.value, ast.Name) and node.value.id == "h5py"
    }
    assert opened <= OWNERS
    assert not {name for name in TREES if "." not in name} & opened


def test_tensorflow_is_imported_in_one_place():
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if {one.split(".")[0] for one in names} & {"tensorflow", "keras"}:
                assert name == "ccsncam.network.backend"


def test_no_import_is_lazy():
    for name, tree in TREES.items():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    assert not isinstance(node, ast.Import | ast.ImportFrom), name


def test_functions_have_few_parameters():
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                own = [one for one in given if one.arg not in ("self", "cls")]
                assert len(own) <= PARAMETERS, f"{name}.{node.name}"


def test_no_arguments_are_packed():
    """``f(*(x, y), z=1)`` saves a line and costs a reader."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for given in node.args:
                    packed = isinstance(given, ast.Starred) and isinstance(given.value, ast.Tuple)
                    assert not packed, f"{name}, line {node.lineno}"


@pytest.mark.parametrize(
    "module",
    [
        "ccsncam.planning.start",
        "ccsncam.planning.moments",
        "ccsncam.saliency.names",
        "ccsncam.detection.names",
    ],
)
def test_what_snakemake_imports_is_light(module):
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert not set(done.stdout.split()) & HEAVY


def test_the_library_never_sees_snakemake():
    for name, tree in TREES.items():
        if name.startswith("ccsncam"):
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert "snakemake" not in used - {"snakemake"} or name == "ccsncam.record"
            for node in ast.walk(tree):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    text = ast.unparse(node)
                    assert "snakemake" not in text, name
