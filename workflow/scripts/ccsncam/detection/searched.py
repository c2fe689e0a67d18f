"""Files ``detection/seed-<n>/*.h5``: what a search says of samples, and of windows of noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.described import read_description, write_description
from ccsncam.detection.names import ARGMAX, LOUDEST, SINGLE
from ccsncam.detection.statistic import statistic
from ccsncam.hdf5 import created, opened, read_columns, texts, write_columns
from ccsncam.origin import Origin

# Columns in the order in which they are written.
COLUMNS = (*("logits", "own", "control", "row", "label", "network_snr", "distance_kpc", "starts"),)
# Name of the file of windows of noise; the others have the name of their data set.
NOISE = "noise"


@dataclass(frozen=True, eq=False)
class Searched:
    """Some samples of a data set, in the windows that a search looks at.

    Attributes
    ----------
    logits : array (n, window, class), float32
        NaN in windows that are not inside the piece of noise in all detectors.
    own : array (n, class), float32
        Logits of the image in the data set, whose signal is cut at the ends of its second.
    control : array (n, window, control), float64
        Controls of each window; -inf where ``logits`` is NaN.
    row, label : array (n,), int32
        Row in the data set, and class.
    network_snr, distance_kpc : array (n,), float64
        As in the data set.
    starts : array (window,), int
        Start of each window from the start of the second of the sample [samples].
    controls, classes : list of str
    dataset : str
    origin : Origin
    seed : int
        Seed of the network.
    """

    logits: np.ndarray
    own: np.ndarray
    control: np.ndarray
    row: np.ndarray
    label: np.ndarray
    network_snr: np.ndarray
    distance_kpc: np.ndarray
    starts: np.ndarray
    controls: list[str]
    classes: list[str]
    dataset: str
    origin: Origin
    seed: int

    @property
    def middle(self) -> int:
        """Number of the window that is the second of the sample."""
        return len(self.starts) // 2

    @property
    def statistic(self) -> np.ndarray:
        """Statistic of each window, shape (n, window); -inf in windows that are not inside."""
        found = statistic(self.logits)
        return np.where(np.isnan(found), -np.inf, found)

    def values(self, name: str | None = None) -> np.ndarray:
        """The network's statistic of each window, or a control, shape (n, window)."""
        return self.statistic if name is None else self.control[..., self.controls.index(name)]

    @property
    def loudest(self) -> np.ndarray:
        """Number of the window with the largest statistic, shape (n,)."""
        return self.statistic.argmax(axis=1)

    def said(self, rule: str) -> np.ndarray:
        """Most probable signal class in the window by which a rule judges.

        Parameters
        ----------
        rule : str
            One of those of `ccsncam.detection.names`.

        Returns
        -------
        numpy.ndarray of int
            Number of the class, from 1, shape (n,).
        """
        rows = np.arange(len(self.label))
        windows = {LOUDEST: self.loudest, SINGLE: np.full(len(rows), self.middle)}
        logits = self.own if rule == ARGMAX else self.logits[rows, windows[rule]]
        return 1 + logits[:, 1:].argmax(axis=1)

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `write` has made."""
        with opened(path) as file:
            return cls(
                **read_columns(file),
                controls=texts(file, "controls"),
                **read_description(file.attrs),
            )

    def write(self, path: PathLike) -> None:
        """Write to an HDF5 file, which `read` reads."""
        with created(path) as file:
            write_columns(file, {name: getattr(self, name) for name in COLUMNS})
            file.attrs["controls"] = self.controls
            write_description(file.attrs, self)


@dataclass(frozen=True, eq=False)
class NoiseWindows:
    """Single windows of the noise of a split, each detector's at a time of its own.

    Attributes
    ----------
    logits : array (n, class), float32
    control : array (n, control), float64
    piece : array (n, detector), int32
        Piece of noise that each window is from.
    seconds : float
        Time that windows are drawn from in the detector with the least [s].
    controls : list of str
    split : str
    """

    logits: np.ndarray
    control: np.ndarray
    piece: np.ndarray
    seconds: float
    controls: list[str]
    split: str

    @classmethod
    def read(cls, path: PathLike, split: str) -> Self:
        """Read the windows of one split from a file that `write_noise` has made."""
        with opened(path) as file:
            group = file[split]
            return cls(
                **read_columns(group),
                seconds=float(group.attrs["seconds"]),
                controls=texts(group, "controls"),
                split=split,
            )

    def values(self, name: str | None = None) -> np.ndarray:
        """The network's statistic, or a control, shape (n,)."""
        return (
            statistic(self.logits) if name is None else self.control[:, self.controls.index(name)]
        )


def write_noise(path: PathLike, windows: Mapping[str, NoiseWindows]) -> None:
    """Write the windows of noise of several splits, by split."""
    with created(path) as file:
        for split, one in windows.items():
            group = file.create_group(split)
            columns: dict[str, Any] = {
                name: getattr(one, name) for name in ("logits", "control", "piece")
            }
            write_columns(group, columns)
            group.attrs["seconds"] = one.seconds
            group.attrs["controls"] = one.controls
