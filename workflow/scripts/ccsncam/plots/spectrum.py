"""Spectra of waveforms, as figures show them."""

import numpy as np

# Width of the running mean over the spectra of waveforms [Hz].
SMOOTH_HZ = 16.0
SHOWN_HZ = (20.0, 2000.0)


def smooth(frequency: np.ndarray, power: np.ndarray, width: float) -> np.ndarray:
    """Average power over a band of constant width [Hz]; both arrays have the shape (n,)."""
    cells = max(1, round(width / (frequency[1] - frequency[0])))
    # A convolution by FFT is avoided: its rounding leaves negative powers far below the peak.
    return np.convolve(power, np.full(cells, 1 / cells), mode="same")


def power_spectrum(series: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Squared magnitude of the Fourier transform of a series, averaged over `SMOOTH_HZ`.

    Parameters
    ----------
    series : numpy.ndarray
        Shape (n,).
    sample_rate : float
        [Hz].

    Returns
    -------
    frequency : numpy.ndarray
        [Hz], shape (n // 2 + 1,).
    power : numpy.ndarray
        Square of the unit of the series times s².
    """
    frequency = np.fft.rfftfreq(len(series), 1 / sample_rate)
    power = np.abs(np.fft.rfft(series) / sample_rate) ** 2
    return frequency, smooth(frequency, power, SMOOTH_HZ)


def shown(frequency: np.ndarray) -> np.ndarray:
    """Which frequencies the figures of spectra show, as a mask."""
    return (frequency >= SHOWN_HZ[0]) & (frequency <= SHOWN_HZ[1])
