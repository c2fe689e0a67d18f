"""How the workflow writes HDF5: without time stamps, so that the same input gives the same bytes.

Each file format has one owner, a class with ``read`` and ``write``; docs/architecture.md lists
them. This module holds what the owners share.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import h5py


def one_line(error: object) -> str:
    """Give the words of an error of HDF5, which may fill several lines, in one line."""
    return " ".join(str(error).split())


@contextlib.contextmanager
def created(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """Create a file that appears under its name only when it is complete.

    Parameters
    ----------
    path : path
        An existing file is replaced. If the block fails, the file under this name stays as it was.

    Yields
    ------
    h5py.File
        Open for writing, under the name ``<path>.part``.
    """
    partial = f"{os.fspath(path)}.part"
    with h5py.File(partial, "w") as file:
        yield file
    os.replace(partial, path)


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """Open a file of this workflow for reading.

    Yields
    ------
    h5py.File

    Raises
    ------
    ValueError
        In one line, if the file or something that is read from it is damaged or missing.
    """
    try:
        with h5py.File(path) as file:
            yield file
    except (OSError, KeyError) as error:
        raise ValueError(
            f"{path}: not a whole file of this workflow ({one_line(error)}); delete it, and "
            "run the same command again"
        ) from None


def write_columns(group: h5py.Group, columns: Mapping[str, Any], prefix: str = "") -> None:
    """Write arrays as data sets of a group, in the order of the mapping.

    Parameters
    ----------
    group : h5py.Group
    columns : mapping of str to array_like
        Name of each data set, and its values.
    prefix : str
        Put before each name, such as ``subset/``.
    """
    for name, values in columns.items():
        group.create_dataset(f"{prefix}{name}", data=values, track_times=False)


def read_columns(group: h5py.Group) -> dict[str, Any]:
    """All data sets of a group, but not those of its subgroups, as arrays by name."""
    return {name: item[()] for name, item in group.items() if isinstance(item, h5py.Dataset)}


def texts(group: h5py.Group, name: str) -> list[str]:
    """An attribute that holds several texts, as a list of str."""
    return [str(text) for text in group.attrs[name]]
