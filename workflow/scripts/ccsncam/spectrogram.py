"""The network's input: spectrograms of whitened strain, scaled to [0, 1]."""

from functools import cache
from typing import NamedTuple

import numpy as np


class Grid(NamedTuple):
    """Axes of a spectrogram: ``frequencies`` [Hz], and ``times`` [s] of the frames' centres."""

    frequencies: np.ndarray
    times: np.ndarray


def grid(settings, sample_rate, duration=1.0):
    """Frequencies up to ``f_max`` (zero included) and the frames that fit in the sample.

    Parameters
    ----------
    settings : dict
        The config's ``spectrogram`` block.
    sample_rate : int
        [Hz].
    duration : float
        Of a sample [s].

    Returns
    -------
    Grid
        94 frequencies and 31 times for the paper's window of 0.0625 s, hop 128 and 1500 Hz.
    """
    window, hop = settings["window"], settings["hop"]
    frequencies = np.fft.rfftfreq(window, 1 / sample_rate)
    frames = 1 + (round(duration * sample_rate) - window) // hop
    return Grid(
        frequencies=frequencies[frequencies <= settings["f_max"]],
        times=(np.arange(frames) * hop + window / 2) / sample_rate,
    )


@cache
def _hann(window):
    # Periodic Hann, of unit energy: a cell of white noise of unit variance has a mean power of 1.
    taper = np.hanning(window + 1)[:-1]
    return (taper / np.sqrt(np.sum(taper**2))).astype(np.float32)


def magnitude(whitened, settings, sample_rate):
    """Magnitude of the short-time Fourier transform, with a Hann window and no padding.

    Parameters
    ----------
    whitened : numpy.ndarray
        Whitened strain of unit variance, shape (..., time).
    settings : dict
        The config's ``spectrogram`` block: ``window`` and ``hop`` [samples], ``f_max`` [Hz],
        ``scale`` (``amplitude`` or ``power``).
    sample_rate : int
        [Hz].

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, frame), float32; a cell of white noise has a mean power of 1.
    """
    import scipy.fft

    window, hop = settings["window"], settings["hop"]
    frames = np.lib.stride_tricks.sliding_window_view(whitened, window, axis=-1)[..., ::hop, :]
    keep = len(grid(settings, sample_rate).frequencies)
    spectrum = scipy.fft.rfft(frames * _hann(window), axis=-1, overwrite_x=True)[..., :keep]
    image = spectrum.real**2 + spectrum.imag**2
    if settings["scale"] == "amplitude":
        np.sqrt(image, out=image)
    return np.swapaxes(image, -1, -2)


def limits(image, settings):
    """What 0 and 1 stand for in each image.

    Parameters
    ----------
    image : numpy.ndarray
        Shape (n, detector, frequency, time).
    settings : dict
        ``normalisation``: ``detector`` (minimum to maximum of each sample and detector: the only
        simple reading under which the paper's remark on reddish images holds), ``sample`` (minimum
        to maximum over all detectors of a sample) or ``fixed`` (divided by ``ceiling``, clipped).

    Returns
    -------
    low, high : numpy.ndarray
        Each of a shape that broadcasts to the image's.
    """
    if settings["normalisation"] == "fixed":
        shape = (1,) * image.ndim
        return np.zeros(shape, np.float32), np.full(shape, settings["ceiling"], np.float32)
    axes = (-2, -1) if settings["normalisation"] == "detector" else (-3, -2, -1)
    return image.min(axis=axes, keepdims=True), image.max(axis=axes, keepdims=True)


def normalise(image, settings, bounds=None):
    """Scale images to [0, 1].

    Parameters
    ----------
    image : numpy.ndarray
        Shape (n, detector, frequency, time).
    settings : dict
        See `limits`.
    bounds : tuple of numpy.ndarray, optional
        From `limits`; by default those of the images themselves.

    Returns
    -------
    numpy.ndarray
        Same shape; clipped where the bounds are not the images' own.
    """
    low, high = limits(image, settings) if bounds is None else bounds
    scaled = (image - low) / (high - low)
    own = bounds is None and settings["normalisation"] != "fixed"
    return scaled if own else np.clip(scaled, 0, 1)
