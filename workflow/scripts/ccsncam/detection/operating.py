"""Operating points: thresholds, what is found at them, and where half of the signals are found."""

from typing import NamedTuple

import numpy as np

from ccsncam.detection.far import LEVEL, Threshold, ends

RESAMPLES = 2000


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
    values = crossings_of(places, np.vstack([found, again]), trials, level, rising)
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return Crossing(float(values[0]), float(low), float(high))


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
    return float(crossings_of(places, found[None], trials, level, rising)[0])


def crossings_of(
    places: np.ndarray, found: np.ndarray, trials: np.ndarray, level: float, rising: bool
) -> np.ndarray:
    """Find where the share of found signals crosses a level, for many counts at once.

    Parameters
    ----------
    places, trials, level, rising
        As in `crossing`; there must be signals at each place.
    found : numpy.ndarray
        Signals found at each place, shape (m, n).

    Returns
    -------
    numpy.ndarray
        Each as ``value`` of `Crossing`, shape (m,).
    """
    if not rising:
        places, found, trials = places[::-1], found[:, ::-1], trials[::-1]
    share = isotonic(found / trials, trials)
    above = share >= level
    after = np.clip(above.argmax(axis=1), 1, None)
    rows = np.arange(len(share))
    low, high = share[rows, after - 1], share[rows, np.minimum(after, len(places) - 1)]
    step = np.diff(places, append=places[-1])[after - 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        value = places[after - 1] + (level - low) / (high - low) * step
    # All places are on the side on which more is found, or none is.
    first, last = (0.0, np.inf) if rising else (np.inf, 0.0)
    return np.where(above[:, 0], first, np.where(above[:, -1], value, last))


def isotonic(shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fit shares that never fall, with the least squared distance (isotonic regression).

    Parameters
    ----------
    shares : numpy.ndarray
        Shape (m, n): m sets of n shares.
    weights : numpy.ndarray
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (m, n): at each place the largest, over all starts before it, of the smallest mean
        from there to any end behind it. With few places this is faster than the usual algorithm,
        which takes one set at a time.
    """
    fit = np.full(shares.shape, -np.inf)
    for start in range(shares.shape[1]):
        means = np.cumsum((shares * weights)[:, start:], axis=1) / np.cumsum(weights[start:])
        least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        fit[:, start:] = np.maximum(fit[:, start:], least)
    return fit
