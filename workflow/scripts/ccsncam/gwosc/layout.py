"""GWOSC's HDF5 files of strain: this module is the only one that knows their layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.gwosc.untrusted import FAULTS, data_set, number, text, texts
from ccsncam.hdf5 import one_line

# What `check` asks of a file of the archive: its length [s] and its sample rate [Hz].
DURATION, SAMPLE_RATE = 4096, 4096
# Longest file that is read, which is more than a day at 4096 Hz [samples].
LONGEST = 1 << 29

# Samples that `check` reads at a time.
_BLOCK = 1 << 18
_STRAIN = "strain/Strain"
_DETECTOR, _START, _DURATION = "meta/Detector", "meta/GPSstart", "meta/Duration"
_SITE = "meta/Observatory"
# For each mask: its data set, and the data set with the names of its bits.
_MASKS = {
    "quality": ("quality/simple/DQmask", "quality/simple/DQShortnames"),
    "injections": ("quality/injections/Injmask", "quality/injections/InjShortnames"),
}


@dataclass(frozen=True)
class StrainSeries:
    """Strain of one file, and what the file says of it.

    Attributes
    ----------
    detector : str
    gps_start : float
        GPS time at which the file begins, as its metadata say [s]; the masks count from it.
    x_start : float
        GPS time of the first sample, as the attributes of the strain say [s].
    step : float
        Time between two samples [s].
    data : array (n,), float64
    """

    detector: str
    gps_start: float
    x_start: float
    step: float
    data: np.ndarray


@dataclass(frozen=True)
class Mask:
    """A mask with one value per second.

    Attributes
    ----------
    values : array (second,), int
        Bit k is set in the seconds for which the statement ``names[k]`` is true.
    names : sequence of str
    """

    values: np.ndarray
    names: Sequence[str]


def read_strain(path: PathLike) -> StrainSeries:
    """Read the strain of a file.

    Parameters
    ----------
    path : path

    Returns
    -------
    StrainSeries

    Raises
    ------
    ValueError
        In one line, if the file cannot be read, lacks a part of the layout, or has a part of
        another shape or kind.
    """
    try:
        with h5py.File(path) as file:
            data = _strain(file)
            return StrainSeries(
                detector=_detector(file),
                gps_start=number(file, _START),
                x_start=float(data.attrs["Xstart"]),
                step=float(data.attrs["Xspacing"]),
                data=data[()].astype(np.float64, copy=False),
            )
    except FAULTS as error:
        raise ValueError(
            f"{path}: not a GWOSC HDF5 file of strain ({_line(error)}): remove it and fetch it "
            "again"
        ) from None


def read_masks(path: PathLike) -> dict[str, Mask | None]:
    """Read the masks of a file.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict of str to Mask or None
        ``quality`` and ``injections``; None if the file does not have that mask.

    Raises
    ------
    ValueError
        In one line, if a mask cannot be read, or does not come with the names of its bits.
    """
    found: dict[str, Mask | None] = dict.fromkeys(_MASKS)
    try:
        with h5py.File(path) as file:
            for kind, (mask, names) in _MASKS.items():
                if mask in file:
                    found[kind] = Mask(_mask(file, mask)[()], texts(file, names))
    except FAULTS as error:
        raise ValueError(
            f"{path}: its masks cannot be read ({_line(error)}): remove it and fetch it again"
        ) from None
    return found


def check(path: PathLike, detector: str, start: int) -> None:
    """Check that a file of the archive holds what its name says, and can be read to its end.

    The shape, kind and storage of each part are looked at before it is read, so that a file of
    any content is checked within the memory and the time that a good file takes.

    Parameters
    ----------
    path : path
    detector : str
    start : int
        GPS time at which the file must begin [s].

    Raises
    ------
    ValueError
        What is wrong, in one line without the path.
    """
    try:
        # HDF5 locks a file that it opens by its path, but `Part` has already locked a download.
        with open(path, "rb") as opened, h5py.File(opened) as file:
            _check_strain(file, detector, start)
            for mask, names in _MASKS.values():
                values = _mask(file, mask)
                if values.shape != (DURATION,):
                    raise ValueError(f"{mask} has shape {values.shape}, not one value per second")
                values[()]
                texts(file, names)
    except FAULTS as error:
        raise ValueError(f"not a whole GWOSC HDF5 file of strain ({_line(error)})") from None


def _check_strain(file: h5py.File, detector: str, start: int) -> None:
    """Check what an open file says of its strain, and read all of it."""
    said, begin, duration = _detector(file), number(file, _START), number(file, _DURATION)
    data = _strain(file)
    first, step = float(data.attrs["Xstart"]), float(data.attrs["Xspacing"])
    if (said, begin, first, duration, step) != (detector, start, start, DURATION, 1 / SAMPLE_RATE):
        raise ValueError(
            f"holds {said} from GPS {begin:.15g}, {duration:g} s in steps of {step:g} s, its "
            f"first sample at {first:.3f}"
        )
    if data.shape != (DURATION * SAMPLE_RATE,):
        raise ValueError(f"its strain has shape {data.shape}")
    # HDF5 finds a chunk that was damaged on its way only when the chunk is read.
    block = np.empty(_BLOCK, dtype=data.dtype)
    some = False
    for at in range(0, len(data), len(block)):
        data.read_direct(block, np.s_[at : at + len(block)])
        some = some or bool(np.isfinite(block).any())
    if not some:
        raise ValueError("holds no strain: all its samples are NaN or infinite")


def _detector(file: h5py.File) -> str:
    """The detector of an open file, whose site must be that which the file names."""
    detector = text(file, _DETECTOR)
    site = text(file, _SITE) if _SITE in file else detector[:1]
    if site != detector[:1]:
        raise ValueError(f"{_DETECTOR} is {detector}, but {_SITE} is {site}")
    return detector


def _strain(file: h5py.File) -> h5py.Dataset:
    """The strain of an open file: one series of real numbers."""
    data = data_set(file, _STRAIN, "f", LONGEST)
    if data.ndim != 1:
        raise ValueError(f"{_STRAIN} has shape {data.shape}, which is not one series")
    return data


def _mask(file: h5py.File, name: str) -> h5py.Dataset:
    """A mask of an open file: one whole number for each second."""
    values = data_set(file, name, "iu", LONGEST)
    if values.ndim != 1:
        raise ValueError(f"{name} has shape {values.shape}, not one value per second")
    return values


def _line(error: BaseException) -> str:
    """An error of HDF5 or h5py in one line."""
    words: Any = error.args[0] if isinstance(error, KeyError) and error.args else error
    return one_line(words) or type(error).__name__
