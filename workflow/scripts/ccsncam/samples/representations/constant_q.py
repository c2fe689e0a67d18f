"""The Q transform of one second: windows whose width grows with frequency.

Rows are those of Chatterji et al. (2004), Class. Quantum Grav. 21, S1809, with the bisquare window
of that work, at the frequencies of the grid. Below the frequency at which this window is as wide as
that of a Hann window, which is as long as the grid's, it gets no narrower.
"""

import math
from functools import cache

import numpy as np
import scipy.fft

from ccsncam.samples.representations.wdm import around_zero

# Half width of a bisquare window over its frequency, times Q.
HALF = math.sqrt(11)


def power(strain: np.ndarray, window: int, hop: int, rows: int, q: float) -> np.ndarray:
    """Compute the power in each row, and its mean over each frame.

    Parameters
    ----------
    strain : numpy.ndarray
        Whitened strain of unit variance, one second, which is taken for a circle; shape
        (..., time).
    window, hop : int
        Frequencies are ``1 / window`` cycles per sample apart, frames ``hop`` samples, half of
        ``window``.
    rows : int
        Number of frequencies, from 0.
    q : float
        Frequency over width of a window.

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, frame), float32. White noise has a mean power of 1 per cell.
    """
    length = strain.shape[-1]
    band, frames = length // window, length // hop
    spectrum = scipy.fft.rfft(strain)
    found = np.empty((*strain.shape[:-1], rows, frames - 1), np.float32)
    for size, first, last in _groups(band, rows, q):
        around = around_zero(spectrum, size // 2)
        parts = np.lib.stride_tricks.sliding_window_view(around, size, axis=-1)
        parts = parts[..., first * band : last * band : band, :]
        parts = parts * _windows(length, band, size, (first, last), q)
        wave = scipy.fft.ifft(parts, axis=-1, norm="forward", overwrite_x=True)
        found[..., first:last, :] = _over_frames(wave.real**2 + wave.imag**2, frames)
    return found


def _half_width(row: int, band: int, q: float) -> float:
    """Half width of the window of a row [bins]; rows are ``band`` bins apart."""
    return band * max(2.0, row * HALF / q)


@cache
def _groups(band: int, rows: int, q: float) -> tuple[tuple[int, int, int], ...]:
    """Rows that share the length of their inverse transforms: length, first row, row behind."""
    sizes = []
    for row in range(rows):
        size = 4 * band
        while size < 2 * _half_width(row, band, q):
            size *= 2
        sizes.append(size)
    # Sizes rise with the row.
    firsts = [(size, sizes.index(size)) for size in sorted(set(sizes))]
    return tuple((size, first, first + sizes.count(size)) for size, first in firsts)


@cache
def _windows(length: int, band: int, size: int, rows: tuple[int, int], q: float) -> np.ndarray:
    """Window of each row, for unit mean power of noise; shape (row, size)."""
    away = np.arange(-size // 2, size // 2)
    half = np.array([_half_width(row, band, q) for row in range(*rows)])
    weights = np.maximum(1 - (away / half[:, None]) ** 2, 0) ** 2
    weights /= np.sqrt(length * np.sum(weights**2, axis=1, keepdims=True))
    return weights.astype(np.float32)


def _over_frames(power: np.ndarray, frames: int) -> np.ndarray:
    """Mean over each frame but that at the ends of the second, by the trapezoidal rule."""
    step = power.shape[-1] // frames
    half = step // 2
    inside = power[..., half : half + step * (frames - 1)]
    means = inside.reshape(*power.shape[:-1], frames - 1, step).sum(axis=-1)
    first = inside[..., ::step]
    last = power[..., half + step :: step]
    return (means + (last - first) / 2) / step
