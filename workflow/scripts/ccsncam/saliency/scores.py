"""What a network says of many images: logits, log-probabilities and log-odds."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import scipy.special

from ccsncam.aliases import Progress, silent
from ccsncam.network.chain import Network

# Samples per call of a compiled function. The number is fixed, so that results depend neither on
# the machine nor on how a data set is cut. A small one leaves little of the last batch unused.
BATCH = 100


class ImageSequence(Protocol):
    """Images (n, frequency, time, detector), in memory or in a file."""

    def __len__(self) -> int:
        """Give the number of images."""
        ...

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Images of some rows."""
        ...


def run(
    compiled: Callable[[np.ndarray, np.ndarray], Any],
    images: ImageSequence,
    target: np.ndarray,
    progress: Progress = silent,
    label: str = "",
) -> np.ndarray:
    """Call a compiled function batch by batch.

    Parameters
    ----------
    compiled : callable
        From `ccsncam.saliency.maps.explainer`, or `Network.forward`.
    images : ImageSequence
        Shape (n, frequency, time, detector).
    target : numpy.ndarray of int
        Shape (n,).
    progress : callable, optional
        Wraps the batches, such as `ccsncam.joblog.progress`.
    label : str
        What the progress is called.

    Returns
    -------
    numpy.ndarray
        What the function gives, shape (n, …). It is allocated once.
    """
    size = len(target)
    target = np.asarray(target, np.int32)
    out = np.empty(0)
    for first in progress(range(0, size, BATCH), label=label, unit="batches"):
        rows = slice(first, min(first + BATCH, size))
        image, aim = np.asarray(images[rows], np.float32), target[rows]
        count = len(aim)
        if count < BATCH:
            # Copies of its first sample fill the last batch: a new shape would be compiled anew.
            fill = np.arange(BATCH) * (np.arange(BATCH) < count)
            image, aim = image[fill], aim[fill]
        part = compiled(image, aim).numpy()[:count]
        if first == 0:
            out = np.empty((size, *part.shape[1:]), part.dtype)
        out[rows] = part
    return out


def logits(network: Network, images: ImageSequence) -> np.ndarray:
    """Logits of many images.

    Parameters
    ----------
    network : Network
    images : ImageSequence
        Shape (n, frequency, time, detector).

    Returns
    -------
    numpy.ndarray
        Shape (n, class), float64.
    """
    return run(network.forward, images, np.zeros(len(images))).astype(float)


def log_probability(values: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Logarithm of the probability of one class per sample.

    It is taken from the logits, because many probabilities at 1 kpc are 1 in float32.

    Parameters
    ----------
    values : numpy.ndarray
        From `logits`, shape (n, class).
    target : numpy.ndarray of int
        The class of each sample, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    return -np.logaddexp(0, -log_odds(values, target))


def log_odds(values: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Logarithm of p/(1-p) of one class per sample; parameters as in `log_probability`."""
    target = np.asarray(target)[:, None]
    own = np.take_along_axis(values, target, 1)[:, 0]
    others = np.where(np.arange(values.shape[1]) == target, -np.inf, values)
    return own - scipy.special.logsumexp(others, axis=1)


def probability(network: Network, images: ImageSequence, target: np.ndarray) -> np.ndarray:
    """Probability of one class per image.

    Parameters
    ----------
    network : Network
    images : ImageSequence
        Shape (n, frequency, time, detector).
    target : numpy.ndarray of int
        The class of each image, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64.
    """
    return np.exp(log_probability(logits(network, images), target))
