"""Noise files ``noise/<split>-<detector>.h5``: this module is the only one that opens them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import h5py
import numpy as np
import pandas as pd

from ccsncam import hdf5
from ccsncam.aliases import PathLike
from ccsncam.noise.reasons import ALONE, KEPT, kept_stretches, reason_seconds

# Data sets with one row per piece and their types, in the order in which they are created.
_PIECES = {
    "strain": "f4",
    "whitened": "f4",
    "psd": "f8",
    "whitening": "f4",
    "welch_psd": "f8",
    "gps_start": "f8",
}
# HDF5 gives a data set its place in the file at the first write, so this order fixes the bytes.
_WRITTEN = ("strain", "welch_psd", "psd", "whitening", "whitened", "gps_start")
_GLITCHES = ("gps", "snr", "frequency", "kind")
_STRETCHES = ("start", "end", "reason")


@dataclass(frozen=True)
class NoiseFacts:
    """What a noise file says of itself in its attributes, in the order in which it stores them.

    Attributes
    ----------
    detector, split : str
    source : str
        ``simulated``, ``files`` or ``gwosc``.
    description : str
        The source in words.
    quality : str
        Which bits were asked for, and how many files of strain have no mask.
    sample_rate, delta_f : float
        Sample rate of the strain, and frequency step of the PSDs [Hz].
    estimation_bias : float
        Factor on each measured PSD; see `ccsncam.noise.whitening.estimation_bias`.
    corrupted : float
        Time at each end of a whitened piece that the filter spoils [s].
    live_time : float
        Total length of the pieces [s].
    """

    detector: str
    split: str
    source: str
    description: str
    quality: str
    sample_rate: float
    delta_f: float
    estimation_bias: float
    corrupted: float
    live_time: float


@dataclass(frozen=True)
class Pieces:
    """A batch of pieces of strain and what whitening made of them.

    Attributes
    ----------
    gps_start : array (b,)
        GPS time of the start of each piece [s].
    strain, whitened : array (b, n), float32
    psd : array (b, frequency), float64
        Effective one-sided PSD [1/Hz].
    whitening : array (b, frequency)
        Real frequency response of the whitening filter.
    welch_psd : array (b, frequency), float64
        Measured one-sided PSD [1/Hz].
    glitches : pandas.DataFrame, optional
        ``gps`` [s], ``snr``, ``frequency`` [Hz] and ``kind`` of the glitches in the pieces.
    """

    gps_start: np.ndarray
    strain: np.ndarray
    whitened: np.ndarray
    psd: np.ndarray
    whitening: np.ndarray
    welch_psd: np.ndarray
    glitches: pd.DataFrame | None = None


@dataclass(frozen=True)
class NoiseHeader(NoiseFacts):
    """What is quick to read from a noise file: all but strain and spectra.

    Attributes
    ----------
    gps_start : array (piece,)
        GPS time of the start of each piece [s].
    glitches : pandas.DataFrame
        ``gps`` of the middle [s], ``snr``, ``frequency`` [Hz] and ``kind`` of each simulated
        glitch.
    stretches : pandas.DataFrame
        Stretches of the GPS ranges that are kept and lost: ``start``, ``end`` (GPS time [s]) and
        ``reason``.
    """

    gps_start: np.ndarray
    glitches: pd.DataFrame
    stretches: pd.DataFrame

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read the header of a noise file.

        Raises
        ------
        ValueError
            In one line, if it is not a noise file.
        """
        with hdf5.opened(path) as file:
            return cls(**_header(file))

    @property
    def duration(self) -> float:
        """Length of a piece [s]."""
        return self.live_time / len(self.gps_start)

    @property
    def selection(self) -> pd.DataFrame:
        """Seconds kept and lost: ``reason`` and ``seconds``, sorted by reason."""
        return reason_seconds(self.stretches)


def of_split(paths: Sequence[PathLike], split: str) -> list[PathLike]:
    """Keep the noise files of one split, in their order."""
    return [path for path in paths if NoiseHeader.read(path).split == split]


@dataclass(frozen=True)
class Noise(NoiseHeader):
    """The noise of one detector for one split.

    Attributes
    ----------
    psd : array (piece, frequency), float64
        Effective one-sided PSD [1/Hz], which whitening and SNRs share.
    whitening : array (piece, frequency), float32
        Real frequency response of the whitening filter; ``psd`` is 2 / (sample_rate response²).
    whitened : memmap (piece, n), float32
        Read-only view of the file, so that hours of noise need no memory.
    strain : array (piece, n), float32, or None
        None unless it is asked for.
    """

    psd: np.ndarray
    whitening: np.ndarray
    whitened: np.ndarray
    strain: np.ndarray | None

    @classmethod
    def read(cls, path: PathLike, strain: bool = False) -> Self:
        """Read a noise file.

        Parameters
        ----------
        path : path
        strain : bool
            Whether to read the strain before whitening too.

        Raises
        ------
        ValueError
            In one line, if it is not a noise file.
        """
        with hdf5.opened(path) as file:
            whitened = file["whitened"]
            return cls(
                **_header(file),
                psd=file["psd"][()],
                whitening=file["whitening"][()],
                whitened=np.memmap(
                    path,
                    dtype=whitened.dtype,
                    mode="r",
                    # The data set is one contiguous block of the file.
                    offset=whitened.id.get_offset(),
                    shape=whitened.shape,
                ),
                strain=file["strain"][()] if strain else None,
            )


