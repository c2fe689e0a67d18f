"""The Wilson–Daubechies–Meyer transform of one second, the basis of coherent WaveBurst.

Equations are those of Necula, Klimenko & Mitselmakher (2012), J. Phys. Conf. Ser. 363, 012032.
A wavelet has a flat middle and the flanks of a Meyer window in frequency. The wavelets and those of
a phase that is 90° apart (quadrature) are a basis each.
"""

from functools import cache

import numpy as np
import scipy.fft


def power(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the mean of the squares of both phases of the wavelets.

    Parameters
    ----------
    strain : numpy.ndarray
        Whitened strain of unit variance, one second, which is taken for a circle; shape
        (..., time).
    window, hop : int
        Wavelets are ``1 / window`` cycles per sample apart in frequency, and ``hop``, half of
        ``window``, samples in time.
    rows : int
        Number of frequencies, from 0.

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, frame), float32. White noise has a mean power of 1 per cell. The
        wavelets at the ends of the second, half of which lie at either end, are left out.
    """
    length = strain.shape[-1]
    band = length // window
    spectrum = around_zero(scipy.fft.rfft(strain), band)
    parts = np.lib.stride_tricks.sliding_window_view(spectrum, 2 * band, axis=-1)
    parts = parts[..., : rows * band : band, :] * _meyer(band, length)
    found = scipy.fft.ifft(parts, axis=-1, norm="forward", overwrite_x=True)[..., 1:]
    return found.real**2 + found.imag**2


def around_zero(spectrum: np.ndarray, more: int) -> np.ndarray:
    """Continue the spectrum of a real series by ``more`` bins on both sides."""
    low, high = spectrum[..., more:0:-1], spectrum[..., -2 : -2 - more : -1]
    return np.concatenate([low.conj(), spectrum, high.conj()], axis=-1)


@cache
def _meyer(band: int, length: int) -> np.ndarray:
    """Meyer window of all bins up to ``band`` beside the middle, for unit mean power of noise.

    Its flat middle is half of the distance of the bands, its flanks are as long; d = 4.
    """
    away = np.abs(np.arange(-band, band)) / band
    x = np.clip(2 * (away - 1 / 4), 0, 1)
    rise = x**4 * (35 - 84 * x + 70 * x**2 - 20 * x**3)
    taper = np.cos(np.pi / 2 * rise)
    return (taper / np.sqrt(length * np.sum(taper**2))).astype(np.float32)
