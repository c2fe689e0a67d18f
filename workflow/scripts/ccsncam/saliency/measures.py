"""Measures of a saliency map that need no network. All are per sample."""

import numpy as np
import scipy.stats


def explanation(images: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Images seen through their maps, equation (13).

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    maps : numpy.ndarray
        In [0, 1], at the size of the images, shape (n, frequency, time).

    Returns
    -------
    numpy.ndarray
        Shape of the images.
    """
    return images * maps[..., None]


def drop(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Relative fall of the probability [%], the terms of equation (14).

    Parameters
    ----------
    before, after : numpy.ndarray
        Logarithm of the probability of the class, for the image and for the image seen through its
        map.
    """
    return 100 * np.maximum(0, -np.expm1(after - before))


def increase(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """1 where the probability rises, else 0: the terms of equation (15) without its factor 100."""
    return (after > before).astype(float)


def complexity(maps: np.ndarray) -> np.ndarray:
    """Mean of each map in [0, 1] (Poppi et al. 2021)."""
    return maps.mean(axis=(1, 2))


def coherency(maps: np.ndarray, again: np.ndarray) -> np.ndarray:
    """Correlation of each map with the map of its own explanation, brought to [0, 1].

    Poppi et al. 2021. It is 0.5 where a map is constant, because a constant map correlates with
    nothing.
    """
    return (_pearson(maps, again) + 1) / 2


def ranked(maps: np.ndarray) -> np.ndarray:
    """Ranks of the pixels (n, pixel) of each map (n, …); equal pixels share their mean rank."""
    return scipy.stats.rankdata(maps.reshape(len(maps), -1), axis=1)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Spearman's correlation per sample of two maps, NaN where one of the two is constant.

    Parameters
    ----------
    one, other : numpy.ndarray
        From `ranked`, shape (n, pixel).

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    constant = (np.ptp(one, axis=1) == 0) | (np.ptp(other, axis=1) == 0)
    return np.where(constant, np.nan, _pearson(one, other))


def _pearson(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pearson's correlation per sample; 0 where one of the two is constant."""
    a, b = (x.reshape(len(x), -1).astype(float) for x in (one, other))
    a -= a.mean(axis=1, keepdims=True)
    b -= b.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products = np.sum(a * b, axis=1)
    return np.divide(products, scale, out=np.zeros_like(scale), where=scale > 0)


def adcc(drops: np.ndarray, coherencies: np.ndarray, complexities: np.ndarray) -> np.ndarray:
    """Harmonic mean of coherency, 1 - complexity and 1 - drop (Poppi et al. 2021).

    Parameters
    ----------
    drops : numpy.ndarray
        From `drop` [%].
    coherencies, complexities : numpy.ndarray

    Returns
    -------
    numpy.ndarray
        In [0, 1]; 0 where one of the three is 0.
    """
    parts = np.stack([coherencies, 1 - complexities, 1 - drops / 100])
    with np.errstate(divide="ignore"):
        return np.where((parts > 0).all(axis=0), 3 / np.sum(1 / parts, axis=0), 0.0)
