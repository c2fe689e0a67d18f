"""Controls of a detector: excess power on the same windows, and the bound of a known signal.

Excess power knows nothing of any waveform. A network that finds less than it is not worth its
training. Each kind comes in a form that adds up all detectors, and in forms that a glitch in one
detector cannot raise.
"""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from ccsncam.detection.names import names

# Power from which a cell counts, in mean powers of white noise. A cell of white noise passes the
# first with a chance of exp(-6); two of three detectors pass the second with 3 exp(-2 · 2.5).
LEVEL, COMMON_LEVEL = 6.0, 2.5
# Heights and widths of boxes, in cells; each is twice the one before, and the first is 2.
HEIGHTS, WIDTHS = (2, 4, 8, 16, 32), (2, 4, 8, 16)
BOXES = tuple((height, width) for height in HEIGHTS for width in WIDTHS)
# Correlation of the powers of two cells that are one or two bins apart, for a Hann window, and of
# two frames that are half a window apart.
_BINS, _FRAMES = (4 / 9, 1 / 36), (1 / 36,)


def controls(power: np.ndarray) -> np.ndarray:
    """Compute all controls of windows.

    Parameters
    ----------
    power : numpy.ndarray
        Power of each cell in mean powers of white noise, shape (n, detector, frequency, time).

    Returns
    -------
    numpy.ndarray
        Shape (n, control), float64, in the order of `names`.
    """
    return sliding(power, np.zeros(1, int), power.shape[-1])[:, 0]


def sliding(power: np.ndarray, first: np.ndarray, frames: int) -> np.ndarray:
    """Compute all controls of the windows of stretches; neighbours share the work.

    Parameters
    ----------
    power : numpy.ndarray
        Power of each cell of stretches in mean powers of white noise, shape (n, detector,
        frequency, frame), float32.
    first : numpy.ndarray of int
        First frame of each window, shape (window,).
    frames : int
        Frames in a window.

    Returns
    -------
    numpy.ndarray
        Shape (n, window, control), float64, in the order of `names`.
    """
    each = _in_windows(_above(power, LEVEL), first, frames)
    found = {"pixels": each.sum(axis=1)}
    several = power.shape[1] > 1
    if several:
        found["pixels-second"] = second(each, axis=1)
        common = _above(second(power, axis=1), COMMON_LEVEL)
        found["pixels-common"] = _in_windows(common, first, frames)
    found["box"] = np.full(found["pixels"].shape, -np.inf)
    found["box-common"] = found["box"].copy()
    for total, (height, width) in _boxes(power):
        # Boxes of a window begin half a box apart, as far as they fit.
        starts = first[:, None] + np.arange(0, frames - width + 1, width // 2)
        if starts.size:
            # Significance grows with power, so that of the fullest box is enough.
            fullest = total.sum(axis=1).max(axis=1)[:, starts].max(axis=-1)
            own = _significance(fullest, height, width, power.shape[1])
            np.maximum(found["box"], own, out=found["box"])
            if several:
                fullest = second(total, axis=1).max(axis=1)[:, starts].max(axis=-1)
                own = _significance(fullest, height, width, 1)
                np.maximum(found["box-common"], own, out=found["box-common"])
    return np.stack([found[name] for name in names(power.shape[1])], axis=-1)


def _above(power: np.ndarray, level: float) -> np.ndarray:
    """What the cells of each frame have above a level; (…, frequency, frame) to (…, frame)."""
    return np.maximum(power - np.float32(level), 0).sum(axis=-2, dtype=np.float64)


def _in_windows(values: np.ndarray, first: np.ndarray, frames: int) -> np.ndarray:
    """Sum over the frames of each window; (…, frame) to (…, window)."""
    running = np.concatenate([np.zeros_like(values[..., :1]), np.cumsum(values, -1)], -1)
    return running[..., first + frames] - running[..., first]


def second(values: np.ndarray, axis: int) -> np.ndarray:
    """Take the second largest of two or more values along an axis."""
    # Views of the values, because copies would take longer than the comparisons.
    one, other, *more = np.moveaxis(values, axis, 0)
    first, found = np.maximum(one, other), np.minimum(one, other)
    for another in more:
        found = np.maximum(found, np.minimum(first, another))
        first = np.maximum(first, another)
    return found


def known_signal(snr: np.ndarray, probability: float) -> np.ndarray:
    """Share of signals that a matched filter finds if it knows all of the signal, and its time.

    In Gaussian noise no other detector finds more at the same false-alarm probability (Neyman &
    Pearson 1933), so this bounds every detector, whatever it is.

    Parameters
    ----------
    snr : numpy.ndarray
        Network SNR.
    probability : float
        False-alarm probability.

    Returns
    -------
    numpy.ndarray
        Q(Q⁻¹(probability) - snr), where Q is the upper tail of the normal distribution.
    """
    return stats.norm.sf(stats.norm.isf(probability) - np.asarray(snr, np.float64))


def _boxes(power: np.ndarray) -> Iterator[tuple[np.ndarray, tuple[int, int]]]:
    """Power in boxes of each size that fits, half a box apart in frequency, at every frame.

    Each size is the sum of two boxes of half the height or half the width.
    """
    tall = power[..., :-1, :] + power[..., 1:, :]
    for height in HEIGHTS:
        if height > HEIGHTS[0]:
            tall = tall[..., :-2:2, :] + tall[..., 2::2, :]
        wide = tall
        for width in WIDTHS:
            half = width // 2
            wide = wide[..., :-half] + wide[..., half:]
            if wide.shape[-1] and wide.shape[-2]:
                yield wide, (height, width)


def _significance(total: np.ndarray, height: int, width: int, detectors: int) -> np.ndarray:
    """Turn the power in boxes into a standard normal variable, so that sizes can be compared.

    The sum of correlated exponential powers is taken for a gamma distribution with its mean and
    variance, whose cube root is nearly normal (Wilson & Hilferty 1931, PNAS 17, 684).
    """
    mean = detectors * height * width
    shape = mean / (_clump(height, _BINS) * _clump(width, _FRAMES))
    return (np.cbrt(total / mean) - (1 - 1 / (9 * shape))) * np.sqrt(9 * shape)


def _clump(size: int, correlations: tuple[float, ...]) -> float:
    """Variance of the sum of so many neighbours over that of independent ones."""
    extra = sum(2 * max(0, size - k) * one for k, one in enumerate(correlations, 1))
    return 1 + extra / size
