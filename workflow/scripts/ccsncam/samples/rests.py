"""Signals without one of their modes; this module owns the format of ``mixing/rests.h5``.

A training with ``mode_dropout`` mixes samples from them.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.hdf5 import created, opened, texts, write_columns


@dataclass(frozen=True, eq=False)
class Rest:
    """The signals of a training set, each without one mode.

    Attributes
    ----------
    name : str
        Name of the data set.
    mode : numpy.ndarray of int
        Number of the mode that each signal loses, in the order of
        `ccsncam.samples.spectra.Signals`, shape (n,); -1 where no mode can be left out.
    spectra : numpy.ndarray
        What is left of each signal, with the shape and scale of `ccsncam.samples.spectra.Signals`;
        zero where no mode can be left out.
    """

    name: str
    mode: np.ndarray
    spectra: np.ndarray


class Writer(NamedTuple):
    """A file of rests that is being written; see `Rests.create`."""

    file: h5py.File

    def write(self, one: Rest) -> None:
        """Write what is left of the signals of the next training set."""
        group = self.file.create_group(f"sets/{len(self.file['sets'])}")
        group.attrs["name"] = one.name
        write_columns(group, {"mode": one.mode, "spectra": one.spectra})


@dataclass(frozen=True, eq=False)
class Rests:
    """Signals without a mode, of all training sets.

    Attributes
    ----------
    sets : list of Rest
        One per training set. Their spectra are read-only views of the file.
    modes : list of str
        Names of the modes.
    """

    sets: Sequence[Rest]
    modes: Sequence[str]

    @staticmethod
    @contextlib.contextmanager
    def create(path: PathLike, modes: Sequence[str]) -> Iterator[Writer]:
        """Create a file, which appears under its name when it is complete.

        Yields
        ------
        Writer
        """
        with created(path) as file:
            file.attrs["modes"] = list(modes)
            file.create_group("sets")
            yield Writer(file)

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `create` has made."""
        with opened(path) as file:
            groups = [file[f"sets/{number}"] for number in range(len(file["sets"]))]
            sets = [
                Rest(str(one.attrs["name"]), one["mode"][()], _view(path, one["spectra"]))
                for one in groups
            ]
            return cls(sets, texts(file, "modes"))

    def fingerprint(self) -> Iterator[bytes]:
        """Give bytes that tell these rests from others."""
        for one in self.sets:
            yield one.mode.tobytes()
            yield one.spectra[::97].tobytes()


def _view(path: PathLike, data: h5py.Dataset) -> np.ndarray:
    """Map a data set, which is one contiguous block of the file, into memory."""
    return np.memmap(
        os.fspath(path), data.dtype, mode="r", offset=data.id.get_offset(), shape=data.shape
    )
