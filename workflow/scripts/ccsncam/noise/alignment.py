"""How files of strain lie to each other and to the seconds of ranges."""

import logging
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Protocol

import numpy as np

from ccsncam.aliases import Ranges

logger = logging.getLogger(__name__)

# Two files that hold the same strain differ by rounding at most, to this share.
_ROUNDING = 1e-6


class Held(Protocol):
    """What is needed of a file of strain; `ccsncam.noise.strain_file.StrainFile` has it."""

    path: Path
    detector: str
    sample_rate: int
    start: float
    end: float

    def strain(self) -> np.ndarray:
        """All strain of the file."""


def check_overlaps(files: Iterable[Held]) -> None:
    """Check that files hold the same strain where they overlap.

    Parameters
    ----------
    files : iterable of Held
        All of one detector.

    Raises
    ------
    ValueError
        In one line, with both names and the time at which they differ. Where one of them has no
        strain (NaN), they do not differ.
    """
    for one, other in combinations(files, 2):
        check_overlap(one, other)


def check_overlap(one: Held, other: Held) -> None:
    """Check two files as `check_overlaps` does."""
    rate = one.sample_rate
    begin, end = max(one.start, other.start), min(one.end, other.end)
    count = int((end - begin) * rate + 1e-3)
    if count <= 0:
        return
    at, there = (round((begin - file.start) * rate) for file in (one, other))
    ours, theirs = one.strain()[at : at + count], other.strain()[there : there + count]
    both = np.isfinite(ours) & np.isfinite(theirs)
    ours, theirs = ours[both], theirs[both]
    if len(ours) and np.abs(ours - theirs).max() > _ROUNDING * np.abs(ours).max():
        raise ValueError(
            f"{one.path} and {other.path} hold different strain of {one.detector} for GPS "
            f"{begin:.15g} to {end:.15g}: keep one of them in the folder, or mend its start"
        )


def warn_of_fraction(file: Held, ranges: Ranges) -> None:
    """Warn where a file begins between two seconds of a range, so that it loses one of them."""
    for begin, end in ranges:
        over = (file.start - begin) % 1
        if (
            begin < file.end
            and file.start < end
            and 0.5 < over * file.sample_rate < (file.sample_rate - 0.5)
        ):
            logger.warning(
                "%s: begins %.4g s after a whole second of the range [%.15g, %.15g], so the "
                "seconds at its two ends are lost (part of a second)",
                file.path,
                over,
                begin,
                end,
            )