def write_noise(
    path: PathLike,
    facts: NoiseFacts,
    count: int,
    batches: Iterable[Pieces],
    stretches: pd.DataFrame,
) -> None:
    """Write a noise file, one batch of pieces after the other.

    The file appears under its name when it is complete. The same input gives the same bytes.

    Parameters
    ----------
    path : path
    facts : NoiseFacts
    count : int
        Number of pieces in all batches.
    batches : iterable of Pieces
    stretches : pandas.DataFrame
        Stretches kept and lost: ``start``, ``end`` (GPS time [s]) and ``reason``.

    Raises
    ------
    ValueError
        If the batches hold another number of pieces.
    """
    done, found = 0, []
    with hdf5.created(path) as file:
        for pieces in batches:
            if not done:
                for name, kind in _PIECES.items():
                    shape = (count, *getattr(pieces, name).shape[1:])
                    file.create_dataset(name, shape, kind, track_times=False)
            rows = slice(done, done + len(pieces.gps_start))
            for name in _WRITTEN:
                file[name][rows] = getattr(pieces, name)
            done = rows.stop
            if pieces.glitches is not None and len(pieces.glitches):
                found.append(pieces.glitches)
        if done != count:
            raise ValueError(f"{path}: {done} pieces of noise came, {count} were announced")
        empty = pd.DataFrame({name: [] for name in _GLITCHES})
        glitches = pd.concat(found, ignore_index=True) if found else empty
        columns = {name: glitches[name].to_numpy(np.float64) for name in _GLITCHES[:3]}
        columns["kind"] = glitches["kind"].to_numpy(dtype="S16")
        hdf5.write_columns(file, columns, "glitches/")
        width = max(len(reason) for reason in stretches["reason"])
        columns = {"reason": stretches["reason"].to_numpy(dtype=f"S{width}")}
        columns |= {name: stretches[name].to_numpy(np.float64) for name in ("start", "end")}
        hdf5.write_columns(file, columns, "selection/")
        file.attrs.update({field.name: getattr(facts, field.name) for field in fields(NoiseFacts)})


def welch_asd(path: PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Median measured spectrum of the pieces of a noise file.

    Parameters
    ----------
    path : path

    Returns
    -------
    frequency : array (n,)
        In Hz.
    asd : array (n,)
        Amplitude spectral density [1/sqrt(Hz)].
    """
    with hdf5.opened(path) as file:
        asd = np.sqrt(np.median(file["welch_psd"], axis=0))
        return np.arange(len(asd)) * file.attrs["delta_f"], asd


def common_starts(paths: Iterable[PathLike]) -> dict[str, np.ndarray]:
    """Find the pieces that all detectors of a split have.

    Parameters
    ----------
    paths : list of path
        Noise files of one or more splits.

    Returns
    -------
    dict of str to array (piece,)
        GPS time of the start of each piece [s], in rising order, by split.
    """
    found: dict[str, np.ndarray] = {}
    for path in paths:
        header = NoiseHeader.read(path)
        known = found.get(header.split, header.gps_start)
        found[header.split] = np.intersect1d(known, header.gps_start)
    return found


def common_pieces(starts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Find the pieces that all detectors have, for coincident noise.

    Parameters
    ----------
    starts : list of array (piece,)
        GPS times of the starts of the pieces, one array per detector [s].

    Returns
    -------
    list of array (common,), int
        Indices of the common pieces in the order of time, one array per detector.

    Raises
    ------
    ValueError
        If no piece is common to all.
    """
    common = starts[0]
    for other in starts[1:]:
        common = np.intersect1d(common, other)
    common = np.unique(common)
    if not len(common):
        raise ValueError(
            f"noise.coincident: no piece of noise has all {len(starts)} detectors on: set "
            "coincident to false, or take other ranges"
        )
    indices = []
    for mine in starts:
        order = np.argsort(mine, kind="stable")
        indices.append(order[np.searchsorted(mine, common, sorter=order)])
    return indices


def read_stretches(path: PathLike, common: Mapping[str, np.ndarray] | None = None) -> pd.DataFrame:
    """Read what a noise file keeps and loses of its GPS ranges.

    Parameters
    ----------
    path : path
    common : dict of str to array (piece,), optional
        From `common_starts`, for coincident noise: the pieces that samples are drawn from. The
        other pieces of the file then have the reason `ALONE`.

    Returns
    -------
    pandas.DataFrame
        ``split``, ``detector``, ``source``, ``quality``, ``start`` and ``end`` (GPS time [s]) and
        ``reason``.
    """
    header = NoiseHeader.read(path)
    table = header.stretches
    if common:
        starts = np.sort(header.gps_start)
        drawn = np.isin(starts, common[header.split])
        parts = [table[table["reason"] != KEPT], kept_stretches(starts[drawn], header.duration)]
        if not drawn.all():
            parts.append(kept_stretches(starts[~drawn], header.duration).assign(reason=ALONE))
        table = pd.concat(parts).sort_values("start", kind="stable", ignore_index=True)
    own = {name: getattr(header, name) for name in ("split", "detector", "source", "quality")}
    return table.assign(**own)[[*own, *_STRETCHES]]


def _header(file: h5py.File) -> dict[str, Any]:
    """Fields of a header.

    Numbers stay NumPy's float64, so that a float32 array times a number becomes float64.
    """
    glitches = {name: file[f"glitches/{name}"][()] for name in _GLITCHES}
    stretches = {name: file[f"selection/{name}"][()] for name in _STRETCHES}
    glitches["kind"] = glitches["kind"].astype(str)
    stretches["reason"] = stretches["reason"].astype(str)
    return {
        **{field.name: file.attrs[field.name] for field in fields(NoiseFacts)},
        "gps_start": file["gps_start"][()],
        "glitches": pd.DataFrame(glitches),
        "stretches": pd.DataFrame(stretches),
    }
