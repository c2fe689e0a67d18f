"""Deletion and insertion: the probability while pixels are removed or shown, by saliency."""

import numpy as np
import scipy.ndimage

from ccsncam.network.chain import Network
from ccsncam.saliency.scores import probability

# What can replace removed pixels, and the width of the blur [pixels].
BASELINES = ("black", "blurred", "noise")
BLUR = 5.0
# Shares of the pixels at which curves are taken.
FRACTIONS = np.linspace(0, 1, 21)


def ranks(maps: np.ndarray, seed: int) -> np.ndarray:
    """Rank the pixels of each map; the most salient pixel has rank 0.

    Equal pixels, such as the zeros of a map, are put in random order.

    Parameters
    ----------
    maps : numpy.ndarray
        Shape (n, frequency, time).
    seed : int
        Seed of the random order.

    Returns
    -------
    numpy.ndarray of int
        Shape of the maps.
    """
    flat = maps.reshape(len(maps), -1)
    shuffled = np.random.default_rng(seed).permuted(
        np.broadcast_to(np.arange(flat.shape[1]), flat.shape), axis=1
    )
    order = np.lexsort((shuffled, -flat), axis=1)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(flat.shape[1])[None], axis=1)
    return places.reshape(maps.shape)


def baseline(kind: str, images: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Make the images whose pixels replace removed ones.

    Parameters
    ----------
    kind : str
        One of `BASELINES`: ``black``, ``blurred``, or the sample's own ``noise``.
    images, noise : numpy.ndarray
        Samples, and the same without the signal, shape (n, frequency, time, detector).
    """
    if kind == "black":
        return np.zeros_like(images)
    if kind == "blurred":
        return scipy.ndimage.gaussian_filter(images, BLUR, axes=(1, 2))
    return noise


def curves(
    network: Network,
    images: np.ndarray,
    places: np.ndarray,
    target: np.ndarray,
    other: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Deletion and insertion curves (Petsiuk et al. 2018).

    Parameters
    ----------
    network : Network
    images, other : numpy.ndarray
        Samples and their baseline, shape (n, frequency, time, detector).
    places : numpy.ndarray of int
        From `ranks`.
    target : numpy.ndarray of int
        Shape (n,).

    Returns
    -------
    deletion, insertion : numpy.ndarray
        Probability of the target at each of `FRACTIONS`, shape (n, fraction). That share of the
        pixels, the most salient first, is removed from the image or put into the baseline.
    """
    deletion = _curve(network, images, other, places, target)
    insertion = _curve(network, other, images, places, target)
    return deletion, insertion


def _curve(
    network: Network, start: np.ndarray, end: np.ndarray, places: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Probability while pixels of one image replace those of another, shape (n, fraction)."""
    pixels = places[0].size
    values = np.empty((len(start), len(FRACTIONS)))
    for k, fraction in enumerate(FRACTIONS):
        mixed = np.where((places < round(fraction * pixels))[..., None], end, start)
        values[:, k] = probability(network, mixed, target)
    return values
