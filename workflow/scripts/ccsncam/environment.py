"""What a user's own settings of Python put in the place of the environment's packages."""

import os
import site
import sysconfig
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import Path

# Packages that results depend on, and the names under which they are imported.
PACKAGES = {
    **{name: name for name in ("emd", "gwosc", "h5py", "keras", "matplotlib", "numpy", "pandas")},
    **{name: name for name in ("pycbc", "requests", "scipy", "seaborn", "tensorflow")},
    **{"lalsuite": "lal", "scikit-learn": "sklearn"},
}


def pin(snakemake: str) -> None:
    """Keep packages of ``~/.local`` out of jobs, unless Snakemake itself is there.

    In a conda environment Python finds them before its own ones.

    Parameters
    ----------
    snakemake : str
        Path of the module.
    """
    if Path(site.getusersitepackages()) not in Path(snakemake).parents:
        os.environ.setdefault("PYTHONNOUSERSITE", "1")


def warnings() -> list[str]:
    """Say which packages ``PYTHONPATH`` puts in the place of those of the environment.

    Returns
    -------
    list of str
        One line for each folder.
    """
    folders = [Path(name) for name in os.environ.get("PYTHONPATH", "").split(os.pathsep) if name]
    own = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
    return [
        f"PYTHONPATH: jobs take {', '.join(names)} from {folder}, and not from this environment "
        f"({own[0]}), so results may differ: unset PYTHONPATH"
        for folder in folders
        if str(folder) not in own
        if (names := [*_both(PACKAGES.values(), str(folder), own)])
    ]


def _both(names: Iterable[str], folder: str, own: list[str]) -> Iterable[str]:
    """Names of the modules that a folder has and the environment has, too."""
    for name in names:
        if PathFinder.find_spec(name, [folder]) and PathFinder.find_spec(name, own):
            yield name
