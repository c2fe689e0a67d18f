"""Pieces of noise while they are searched: each is transformed when it is first asked for."""

import math
import mmap
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from ccsncam.detection.plan import Plan
from ccsncam.samples.grid import channels, grid

# Spectrograms of pieces that are kept in memory, at most [bytes].
MEMORY = 1_200_000_000

Transformed = TypeVar("Transformed")


class Pieces(Generic[Transformed]):
    """What the pieces of one detector look like to a search.

    Parameters
    ----------
    plan : Plan
    detector : int
        Number of the detector.
    transform : callable
        From the whole part of a piece, shape (1, samples), and what `at` is given beside it, to
        what the search looks at.
    frames : int, optional
        How many frames that has, for the memory it takes; those of the piece by default.
    """

    def __init__(
        self,
        plan: Plan,
        detector: int,
        transform: Callable[..., Transformed],
        frames: int | None = None,
    ) -> None:
        self._plan, self._noise, self._transform = plan, plan.noise[detector], transform
        self._rows = plan.rows[detector]
        self._kept: dict[tuple[int, ...], Transformed] = {}
        sampling = plan.sampling
        rows = len(grid(sampling.spectrogram, sampling.signal.sample_rate).frequencies)
        shape = frames or plan.layout.frames, rows, channels(sampling.spectrogram, 1)
        # The slides go round and round: with the first pieces kept, most others are taken again.
        self._room = MEMORY // len(plan.noise) // (4 * math.prod(shape))

    def __getitem__(self, piece: int) -> Transformed:
        """Transformed whole part of a piece."""
        return self.at(piece)

    def at(self, piece: int, *more: int) -> Transformed:
        """Transformed whole part of a piece; the transform takes further numbers."""
        found = self._kept.get((piece, *more))
        if found is None:
            edge = self._plan.edge
            whitened = self._noise.whitened[self._rows[piece]]
            whole = np.asarray(whitened[None, edge : len(whitened) - edge])
            found = self._transform(whole, *more)
            _release(self._noise.whitened)
            if len(self._kept) < self._room:
                self._kept[piece, *more] = found
        return found


def _release(view: np.ndarray) -> None:
    """Give back the memory of what was read of a file that is mapped; the file stays mapped."""
    base: Any = view
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)
