"""The short-time Fourier transform with a Hann window, the representation of the paper."""

from functools import cache

import numpy as np
import scipy.fft


@cache
def hann(window: int) -> np.ndarray:
    """Periodic Hann window of unit energy: white noise of unit variance has mean power 1."""
    taper = np.hanning(window + 1)[:-1]
    return (taper / np.sqrt(np.sum(taper**2))).astype(np.float32)


def transform(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the short-time Fourier transform, without padding; it is linear.

    Parameters
    ----------
    strain : numpy.ndarray
        Whitened strain of unit variance and of any length, shape (..., time).
    window, hop : int
        [samples].
    rows : int
        Number of frequencies, from 0.

    Returns
    -------
    numpy.ndarray
        Shape (..., frame, frequency), complex64 for strain in float32.
    """
    frames = np.lib.stride_tricks.sliding_window_view(strain, window, axis=-1)[..., ::hop, :]
    tapered = frames * hann(window)
    return scipy.fft.rfft(tapered, axis=-1, overwrite_x=True)[..., :rows]


def squared(spectrum: np.ndarray) -> np.ndarray:
    """Squared magnitude of a complex array; any shape."""
    return spectrum.real**2 + spectrum.imag**2


def power(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the power of the short-time Fourier transform.

    Parameters
    ----------
    strain, window, hop, rows
        As for `transform`.

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, frame), float32. White noise has a mean power of 1 per cell.
    """
    return np.swapaxes(squared(transform(strain, window, hop, rows)), -1, -2)
