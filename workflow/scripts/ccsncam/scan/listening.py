"""Whitened windows of one detector, cell by cell.

Windows lie on one grid of GPS time: window ``k`` begins ``k`` strides after GPS 0, so that it has
the same number in every scan. A cell is a row of windows that share a piece of strain, and with it
a PSD. The pieces overlap, so that every window lies in the part of a piece that the whitening
filter does not spoil.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from ccsncam.config.moment import Scan
from ccsncam.moment.stand_in import white_noise
from ccsncam.noise import whitening
from ccsncam.samples import coherence
from ccsncam.samples.spectrogram import windows


class Strain(Protocol):
    """Strain of one detector; `ccsncam.scan.strain.DetectorStrain` gives it."""

    detector: str

    def read(self, start: float, duration: float) -> np.ndarray:
        """Strain of a stretch of GPS time [s], with NaN in gaps."""

    def quality(self, start: float, end: float) -> str:
        """What the masks say of a stretch of GPS time [s]."""


class Cell(NamedTuple):
    """A row of windows that are whitened together.

    Attributes
    ----------
    first, last : int
        Numbers of the first window that is asked for, and of the one after the last.
    begin : int
        First sample of the piece of strain, counted from GPS 0. Gaps may move it.
    whole : tuple of int
        As ``first`` and ``last``, of the whole cell.
    """

    first: int
    last: int
    begin: int
    whole: tuple[int, int]

    @property
    def windows(self) -> np.ndarray:
        """Numbers of the windows, shape (window,)."""
        return np.arange(self.first, self.last)


def windows_of(scan: Scan, start: float, end: float) -> tuple[int, int]:
    """Find the windows that begin in a stretch of time.

    Parameters
    ----------
    scan : Scan
    start, end : float
        GPS times [s].

    Returns
    -------
    first, last : int
        Number of the first window, and of the one after the last.
    """
    rate = scan.moment.signal.sample_rate
    first, last = (-(-round(gps * rate) // scan.step) for gps in (start, end))
    return first, last


def edge(scan: Scan) -> int:
    """Samples that the whitening filter spoils at each end of a piece."""
    return round(scan.moment.whitening.filter_duration * scan.moment.signal.sample_rate / 2)


def cells(scan: Scan, first: int, last: int) -> Iterator[Cell]:
    """Cut windows into cells on a grid that begins at GPS 0.

    Parameters
    ----------
    scan : Scan
    first, last : int
        From `windows_of`.

    Yields
    ------
    Cell
        In the order of time. The first and the last may lack windows that are not asked for.
    """
    rate = scan.moment.signal.sample_rate
    size = scan.moment.segment_duration * rate
    count = (size - 2 * edge(scan) - rate) // scan.step + 1
    for number in range(first // count, -(-last // count)):
        begin = number * count
        whole = begin, begin + count
        piece = begin * scan.step - edge(scan)
        yield Cell(max(first, begin), min(last, begin + count), piece, whole)


class Heard(NamedTuple):
    """Windows of one detector.

    Attributes
    ----------
    magnitude : numpy.ndarray
        Spectrogram of each window before it is scaled, shape (window, channel, frequency, time),
        float32, with the channels of one detector.
        It is that of white noise where the detector is off.
    seconds : numpy.ndarray of int
        Strain behind the PSD of each window [s], shape (window,); 0 where the detector is off.
    phases : numpy.ndarray
        From `ccsncam.samples.coherence.windows`, shape (window, frame, frequency).
    """

    magnitude: np.ndarray
    seconds: np.ndarray
    phases: np.ndarray


def listen(strain: Strain, cell: Cell, scan: Scan) -> Heard:
    """Whiten the strain of a cell and make the spectrograms of its windows.

    A piece has ``segment_duration``, as in training. Where a gap lies in it, it is moved, or cut
    to the whole seconds between two gaps. As for a moment, it needs twice
    ``whitening.psd_duration``.

    Parameters
    ----------
    strain : Strain
    cell : Cell
    scan : Scan

    Returns
    -------
    Heard
    """
    moment = scan.moment
    rate, longest = moment.signal.sample_rate, moment.segment_duration
    samples = cell.windows * scan.step
    seconds = np.zeros(len(samples), int)
    seen, phases = _stand_in(strain.detector, cell, scan)
    # Strain is read from a whole second on, because fillings are found second by second.
    start = cell.begin // rate - longest
    data = strain.read(start, 3 * longest + 1)
    gaps = np.concatenate([[-1], np.flatnonzero(~np.isfinite(data)), [len(data)]])
    long = np.diff(gaps) > 2 * moment.whitening.psd_duration * rate
    for before, after in zip(gaps[:-1][long], gaps[1:][long], strict=True):
        size = min(longest, (after - before - 1) // rate) * rate
        at = min(max(cell.begin - start * rate, before + 1), after - size)
        begin = start * rate + at
        whole = (samples >= begin + edge(scan)) & (samples + rate <= begin + size - edge(scan))
        # A window that lies in two stretches does not exist; one that is set stays.
        whole &= seconds == 0
        if not whole.any():
            continue
        white = _whitened(data[at : at + size], scan)
        first, last = samples[whole][0] - begin, samples[whole][-1] - begin + rate
        starts = samples[whole] - samples[whole][0]
        seen[whole] = windows(white[None, first:last], starts, moment.spectrogram, rate)
        phases[whole] = coherence.windows(white[first:last], starts, moment.spectrogram, rate)
        seconds[whole] = size // rate
    return Heard(seen, seconds, phases)


def _whitened(strain: np.ndarray, scan: Scan) -> np.ndarray:
    """Whiten a piece of strain with its own PSD, as pieces of noise are whitened."""
    block, band = scan.moment.whitening, scan.moment.signal.band
    piece, rate = strain.astype(np.float32), band.sample_rate
    psd = whitening.welch_psd(piece, rate, block.psd_duration)
    psd *= whitening.estimation_bias(len(piece), rate, block.psd_duration, block.filter_duration)
    fir = whitening.whitening_fir(
        psd, 1 / block.psd_duration, rate, block.filter_duration, band.f_min, band.upper_edge
    )
    return whitening.whiten(piece, fir)


def _stand_in(detector: str, cell: Cell, scan: Scan) -> tuple[np.ndarray, np.ndarray]:
    """Spectrograms and phases of white noise for the windows of a cell.

    The noise is drawn for the whole cell, so that it depends on no window that is asked for.
    """
    moment = scan.moment
    rate, (first, last) = moment.signal.sample_rate, cell.whole
    size = (last - 1 - first) * scan.step + rate
    noise = white_noise(detector, first * scan.seconds, size, moment.seed, moment.signal.band)
    starts = (cell.windows - first) * scan.step
    block = moment.spectrogram
    return (
        windows(noise[None], starts, block, rate),
        coherence.windows(noise, starts, block, rate),
    )
