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
# Heights and widths of boxes, in cells.
BOXES = tuple((height, width) for height in (2, 4, 8, 16, 32) for width in (2, 4, 8, 16))
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
    each = excess(power).sum(axis=-1)
    found = {"pixels": combined(each, "pixels"), "box": np.full(len(power), -np.inf)}
    several = power.shape[1] > 1
    if several:
        found["pixels-second"] = combined(each, "pixels-second")
        common = second(power, axis=1)
        found["pixels-common"] = np.maximum(common - COMMON_LEVEL, 0).sum(
            axis=(1, 2), dtype=np.float64
        )
        found["box-common"] = np.full(len(power), -np.inf)
    for total, (height, width) in _boxes(power):
        # Significance grows with power, so that of the fullest box is enough.
        fullest = total.sum(axis=1).max(axis=(1, 2))
        own = _significance(fullest, height, width, power.shape[1])
        np.maximum(found["box"], own, out=found["box"])
        if several:
            fullest = second(total, axis=1).max(axis=(1, 2))
            own = _significance(fullest, height, width, 1)
            np.maximum(found["box-common"], own, out=found["box-common"])
    return np.stack([found[name] for name in names(power.shape[1])], axis=1)


def excess(power: np.ndarray) -> np.ndarray:
    """Add up what the cells of each frame have above `LEVEL`.

    Parameters
    ----------
    power : numpy.ndarray
        Shape (..., frequency, time).

    Returns
    -------
    numpy.ndarray
        Shape (..., time), float64. The sum over the frames of a window is its excess power, so
        that the windows of a stretch share the work.
    """
    return np.maximum(power - np.float32(LEVEL), 0).sum(axis=-2, dtype=np.float64)


def combined(each: np.ndarray, name: str) -> np.ndarray:
    """Combine the excess power of detectors.

    Parameters
    ----------
    each : numpy.ndarray
        Shape (n, detector).
    name : str
        ``pixels``: the sum. ``pixels-second``: that of the second-loudest detector, which a glitch
        in one of them does not change.

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    return each.sum(axis=1) if name == "pixels" else second(each, axis=1)


def second(values: np.ndarray, axis: int) -> np.ndarray:
    """Take the second largest of two or more values along an axis."""
    first = np.take(values, 0, axis)
    other = np.take(values, 1, axis)
    first, found = np.maximum(first, other), np.minimum(first, other)
    for number in range(2, values.shape[axis]):
        other = np.take(values, number, axis)
        found = np.maximum(found, np.minimum(first, other))
        first = np.maximum(first, other)
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
    """Power in boxes of each size that fits, half a box apart, from a table of sums."""
    shape = power.shape[-2:]
    table = np.zeros((*power.shape[:-2], shape[0] + 1, shape[1] + 1))
    np.cumsum(power, axis=-2, out=table[..., 1:, 1:], dtype=np.float64)
    np.cumsum(table, axis=-1, out=table)
    for height, width in BOXES:
        if height <= shape[0] and width <= shape[1]:
            up, along = height // 2, width // 2
            rows = table[..., height::up, ::along] - table[..., :-height:up, ::along]
            yield rows[..., 2:] - rows[..., :-2], (height, width)


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
