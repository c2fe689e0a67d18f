"""Axes of a spectrogram. Snakemake reads this module at its start, so it computes no spectrum."""

from typing import NamedTuple

import numpy as np

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples.representations.names import CHANNELS


class Grid(NamedTuple):
    """Axes of a spectrogram: ``frequencies`` [Hz], and ``times`` [s] of the frames' centres."""

    frequencies: np.ndarray
    times: np.ndarray


def grid(block: Spectrogram, sample_rate: int, duration: float = 1.0) -> Grid:
    """Give the frequencies up to ``f_max`` (zero included) and the frames that fit in a sample.

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
        94 frequencies and 31 times for the paper's window of 0.0625 s, hop of 128 samples and
        ``f_max`` of 1500 Hz.
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
    return image[..., each // 2 :: each]
