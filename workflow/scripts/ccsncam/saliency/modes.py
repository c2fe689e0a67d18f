"""How much of a saliency map lies on the signal and on each of its modes.

This module also says how the network's answer changes when a mode, or the signal in one detector,
is taken away.
"""

import itertools

import numpy as np

from ccsncam.network.chain import Network
from ccsncam.saliency.scores import log_odds, logits
from ccsncam.samples.masks import mask


def regions(signal: np.ndarray, modes: np.ndarray) -> np.ndarray:
    """Cells of the signal and of each mode; a cell of two modes belongs to the louder one.

    Parameters
    ----------
    signal : numpy.ndarray
        Power over all detectors, shape (n, frequency, time).
    modes : numpy.ndarray
        Shape (n, mode, frequency, time); NaN where a waveform does not have the mode.

    Returns
    -------
    numpy.ndarray of bool
        Shape (n, 1 + mode, frequency, time), the signal first; empty for a mode that a waveform
        does not have.
    """
    known = np.nan_to_num(modes)
    own = mask(known)
    if modes.shape[1]:
        own &= known == known.max(axis=1, keepdims=True)
    return np.concatenate([mask(signal)[:, None], own], axis=1)


def share_on(maps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Share of each map that lies on each region.

    The share of a map of ones is what a map has by chance; that of the signal's power is what a map
    of the power would have.

    Parameters
    ----------
    maps : numpy.ndarray
        Not negative, shape (n, frequency, time), or (1, …) for one map of all samples.
    cells : numpy.ndarray of bool
        From `regions`.

    Returns
    -------
    numpy.ndarray
        Shape (n, region); NaN for a map of zeros and for an empty region.
    """
    total = maps.sum(axis=(1, 2), dtype=float)[:, None]
    inside = np.einsum("nft,nrft->nr", maps, cells, dtype=float)
    known = (total > 0) & cells.any(axis=(2, 3))
    return np.divide(inside, total, out=np.full(inside.shape, np.nan), where=known)


def on_regions(maps: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of each map that lies on each region, and whether its largest cell does.

    Parameters
    ----------
    maps : numpy.ndarray
        Not negative, shape (n, frequency, time).
    cells : numpy.ndarray of bool
        From `regions`.

    Returns
    -------
    share : numpy.ndarray
        Shape (n, region); NaN for a map of zeros and for an empty region.
    pointing : numpy.ndarray
        1 where the map's largest cell lies in the region, else 0 (Zhang et al. 2018). Where a map
        has several largest cells, it is the share of them in the region. NaN as above.
    """
    share = share_on(maps, cells)
    top = maps == maps.max(axis=(1, 2), keepdims=True)
    hit = np.einsum("nft,nrft->nr", top, cells, dtype=float) / top.sum(axis=(1, 2))[:, None]
    return share, np.where(np.isnan(share), np.nan, hit)


def removal(
    network: Network, images: np.ndarray, target: np.ndarray, without: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How the log-odds of a class and the prediction change when parts are taken away.

    Parameters
    ----------
    network : Network
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    target : numpy.ndarray of int
        Shape (n,).
    without : numpy.ndarray
        Images without each part, shape (n, part, frequency, time, detector); NaN where a sample
        does not have the part.

    Returns
    -------
    change : numpy.ndarray
        Log-odds without the part minus log-odds with it, shape (n, part); NaN where a sample does
        not have the part.
    prediction : numpy.ndarray of int
        Predicted class without the part, -1 where a sample does not have the part.
    """
    size, parts = without.shape[:2]
    before = log_odds(logits(network, images), target)
    change, prediction = np.full((size, parts), np.nan), np.full((size, parts), -1)
    for part in range(parts):
        rows = np.flatnonzero(np.isfinite(without[:, part, 0, 0, 0]))
        if len(rows):
            values = logits(network, without[rows, part])
            change[rows, part] = log_odds(values, target[rows]) - before[rows]
            prediction[rows, part] = values.argmax(axis=1)
    return change, prediction


def occluded(images: np.ndarray, noise: np.ndarray, detectors: int) -> np.ndarray:
    """Images in which one detector has noise only.

    Parameters
    ----------
    images, noise : numpy.ndarray
        Samples, and the same without the signal, each on its own scale, as the network sees
        them; shape (n, frequency, time, channel). If the coherence of pairs of detectors rides
        with them, that of the pairs of the occluded detector is the noise's, too.
    detectors : int
        Number of detectors; the channels of each lie side by side.

    Returns
    -------
    numpy.ndarray
        Shape (n, detector, frequency, time, channel); the detector is the occluded one.
    """
    out = np.repeat(images[:, None], detectors, axis=1)
    each = images.shape[-1] // detectors
    for d in range(detectors):
        own = slice(d * each, (d + 1) * each)
        out[:, d, ..., own] = noise[..., own]
        if images.shape[-1] > detectors * each:
            pairs = [d in pair for pair in itertools.combinations(range(detectors), 2)]
            rows = np.flatnonzero(pairs)
            out[:, d, 0, rows, -1] = noise[:, 0, rows, -1]
    return out


def agreement(share: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How well a map ranks the modes as their removal does.

    Parameters
    ----------
    share : numpy.ndarray
        Saliency on each mode, shape (n, mode); NaN where there is no such mode.
    change : numpy.ndarray
        From `removal`, shape (n, mode).

    Returns
    -------
    tau : numpy.ndarray
        Kendall's rank correlation tau-a of the share with the fall of the log-odds, over the pairs
        of modes of a sample; NaN with fewer than two modes. A map without
        knowledge has 0 on average if the share is taken per cell. By the whole share it does not,
        because larger modes hold more of any map by chance.
    top : numpy.ndarray
        1 where both put the same mode first, else 0. Where several modes share the first place, it
        is the probability that a random choice among them agrees. NaN as above.
    chance : numpy.ndarray
        One over the number of modes. NaN as above.
    """
    known = np.isfinite(share) & np.isfinite(change)
    count = known.sum(axis=1)
    signs, pairs = np.zeros(len(share)), np.zeros(len(share))
    for i, j in itertools.combinations(range(share.shape[1]), 2):
        both = known[:, i] & known[:, j]
        product = np.sign(share[:, i] - share[:, j]) * np.sign(change[:, j] - change[:, i])
        signs += np.where(both, product, 0)
        pairs += both
    enough = count >= 2
    with np.errstate(invalid="ignore", divide="ignore"):
        tau, chance = signs / pairs, 1 / count
    first = _largest(np.where(known, share, -np.inf))
    worst = _largest(np.where(known, -change, -np.inf))
    top = np.sum(first * worst, axis=1)
    tau, top, chance = (np.where(enough, values, np.nan) for values in (tau, top, chance))
    return tau, top, chance


def _largest(values: np.ndarray) -> np.ndarray:
    """Put a weight of 1 on the largest value of each row; several largest values share it."""
    top = values == values.max(axis=1, keepdims=True, initial=-np.inf)
    return top / top.sum(axis=1, keepdims=True)
