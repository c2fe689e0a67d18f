"""Differences of two rates, of the same or of other samples, with intervals of 95 %."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri, stdtrit

from ccsncam.results.rates import LEVEL, Mean, wilson

_QUANTILE = (1 + LEVEL) / 2


def of_samples(differences: np.ndarray) -> Mean:
    """Mean difference of the same samples, with an interval over samples.

    It is the interval of Bonett & Price: Wald's after one sample was added that speaks for each of
    the two. Wald's own is too short where few samples differ, and has no width where none does.

    Parameters
    ----------
    differences : numpy.ndarray
        What each sample gives to one, minus what it gives to the other, in [-1, 1], shape (n,). For
        one network each, 1 and -1 are samples that only one of them has right. For several seeds,
        it is the mean of a sample over the seeds.

    Returns
    -------
    Mean
        NaN without samples.

    References
    ----------
    Bonett & Price 2012, J. Educ. Behav. Stat. 37, 479; recommended by Fagerland, Lydersen & Laake
    2014, Stat. Med. 33, 2850.
    """
    count = len(differences)
    if not count:
        return Mean(np.nan, np.nan, np.nan, 0)
    more = np.concatenate([differences, [1.0, -1.0]])
    half = ndtri(_QUANTILE) * np.sqrt(np.var(more) / len(more))
    low, high = np.clip([more.mean() - half, more.mean() + half], -1, 1)
    return Mean(float(np.mean(differences)), float(low), float(high), count)


def of_counts(hits: Sequence[float], trials: Sequence[int]) -> Mean:
    """Difference of the rates of two sets of samples that are not the same.

    Parameters
    ----------
    hits, trials : (float, float)
        Of the one and of the other. Means over seeds need not be whole numbers.

    Returns
    -------
    Mean
        The first rate minus the second, with the interval that joins Wilson's of both; NaN without
        samples.

    References
    ----------
    Newcombe 1998, Stat. Med. 17, 873, method 10.
    """
    if not all(trials):
        return Mean(np.nan, np.nan, np.nan, 0)
    one, two = np.divide(hits, trials)
    (low_1, low_2), (high_1, high_2) = wilson(hits, trials)
    low = one - two - np.hypot(one - low_1, high_2 - two)
    high = one - two + np.hypot(high_1 - one, two - low_2)
    return Mean(float(one - two), float(low), float(high), int(min(trials)))


def of_seeds(differences: Sequence[float]) -> Mean:
    """Mean difference of networks with the same seeds, with Student's interval over the seeds.

    Parameters
    ----------
    differences : list of float
        One for each seed.

    Returns
    -------
    Mean
        The ends are NaN with a single seed, and where all differences are the same: counts that
        happen to be equal would leave no width. With two, the interval is 6.4 times as wide as the
        two differences lie apart on either side of their mean, so that two seeds seldom tell
        anything.
    """
    values = np.asarray(differences, float)
    count = len(values)
    if count < 2:
        return Mean(float(values.mean()) if count else np.nan, np.nan, np.nan, count)
    half = stdtrit(count - 1, _QUANTILE) * values.std(ddof=1) / np.sqrt(count)
    if np.ptp(values) == 0:
        half = np.nan
    return Mean(
        float(values.mean()), float(values.mean() - half), float(values.mean() + half), count
    )


def apart(one: Sequence[float], two: Sequence[float]) -> Mean:
    """Difference of the means of networks that share no seeds or samples: Welch's interval.

    Parameters
    ----------
    one, two : list of float
        A value for each seed.

    Returns
    -------
    Mean
        The ends are NaN if one of the two has a single seed, or if neither varies: counts that
        happen to be equal would leave no width.

    References
    ----------
    Welch 1947, Biometrika 34, 28.
    """
    first, second = np.asarray(one, float), np.asarray(two, float)
    count = min(len(first), len(second))
    mean = float(first.mean() - second.mean()) if count else np.nan
    if count < 2:
        return Mean(mean, np.nan, np.nan, count)
    parts = [values.var(ddof=1) / len(values) for values in (first, second)]
    if not sum(parts):
        return Mean(mean, np.nan, np.nan, count)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True)
    )
    half = stdtrit(freedom, _QUANTILE) * np.sqrt(sum(parts))
    return Mean(mean, float(mean - half), float(mean + half), count)
