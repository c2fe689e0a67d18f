"""What tables of detection are made from: searches, operating points, and what each finds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ccsncam.detection.far import Threshold
from ccsncam.detection.names import ALL
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.store import Background

DAY = 86400.0


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the tables of one network are made from.

    Attributes
    ----------
    seed : int
        Seed of the network.
    background : dict of dict of Background
        By statistic (`ccsncam.detection.names.NETWORK` or a control) and split.
    windows : dict of NoiseWindows
        By split.
    searched : list of Searched
        One for each test set.
    """

    seed: int
    background: Mapping[str, Mapping[str, Background]]
    windows: Mapping[str, NoiseWindows]
    searched: Sequence[Searched]


class Point(NamedTuple):
    """An operating point: which signals count as found, and its row of `operating_point`."""

    statistic: str
    rule: str
    criterion: str
    row: dict[str, Any]
    threshold: Threshold

    @property
    def names(self) -> dict[str, str]:
        """Columns that name it in tables."""
        return {"statistic": self.statistic, "rule": self.rule, "criterion": self.criterion}


class Values(NamedTuple):
    """How loud all samples are by the rule of an operating point.

    ``value`` is the statistic, shape (n,); ``said`` is the most probable signal class in the window
    that it is from, shape (n,), and empty for excess power, which knows no classes.
    """

    point: Point
    value: np.ndarray
    said: np.ndarray

    @property
    def hits(self) -> np.ndarray:
        """Which samples are found."""
        return self.value >= self.point.threshold.value

    @property
    def at_ends(self) -> dict[str, np.ndarray]:
        """Which are found at either end of the threshold's interval, by the ends of columns."""
        ends = self.point.threshold
        names = {"_at_threshold_low": ends.low, "_at_threshold_high": ends.high}
        return {name: self.value >= end for name, end in names.items()}


@dataclass(frozen=True, eq=False)
class Samples:
    """All samples that were searched.

    Attributes
    ----------
    label : array (n,)
        Class; the noise of a test set is not searched.
    distance, snr : array (n,)
        [kpc]; network SNR.
    classes : list of str
        Noise first.
    seed : int
        Seed of the network.
    found : list of Values
        One for each operating point that noise reaches.
    """

    label: np.ndarray
    distance: np.ndarray
    snr: np.ndarray
    classes: list[str]
    seed: int
    found: list[Values]

    def by_class(self) -> Iterator[tuple[str, np.ndarray]]:
        """Name and rows of each signal class, and of all."""
        for label, name in enumerate(self.classes):
            if label:
                yield name, self.label == label
        yield ALL, self.label > 0
