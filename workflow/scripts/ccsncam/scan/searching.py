"""Search a part of a stretch: the statistic of every window, and the loudest of each cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.config.moment import Scan
from ccsncam.detection.clusters import half_width, loudest
from ccsncam.detection.statistic import statistic
from ccsncam.moment.span import LEAD
from ccsncam.moment.stand_in import white_noise
from ccsncam.network.chain import Network
from ccsncam.saliency.scores import logits
from ccsncam.samples import beside, coherence, grid
from ccsncam.samples.spectrogram import magnitude, normalise
from ccsncam.scan.listening import Cell, Heard, Strain, cells, listen, windows_of
from ccsncam.scan.store import Candidates, ScanPart

# Draws of the noise that replaces a detector; the median over them is taken.
DRAWS = 5


@dataclass(frozen=True)
class Ear:
    """What a search needs at every window.

    Attributes
    ----------
    network : ccsncam.network.chain.Network
    classes : int
        Number of its classes.
    strain : dict of Strain
        By detector, in the order of the network's input.
    scan : Scan
    """

    network: Network
    classes: int
    strain: Mapping[str, Strain]
    scan: Scan


class _Seen(NamedTuple):
    """Windows of all detectors in a cell.

    ``magnitude`` has the shape (window, detector, channel, frequency, time), with the channels of
    each detector. ``seconds`` is the strain behind each PSD [s], shape (window, detector), 0 where
    the detector is off. ``phases`` has the shape (window, detector, frame, frequency).
    """

    magnitude: np.ndarray
    seconds: np.ndarray
    phases: np.ndarray

    def of(self, rows: np.ndarray) -> "_Seen":
        """Some of the windows."""
        return _Seen(*(one[rows] for one in self))


def search(ear: Ear, start: float, end: float, progress: Progress = silent) -> ScanPart:
    """Search the windows that begin in a stretch of time.

    Parameters
    ----------
    ear : Ear
    start, end : float
        GPS times [s]. Windows up to a cluster's half width outside decide what is loudest inside,
        so that parts give what the whole stretch would give.
    progress : Progress
        Shows how many cells are done.

    Returns
    -------
    ScanPart

    Raises
    ------
    ValueError
        In one line, if a file of strain cannot be used.
    """
    scan = ear.scan
    first, last = windows_of(scan, start, end)
    width = half_width(scan.cluster, scan.seconds)
    before = first - width
    detectors = list(ear.strain)
    values = np.full(last - before + width, -np.inf)
    seconds = np.zeros((len(values), len(detectors)), int)
    around = list(cells(scan, before, last + width))
    for cell in progress(around, len(around), "windows", "cells"):
        seen = _see(ear, cell)
        own = slice(cell.first - before, cell.last - before)
        seconds[own] = seen.seconds
        on = np.flatnonzero(seen.seconds.any(axis=1))
        if len(on):
            values[own][on] = statistic(logits(ear.network, _images(seen.of(on), scan)))
    peaks = loudest(values, width) + before
    inside = (peaks >= first) & (peaks < last)
    found = peaks[inside & (values[peaks - before] >= scan.lowest)]
    own = slice(width, len(values) - width)
    return ScanPart(
        start=start,
        end=end,
        detectors=detectors,
        first=first,
        step=scan.seconds,
        statistic=values[own].astype(np.float32),
        seconds=seconds[own].astype(np.uint16),
        candidates=_candidates(ear, found),
    )


def _see(ear: Ear, cell: Cell) -> _Seen:
    """Listen to all detectors."""
    heard: list[Heard] = [listen(strain, cell, ear.scan) for strain in ear.strain.values()]
    return _Seen(
        np.stack([one.magnitude for one in heard], axis=1),
        np.stack([one.seconds for one in heard], axis=1),
        np.stack([one.phases for one in heard], axis=1),
    )


def _images(seen: _Seen, scan: Scan) -> np.ndarray:
    """Inputs of the network, shape (window, frequency, time, channel)."""
    block, phases = scan.moment.spectrogram, seen.phases
    image = _pictures(seen, scan)
    if block.coherence is None:
        return image
    if scan.moment.missing != "noise":
        # A black detector is coherent with no other one.
        phases = np.where((seen.seconds > 0)[..., None, None], phases, 0)
    return beside.join(image, coherence.of_spectra(phases, block))


def _pictures(seen: _Seen, scan: Scan) -> np.ndarray:
    """Images of all detectors, shape (window, frequency, time, channel)."""
    block = scan.moment.spectrogram
    if scan.moment.missing == "noise":
        return _last(normalise(_joined(seen.magnitude), block))
    image = np.zeros_like(seen.magnitude)
    # A black detector must not set the scale of the others.
    for pattern in np.unique(seen.seconds > 0, axis=0):
        rows = np.flatnonzero(((seen.seconds > 0) == pattern).all(axis=1))
        there = np.ix_(rows, np.flatnonzero(pattern))
        own = seen.magnitude[there]
        image[there] = normalise(_joined(own), block).reshape(own.shape)
    return _last(_joined(image))


def _joined(each: np.ndarray) -> np.ndarray:
    """Put the channels of all detectors side by side."""
    return each.reshape(len(each), -1, *each.shape[3:])


def _last(image: np.ndarray) -> np.ndarray:
    """Put the axis of channels last."""
    return np.ascontiguousarray(np.moveaxis(image, 1, -1))


def _candidates(ear: Ear, found: np.ndarray) -> Candidates:
    """Look again at the windows that are the loudest of their cluster."""
    scan, parts = ear.scan, []
    for cell in cells(scan, int(found[0]), int(found[-1]) + 1) if len(found) else ():
        own = found[(found >= cell.first) & (found < cell.last)]
        if not len(own):
            continue
        seen = _see(ear, cell).of(own - cell.first)
        values = logits(ear.network, _images(seen, scan))
        alone, without, redrawn = _replaced(ear, seen, own)
        begins = own * scan.seconds
        quality = [
            [strain.quality(begin, begin + 1) for strain in ear.strain.values()]
            for begin in begins.tolist()
        ]
        parts.append(
            Candidates(
                gps=begins + LEAD,
                statistic=statistic(values),
                logits=values.astype(np.float32),
                seconds=seen.seconds.astype(np.int32),
                alone=alone,
                without=without,
                redrawn=redrawn,
                quality=np.array(quality, object),
            )
        )
    return Candidates.joined(parts, ear.classes, len(ear.strain))


def _replaced(ear: Ear, seen: _Seen, numbers: np.ndarray) -> tuple[np.ndarray, ...]:
    """Statistic of windows in which white noise replaces detectors.

    Parameters
    ----------
    ear : Ear
    seen : _Seen
    numbers : numpy.ndarray of int
        Numbers of the windows, on which the noise depends.

    Returns
    -------
    alone, without, redrawn : numpy.ndarray
        As in `Candidates`; medians over `DRAWS` draws.
    """
    count, on = len(ear.strain), seen.seconds > 0
    one = np.eye(count, dtype=bool)[:, None].repeat(len(numbers), axis=1)
    # Axes: what is replaced, window, detector.
    replaced = np.concatenate([~one, one, ~on[None]])
    values = [
        _statistic(
            ear,
            np.where(replaced[..., None, None, None], noise, seen.magnitude),
            np.where(replaced[..., None, None], phases, seen.phases),
            seen.seconds,
        )
        for noise, phases in (_noise(ear, numbers, draw) for draw in range(DRAWS))
    ]
    middle = np.median(values, axis=0)
    alone, without = (np.where(on, part.T, np.nan) for part in (middle[:count], middle[count:-1]))
    return alone, without, np.where(on.all(axis=1), np.nan, middle[-1])


def _statistic(
    ear: Ear, magnitudes: np.ndarray, phases: np.ndarray, seconds: np.ndarray
) -> np.ndarray:
    """Statistic of windows that differ from one set to the next, shape (set, window)."""
    shape = magnitudes.shape[:2]
    flat = _Seen(
        magnitudes.reshape(-1, *magnitudes.shape[2:]),
        np.tile(seconds, (shape[0], 1)),
        phases.reshape(shape[0] * shape[1], *phases.shape[2:]),
    )
    return statistic(logits(ear.network, _images(flat, ear.scan))).reshape(shape)


def _noise(ear: Ear, numbers: np.ndarray, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes and phases of white noise, with the shapes of `_Seen`."""
    moment, step = ear.scan.moment, ear.scan.seconds
    rate, band = moment.signal.sample_rate, moment.signal.band
    series = np.empty((len(numbers), len(ear.strain), rate), np.float32)
    for row, number in zip(series, numbers.tolist(), strict=True):
        for one, detector in zip(row, ear.strain, strict=True):
            one[:] = white_noise(f"{detector}, draw {draw}", number * step, rate, moment.seed, band)
    block = moment.spectrogram
    phases = np.empty((*series.shape[:2], len(grid.cells(block, rate).times), 0), np.complex64)
    if block.coherence is not None:
        phases = coherence.spectra(series, block, rate)
    return magnitude(series[:, :, None], block, rate), phases
