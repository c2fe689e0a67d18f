"""Words of a study's tables, what a network makes of samples, and operating points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ccsncam.detection.names import LOUDEST, SINGLE

# Quantities that a network has for each sample.
ACCURACY, FALSE_ALARMS, EFFICIENCY = "accuracy", "false_alarms", "efficiency"
REACH = "d50_kpc"
# Those of grades: signals whose class changes, or is right, without a mode; the area under a
# deletion curve; unseen signals that are found.
LOST, RIGHT_WITHOUT, DELETION, UNSEEN = "lost_without", "right_without", "deletion", "unseen_found"
# What stands in the column of the seed for all of them, and the units of the places.
EVERY, KPC, SNR, PER_DAY, A_WINDOW = "all", "kpc", "network SNR", "a day", "a window"
# Network SNRs of the same sample agree to this relative difference on any machine.
SAME = 1e-6


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one network makes of samples: which of them count, each with what it is.

    ``hit`` says which samples count, or has a value of each of them in [0, 1]. All arrays have the
    shape (n,); ``distance`` is that of the test set [kpc]. ``snr`` is the network SNR of a signal;
    for noise it is the mean over the signals of its test set.
    """

    hit: np.ndarray
    label: np.ndarray
    distance: np.ndarray
    snr: np.ndarray

    @property
    def counts(self) -> bool:
        """Whether samples are counted, and not measured."""
        return self.hit.dtype.kind == "b"

    def part(self, rows: np.ndarray) -> "Outcome":
        """The samples of a mask."""
        return Outcome(self.hit[rows], self.label[rows], self.distance[rows], self.snr[rows])

    def same_samples(self, other: "Outcome") -> bool:
        """Whether the samples of both are the same: injections as loud in the same noise."""
        return (
            len(self.hit) == len(other.hit)
            and np.array_equal(self.label, other.label)
            and np.array_equal(self.distance, other.distance)
            and np.allclose(self.snr, other.snr, rtol=SAME, atol=0)
        )


# Outcomes of one network by quantity and operating point ("" for the first two quantities).
Answers = dict[tuple[str, str], Outcome]
# Networks by seed.
Networks = Mapping[int, Answers]


@dataclass(frozen=True)
class Point:
    """An operating point of all variants.

    ``rule`` is that of `ccsncam.detection.names`; ``asked`` is a mean time between false alarms [s]
    for the loudest window, or the false-alarm probability of a single window.
    """

    rule: str
    criterion: str
    asked: float


def points(rates: Mapping[str, float], probabilities: Sequence[float]) -> list[Point]:
    """Operating points of a configuration, rates first, in its order.

    Parameters
    ----------
    rates : mapping of str to float
        By name: mean time between two false alarms [s].
    probabilities : list of float
        False-alarm probabilities of a single window.
    """
    found = [Point(LOUDEST, name, seconds) for name, seconds in rates.items()]
    return found + [Point(SINGLE, f"{one:g} a window", one) for one in probabilities]


def chosen(variants: Sequence[Networks], asked: Sequence[Point], rate: str) -> Point | None:
    """Choose the operating point at which variants are compared by distance and SNR.

    Parameters
    ----------
    variants : list of Networks
    asked : list of Point
    rate : str
        Name of the rate that is wanted.

    Returns
    -------
    Point or None
        The wanted rate. If the noise of some network is too short for it, the rarest rate that all
        reach, or else the second largest probability of a window; None if there is no search.
    """
    networks = [answers for one in variants for answers in one.values()]
    there = [one for one in asked if all((EFFICIENCY, one.criterion) in own for own in networks)]
    rates = [one for one in there if one.rule == LOUDEST]
    wanted = [one for one in rates if one.criterion == rate]
    if wanted or rates:
        return wanted[0] if wanted else max(rates, key=lambda one: one.asked)
    windows = sorted((one for one in there if one.rule == SINGLE), key=lambda one: -one.asked)
    return windows[min(1, len(windows) - 1)] if windows else None
