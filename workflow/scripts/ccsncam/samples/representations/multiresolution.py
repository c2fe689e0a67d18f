"""Short-time Fourier transforms with a short, the given and a long window, on one grid.

Each of them has frames that overlap by half of a window or more. The power of frames and of
frequencies that lie between those of the grid is shared among its neighbours there, so that no
energy is lost.
"""

from functools import cache

import numpy as np
import scipy.fft

from ccsncam.samples.representations import stft


def power(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the power with windows of half, once and twice a length.

    Parameters
    ----------
    strain : numpy.ndarray
        Whitened strain of unit variance, one second, shape (..., time).
    window, hop : int
        Of the grid [samples]; ``hop`` is half of ``window``.
    rows : int
        Number of frequencies of the grid, from 0.

    Returns
    -------
    numpy.ndarray
        Shape (..., 3, frequency, frame), float32: the short, the given and the long window. White
        noise has a mean power of 1 per cell in each.
    """
    each = _short(strain, window, rows), stft.power(strain, window, hop, rows)
    return np.stack([*each, _long(strain, window, hop, rows)], axis=-3)


def _short(strain: np.ndarray, window: int, rows: int) -> np.ndarray:
    """Half of the window, every quarter of a window, with zeros behind each frame."""
    size = window // 2
    frames = np.lib.stride_tricks.sliding_window_view(strain, size, axis=-1)
    tapered = frames[..., :: size // 2, :] * stft.hann(size)
    seen = stft.squared(scipy.fft.rfft(tapered, window, axis=-1)[..., :rows])
    # The frames in the middle of the grid's frames are every second one, from the second.
    middle, before, after = seen[..., 1::2, :], seen[..., :-1:2, :], seen[..., 2::2, :]
    return np.swapaxes(middle / 2 + (before + after) / 4, -1, -2)


def _long(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Twice the window, with zeros where the first and the last frame leave the second."""
    around = [(0, 0)] * (strain.ndim - 1) + [(window // 2, window // 2)]
    seen = stft.squared(stft.transform(np.pad(strain, around), 2 * window, hop, 2 * rows))
    seen[..., [0, -1], :] /= _inside(window)
    # The grid has every second frequency. Below zero and above the highest, they come again.
    on, between = seen[..., ::2], seen[..., 1::2]
    below = np.concatenate([between[..., :1], between[..., : rows - 1]], axis=-1)
    above = np.concatenate([between[..., : rows - 1], between[..., -1:]], axis=-1)
    return np.swapaxes(on / 2 + (below + above) / 4, -1, -2)


@cache
def _inside(window: int) -> np.float32:
    """Share of the energy of the long window that its last three quarters hold."""
    return np.sum(stft.hann(2 * window)[window // 2 :] ** 2)
