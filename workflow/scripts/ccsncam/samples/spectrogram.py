"""The network's input: spectrograms of whitened strain, scaled to [0, 1]."""

from functools import cache

import numpy as np
import scipy.fft

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples.grid import grid


@cache
def _hann(window: int) -> np.ndarray:
    """Periodic Hann window of unit energy: white noise of unit variance has mean power 1."""
    taper = np.hanning(window + 1)[:-1]
    return (taper / np.sqrt(np.sum(taper**2))).astype(np.float32)


def magnitude(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
    """Compute the magnitude of the short-time Fourier transform, without padding.

    Parameters
    ----------
    whitened : numpy.ndarray
        Whitened strain of unit variance, shape (..., time).
    block : Spectrogram
        ``scale`` says whether the magnitude is an amplitude or a power.
    sample_rate : int
        [Hz].

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, frame), float32. White noise has a mean power of 1 per cell.
    """
    return np.swapaxes(modulus(transform(whitened, block, sample_rate), block), -1, -2)


def transform(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
    """Compute the short-time Fourier transform, without padding; it is linear.

    Parameters
    ----------
    whitened, block, sample_rate
        As for `magnitude`. The strain may be of any length.

    Returns
    -------
    numpy.ndarray
        Shape (..., frame, frequency), complex64 for strain in float32.
    """
    frames = np.lib.stride_tricks.sliding_window_view(whitened, block.window, axis=-1)
    frames = frames[..., :: block.hop, :]
    keep = len(grid(block, sample_rate).frequencies)
    tapered = frames * _hann(block.window)
    return scipy.fft.rfft(tapered, axis=-1, overwrite_x=True)[..., :keep]


def modulus(spectrum: np.ndarray, block: Spectrogram) -> np.ndarray:
    """Take amplitudes or powers, as ``block.scale`` says; any shape."""
    image = spectrum.real**2 + spectrum.imag**2
    if block.scale == "amplitude":
        np.sqrt(image, out=image)
    return image


# Normalisations whose limits are the same for all images.
_CEILINGS = ("fixed", "none")


def _ceiling(block: Spectrogram) -> float:
    """The value that becomes 1 in every image."""
    return 1.0 if block.normalisation == "none" or block.ceiling is None else block.ceiling


def limits(image: np.ndarray, block: Spectrogram) -> tuple[np.ndarray, np.ndarray]:
    """Find the values that become 0 and 1 in each image.

    They follow ``block.normalisation``. With ``detector`` they are the minimum and the maximum of
    each sample and detector; this is the only simple reading that agrees with the paper's remark
    on reddish images. With ``sample`` they are the extremes over all detectors of a sample. With
    ``fixed`` they are 0 and ``block.ceiling``, and with ``none`` they are 0 and 1.

    Parameters
    ----------
    image : numpy.ndarray
        Shape (n, detector, frequency, time).
    block : Spectrogram

    Returns
    -------
    low, high : numpy.ndarray
        Each has a shape that broadcasts to the shape of the image.
    """
    if block.normalisation in _CEILINGS:
        shape = (1,) * image.ndim
        return np.zeros(shape, np.float32), np.full(shape, _ceiling(block), np.float32)
    axes = (-2, -1) if block.normalisation == "detector" else (-3, -2, -1)
    return image.min(axis=axes, keepdims=True), image.max(axis=axes, keepdims=True)


def running_limits(
    low: np.ndarray, high: np.ndarray, frames: int, block: Spectrogram
) -> tuple[np.ndarray, np.ndarray]:
    """Find the limits of all windows of a long spectrogram; they are those of `limits`.

    Parameters
    ----------
    low, high : numpy.ndarray
        Minimum and maximum of each frame over the frequencies, shape (detector, frame).
    frames : int
        Frames of a window.
    block : Spectrogram

    Returns
    -------
    low, high : numpy.ndarray
        For a window that starts at each frame, shape (detector, frame - frames + 1), float32.
    """
    if block.normalisation in _CEILINGS:
        shape = len(low), low.shape[1] - frames + 1
        return np.zeros(shape, np.float32), np.full(shape, _ceiling(block), np.float32)
    if block.normalisation == "sample":
        low = np.broadcast_to(low.min(axis=0), low.shape)
        high = np.broadcast_to(high.max(axis=0), high.shape)
    view = np.lib.stride_tricks.sliding_window_view
    return view(low, frames, axis=1).min(axis=2), view(high, frames, axis=1).max(axis=2)


def normalise(
    image: np.ndarray,
    block: Spectrogram,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Scale images to [0, 1]; with ``block.normalisation`` ``none`` they stay as they are.

    Parameters
    ----------
    image : numpy.ndarray
        Shape (n, detector, frequency, time).
    block : Spectrogram
        See `limits` for ``normalisation``.
    bounds : tuple of numpy.ndarray, optional
        The values that become 0 and 1, from `limits`. By default they are those of the images.
    out : numpy.ndarray, optional
        Where the result goes; it may be the images themselves. A new array by default.

    Returns
    -------
    numpy.ndarray
        Same shape. Values outside the bounds are clipped.
    """
    if block.normalisation == "none":
        return image.copy() if out is None else np.positive(image, out=out)
    low, high = limits(image, block) if bounds is None else bounds
    scaled = np.subtract(image, low, out=out)
    scaled /= high - low
    own = bounds is None and block.normalisation != "fixed"
    return scaled if own else np.clip(scaled, 0, 1, out=scaled)
