"""Search noise in time slides: each piece is transformed once, the network hears combinations."""

import math
import mmap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.detection.plan import About, Plan, background_of
from ccsncam.detection.slides import Stretches
from ccsncam.detection.statistic import statistic
from ccsncam.detection.store import Background, Clusters, joined, no_clusters
from ccsncam.detection.windows import Spectra, cut, loudest, spectra
from ccsncam.samples.grid import grid

# Spectrograms of pieces that are kept in memory, at most [bytes].
MEMORY = 1_200_000_000
# Clusters above the wanted number that are sorted out at once.
SLACK = 100_000

# From images (`Plan.size`, frequency, time, detector) to logits (the same number, class).
Judge = Callable[[np.ndarray], np.ndarray]


class _Heard:
    """Spectrograms of the pieces of one detector, each taken when it is first asked for."""

    def __init__(self, plan: Plan, detector: int) -> None:
        self._plan, self._noise = plan, plan.noise[detector]
        self._rows = plan.rows[detector]
        self._kept: dict[int, Spectra] = {}
        axes = plan.layout.frames, len(grid(plan.sampling.spectrogram, self._rate).frequencies)
        # The slides go round and round: with the first pieces kept, most others are taken again.
        self._room = MEMORY // len(plan.noise) // (4 * math.prod(axes))

    @property
    def _rate(self) -> int:
        return self._plan.sampling.signal.sample_rate

    def __getitem__(self, piece: int) -> Spectra:
        """Spectrogram of the whole part of a piece."""
        found = self._kept.get(piece)
        if found is None:
            edge = self._plan.edge
            whitened = self._noise.whitened[self._rows[piece]]
            whole = whitened[None, edge : len(whitened) - edge]
            found = spectra(np.asarray(whole), self._plan.sampling.spectrogram, self._rate)
            _release(self._noise.whitened)
            if len(self._kept) < self._room:
                self._kept[piece] = found
        return found


def _release(view: np.ndarray) -> None:
    """Give back the memory of what was read of a file that is mapped; the file stays mapped."""
    base: Any = view
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)


def search(
    judge: Judge, plan: Plan, stretches: Stretches, keep: int, progress: Progress = silent
) -> Clusters:
    """Find the loudest clusters of some stretches.

    What is found in a stretch depends on this stretch only, so it does not matter how stretches are
    dealt out to jobs.

    Parameters
    ----------
    judge : callable
        Gives logits of images; it is always called with `Plan.size` images.
    plan : Plan
    stretches : Stretches
        Some of those of the plan.
    keep : int
        Largest number of clusters to keep.
    progress : callable, optional
        Wraps the stretches, such as `ccsncam.joblog.progress`.

    Returns
    -------
    Clusters
        The loudest first.
    """
    heard = [_Heard(plan, detector) for detector in range(len(plan.noise))]
    # Within rounding, a window at the distance itself still belongs to the cluster.
    width = math.floor(plan.search.cluster / plan.stride * (1 + 1e-9))
    found: list[Clusters] = []
    waiting = 0
    for number in progress(range(len(stretches)), label="search", unit="stretches"):
        logits = _logits(judge, plan, heard, stretches, number)
        values = statistic(logits)
        peaks = loudest(values, width)
        found.append(_clusters(plan, stretches, number, peaks, values, logits))
        waiting += len(peaks)
        if waiting > keep + SLACK:
            found = [joined(found).loudest_first(keep)]
            waiting = len(found[0])
    if not found:
        return no_clusters(0, len(plan.noise))
    return joined(found).loudest_first(keep)


def _logits(
    judge: Judge, plan: Plan, heard: Sequence[_Heard], stretches: Stretches, number: int
) -> np.ndarray:
    """Logits of all windows of a stretch, shape (window, class)."""
    count, stride = int(stretches.windows[number]), plan.layout.stride
    span = plan.layout.width + (count - 1) * stride
    places = zip(heard, stretches.piece[number], stretches.frame[number], strict=True)
    parts = [[part[..., at : at + span] for part in one[int(piece)]] for one, piece, at in places]
    together = Spectra(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    # The images of the last window fill the last batch, because a new shape would be new code.
    first = np.minimum(np.arange(-(-count // plan.size) * plan.size), count - 1) * stride
    rate, block = plan.sampling.signal.sample_rate, plan.sampling.spectrogram
    images = cut(together, first, plan.size, block, rate)
    return np.concatenate([judge(one) for one in images])[:count]


def _clusters(
    plan: Plan,
    stretches: Stretches,
    number: int,
    peaks: np.ndarray,
    values: np.ndarray,
    logits: np.ndarray,
) -> Clusters:
    """Clusters at some windows of a stretch."""
    rate, hop = plan.sampling.signal.sample_rate, plan.sampling.spectrogram.hop
    frames = stretches.frame[number] + plan.layout.stride * peaks[:, None]
    offset = plan.edge + frames * hop
    own = [rows[piece] for rows, piece in zip(plan.rows, stretches.piece[number], strict=True)]
    starts = [noise.gps_start[row] for noise, row in zip(plan.noise, own, strict=True)]
    return Clusters(
        statistic=values[peaks],
        logits=logits[peaks],
        gps=np.array(starts) + offset / rate,
        piece=np.broadcast_to(np.array(own, np.int32), offset.shape),
        offset=offset.astype(np.int32),
        slide=np.full(len(peaks), stretches.slide[number], np.int32),
    )


def part_of(
    judge: Judge, plan: Plan, share: tuple[int, int], about: About, progress: Progress = silent
) -> Background:
    """Search one of several parts of a background.

    Parameters
    ----------
    judge : callable
        See `search`.
    plan : Plan
    share : tuple of int
        Number of this part, from 0, and number of all parts.
    about : About
    progress : callable, optional

    Returns
    -------
    Background
        Of the part alone; `merged` puts the parts together.
    """
    number, total = share
    slides, zero = (
        stretches.take(np.array_split(np.arange(len(stretches)), total)[number])
        for stretches in (plan.slides, plan.zero)
    )
    # One more than is kept of the whole, so that the whole knows whether any was dropped.
    found = search(judge, plan, slides, plan.keep + 1, progress)
    at_zero = search(judge, plan, zero, len(zero) * plan.layout.windows)
    own = replace(plan, slides=slides, zero=zero)
    return background_of(own, found, at_zero, -np.inf, about)
