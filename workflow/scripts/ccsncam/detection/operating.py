"""Operating points: thresholds, what is found at them, and where half of the signals are found."""

from typing import NamedTuple

import numpy as np
from scipy import optimize

from ccsncam.detection.far import LEVEL, Threshold, ends

RESAMPLES = 200


def window_threshold(values: np.ndarray, probability: float, effect: float = 1.0) -> Threshold:
    """Find the threshold that noise reaches in single windows with a given probability.

    Parameters
    ----------
    values : numpy.ndarray
        Statistic of windows of noise, shape (n,).
    probability : float
    effect : float
        How many of these windows vary like one independent window. Windows that share seconds of
        noise, and glitches in them, are not independent. NaN says that this is not known, and the
        interval has no ends then.

    Returns
    -------
    Threshold
        The lowest at which no more than this share of the windows was counted, with the interval
        of order statistics; see `Threshold` for ``reached``.
    """
    loudest = -np.sort(-np.asarray(values, np.float64))
    # Rounding must not lose a window where the share of them is a whole number.
    count = int(np.floor(probability * len(loudest) * (1 + 1e-12)))
    if count < 1:
        return Threshold(float(loudest[0]), float(loudest[0]), np.inf, reached=False)
    if np.isnan(effect):
        return Threshold(float(loudest[count - 1]), -np.inf, np.inf, reached=True)
    low, high = ends(loudest, probability * len(loudest), effect)
    return Threshold(float(loudest[count - 1]), low, high, reached=True)


def false_alarm_chance(per_second: float, seconds: float) -> float:
    """Chance of a false alarm in a stretch of time in which a signal is expected.

    Parameters
    ----------
    per_second : float
        False-alarm rate [1/s].
    seconds : float
        Length of the on-source window, such as that of a neutrino burst [s].

    Returns
    -------
    float
        1 - exp(-rate · time): that of at least one event of a Poisson process.
    """
    return float(-np.expm1(-per_second * seconds))


class Crossing(NamedTuple):
    """Where the share of found signals crosses a level, with its 95 % interval.

    A value of infinity or 0 says that it lies beyond the largest place, or before the smallest.
    """

    value: float
    low: float
    high: float


def crossing(
    places: np.ndarray, found: np.ndarray, trials: np.ndarray, level: float, rising: bool
) -> Crossing:
    """Find the distance or SNR at which a given share of the signals is found.

    The share is taken to rise or to fall all the way: it is the monotone function with the least
    squared distance from the counts (isotonic regression), joined by straight lines.

    Parameters
    ----------
    places : numpy.ndarray
        Distances, or SNRs, in rising order, shape (n,).
    found, trials : numpy.ndarray of int
        Signals found, and all signals, at each place.
    level : float
        Share, in (0, 1).
    rising : bool
        Whether the share rises with the place.

    Returns
    -------
    Crossing
        The interval is from a parametric bootstrap: counts are drawn anew from the shares that
        were measured. NaN where there are no signals.
    """
    there = trials > 0
    places, found, trials = places[there], found[there], trials[there]
    if not len(places):
        return Crossing(np.nan, np.nan, np.nan)
    random = np.random.default_rng([len(places), int(trials.sum()), int(found.sum())])
    again = random.binomial(trials, found / trials, (RESAMPLES, len(places)))
    values = [crossing_of(places, one, trials, level, rising) for one in (found, *again)]
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return Crossing(values[0], float(low), float(high))


def crossing_of(
    places: np.ndarray, found: np.ndarray, trials: np.ndarray, level: float, rising: bool
) -> float:
    """Find where the share of found signals crosses a level, without an interval.

    Parameters
    ----------
    places, found, trials, level, rising
        As in `crossing`; there must be signals at each place.

    Returns
    -------
    float
        As ``value`` of `Crossing`.
    """
    share = optimize.isotonic_regression(found / trials, weights=trials, increasing=rising).x
    if not rising:
        places, share = places[::-1], share[::-1]
    if share[0] >= level:
        # All places are on the side on which more is found.
        return 0.0 if rising else np.inf
    if share[-1] < level:
        return np.inf if rising else 0.0
    after = int(np.argmax(share >= level))
    low, high = share[after - 1], share[after]
    part = (level - low) / (high - low)
    return float(places[after - 1] + part * (places[after] - places[after - 1]))
