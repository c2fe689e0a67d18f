"""Whether files can be written where a run wants to write them, asked before any job."""

import os
from collections.abc import Iterable
from pathlib import Path

from ccsncam.aliases import PathLike


def check(paths: Iterable[PathLike]) -> None:
    """Check that files can be written, and that their folders can be made.

    Parameters
    ----------
    paths : iterable of path
        Files and folders, which need not exist.

    Raises
    ------
    ValueError
        In one line that names what may not be written, and its owner.
    """
    for place in sorted({_nearest(Path(path)) for path in paths}):
        if not os.access(place, os.W_OK | (os.X_OK if place.is_dir() else 0)):
            raise ValueError(
                f"{place}: you may not write here{_owner(place)}: run in a folder of your own "
                "(snakemake --directory), or ask for leave to write"
            )


def _nearest(path: Path) -> Path:
    """The path itself if it exists, or else the nearest folder above it that does."""
    path = path.absolute()
    return next((place for place in (path, *path.parents) if os.path.lexists(place)), path)


def _owner(place: Path) -> str:
    """To whom a file belongs, in words; nothing if the system does not know the name."""
    try:
        return f", because it belongs to {place.owner()}"
    except (KeyError, OSError):
        return ""
