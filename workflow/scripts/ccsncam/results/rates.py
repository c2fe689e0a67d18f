"""Rates and means, each with an interval of 95 % confidence."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

LEVEL = 0.95
# Resamples of a bootstrap.
RESAMPLES = 2000


class Mean(NamedTuple):
    """A mean, the ends of its interval, and the number of values; NaN where a value is unknown."""

    mean: float
    low: float
    high: float
    n: int

    def columns(self, prefix: str, factor: float = 1) -> dict[str, float]:
        """The mean and the ends of its interval as columns of a table.

        Parameters
        ----------
        prefix : str
            The columns are ``<prefix>``, ``<prefix>_low`` and ``<prefix>_high``.
        factor : float
            All three values are multiplied by it.
        """
        ends = {"": self.mean, "_low": self.low, "_high": self.high}
        return {f"{prefix}{end}": factor * value for end, value in ends.items()}


def wilson(
    hits: ArrayLike, trials: ArrayLike, z: float = ndtri((1 + LEVEL) / 2)
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of a rate.

    Parameters
    ----------
    hits, trials : array_like of int
    z : float
        Quantile of the confidence; by default that of 95 %.

    Returns
    -------
    low, high : numpy.ndarray
        NaN where there are no trials.

    Raises
    ------
    ValueError
        If a number of hits is negative or above the number of trials.

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22, 209.
    """
    hits, trials = np.asarray(hits, float), np.asarray(trials, float)
    if np.any((hits < 0) | (hits > trials)):
        raise ValueError("hits must lie between 0 and the number of trials: check the counts")
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = hits / trials
        centre = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
        half = z / (1 + z**2 / trials)
        half = half * np.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    # Rates of 0 and 1 have intervals that end exactly there; rounding would miss these ends.
    low = np.where((hits == 0) & (trials > 0), 0.0, centre - half)
    high = np.where((hits == trials) & (trials > 0), 1.0, centre + half)
    return low, high


def by_pieces(hits: np.ndarray, pieces: np.ndarray, seconds: float) -> tuple[float, float]:
    """Interval of a rate whose trials share pieces of noise, so that they are not independent.

    The variance is the one that a block bootstrap over pieces tends to. Where each detector has
    pieces of its own, the variances of the detectors are combined as for several ways of
    clustering. Wilson's interval is then taken for the number of independent trials that would
    have the same variance, with Student's quantile for the number of pieces. Without hits, or with
    hits only, it is Wilson's for at most as many trials as there are seconds.

    The interval is too short where fewer than about ten pieces hold hits: of simulated ones with
    two such pieces of 160, seven in ten held the true rate. Wilson's own would be shorter still.

    Parameters
    ----------
    hits : numpy.ndarray of bool
        Shape (n,).
    pieces : numpy.ndarray of int
        The piece that each trial takes from each detector, shape (n, detector).
    seconds : float
        Time that the trials are drawn from in the detector with the least, in lengths of a trial.
        There are no more independent trials than that.

    Returns
    -------
    low, high : float
        95 % confidence; NaN where there are no trials, or all are of one piece.

    References
    ----------
    Cameron, Gelbach & Miller 2011, J. Bus. Econ. Stat. 29, 238, without the terms of trials that
    share the pieces of two detectors, which are rare where pieces are drawn independently.
    """
    size = min((len(np.unique(column)) for column in pieces.T), default=0)
    if not len(hits) or size < 2:
        return np.nan, np.nan
    rate = np.mean(hits)
    # Without hits there is no variance over pieces, which Student's quantile would be for.
    level = (1 + LEVEL) / 2
    quantile = stdtrit(size - 1, level) if 0 < rate < 1 else ndtri(level)
    trials = independent(hits, pieces, seconds)
    low, high = wilson(rate * trials, trials, quantile)
    return float(low), float(high)


