"""Coherence: the largest correlation of two detectors within the light travel time.

An image of magnitudes has no phases, so the numbers are taken from the strain, and ride with the
image; see `ccsncam.samples.beside`. docs/networks.md defines them.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations

import numpy as np

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples.grid import cells
from ccsncam.samples.representations import stft

# Lags are so many to a period of the highest frequency.
_LAGS = 8
# Windows at a time. The number is fixed, because the last bit of a matrix product may depend on it.
ROWS = 64
# No correlation counts as more: that of a signal without noise would be infinite.
_MOST = 1 - 1e-6


def of_strain(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray | None:
    """Measure the coherence of windows of one second.

    Parameters
    ----------
    whitened : numpy.ndarray
        Whitened strain of all detectors, shape (n, detector, time).
    block : Spectrogram
    sample_rate : int
        [Hz].

    Returns
    -------
    numpy.ndarray or None
        As `of_spectra`; None if ``block`` asks for no coherence.
    """
    if block.coherence is None:
        return None
    return of_spectra(spectra(whitened, block, sample_rate), block)


def of_rows(rows: np.ndarray, block: Spectrogram) -> np.ndarray:
    """Take the `spectra` of one second from its `ccsncam.samples.spectrogram.rows`.

    Parameters
    ----------
    rows : numpy.ndarray
        Shape (..., row, width).
    block : Spectrogram

    Returns
    -------
    numpy.ndarray
        Shape (..., frame, frequency), complex64.
    """
    if np.iscomplexobj(rows):
        return rows
    whitened = rows.reshape(*rows.shape[:-2], -1)
    return spectra(whitened, block, whitened.shape[-1])


def spectra(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
    """Transform strain of any length, as `of_spectra` and `running` take it.

    Whatever the representation, it is the short-time Fourier transform: correlations need phases.

    Parameters
    ----------
    whitened : numpy.ndarray
        Shape (..., time).
    block, sample_rate
        As for `of_strain`.

    Returns
    -------
    numpy.ndarray
        Shape (..., frame, frequency), complex64.
    """
    kept = len(cells(block, sample_rate).frequencies)
    return stft.transform(whitened, block.window, block.hop, kept)


def windows(
    whitened: np.ndarray, starts: np.ndarray, block: Spectrogram, sample_rate: int
) -> np.ndarray:
    """Cut the `spectra` of windows out of those of a stretch.

    Parameters
    ----------
    whitened : numpy.ndarray
        Strain of a detector, shape (time,).
    starts : numpy.ndarray of int
        First samples of the windows, multiples of ``block.hop``, shape (window,).
    block, sample_rate
        As for `of_strain`.

    Returns
    -------
    numpy.ndarray
        Shape (window, frame, frequency), complex64; without frequencies if ``block`` asks for no
        coherence.
    """
    frames = len(cells(block, sample_rate).times)
    if block.coherence is None:
        return np.empty((len(starts), frames, 0), np.complex64)
    found = spectra(whitened, block, sample_rate)
    view = np.lib.stride_tricks.sliding_window_view(found, frames, axis=0)
    return np.swapaxes(view[starts // block.hop], 1, 2)


def of_spectra(found: np.ndarray, block: Spectrogram) -> np.ndarray:
    """Measure the coherence of windows.

    Parameters
    ----------
    found : numpy.ndarray
        From `spectra`, shape (n, detector, frame, frequency).
    block : Spectrogram
        ``coherence`` holds the largest lag of each pair [samples].

    Returns
    -------
    numpy.ndarray
        Shape (n, pair), float32: Fisher's z of the largest correlation of either sign, in standard
        deviations that a single lag has in white noise. 0 where a detector is silent.
    """
    parts = [found[first : first + ROWS] for first in range(0, len(found), ROWS)]
    return np.concatenate([_of_part(part, block) for part in parts or [found]])


def _of_part(found: np.ndarray, block: Spectrogram) -> np.ndarray:
    """As `of_spectra`, for few windows."""
    count, frames, width = found.shape[1:]
    turns, mine = _turns(block, width), found.conj()

    def summed(one: int, two: int, here: slice, there: slice) -> np.ndarray:
        return (mine[:, one, here] * found[:, two, there]).sum(axis=1)

    cross = _crosses(summed, count, frames, turns)
    power = (found.real**2 + found.imag**2)[..., 1:].sum(axis=(2, 3), dtype=float)
    return _scaled(cross, power.T, frames, block)


def running(found: np.ndarray, first: np.ndarray, frames: int, block: Spectrogram) -> np.ndarray:
    """Measure the coherence of many windows of a stretch; the numbers are those of `of_spectra`.

    Parameters
    ----------
    found : numpy.ndarray
        From `spectra`, of the whole stretch, shape (detector, frame, frequency).
    first : numpy.ndarray of int
        First frame of each window, shape (window,).
    frames : int
        Frames of a window.
    block : Spectrogram

    Returns
    -------
    numpy.ndarray
        Shape (window, pair), float32.
    """
    count, size, width = found.shape
    turns = _turns(block, width)

    def summed(one: int, two: int, here: slice, there: slice) -> np.ndarray:
        products = found[one, here].conj() * found[two, there]
        return _sums(products, first, frames - (size - len(products)))

    cross = _crosses(summed, count, size, turns)
    each = (found.real**2 + found.imag**2)[..., 1:].sum(axis=-1, dtype=float)
    power = [_sums(one, first, frames) for one in each]
    return _scaled(cross, power, frames, block)


def _crosses(
    summed: Callable[[int, int, slice, slice], np.ndarray],
    count: int,
    frames: int,
    turns: dict[int, np.ndarray],
) -> list[dict[int, np.ndarray]]:
    """Cross spectrum of each pair of detectors, by the shift between their frames.

    ``summed`` adds up the products of the frames of two detectors that are so far apart.
    """
    parts = {
        shift: (
            slice(max(0, -shift), frames - max(0, shift)),
            slice(max(0, shift), frames - max(0, -shift)),
        )
        for shift in turns
    }
    return [
        {shift: summed(*pair, *parts[shift]) * turns[shift] for shift in turns}
        for pair in combinations(range(count), 2)
    ]


def _sums(values: np.ndarray, first: np.ndarray, count: int) -> np.ndarray:
    """Add up ``count`` values from each of ``first`` on, along the first axis."""
    kind = np.result_type(values, np.float64)
    added = np.zeros((len(values) + 1, *values.shape[1:]), kind)
    np.cumsum(values, axis=0, dtype=kind, out=added[1:])
    return added[first + count] - added[first]


def _turns(block: Spectrogram, width: int) -> dict[int, np.ndarray]:
    """By how much each frequency turns in the time of a shift between two frames, by shift.

    A frame is correlated with those that begin up to half a window earlier or later. So no product
    of two frames is asked for a lag of more than half a window, where it would go round.
    """
    most = block.window // 2 // block.hop
    angle = 2 * np.pi * block.hop / block.window * np.arange(width)
    # What is constant over a frame is no wave.
    wave = np.arange(width) > 0
    shifts = range(-most, most + 1)
    return {shift: (wave * np.exp(-1j * angle * shift)).astype("c8") for shift in shifts}


def _scaled(
    cross: Sequence[dict[int, np.ndarray]],
    power: Sequence[np.ndarray] | np.ndarray,
    frames: int,
    block: Spectrogram,
) -> np.ndarray:
    """Find the largest correlation of each pair, and bring it to the scale of white noise.

    Parameters
    ----------
    cross : list of dict of numpy.ndarray
        Cross spectrum of each pair, by shift between frames, shape (n, frequency).
    power : list of numpy.ndarray
        Of each detector, shape (n,).
    frames : int
        Frames of a window.
    block : Spectrogram

    Returns
    -------
    numpy.ndarray
        Shape (n, pair), float32.
    """
    size, width = cross[0][0].shape
    samples = (frames - 1) * block.hop + block.window
    # Twice the band times the time: a correlation of white noise has about this inverse variance.
    degrees = 2 * (width - 1) / block.window * samples
    found, lags = np.zeros((size, len(cross)), np.float32), block.coherence or ()
    both = combinations(power, 2)
    for number, (spectra, lag, pair) in enumerate(zip(cross, lags, both, strict=True)):
        waves = _waves(block.window, block.hop, frames, width, lag)
        later = np.sum([spectra[shift] for shift in spectra if shift >= 0], axis=0)
        # A negative lag is a positive one of the conjugate spectrum.
        earlier = np.conj(np.sum([spectra[shift] for shift in spectra if shift <= 0], axis=0))
        top = np.maximum(_largest(later, waves), _largest(earlier, waves))
        scale = np.sqrt(pair[0] * pair[1])
        share = np.divide(top, scale, out=np.zeros(size), where=scale > 0)
        found[:, number] = np.sqrt(degrees) * np.arctanh(np.minimum(share, _MOST))
    return found


def _largest(spectra: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Largest magnitude over all lags of spectra (n, frequency)."""
    found = np.empty(len(spectra))
    # The last part is filled up, so that a number does not depend on how many there are.
    part = np.zeros((ROWS, len(waves)), np.float32)
    for first in range(0, len(spectra), ROWS):
        own = spectra[first : first + ROWS]
        part[: len(own)] = np.concatenate([own.real, -own.imag], axis=1)
        found[first : first + ROWS] = np.abs(part @ waves).max(axis=1)[: len(own)]
    return found


@cache
def _waves(window: int, hop: int, frames: int, width: int, lag: float) -> np.ndarray:
    """Cosines and sines at the lags from 0 to ``lag`` [samples], shape (2 · frequency, lag).

    They are divided by the share of a delayed signal's power that the products of frames hold.
    """
    lags = np.linspace(0, lag, 1 + math.ceil(_LAGS * lag * (width - 1) / window))
    share = np.zeros(len(lags))
    for shift in range(window // 2 // hop + 1):
        share += (1 - shift / frames) * _overlap((lags - shift * hop) / window)
    angle = 2 * np.pi / window * np.arange(width)[:, None] * lags
    return (np.concatenate([np.cos(angle), np.sin(angle)]) / share).astype("f4")


def _overlap(delay: np.ndarray) -> np.ndarray:
    """Correlation of a Hann window with itself at a delay in windows, from -1 to 1."""
    size, turn = np.abs(delay), 2 * np.pi * np.abs(delay)
    return (1 - size) * (2 + np.cos(turn)) / 3 + np.sin(turn) / (2 * np.pi)
