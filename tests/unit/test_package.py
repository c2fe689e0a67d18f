"""`pip install .` gives the library to notebooks."""

import os
import re
import subprocess
import sys

import pytest

LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
import ccsncam
from ccsncam import resources
assert ccsncam.__file__.startswith(sys.argv[1]), ccsncam.__file__
for name in ccsncam.__all__:
    if name not in sys.argv[2:]:
        getattr(ccsncam, name)
assert "DataSet" in dir(ccsncam)
print(len(resources.read(resources.path("events.tsv"), ["gps"])))
"""


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory):
    """A folder into which pip has installed the package, without what it depends on."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--python", sys.executable, "--target", folder, root]
    subprocess.run(command, check=True)
    return folder


def test_the_package_is_whole_and_finds_its_tables(installed, root):
    arguments = [sys.executable, "-I", "-c", LOOK, str(installed)]
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        arguments, cwd=installed, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    table = (root / "resources/events.tsv").read_text().splitlines()
    rows = [line for line in table if line.strip() and not line.startswith("#")]
    assert int(done.stdout) == len(rows) - 1


def test_all_modules_and_all_tables_are_installed(installed, root):
    library = root / "workflow/scripts/ccsncam"
    modules = {path.relative_to(library) for path in library.rglob("*.py")}
    there = {path.relative_to(installed / "ccsncam") for path in installed.rglob("*.py")}
    assert modules <= there
    tables = {path.name for path in (root / "resources").iterdir() if path.is_file()}
    assert {path.name for path in (installed / "ccsncam/shipped").iterdir()} == tables
    text = (root / "pyproject.toml").read_text()
    assert set(re.findall(r'^"resources/(.+?)" = ', text, re.MULTILINE)) == tables


def test_an_unknown_name_is_an_attribute_error():
    import ccsncam

    with pytest.raises(AttributeError, match="no attribute 'Wave'"):
        ccsncam.Wave  # noqa: B018


def test_a_workflow_does_not_run_with_an_installed_copy(installed, root):
    command = [sys.executable, "-m", "snakemake", "--dry-run"]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    output = done.stdout + done.stderr
    assert f"{installed}/ccsncam: Python finds this package before that" in output
