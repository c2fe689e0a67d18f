"""False-alarm rates of thresholds and thresholds of rates, with intervals of 95 % confidence."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import stats

from ccsncam.detection.store import Background, Clusters

LEVEL = 0.95
# A cluster at zero lag is a candidate if noise is as loud by chance in fewer than one of twenty
# stretches as long as the time at zero lag.
CHANCE = 0.05


@dataclass(frozen=True)
class Rate:
    """A false-alarm rate.

    Attributes
    ----------
    per_second : float
        Number of clusters at or above the threshold in a second of live time.
    low, high : float
        Ends of its interval of 95 % confidence.
    count : int
        Number of clusters that the rate was counted from. Without any, the rate and its lower end
        are 0, and the upper end is 3 / live time (the one-sided bound of 95 %).
    """

    per_second: float
    low: float
    high: float
    count: int


class Threshold(NamedTuple):
    """The statistic at which a false-alarm rate is met.

    Attributes
    ----------
    value : float
        The lowest threshold at which no more than the wanted rate was counted.
    low, high : float
        Ends of its interval of 95 % confidence; ``high`` is infinite where chance may have left
        the background without any louder cluster.
    reached : bool
        False if the background is too short for the rate: less than one cluster was expected. Then
        ``value`` and ``low`` are the loudest cluster, and say only that the threshold of this rate
        is not below it.
    """

    value: float
    low: float
    high: float
    reached: bool


def rate(background: Background, threshold: float, blocks: bool = False) -> Rate:
    """Count how often noise reaches a threshold.

    Parameters
    ----------
    background : Background
    threshold : float
        Statistic.
    blocks : bool
        False: the interval is Poisson's (Garwood 1936), as if all clusters were independent.
        True: it is widened by how unevenly the clusters are spread over pieces of noise, because
        slides use each piece, and each glitch in it, many times; see `spread`.

    Returns
    -------
    Rate

    Raises
    ------
    ValueError
        In one line, if the threshold is below what the background has kept.
    """
    if threshold < background.floor:
        raise ValueError(
            f"background of {background.split}: it keeps no cluster below a statistic of "
            f"{background.floor:.4g}, so there is no rate at {threshold:.4g}; raise "
            "detection.background.keep"
        )
    count = int(np.searchsorted(-background.statistic, -threshold, side="right"))
    effect = spread(background, count) if blocks else 1.0
    low, high = (effect * end for end in garwood(count / effect))
    time = background.live_time
    return Rate(count / time, low / time, high / time, count)


def threshold(background: Background, per_second: float, blocks: bool = False) -> Threshold:
    """Find the statistic that noise reaches at a given rate; nothing is extrapolated.

    Parameters
    ----------
    background : Background
    per_second : float
        False-alarm rate [1/s].
    blocks : bool
        As in `rate`.

    Returns
    -------
    Threshold

    Raises
    ------
    ValueError
        In one line, if the rate is so high that its threshold is below what was kept, or is not
        positive.
    """
    if not per_second > 0:
        raise ValueError(f"a false-alarm rate of {per_second} /s: give a positive rate")
    # Rounding must not lose a cluster where rate times time is a whole number.
    expected = per_second * background.live_time
    count = int(np.floor(expected * (1 + 1e-12)))
    loudest = background.statistic
    if count > len(loudest):
        raise ValueError(
            f"background of {background.split}: {len(loudest)} clusters of "
            f"{background.live_time:.0f} s are kept, and a rate of {per_second:.3g} /s needs "
            f"{count}; raise detection.background.keep, or take a lower rate"
        )
    if count < 1:
        top = float(loudest[0]) if len(loudest) else background.floor
        return Threshold(top, top, np.inf, reached=False)
    effect = spread(background, count) if blocks else 1.0
    low, high = ends(loudest, expected, effect, background.floor)
    return Threshold(float(loudest[count - 1]), low, high, reached=True)


def ends(
    loudest: np.ndarray, expected: float, effect: float, floor: float = -np.inf
) -> tuple[float, float]:
    """Interval of the threshold that a given number of events of noise is expected to reach.

    Parameters
    ----------
    loudest : numpy.ndarray
        Statistic of the events, the loudest first.
    expected : float
        Number of events at or above the threshold.
    effect : float
        Variance of this number over that of Poisson.
    floor : float
        The lower end where too few events were kept.

    Returns
    -------
    low, high : float
        95 % confidence, from order statistics; ``high`` is infinite where chance may have left no
        louder event.
    """
    few, many = stats.poisson.interval(LEVEL, expected / effect)
    few, many = int(np.floor(few * effect)), int(np.ceil(many * effect))
    high = float(loudest[few - 1]) if few else np.inf
    # As many events at or above the threshold as chance allows leave it above the next one.
    return float(loudest[many]) if many < len(loudest) else floor, high


def garwood(count: float) -> tuple[float, float]:
    """Exact interval of the mean of a Poisson distribution, with 95 % confidence.

    Parameters
    ----------
    count : float
        What was counted; fractions are those of an effective count.

    Returns
    -------
    low, high : float
        Without counts the interval is one-sided: from 0 to -ln 0.05 = 3.00.

    References
    ----------
    Garwood 1936, Biometrika 28, 437.
    """
    if count <= 0:
        return 0.0, float(-np.log(1 - LEVEL))
    tail = (1 - LEVEL) / 2
    low, high = stats.gamma.ppf(tail, count), stats.gamma.ppf(1 - tail, count + 1)
    return float(low), float(high)


def spread(background: Background, count: int) -> float:
    """Measure how much more the loudest clusters scatter than independent ones would.

    Slides use each piece of noise many times. If one piece has a loud glitch, all slides in which
    it takes part have loud clusters, and their number says little on other noise. The variance is
    the one that a block bootstrap over pieces tends to; the detectors have pieces of their own, so
    their variances are combined as for several ways of clustering.

    Parameters
    ----------
    background : Background
    count : int
        Number of the loudest clusters that are looked at.

    Returns
    -------
    float
        Variance of the count over the variance of Poisson, at least 1. It is 1 without clusters.

    References
    ----------
    Cameron, Gelbach & Miller 2011, J. Bus. Econ. Stat. 29, 238, without the terms of clusters that
    share the pieces of two detectors, which are rare.
    """
    if not count:
        return 1.0
    pieces = background.piece[:count].T
    variance = -(len(pieces) - 1.0) * count
    for used, exposure in zip(pieces, background.exposure, strict=True):
        there = exposure > 0
        size = np.count_nonzero(there)
        counts = np.bincount(used, minlength=len(exposure))[there]
        expected = count * exposure[there] / exposure.sum()
        # With one piece there is nothing to compare it with.
        variance += np.sum((counts - expected) ** 2) * size / (size - 1) if size > 1 else count
    return float(max(1.0, variance / count))


def can_tell(background: Background, chance: float = CHANCE) -> bool:
    """Whether a cluster at zero lag that is louder than all slides would be a candidate.

    Parameters
    ----------
    background : Background
    chance : float
        See `candidates`. The live time must be some twenty times the time at zero lag.
    """
    return background.zero_time < -np.log1p(-chance) * background.live_time


def candidates(background: Background, chance: float = CHANCE) -> Clusters:
    """Find the clusters at zero lag that are too loud to be expected from noise.

    Parameters
    ----------
    background : Background
    chance : float
        A candidate has 1 - exp(-rate · zero-lag time) below it. The rate is the inclusive one, of
        one cluster more than was counted: the candidate may itself be noise.

    Returns
    -------
    Clusters
    """
    found = background.zero_lag
    counts = np.searchsorted(-background.statistic, -found.statistic, side="right")
    expected = (1 + counts) / background.live_time * background.zero_time
    rare = (-np.expm1(-expected) < chance) & (found.statistic >= background.floor)
    return Clusters(**found.columns(rare))


def exclusive(background: Background, chance: float = CHANCE) -> Background:
    """Leave out of a background the noise in which candidates at zero lag were found.

    The inclusive background, which is the background itself, has all noise, and therefore also
    real signals if there are any: each of them meets noise of other detectors in many slides. The
    exclusive one leaves out each window that overlaps the window of a candidate in the same
    detector, and the live time of these windows. The inclusive rate is safe, the exclusive one is
    right if the candidates are real.

    Parameters
    ----------
    background : Background
    chance : float
        See `candidates`.

    Returns
    -------
    Background
        The same object if there are no candidates, as for one detector, which has no zero lag
        besides its background. Where windows of several candidates overlap, their live time is
        taken off more than once, so that the rate is not too low.
    """
    found = candidates(background, chance)
    if not len(found):
        return background
    keep = np.ones(len(background), bool)
    lost = 0.0
    share = min(1.0, 2 * background.duration / background.piece_time)
    for number, exposure in enumerate(background.exposure):
        for gps, piece in zip(found.gps[:, number], found.piece[:, number], strict=True):
            keep &= np.abs(background.gps[:, number] - gps) >= background.duration
            lost += exposure[piece] * share
    return replace(
        background,
        **background.columns(keep),
        live_time=max(background.live_time - lost, background.stride),
    )
