"""ROAD (Rong et al. 2022): removed pixels are imputed from their neighbours."""

import numpy as np
import scipy.linalg

from ccsncam.network.chain import Network
from ccsncam.saliency.scores import probability

# Shares of the pixels that are removed, and the noise on the imputed values.
REMOVED, NOISE = (0.2, 0.4, 0.6, 0.8), 0.01
# Weights of a pixel's neighbours: the four that share an edge with it, and the four diagonal ones.
DIRECT, DIAGONAL = 1 / 6, 1 / 12


def road(
    network: Network, images: np.ndarray, places: np.ndarray, target: np.ndarray, seed: int
) -> np.ndarray:
    """ROAD, combined: how much better the most salient pixels predict than the least salient ones.

    The probability after the most salient pixels were removed is subtracted from that after the
    least salient ones were removed. ROAD is half of this difference, averaged over `REMOVED`.
    Higher is better.

    Parameters
    ----------
    network : Network
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    places : numpy.ndarray of int
        From `ccsncam.saliency.curves.ranks`.
    target : numpy.ndarray of int
        Shape (n,).
    seed : int
        Seed of the imputation's noise.

    Returns
    -------
    numpy.ndarray
        Shape (n,), in [-0.5, 0.5].
    """
    pixels, total = places[0].size, np.zeros(len(images))
    for share in REMOVED:
        cut = round(share * pixels)
        for removed, sign in ((places >= pixels - cut, 0.5), (places < cut, -0.5)):
            filled = network.hold(impute(images, removed, seed), images)
            total += sign * probability(network, filled, target)
    return total / len(REMOVED)


def impute(images: np.ndarray, removed: np.ndarray, seed: int) -> np.ndarray:
    """Noisy linear imputation: a removed pixel is the weighted mean of its neighbours plus noise.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    removed : numpy.ndarray of bool
        Shape (n, frequency, time). At least one pixel of each sample must stay.
    seed : int
        Seed of the noise.

    Returns
    -------
    numpy.ndarray
        Shape of the images.
    """
    height, width, channels = images.shape[1:]
    pixels = height * width
    weights = _weights(height, width)
    # Each pixel is the mean of the neighbours that it has, so each row of the system sums to 0.
    diagonal = np.zeros(pixels)
    for step, weight in weights.items():
        diagonal[: pixels - step] += weight
        diagonal[step:] += weight
    out = images.copy()
    noise = np.random.default_rng(seed).standard_normal(images.shape, np.float32)
    for index in range(len(images)):
        gone = removed[index].ravel()
        unknown = np.flatnonzero(gone)
        place = np.cumsum(gone) - 1
        image = images[index].reshape(pixels, channels).astype(float)
        known = np.where(gone[:, None], 0.0, image)
        right = np.zeros((pixels, channels))
        # Removed pixels alone are unknown; two neighbours among them are never further apart here
        # than in the image.
        bands = np.zeros((max(weights) + 1, len(unknown)))
        bands[0] = diagonal[unknown]
        for step, weight in weights.items():
            right[step:] += weight[:, None] * known[:-step]
            right[:-step] += weight[:, None] * known[step:]
            pairs = np.flatnonzero(gone[:-step] & gone[step:] & (weight > 0))
            bands[place[pairs + step] - place[pairs], place[pairs]] = -weight[pairs]
        solved = scipy.linalg.solveh_banded(bands, right[unknown], lower=True, check_finite=False)
        own = noise[index].reshape(pixels, channels)[unknown]
        image[unknown] = solved + NOISE * own
        out[index] = image.reshape(images.shape[1:])
    return out


def _weights(height: int, width: int) -> dict[int, np.ndarray]:
    """Weights between neighbours, by the distance of the two in a flattened image.

    Entry k of a distance is the weight between pixel k and the pixel that lies so far behind it.
    The weight is 0 where the two are no neighbours, but lie at the edges of two rows.
    """
    pixels = height * width
    offsets = {1: (0, 1, DIRECT), width: (1, 0, DIRECT)}
    offsets |= {width + 1: (1, 1, DIAGONAL), width - 1: (1, -1, DIAGONAL)}
    weights = {}
    for step, (down, right, weight) in offsets.items():
        if down >= height:
            continue
        inside = np.zeros((height, width), bool)
        first, last = max(0, -right), width - max(0, right)
        inside[: height - down, first:last] = True
        weights[step] = np.where(inside.ravel()[: pixels - step], weight, 0.0)
    return weights
