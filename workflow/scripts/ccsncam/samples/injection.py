"""From the quadrupole to the whitened signal of a sample: project, delay, cut, whiten."""

import numpy as np
import scipy.fft

from ccsncam.config.blocks import Band
from ccsncam.samples.antenna import Response
from ccsncam.waveforms import model
from ccsncam.waveforms.model import Waveform

# The part of a waveform that can reach a sample [s from bounce], with room for the light travel
# time (21 ms) and for the ringing of a fractional delay.
KEPT = (-0.22, 1.07)
TAPER = 0.03
# Length of the circular buffer in which signals are delayed [s], and where bounce lies in it.
BUFFER = 2.0
BOUNCE = 0.3


def spectra(waveform: Waveform, duration: float = BUFFER) -> np.ndarray:
    """Transform the five independent components of a waveform at 1 kpc.

    Parameters
    ----------
    waveform : Waveform
        Its quadrupole is (G/c⁴) Q̈ [cm], shape (3, 3, n).
    duration : float
        Length of the buffer [s], at least 1.4 s.

    Returns
    -------
    numpy.ndarray
        Shape (5, frequency), complex64: the discrete Fourier transform of a buffer with bounce at
        0.3 s, in strain at 1 kpc.
    """
    rate = waveform.sample_rate
    components = model.components(waveform.quadrupole) / model.KPC_IN_CM
    time = waveform.start + np.arange(components.shape[-1]) / rate
    rise = np.clip((time - KEPT[0]) / TAPER, 0, 1)
    fall = np.clip((KEPT[1] - time) / TAPER, 0, 1)
    components = components * np.sin(np.pi / 2 * np.minimum(rise, fall)) ** 2
    inside = (time > KEPT[0]) & (time < KEPT[1])
    buffer = np.zeros((5, round(duration * rate)))
    first = round((time[inside][0] + BOUNCE) * rate)
    buffer[:, first : first + inside.sum()] = components[:, inside]
    # The buffer begins at a whole sample. The rest of the time shift is a delay like any other.
    rest = first / rate - BOUNCE - time[inside][0]
    frequency = np.fft.rfftfreq(buffer.shape[-1], 1 / rate)
    return (scipy.fft.rfft(buffer) * np.exp(2j * np.pi * frequency * rest)).astype(np.complex64)


def _delays(seconds: np.ndarray, rate: int, length: int) -> np.ndarray:
    """Phase factors exp(-2πi f τ), shape (..., frequency), from two short tables."""
    step, bins = 64, length // 2 + 1
    angle = -2j * np.pi * rate / length * seconds[..., None]
    coarse = np.exp(angle * step * np.arange(bins // step + 1)).astype(np.complex64)
    fine = np.exp(angle * np.arange(step)).astype(np.complex64)
    return (coarse[..., None] * fine[..., None, :]).reshape(*seconds.shape, -1)[..., :bins]


def project(
    spectrum: np.ndarray,
    theta: np.ndarray,
    phi: np.ndarray,
    response: Response,
    bounce_time: np.ndarray,
    rate: int,
) -> np.ndarray:
    """Compute the strain that each detector sees from a source at 1 kpc, in the sample's second.

    The signal is cut to the sample, as in the paper: what is injected is exactly what is returned.

    Parameters
    ----------
    spectrum : numpy.ndarray
        From `spectra`, shape (5, frequency).
    theta, phi : numpy.ndarray
        Direction of the observer in the frame of the source [rad], shape (n,).
    response : ccsncam.samples.antenna.Response
        Antenna patterns and delays, shape (n, detector).
    bounce_time : numpy.ndarray
        Arrival of the bounce at the Earth's centre [s from the start of the sample], shape (n,).
    rate : int
        Sample rate [Hz].

    Returns
    -------
    numpy.ndarray
        Strain, shape (n, detector, rate), float32.
    """
    shift = bounce_time[:, None] + response.delay - BOUNCE
    strain = strains(spectrum, theta, phi, response, shift, rate)
    length = 2 * (strain.shape[-1] - 1)
    return scipy.fft.irfft(strain, length, overwrite_x=True)[..., :rate]


def strains(
    spectrum: np.ndarray,
    theta: np.ndarray,
    phi: np.ndarray,
    response: Response,
    shift: np.ndarray,
    rate: int,
) -> np.ndarray:
    """Compute the spectrum of the strain that each detector sees from a source at 1 kpc.

    Parameters
    ----------
    spectrum, theta, phi, response, rate
        As for `project`.
    shift : numpy.ndarray
        How much later than in ``spectrum`` the bounce is [s], shape (n, detector).

    Returns
    -------
    numpy.ndarray
        Discrete Fourier transform of a buffer as long as that of ``spectrum``, shape
        (n, detector, frequency), complex64.
    """
    length = 2 * (spectrum.shape[-1] - 1)
    weights = model.polarisation_weights(theta, phi).astype(np.float32)
    # Two real products in place of one complex product.
    parts = np.ascontiguousarray(spectrum).view(np.float32)
    polarisations = (weights.reshape(-1, 5) @ parts).view(np.complex64).reshape(len(theta), 2, -1)
    strain = response.plus[..., None].astype(np.float32) * polarisations[:, :1]
    strain += response.cross[..., None].astype(np.float32) * polarisations[:, 1:]
    strain *= _delays(shift, rate, length)
    return strain


def whiten(strain: np.ndarray, filters: np.ndarray, band: Band) -> tuple[np.ndarray, np.ndarray]:
    """Whiten signals with a linear convolution, and compute their optimal SNR.

    Parameters
    ----------
    strain : numpy.ndarray
        Shape (n, detector, rate): 1 s, zero before and after.
    filters : numpy.ndarray
        Frequency response of the whitening filters on the grid of 2 s, shape
        (n, detector, frequency), scaled so that noise comes out with unit variance, W² = 2/(S fs).
    band : Band
        Sample rate, and the limits of the SNR integral, equation (3) of the paper.

    Returns
    -------
    whitened : numpy.ndarray
        Same shape as the strain, float32.
    snr : numpy.ndarray
        Optimal SNR in each detector, shape (n, detector).
    """
    rate = band.sample_rate
    length = round(BUFFER * rate)
    spectrum = scipy.fft.rfft(strain, length)
    spectrum *= filters
    low, high = (int(np.ceil(edge * length / rate)) for edge in (band.f_min, band.f_max))
    inside = spectrum[..., low : high + 1]
    power = np.einsum("...f,...f->...", inside.real, inside.real, dtype=np.float64)
    power += np.einsum("...f,...f->...", inside.imag, inside.imag, dtype=np.float64)
    # 4 ∫|h|²/S df, with h = rfft/fs, 1/S = W² fs/2 and df = fs/length.
    snr = np.sqrt(2 * power / length)
    return scipy.fft.irfft(spectrum, length, overwrite_x=True)[..., :rate], snr
