"""Axes of a spectrogram. Snakemake reads this module at its start, so it computes no spectrum."""

from typing import NamedTuple

import numpy as np

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples.representations.names import CHANNELS, SERIAL


class Grid(NamedTuple):
    """Axes of an image: ``frequencies`` [Hz], and ``times`` [s] of the cells' centres."""

    frequencies: np.ndarray
    times: np.ndarray


def grid(block: Spectrogram, sample_rate: int, duration: float = 1.0) -> Grid:
    """Give the axes of the images of ``block.kind``.

    Parameters
    ----------
    block : Spectrogram
    sample_rate : int
        [Hz].
    duration : float
        Duration of a sample [s].

    Returns
    -------
    Grid
        Those of `cells`. Strain has one row, which reaches from 0 to the Nyquist frequency, and one
        time for each of its samples.
    """
    if block.kind in SERIAL:
        times = np.arange(round(duration * sample_rate)) / sample_rate
        return Grid(frequencies=np.array([sample_rate / 4]), times=times)
    return cells(block, sample_rate, duration)


def cells(block: Spectrogram, sample_rate: int, duration: float = 1.0) -> Grid:
    """Give the axes of the paper's spectrogram, whatever ``block.kind`` is.

    Searches count in its frames, and figures show it.

    Parameters
    ----------
    block, sample_rate, duration
        As for `grid`.

    Returns
    -------
    Grid
        The frequencies up to ``f_max`` (zero included) and the frames that fit in a sample: 94 and
        31 for the paper's window of 0.0625 s, hop of 128 samples and ``f_max`` of 1500 Hz.
    """
    frequencies = np.fft.rfftfreq(block.window, 1 / sample_rate)
    frames = 1 + (round(duration * sample_rate) - block.window) // block.hop
    return Grid(
        frequencies=frequencies[frequencies <= block.f_max],
        times=(np.arange(frames) * block.hop + block.window / 2) / sample_rate,
    )


def channels(block: Spectrogram, detectors: int) -> int:
    """Give the number of channels of an image of so many detectors.

    The channels of a detector lie side by side. Of ``multiresolution`` they are those of the short,
    the given and the long window.
    """
    return CHANNELS[block.kind] * detectors


def inputs(block: Spectrogram, detectors: int) -> int:
    """Give the number of channels of what a network gets; see `ccsncam.samples.coherence`."""
    return channels(block, detectors) + (block.coherence is not None)


def one_each(image: np.ndarray, detectors: int) -> np.ndarray:
    """Take the channel of each detector that is shown to readers.

    Parameters
    ----------
    image : numpy.ndarray
        Shape (..., channel).
    detectors : int

    Returns
    -------
    numpy.ndarray
        Shape (..., detector): a view of the only channel of each detector, or of the middle one,
        which has the paper's window.
    """
    each = image.shape[-1] // detectors
    return image[..., each // 2 : each * detectors : each]
