"""GWOSC's HDF5 files of strain: this module is the only one that knows their layout."""

from collections.abc import Sequence
from dataclasses import dataclass

import h5py
import numpy as np

from ccsncam.aliases import PathLike

# What `check` asks of a file of the archive: its length [s] and its sample rate [Hz].
DURATION, SAMPLE_RATE = 4096, 4096

# Samples that `check` reads at a time.
_BLOCK = 1 << 18
_STRAIN = "strain/Strain"
_DETECTOR, _START, _DURATION = "meta/Detector", "meta/GPSstart", "meta/Duration"
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
        In one line, if the file cannot be read or lacks a part of the layout.
    """
    try:
        with h5py.File(path) as file:
            data = file[_STRAIN]
            return StrainSeries(
                detector=file[_DETECTOR][()].decode(),
                gps_start=float(file[_START][()]),
                x_start=float(data.attrs["Xstart"]),
                step=float(data.attrs["Xspacing"]),
                data=data[()].astype(np.float64, copy=False),
            )
    except (OSError, KeyError) as error:
        text = " ".join(str(error).split())
        raise ValueError(
            f"{path}: not a GWOSC HDF5 file of strain ({text}): remove it and fetch it again"
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
    """
    found: dict[str, Mask | None] = dict.fromkeys(_MASKS)
    with h5py.File(path) as file:
        for kind, (mask, names) in _MASKS.items():
            if mask in file:
                found[kind] = Mask(file[mask][()], [bit.decode() for bit in file[names][()]])
    return found


def check(path: PathLike, detector: str, start: int) -> None:
    """Check that a file of the archive holds what its name says, and can be read to its end.

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
    masks = [name for pair in _MASKS.values() for name in pair]
    try:
        # HDF5 locks a file that it opens by its path, but `Part` has already locked a download.
        with open(path, "rb") as opened, h5py.File(opened) as file:
            for name in (_DETECTOR, _START, _DURATION, _STRAIN, *masks):
                if name not in file:
                    raise ValueError(f"has no {name}")
            _check_strain(file, detector, start)
            for name in masks:
                values = file[name][()]
                if name.endswith("mask") and values.shape != (DURATION,):
                    raise ValueError(f"{name} has shape {values.shape}, not one value per second")
    except (OSError, KeyError, AttributeError, TypeError, RuntimeError) as error:
        text = " ".join(str(error).split())
        raise ValueError(f"not a whole GWOSC HDF5 file of strain ({text})") from None


def _check_strain(file: h5py.File, detector: str, start: int) -> None:
    """Check what an open file says of its strain, and read all of it."""
    said = file[_DETECTOR][()].decode()
    begin, duration = int(file[_START][()]), int(file[_DURATION][()])
    data = file[_STRAIN]
    first, step = float(data.attrs["Xstart"]), float(data.attrs["Xspacing"])
    if (said, begin, first, duration, step) != (detector, start, start, DURATION, 1 / SAMPLE_RATE):
        raise ValueError(
            f"holds {said} from GPS {begin}, {duration} s in steps of {step:g} s, its first "
            f"sample at {first:.3f}"
        )
    if data.shape != (DURATION * SAMPLE_RATE,) or data.dtype.kind != "f":
        raise ValueError(f"its strain has shape {data.shape} of {data.dtype}")
    # HDF5 finds a chunk that was damaged on its way only when the chunk is read.
    block = np.empty(_BLOCK, dtype=data.dtype)
    for at in range(0, len(data), len(block)):
        data.read_direct(block, np.s_[at : at + len(block)])
