"""Background files ``background/seed-<n>.h5``: this module is the only one that opens them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.hdf5 import created, opened, texts, write_columns
from ccsncam.origin import Origin

# Columns in the order in which they are written.
COLUMNS = ("statistic", "logits", "gps", "piece", "offset", "slide")
# Clusters above the wanted number that are sorted out at once.
SLACK = 100_000
_NUMBERS = (
    *("live_time", "slides", "stride", "cluster", "duration", "piece_time", "floor", "zero_time"),
    "seed",
)


@dataclass(frozen=True, eq=False)
class Clusters:
    """The loudest windows of clusters, the loudest first.

    Attributes
    ----------
    statistic : array (n,), float64
        From `ccsncam.detection.statistic.statistic`.
    logits : array (n, class), float32
    gps : array (n, detector), float64
        GPS time at which the window starts in the noise of each detector [s].
    piece : array (n, detector), int32
        Row of the noise file that the window lies in, by detector.
    offset : array (n, detector), int32
        First sample of the window in the whitened piece, by detector.
    slide : array (n,), int32
        Number of the slide; 0 is zero lag.
    """

    statistic: np.ndarray
    logits: np.ndarray
    gps: np.ndarray
    piece: np.ndarray
    offset: np.ndarray
    slide: np.ndarray

    def __len__(self) -> int:
        """Give the number of clusters."""
        return len(self.statistic)

    def columns(self, rows: Any = slice(None)) -> dict[str, Any]:
        """Arrays by name, in the order of `COLUMNS`, of some clusters or of all."""
        return {name: getattr(self, name)[rows] for name in COLUMNS}

    def loudest_first(self, keep: int | None = None) -> "Clusters":
        """Sort by falling statistic; of equal ones, the earlier in slide, piece and time is first.

        Parameters
        ----------
        keep : int, optional
            Number of clusters that are kept; all by default.
        """
        keys = (*self.offset.T[::-1], *self.piece.T[::-1], self.slide, -self.statistic)
        return Clusters(**self.columns(np.lexsort(keys)[:keep]))


class Loudest:
    """The loudest of the clusters that are added, at most ``keep`` of them."""

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self._found: list[Clusters] = []
        self._waiting = 0

    def add(self, clusters: Clusters) -> None:
        """Add clusters; those that are not among the loudest are dropped from time to time."""
        self._found.append(clusters)
        self._waiting += len(clusters)
        if self._waiting > self.keep + SLACK:
            self._found = [joined(self._found).loudest_first(self.keep)]
            self._waiting = len(self._found[0])

    def clusters(self, detectors: int) -> Clusters:
        """The loudest, sorted; for nothing that was added, no clusters of so many detectors."""
        if not self._found:
            return no_clusters(0, detectors)
        return joined(self._found).loudest_first(self.keep)


@dataclass(frozen=True, eq=False)
class Background(Clusters):
    """How loud noise gets by chance: the clusters of one split's noise in time slides.

    Its own clusters are those of the slides. With one detector there are no slides, and they are
    those of the noise itself.

    Attributes
    ----------
    live_time : float
        Time that was searched in all slides together [s]: the number of windows times the stride.
    slides : int
        Number of slides that live time comes from.
    stride, cluster, duration : float
        From window to window, half width of a cluster, and length of a window [s].
    piece_time : float
        Live time of a whole piece [s].
    floor : float
        Clusters with a statistic below it were dropped; -inf where all were kept.
    exposure : list of array (piece,), float64
        Live time in which each piece of the noise file took part [s], one array per detector.
    zero_lag : Clusters
        Clusters at zero lag: those of the noise as it was, where the noise of all detectors is of
        the same time. They are no part of the background, and all of them are kept.
    zero_time : float
        Live time at zero lag [s].
    split : str
    detectors, classes : list of str
    origin : Origin
    seed : int
        Seed of the network.
    """

    live_time: float
    slides: int
    stride: float
    cluster: float
    duration: float
    piece_time: float
    floor: float
    exposure: list[np.ndarray]
    zero_lag: Clusters
    zero_time: float
    split: str
    detectors: list[str]
    classes: list[str]
    origin: Origin
    seed: int

    @property
    def words(self) -> str:
        """How long and how loud the background is, in words for a log."""
        loudest = f", the loudest at {self.statistic[0]:.4g}" if len(self) else ""
        return (
            f"{self.live_time / 86400:.4g} days in {self.slides} slides, {len(self)} clusters "
            f"kept{loudest}; at zero lag {self.zero_time:.0f} s"
        )

    @classmethod
    def read(cls, path: PathLike, split: str) -> Self:
        """Read the background of one split from a file that `write` has made.

        Raises
        ------
        ValueError
            In one line, if it is not such a file, or lacks the split.
        """
        with opened(path) as file:
            group = file[split]
            detectors = texts(group, "detectors")
            return cls(
                **_read_clusters(group),
                **{name: group.attrs[name].item() for name in _NUMBERS},
                exposure=[group[f"exposure/{detector}"][()] for detector in detectors],
                zero_lag=Clusters(**_read_clusters(group["zero_lag"])),
                split=split,
                detectors=detectors,
                classes=texts(group, "classes"),
                origin=Origin.from_json(group.attrs["inputs"]),
            )


def write(path: PathLike, backgrounds: Sequence[Background]) -> None:
    """Write the backgrounds of one or more splits, one group each, to a file.

    Parameters
    ----------
    path : path
    backgrounds : list of Background
        Of different splits.
    """
    with created(path) as file:
        for one in backgrounds:
            group = file.create_group(one.split)
            write_columns(group, one.columns())
            write_columns(group, one.zero_lag.columns(), "zero_lag/")
            exposure = dict(zip(one.detectors, one.exposure, strict=True))
            write_columns(group, exposure, "exposure/")
            group.attrs["detectors"] = one.detectors
            group.attrs["classes"] = one.classes
            group.attrs["inputs"] = one.origin.to_json()
            group.attrs.update({name: getattr(one, name) for name in _NUMBERS})


def joined(parts: Sequence[Clusters]) -> Clusters:
    """Put the clusters of several parts one after the other, in the order of the parts."""
    columns = {name: [getattr(part, name) for part in parts] for name in COLUMNS}
    return Clusters(**{name: np.concatenate(values) for name, values in columns.items()})


def no_clusters(classes: int, detectors: int) -> Clusters:
    """Make an empty set of clusters."""
    return Clusters(
        statistic=np.empty(0),
        logits=np.empty((0, classes), np.float32),
        gps=np.empty((0, detectors)),
        piece=np.empty((0, detectors), np.int32),
        offset=np.empty((0, detectors), np.int32),
        slide=np.empty(0, np.int32),
    )


def _read_clusters(group: h5py.Group) -> dict[str, Any]:
    """Columns of a group."""
    return {field.name: group[field.name][()] for field in fields(Clusters)}
