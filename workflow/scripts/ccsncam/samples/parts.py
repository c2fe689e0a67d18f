"""Samples taken apart into noise, signal and modes; this module owns the format of ``parts/*.h5``.

A file holds some samples of a data set, the first ones of each signal class, and repeats the data
set's attributes. Where a waveform does not have a mode, the values of that mode are NaN.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.hdf5 import created, opened, texts
from ccsncam.origin import Origin

# Arrays of a sample, and of a sample and mode, in the order in which they are written.
WHOLE = ("noise", "silent", "signal_power")
OF_MODES = ("mode_power", "without", "without_fixed")
_ALL = (*WHOLE, *OF_MODES)
# Those that are no images for a network.
POWERS = ("signal_power", "mode_power")


class Writer(NamedTuple):
    """A file of parts that is being written; see `Parts.create`."""

    file: h5py.File
    modes: Sequence[str]

    def write(self, places: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Write the arrays `WHOLE` of some samples.

        Parameters
        ----------
        places : numpy.ndarray of int
            Places of the samples in this file, in rising order.
        values : mapping of str to numpy.ndarray
            Each of shape (n, frequency, time, detector).
        """
        for name in WHOLE:
            self.file[name][places] = values[name]

    def write_mode(self, places: np.ndarray, mode: str, values: Mapping[str, np.ndarray]) -> None:
        """Write the arrays `OF_MODES` of one mode of some samples; see `write`."""
        for name in OF_MODES:
            self.file[name][places, self.modes.index(mode)] = values[name]


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of samples in a file. The large arrays are read when they are first asked for.

    Attributes
    ----------
    path : str
    rows : numpy.ndarray of int
        Rows of the samples in the data set, shape (n,).
    modes, classes, detectors : list of str
    dataset : str
        Name of the data set.
    origin : Origin
        What made the data set.
    """

    path: str
    rows: np.ndarray
    modes: list[str]
    classes: list[str]
    detectors: list[str]
    dataset: str
    origin: Origin

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read rows and attributes.

        Raises
        ------
        ValueError
            If the file does not hold parts of samples.
        """
        with opened(path) as file:
            if "modes" not in file.attrs:
                raise ValueError(
                    f"{path}: no parts of samples, because it has no attribute modes: give a file "
                    "of the folder parts"
                )
            return cls(
                path=os.fspath(path),
                rows=file["row"][()],
                modes=texts(file, "modes"),
                classes=texts(file, "classes"),
                detectors=texts(file, "detectors"),
                dataset=str(file.attrs["dataset"]),
                origin=Origin.from_json(file.attrs["inputs"]),
            )

    @staticmethod
    @contextlib.contextmanager
    def create(
        path: PathLike,
        rows: np.ndarray,
        image_shape: tuple[int, ...],
        modes: Sequence[str],
        attributes: Mapping[str, Any],
        input_shape: tuple[int, ...] | None = None,
    ) -> Iterator[Writer]:
        """Create a file of parts, which appears under its name when it is complete.

        Parameters
        ----------
        path : path
        rows : numpy.ndarray of int
            Rows of the samples in the data set, shape (n,).
        image_shape : tuple of int
            (frequency, time, channel).
        modes : list of str
        attributes : mapping
            Attributes of the data set, from `DataSet.attributes`.
        input_shape : tuple of int, optional
            Shape of what a network gets, see `ccsncam.samples.dataset.Header`; that of an image by
            default.

        Yields
        ------
        Writer
            All arrays are NaN until they are written.
        """
        each = {
            name: image_shape if name in POWERS else input_shape or image_shape for name in _ALL
        }
        shapes = {name: (len(rows), *each[name]) for name in WHOLE}
        shapes |= {name: (len(rows), len(modes), *each[name]) for name in OF_MODES}
        with created(path) as file:
            file.create_dataset("row", data=rows, track_times=False)
            for name, shape in shapes.items():
                file.create_dataset(name, shape, "f4", fillvalue=np.nan, track_times=False)
            for key, value in attributes.items():
                file.attrs[key] = value
            file.attrs["modes"] = list(modes)
            yield Writer(file, modes)

    def _read(self, name: str) -> np.ndarray:
        with opened(self.path) as file:
            return file[name][()]

    @cached_property
    def noise(self) -> np.ndarray:
        """Images without the signal, on the scale of the sample.

        Shape (n, frequency, time, detector), float32.
        """
        return self._read("noise")

    @cached_property
    def silent(self) -> np.ndarray:
        """Images without the signal on their own scale; shape as `noise`."""
        return self._read("silent")

    @cached_property
    def signal_power(self) -> np.ndarray:
        """Power of the whitened signal without noise, in mean powers of white noise per cell.

        Shape as `noise`.
        """
        return self._read("signal_power")

    @cached_property
    def mode_power(self) -> np.ndarray:
        """Power of each mode, as `signal_power`; shape (n, mode, frequency, time, detector)."""
        return self._read("mode_power")

    @cached_property
    def without(self) -> np.ndarray:
        """Images without each mode, on their own scale; shape as `mode_power`."""
        return self._read("without")

    @cached_property
    def without_fixed(self) -> np.ndarray:
        """Images without each mode, on the scale of the whole sample; shape as `mode_power`."""
        return self._read("without_fixed")
