"""Axes of a spectrogram. Snakemake reads this module at its start, so it computes no spectrum."""

from typing import NamedTuple

import numpy as np

from ccsncam.config.blocks import Spectrogram


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
