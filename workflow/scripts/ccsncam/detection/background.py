"""Search noise in time slides: each piece is transformed once, the network hears combinations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.detection.clusters import loudest
from ccsncam.detection.pieces import Pieces
from ccsncam.detection.plan import About, Plan, background_of, clusters_at
from ccsncam.detection.slides import Stretches
from ccsncam.detection.statistic import statistic
from ccsncam.detection.store import Background, Clusters, Loudest
from ccsncam.detection.windows import Spectra, cut, spectra
from ccsncam.samples import beside, coherence
from ccsncam.samples.grid import grid
from ccsncam.samples.spectrogram import normalise, slides, windows

# From images (`Plan.size`, frequency, time, detector) to logits (the same number, class).
Judge = Callable[[np.ndarray], np.ndarray]


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
    block, rate = plan.sampling.spectrogram, plan.sampling.signal.sample_rate
    transform: Callable[..., Any]
    if slides(block):
        transform, frames = partial(spectra, block=block, sample_rate=rate), plan.layout.frames
    else:
        transform = partial(_each_window, plan=plan)
        frames = plan.layout.windows * len(grid(block, rate).times)
    phases: list[Pieces[np.ndarray]] = []
    if block.coherence is not None:
        # A phase takes two numbers beside that of a magnitude, and both share the memory.
        frames *= 3
        kept = partial(coherence.spectra, block=block, sample_rate=rate)
        phases = [Pieces(plan, number, kept, frames) for number in range(len(plan.noise))]
    heard = [Pieces(plan, detector, transform, frames) for detector in range(len(plan.noise))]
    found = Loudest(keep)
    for number in progress(range(len(stretches)), label="search", unit="stretches"):
        logits = _logits(judge, plan, (heard, phases), stretches, number)
        values = statistic(logits)
        peaks = loudest(values, plan.width)
        found.add(clusters_at(plan, stretches, number, peaks, values, logits))
    return found.clusters(len(plan.noise))


def _each_window(whole: np.ndarray, rest: int, plan: Plan) -> np.ndarray:
    """Magnitudes of the windows of a piece that begin at a frame, and every stride from there."""
    layout, block = plan.layout, plan.sampling.spectrogram
    frames = np.arange(rest, layout.frames - layout.width + 1, layout.stride)
    return windows(whole, frames * block.hop, block, plan.sampling.signal.sample_rate)


def _logits(
    judge: Judge,
    plan: Plan,
    pieces: tuple[Sequence[Pieces[Any]], Sequence[Pieces[np.ndarray]]],
    stretches: Stretches,
    number: int,
) -> np.ndarray:
    """Logits of all windows of a stretch, shape (window, class).

    ``pieces`` are the magnitudes of each detector, and the phases, if coherence is asked for.
    """
    heard, phases = pieces
    count = int(stretches.windows[number])
    # The images of the last window fill the last batch, because a new shape would be new code.
    which = np.minimum(np.arange(-(-count // plan.size) * plan.size), count - 1)
    take = _slices if slides(plan.sampling.spectrogram) else _one_by_one
    images = take(plan, heard, stretches, number, which)
    if phases:
        images = _with_coherence(images, plan, phases, stretches, number, which)
    return np.concatenate([judge(one) for one in images])[:count]


def _slices(
    plan: Plan, heard: Sequence[Pieces[Any]], stretches: Stretches, number: int, which: np.ndarray
) -> Iterator[np.ndarray]:
    """Images of windows of a stretch, `Plan.size` at a time, cut from spectrograms of pieces."""
    count, stride = int(stretches.windows[number]), plan.layout.stride
    span = plan.layout.width + (count - 1) * stride
    places = zip(heard, stretches.piece[number], stretches.frame[number], strict=True)
    parts = [[part[..., at : at + span] for part in one[int(piece)]] for one, piece, at in places]
    together = Spectra(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    rate, block = plan.sampling.signal.sample_rate, plan.sampling.spectrogram
    yield from cut(together, which * stride, plan.size, block, rate)


def _with_coherence(
    images: Iterator[np.ndarray],
    plan: Plan,
    phases: Sequence[Pieces[np.ndarray]],
    stretches: Stretches,
    number: int,
    which: np.ndarray,
) -> Iterator[np.ndarray]:
    """Put the coherence of this combination of detectors behind the images of its windows."""
    layout, block = plan.layout, plan.sampling.spectrogram
    span = layout.width + (int(stretches.windows[number]) - 1) * layout.stride
    places = zip(phases, stretches.piece[number], stretches.frame[number], strict=True)
    together = np.concatenate([one[int(piece)][:, at : at + span] for one, piece, at in places])
    numbers = coherence.running(together, which * layout.stride, layout.width, block)
    for first, image in zip(range(0, len(which), plan.size), images, strict=True):
        yield beside.join(image, numbers[first : first + plan.size])


def _one_by_one(
    plan: Plan, heard: Sequence[Pieces[Any]], stretches: Stretches, number: int, which: np.ndarray
) -> Iterator[np.ndarray]:
    """Images as those of `_slices`, from windows that are transformed one by one."""
    parts = []
    for one, piece, frame in zip(
        heard, stretches.piece[number], stretches.frame[number], strict=True
    ):
        first, rest = divmod(int(frame), plan.layout.stride)
        parts.append(one.at(int(piece), rest)[first:])
    for begin in range(0, len(which), plan.size):
        rows = which[begin : begin + plan.size]
        seen = np.concatenate([part[rows] for part in parts], axis=1)
        yield np.moveaxis(normalise(seen, plan.sampling.spectrogram), 1, -1)


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
