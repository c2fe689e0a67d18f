"""What a user's own settings of Python put before the environment is said or kept out."""

import os
import site
from pathlib import Path

import numpy as np
import pytest

from ccsncam import environment


def test_packages_of_pythonpath_are_named(tmp_path, monkeypatch):
    for name in ("numpy", "scipy", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "empty").mkdir()
    # The environment's own folder may be named, and folders that are not there.
    folders = [tmp_path / "empty", tmp_path, Path(np.__file__).parents[1], tmp_path / "none"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))
    (line,) = environment.warnings()
    assert line.startswith(f"PYTHONPATH: jobs take numpy, scipy from {tmp_path}, and not from")
    monkeypatch.delenv("PYTHONPATH")
    assert environment.warnings() == []


@pytest.mark.parametrize(("below", "set_"), [("snakemake/__init__.py", None), ("", "1")])
def test_packages_of_a_home_folder_are_kept_out(monkeypatch, tmp_path, below, set_):
    monkeypatch.delenv("PYTHONNOUSERSITE", raising=False)
    place = Path(site.getusersitepackages(), below) if below else tmp_path / "snakemake.py"
    environment.pin(str(place))
    assert os.environ.pop("PYTHONNOUSERSITE", None) == set_
