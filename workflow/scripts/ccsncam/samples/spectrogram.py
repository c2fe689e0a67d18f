"""The network's input: spectrograms of whitened strain, scaled to [0, 1].

This module is the door to the representations of strain that are quick, the keys of `_POWER`.
Costly ones have `ccsncam.samples.kept` before it.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples.grid import grid
from ccsncam.samples.representations import (
    constant_q,
    multiresolution,
    reassigned,
    stft,
    strain,
    wdm,
)
from ccsncam.samples.representations.names import CHANNELS, SERIAL, SLIDING, affordable

# Windows of strain that are transformed at once; and series, which stay in the processor's cache.
BATCH, SERIES = 50, 12
# From strain (..., time), window, hop and number of frequencies to powers (..., frequency, frame),
# with an axis of channels before these two if the representation has several for a detector.
_POWER: dict[str, Callable[..., np.ndarray]] = {
    "stft": stft.power,
    "multiresolution": multiresolution.power,
    "constant-q": constant_q.power,
    "wdm": wdm.power,
    "reassigned": reassigned.power,
    "strain": strain.power,
}


def magnitude(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
    """Compute amplitudes or powers on the grid, in the representation ``block.kind``.

    Parameters
    ----------
    whitened : numpy.ndarray
        Whitened strain of unit variance, shape (..., detector, time). It lasts one second if the
        representation does not slide.
    block : Spectrogram
        ``scale`` says whether the magnitude is an amplitude or a power.
    sample_rate : int
        [Hz].

    Returns
    -------
    numpy.ndarray
        Shape (..., channel, frequency, frame), float32; see `ccsncam.samples.grid.channels`. White
        noise has a mean power of 1 per cell. Amplitudes of strain have its sign.

    Raises
    ------
    ValueError
        If the representation is a costly one, which only `ccsncam.samples.kept` makes.
    """
    affordable(block.kind, "transform of single windows", "take another kind")
    if signed(block):
        return strain.signed(whitened)
    more = (block.q,) if block.kind == "constant-q" else ()
    asked = block.window, block.hop, len(grid(block, sample_rate).frequencies), *more
    transform = _POWER[block.kind]
    if slides(block):
        return scaled(transform(whitened, *asked), block)
    flat = whitened.reshape(-1, whitened.shape[-1])
    firsts = range(0, max(1, len(flat)), SERIES)
    power = np.concatenate([transform(flat[at : at + SERIES], *asked) for at in firsts])
    power = power.reshape(*whitened.shape[:-1], *power.shape[1:])
    if CHANNELS[block.kind] > 1:
        *before, detectors, each, height, width = power.shape
        power = power.reshape(*before, detectors * each, height, width)
    return scaled(power, block)


def cell_power(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
    """Compute the power in the cells of the paper's spectrogram, whatever the representation.

    Controls, and what counts as a glitch, are defined on it.

    Parameters
    ----------
    whitened, block, sample_rate
        As for `magnitude`. The strain may be of any length.

    Returns
    -------
    numpy.ndarray
        Shape (..., detector, frequency, frame), float32.
    """
    return magnitude(whitened, replace(block, kind="stft", scale="power"), sample_rate)


def scaled(power: np.ndarray, block: Spectrogram) -> np.ndarray:
    """Take amplitudes in place of powers if ``block.scale`` says so; the powers are replaced."""
    if block.scale == "amplitude":
        np.sqrt(power, out=power)
    return power


def signed(block: Spectrogram) -> bool:
    """Say whether magnitudes have a sign, as strain has."""
    return block.kind in SERIAL and block.scale == "amplitude"


def slides(block: Spectrogram) -> bool:
    """Say whether windows may be cut from the spectrogram of a stretch of any length."""
    return block.kind in SLIDING


def windows(
    whitened: np.ndarray, starts: np.ndarray, block: Spectrogram, sample_rate: int
) -> np.ndarray:
    """Compute the magnitudes of windows of one second of a stretch.

    Where the representation slides, the windows are cut from the spectrogram of the stretch.
    Otherwise each is transformed by itself.

    Parameters
    ----------
    whitened : numpy.ndarray
        Whitened strain of unit variance, shape (..., detector, time).
    starts : numpy.ndarray of int
        First samples of the windows, multiples of ``block.hop``, shape (window,).
    block, sample_rate
        As for `magnitude`.

    Returns
    -------
    numpy.ndarray
        Shape (window, ..., channel, frequency, frame), float32, as `magnitude` gives for each.
    """
    view = np.lib.stride_tricks.sliding_window_view
    if slides(block):
        frames = len(grid(block, sample_rate).times)
        own = view(magnitude(whitened, block, sample_rate), frames, axis=-1)
        return np.moveaxis(own[..., starts // block.hop, :], -2, 0)
    own = np.moveaxis(view(whitened, sample_rate, axis=-1), -2, 0)
    parts = [starts[first : first + BATCH] for first in range(0, max(1, len(starts)), BATCH)]
    return np.concatenate([magnitude(own[part], block, sample_rate) for part in parts])


def rows(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
    """Take the part of the transform that is linear, in rows that begin one hop apart.

    Where the representation slides, that is the short-time Fourier transform. Otherwise it is the
    strain itself, so that samples may be mixed in either way.

    Parameters
    ----------
    whitened, block, sample_rate
        As for `magnitude`. The strain may be of any length.

    Returns
    -------
    numpy.ndarray
        Shape (..., detector, frame, frequency), complex64, or (..., detector, hop, time), float32.
    """
    if slides(block):
        kept = len(grid(block, sample_rate).frequencies)
        return stft.transform(whitened, block.window, block.hop, kept)
    length = whitened.shape[-1] // block.hop * block.hop
    return whitened[..., :length].reshape(*whitened.shape[:-1], -1, block.hop)


def of_rows(found: np.ndarray, block: Spectrogram) -> np.ndarray:
    """Compute the magnitude of one second from its `rows`; it is the one that `magnitude` gives."""
    if slides(block):
        return np.swapaxes(scaled(stft.squared(found), block), -1, -2)
    whitened = found.reshape(*found.shape[:-2], -1)
    return magnitude(whitened, block, whitened.shape[-1])


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
    ``fixed`` they are 0 and ``block.ceiling``, and with ``none`` they are 0 and 1. Of magnitudes
    with a sign, the largest absolute value takes the place of the maximum, and 0 that of the
    minimum, so that they run from -1 to 1 and no strain stays 0.

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
    if signed(block):
        high = np.maximum(image.max(axis=axes, keepdims=True), -image.min(axis=axes, keepdims=True))
        return np.zeros_like(high), high
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

    Magnitudes with a sign are scaled to [-1, 1].

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
    return scaled if own else np.clip(scaled, -1 if signed(block) else 0, 1, out=scaled)