def independent(hits: np.ndarray, pieces: np.ndarray, seconds: float) -> float:
    """Number of independent trials whose rate would vary as much as that of these trials.

    Parameters
    ----------
    hits, pieces, seconds
        As in `by_pieces`.

    Returns
    -------
    float
        At most the number of trials and of seconds. NaN if all trials are of one piece of a
        detector, because there is nothing to compare it with.
    """
    # Coincident noise has the same pieces in all detectors, and they count once. Their numbers may
    # differ, because each detector has a list of its own.
    numbers = [np.unique(column, return_inverse=True)[1] for column in pieces.T]
    columns = np.unique(numbers, axis=0)
    if columns.max(axis=1).min() < 1:
        return np.nan
    count, rate = len(hits), np.mean(hits)
    plain = rate * (1 - rate) / count
    effect = 1.0
    if plain > 0:
        apart = [np.bincount(column, hits - rate) for column in columns]
        variances = [np.sum(one**2) / count**2 * len(one) / (len(one) - 1) for one in apart]
        effect = max(1.0, (sum(variances) - (len(variances) - 1) * plain) / plain)
    return min(count / effect, seconds)


def sum_of(
    rates: Sequence[tuple[float, float, float]], weights: Sequence[float]
) -> tuple[float, float, float]:
    """Weighted sum of independent rates, with an interval from those of the rates.

    Parameters
    ----------
    rates : list of tuple
        Rate and the ends of its interval.
    weights : list of float
        Not negative.

    Returns
    -------
    value, low, high : float
        The distances from the value to an end of the interval are added in quadrature, each with
        its weight.

    References
    ----------
    Zou & Donner 2008, Stat. Med. 27, 1693: the method of variance estimates recovery.
    """
    table, weight = np.array(rates, float), np.array(weights, float)
    value = float(weight @ table[:, 0])
    down, up = (np.linalg.norm(weight * (table[:, 0] - table[:, end])) for end in (1, 2))
    return value, float(value - down), float(value + up)


def student(values: Iterable[float]) -> dict[str, Any]:
    """Mean of several values with its 95 % Student-t interval.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high``, and ``values`` as a list of float.
    """
    values = [float(value) for value in values]
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
    half = stdtrit(len(values) - 1, (1 + LEVEL) / 2) * error
    return {"mean": mean, "low": mean - half, "high": mean + half, "values": values}


def over_seeds(values: Iterable[float]) -> float | dict[str, Any]:
    """Summarise one value per seed: the value itself for one seed, else what `student` gives."""
    values = [float(value) for value in values]
    return values[0] if len(values) == 1 else student(values)


def mean_of(values: Sequence[np.ndarray], rate: bool = False) -> Mean:
    """Mean of one value per sample, with its 95 % interval over samples or over seeds.

    With one seed the interval is Student's over the samples, or Wilson's for a rate. With several
    seeds it is Student's over the means of the seeds, because all seeds see the same samples.

    Parameters
    ----------
    values : list of numpy.ndarray
        One array per seed; NaN is left out.
    rate : bool
        True where the values are zeros and ones.

    Returns
    -------
    Mean
        NaN where a seed has no values; ``n`` counts the values of all seeds.
    """
    known = [one[np.isfinite(one)] for one in map(np.asarray, values)]
    found = Mean(np.nan, np.nan, np.nan, sum(map(len, known)))
    if not all(map(len, known)):
        return found
    found = found._replace(mean=float(np.mean([np.mean(one) for one in known])))
    if rate and len(known) == 1:
        low, high = map(float, wilson(known[0].sum(), len(known[0])))
        return found._replace(low=low, high=high)
    spread = known[0] if len(known) == 1 else [np.mean(one) for one in known]
    if len(spread) == 1:
        return found
    ends = student(spread)
    return found._replace(low=ends["low"], high=ends["high"])


def bootstrap(values: Sequence[np.ndarray]) -> Mean:
    """Mean and interval as `mean_of` gives them, but one seed gets its interval from a bootstrap.

    Shares and rank correlations have a limited range. Near its ends Student's interval would reach
    beyond it; percentiles of resampled means (Efron 1979) do not.

    Parameters
    ----------
    values : list of numpy.ndarray
        One array per seed; NaN is left out.

    Returns
    -------
    Mean
    """
    found, one = mean_of(values), np.asarray(values[0])
    one = one[np.isfinite(one)]
    if len(values) == 1 and len(one) > 1:
        low, high = np.quantile(_draws(len(one)) @ one / len(one), [0.025, 0.975])
        found = found._replace(low=float(low), high=float(high))
    return found


@cache
def _draws(count: int) -> np.ndarray:
    """How often each sample is drawn in each resample; shape (resample, sample)."""
    random = np.random.default_rng(count)
    return random.multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)
