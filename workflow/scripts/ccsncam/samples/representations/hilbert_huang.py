"""The Hilbert–Huang transform: empirical mode decomposition, then amplitudes and frequencies.

The decomposition is that of Huang et al. (1998, Proc. R. Soc. A 454, 903), by the package ``emd``.
"""

import contextlib
import logging
from collections.abc import Iterator

import numpy as np
import scipy.signal


@contextlib.contextmanager
def _loggers_as_they_are() -> Iterator[None]:
    """Keep the loggers that there are: the import of emd switches all of them off."""
    there = [one for one in logging.root.manager.loggerDict.values() if hasattr(one, "disabled")]
    before = [one.disabled for one in there]
    yield
    for one, was in zip(there, before, strict=True):
        one.disabled = was


with _loggers_as_they_are():
    import emd
# It says several lines for each mode.
logging.getLogger("emd").setLevel(logging.WARNING)

# Times the sample rate at which modes are sifted: envelopes are splines through extrema, and three
# samples in a cycle, as at 1300 Hz, hit them badly.
FINER = 4
# Samples by which the second is mirrored at either end, where the envelopes have no support.
BEYOND = 256
# Modes at most, and the power of the rest below that of the whole at which there are no more [dB].
MODES, REST = 8, 30
# Mean power of white noise of unit variance in a row before it is scaled, at these multiples of
# 1/256 of the sample rate; tools/measure_sift_noise.py measures it.
ROWS = np.array([*range(8), *range(8, 129, 2)])
# fmt: off
NOISE = np.array([
    0.426, 1.504, 1.521, 1.247, 1.096, 1.222, 1.308, 1.255, 1.133, 1.024, 1.127, 1.216,
    1.200, 1.100, 0.982, 0.915, 0.893, 0.918, 0.972, 1.028, 1.083, 1.113, 1.122, 1.109,
    1.079, 1.033, 0.977, 0.910, 0.842, 0.775, 0.716, 0.660, 0.629, 0.615, 0.609, 0.621,
    0.636, 0.653, 0.677, 0.702, 0.726, 0.758, 0.790, 0.821, 0.868, 0.921, 0.994, 1.098,
    1.219, 1.359, 1.496, 1.641, 1.764, 1.789, 1.774, 1.688, 1.563, 1.390, 1.190, 1.010,
    0.843, 0.688, 0.558, 0.450, 0.362, 0.287, 0.230, 0.183, 0.145,
])
# fmt: on


def power(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the Hilbert spectrum, the sum of the power of all modes in each cell.

    At each time, half of the square of a mode's amplitude goes to the row of its frequency.

    Parameters
    ----------
    strain : numpy.ndarray
        Whitened strain of unit variance, one second, shape (..., time).
    window, hop : int
        Rows are ``1 / window`` cycles per sample apart, and frames ``hop``, half of ``window``,
        samples long. The first half frame and the last one are left out.
    rows : int
        Number of frequencies, from 0.

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, frame), float32. Each row is divided by what it has of white noise,
        so that white noise has a mean power of 1 per cell.
    """
    flat = strain.reshape(-1, strain.shape[-1])
    frames = strain.shape[-1] // hop - 1
    found = np.zeros((len(flat), rows, frames), np.float32)
    for number, series in enumerate(flat):
        # Where nothing is, there is no mode.
        if series.any():
            found[number] = spectrum(series, window, hop, rows)
    found /= np.interp(np.arange(rows) * 256 / window, ROWS, NOISE)[:, None].astype(np.float32)
    return found.reshape(*strain.shape[:-1], rows, frames)


def modes(series: np.ndarray) -> np.ndarray:
    """Sift a series.

    Parameters
    ----------
    series : numpy.ndarray
        Shape (time,).

    Returns
    -------
    numpy.ndarray
        Shape (time, mode), the highest frequencies first, at `FINER` times the sample rate and
        with `BEYOND` samples more at either end.
    """
    mirrored = np.pad(series.astype(float), BEYOND, mode="reflect")
    fine = scipy.signal.resample(mirrored, FINER * len(mirrored))
    return emd.sift.sift(fine, max_imfs=MODES, energy_thresh=REST)


def spectrum(series: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the Hilbert spectrum of one series before it is scaled; see `power`."""
    inside = slice(FINER * BEYOND, -FINER * BEYOND)
    _, frequency, amplitude = emd.spectra.frequency_transform(modes(series), FINER, "hilbert")
    row = np.abs(frequency[inside]) * window
    frame = (np.arange(len(row)) // FINER - hop // 2) // hop
    frames = len(series) // hop - 1
    kept = (row < rows) & ((frame >= 0) & (frame < frames))[:, None]
    row, half = row[kept], amplitude[inside][kept] ** 2 / (2 * FINER)
    below = row.astype(int)
    cell = below * frames + np.broadcast_to(frame[:, None], kept.shape)[kept]
    above = half * (row - below)
    found = np.bincount(cell, half - above, rows * frames)
    # What the highest row shares with the one above it is lost.
    found += np.bincount(cell + frames, above, (rows + 1) * frames)[: rows * frames]
    return found.reshape(rows, frames)
