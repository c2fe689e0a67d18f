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
    deletion = _curve(network, Mixed(images, other, places, FRACTIONS), target)
    inner = _curve(network, Mixed(other, images, places, FRACTIONS[1:-1]), target)
    # One curve ends with the images with which the other begins.
    return deletion, np.concatenate([deletion[:, -1:], inner, deletion[:, :1]], axis=1)


class Mixed:
    """Images in which pixels of others replace a share of the pixels, made when they are read.

    All samples at the first share come first, then all samples at the next one.

    Parameters
    ----------
    start, end : numpy.ndarray
        The images, and those whose pixels replace theirs, shape (n, frequency, time, detector).
    places : numpy.ndarray of int
        From `ranks`.
    shares : numpy.ndarray
    """

    def __init__(
        self, start: np.ndarray, end: np.ndarray, places: np.ndarray, shares: np.ndarray
    ) -> None:
        self._start, self._end, self._places = start, end, places
        self._cuts = np.array([round(share * places[0].size) for share in shares])

    def __len__(self) -> int:
        """Number of samples times number of shares."""
        return len(self._start) * len(self._cuts)

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Images of some rows, shape (row, frequency, time, detector)."""
        first, last, _ = rows.indices(len(self))
        size, parts = len(self._start), []
        # The samples of one share lie side by side, so that they are read without a copy.
        for share in range(first // size, -(-last // size)):
            own = slice(max(first - share * size, 0), min(last - share * size, size))
            replaced = (self._places[own] < self._cuts[share])[..., None]
            # NumPy is slow where the last axis is short and broadcast.
            everywhere = np.repeat(replaced, self._start.shape[-1], axis=-1)
            parts.append(np.where(everywhere, self._end[own], self._start[own]))
        return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _curve(network: Network, mixed: Mixed, target: np.ndarray) -> np.ndarray:
    """Probability of the target at each share of the pixels, shape (n, share)."""
    shares = len(mixed) // len(target)
    return probability(network, mixed, np.tile(target, shares)).reshape(shares, -1).T
