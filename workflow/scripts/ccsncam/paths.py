"""Paths that Snakemake and the disk take, which is asked before any job."""

import os
from collections.abc import Iterable
from pathlib import Path


def check_writable(paths: Iterable[str | os.PathLike[str]]) -> None:
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


def check_path(path: str | os.PathLike[str]) -> None:
    """Check that Snakemake takes a path as it is.

    Parameters
    ----------
    path : path

    Raises
    ------
    ValueError
        In one line, if the path has a sign to which Snakemake gives a meaning (``{gps}`` is a
        wildcard, ``<logs>`` a folder of its own), or one that cannot be printed.
    """
    text = os.fspath(path)
    odd = next((sign for sign in text if sign in "{}<>" or not sign.isprintable()), None)
    if odd is not None:
        raise ValueError(
            f"{text!r}: rename it, because Snakemake gives the sign {odd!r} of its path a meaning"
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
