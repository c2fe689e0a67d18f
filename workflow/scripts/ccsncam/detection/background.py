"""Search noise in time slides: each piece is transformed once, the network hears combinations."""

import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.detection.clusters import loudest
from ccsncam.detection.plan import About, Plan, background_of, clusters_at
from ccsncam.detection.slides import Stretches
from ccsncam.detection.statistic import statistic
from ccsncam.detection.store import Background, Clusters, joined, no_clusters
from ccsncam.detection.windows import Spectra, cut, spectra
from ccsncam.samples.grid import channels, grid
from ccsncam.samples.spectrogram import normalise, slides, windows

# Spectrograms of pieces that are kept in memory, at most [bytes].
MEMORY = 1_200_000_000
# Clusters above the wanted number that are sorted out at once.
SLACK = 100_000

# From images (`Plan.size`, frequency, time, detector) to logits (the same number, class).
Judge = Callable[[np.ndarray], np.ndarray]


class _Heard:
    """Spectrograms of the pieces of one detector, each taken when it is first asked for.

    If the representation slides, they are spectrograms of whole pieces. Otherwise they are those of
    the windows of a piece whose places differ by whole strides.
    """

    def __init__(self, plan: Plan, detector: int) -> None:
        self._plan, self._noise = plan, plan.noise[detector]
        self._rows = plan.rows[detector]
        self._kept: dict[int, Spectra] = {}
        self._windows: dict[tuple[int, int], np.ndarray] = {}
        block, layout = plan.sampling.spectrogram, plan.layout
        height = len(grid(block, self._rate).frequencies) * channels(block, 1)
        frames = layout.frames if slides(block) else layout.windows * layout.width
        # The slides go round and round: with the first pieces kept, most others are taken again.
        self._room = MEMORY // len(plan.noise) // (4 * height * frames)

    @property
    def _rate(self) -> int:
        return self._plan.sampling.signal.sample_rate

    def __getitem__(self, piece: int) -> Spectra:
        """Spectrogram of the whole part of a piece."""
        found = self._kept.get(piece)
        if found is None:
            found = spectra(self._whole(piece), self._plan.sampling.spectrogram, self._rate)
            _release(self._noise.whitened)
            if len(self._kept) < self._room:
                self._kept[piece] = found
        return found

    def windows(self, piece: int, frame: int, count: int) -> np.ndarray:
        """Magnitudes of windows from a frame of a piece on: (window, channel, frequency, time)."""
        layout, block = self._plan.layout, self._plan.sampling.spectrogram
        first, rest = divmod(frame, layout.stride)
        found = self._windows.get((piece, rest))
        if found is None:
            frames = np.arange(rest, layout.frames - layout.width + 1, layout.stride)
            found = windows(self._whole(piece), frames * block.hop, block, self._rate)
            _release(self._noise.whitened)
            if len(self._windows) < self._room:
                self._windows[piece, rest] = found
        return found[first : first + count]

    def _whole(self, piece: int) -> np.ndarray:
        """Whitened strain of the whole part of a piece, shape (1, time)."""
        edge, whitened = self._plan.edge, self._noise.whitened[self._rows[piece]]
        return np.asarray(whitened[None, edge : len(whitened) - edge])


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
    found: list[Clusters] = []
    waiting = 0
    for number in progress(range(len(stretches)), label="search", unit="stretches"):
        logits = _logits(judge, plan, heard, stretches, number)
        values = statistic(logits)
        peaks = loudest(values, plan.width)
        found.append(clusters_at(plan, stretches, number, peaks, values, logits))
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
    count, block = int(stretches.windows[number]), plan.sampling.spectrogram
    # The images of the last window fill the last batch, because a new shape would be new code.
    which = np.minimum(np.arange(-(-count // plan.size) * plan.size), count - 1)
    take = _slices if slides(block) else _each
    images = take(plan, heard, stretches, number, which)
    return np.concatenate([judge(one) for one in images])[:count]


def _slices(
    plan: Plan, heard: Sequence[_Heard], stretches: Stretches, number: int, which: np.ndarray
) -> Iterator[np.ndarray]:
    """Images of windows of a stretch, `Plan.size` at a time, cut from spectrograms of pieces."""
    count, stride = int(stretches.windows[number]), plan.layout.stride
    span = plan.layout.width + (count - 1) * stride
    places = zip(heard, stretches.piece[number], stretches.frame[number], strict=True)
    parts = [[part[..., at : at + span] for part in one[int(piece)]] for one, piece, at in places]
    together = Spectra(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    rate, block = plan.sampling.signal.sample_rate, plan.sampling.spectrogram
    yield from cut(together, which * stride, plan.size, block, rate)


def _each(
    plan: Plan, heard: Sequence[_Heard], stretches: Stretches, number: int, which: np.ndarray
) -> Iterator[np.ndarray]:
    """Images as those of `_slices`, from windows that are transformed one by one."""
    count, block = int(stretches.windows[number]), plan.sampling.spectrogram
    places = zip(heard, stretches.piece[number], stretches.frame[number], strict=True)
    parts = [one.windows(int(piece), int(at), count) for one, piece, at in places]
    for first in range(0, len(which), plan.size):
        rows = which[first : first + plan.size]
        seen = np.concatenate([part[rows] for part in parts], axis=1)
        yield np.moveaxis(normalise(seen, block), 1, -1)


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
