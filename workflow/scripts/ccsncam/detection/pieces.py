"""Pieces of noise while they are searched: each is transformed when it is first asked for."""

import math
import mmap
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from ccsncam.detection.plan import Plan
from ccsncam.samples.grid import grid

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
        From the whole part of a piece, shape (1, samples), to what the search looks at, which has
        about as many numbers as the spectrogram.
    """

    def __init__(
        self, plan: Plan, detector: int, transform: Callable[[np.ndarray], Transformed]
    ) -> None:
        self._plan, self._noise, self._transform = plan, plan.noise[detector], transform
        self._rows = plan.rows[detector]
        self._kept: dict[int, Transformed] = {}
        sampling = plan.sampling
        rows = len(grid(sampling.spectrogram, sampling.signal.sample_rate).frequencies)
        # The slides go round and round: with the first pieces kept, most others are taken again.
        self._room = MEMORY // len(plan.noise) // (4 * math.prod((plan.layout.frames, rows)))

    def __getitem__(self, piece: int) -> Transformed:
        """Transformed whole part of a piece."""
        found = self._kept.get(piece)
        if found is None:
            edge = self._plan.edge
            whitened = self._noise.whitened[self._rows[piece]]
            found = self._transform(np.asarray(whitened[None, edge : len(whitened) - edge]))
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
