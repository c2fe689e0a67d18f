"""Tables of a background: rate against threshold, and the loudest clusters."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ccsncam.detection import far
from ccsncam.detection.store import Background
from ccsncam.noise.store import NoiseHeader

DAY = 86400.0
# Numbers of louder clusters at which a rate is tabulated, in each decade.
STEPS = (1, 2, 3, 5, 7)

# A glitch may be longer than a window, and its time is that of its middle [s].
MARGIN = 0.5

# Noise files by split and detector.
NoiseFiles = Mapping[tuple[str, str], NoiseHeader]


def rate_table(background: Background, noise: NoiseFiles) -> pd.DataFrame:
    """False-alarm rate against threshold.

    The thresholds are statistics of clusters of the inclusive background: of the 1st, 2nd, 3rd,
    5th, 7th, 10th, 20th, … loudest. A first row is just above the loudest cluster.

    Parameters
    ----------
    background : Background
    noise : mapping of tuple to NoiseHeader
        By split and detector, for the simulated glitches in them.

    Returns
    -------
    pandas.DataFrame
        ``split``, ``seed``, ``kind`` (``inclusive``, ``exclusive``), ``threshold``, ``count``,
        ``live_time_days``, ``per_day`` with ``low`` and ``high`` (Poisson) and ``low_pieces`` and
        ``high_pieces`` (over pieces of noise), ``pieces`` (different pieces among the clusters, of
        the detector that has the fewest), and ``glitches`` and ``with_glitch`` (different
        simulated glitches, and share of clusters with one in any detector).
    """
    loudest = background.statistic
    counts = [one * 10**decade for decade in range(10) for one in STEPS]
    counts = [count for count in counts if count <= len(loudest)]
    thresholds = [np.nextafter(loudest[0], np.inf)] if len(loudest) else []
    thresholds += [float(loudest[count - 1]) for count in counts]
    candidates = far.candidates(background)
    rows = []
    for kind, one in (("inclusive", background), ("exclusive", far.exclusive(background))):
        glitches = glitches_in(one, noise)
        for threshold in thresholds:
            found, wide = (far.rate(one, threshold, blocks) for blocks in (False, True))
            inside = glitches[: found.count]
            rows.append(
                {
                    "split": one.split,
                    "seed": one.seed,
                    "kind": kind,
                    "threshold": threshold,
                    "count": found.count,
                    "live_time_days": one.live_time / DAY,
                    "slides": one.slides,
                    "candidates": len(candidates) if far.can_tell(background) else np.nan,
                    "per_day": DAY * found.per_second,
                    "low": DAY * found.low,
                    "high": DAY * found.high,
                    "low_pieces": DAY * wide.low,
                    "high_pieces": DAY * wide.high,
                    "pieces": _different(one.piece[: found.count]),
                    "glitches": len(_numbers(inside)),
                    "with_glitch": float((inside >= 0).any(axis=1).mean())
                    if len(inside)
                    else np.nan,
                }
            )
    return pd.DataFrame(rows)


def loudest_table(background: Background, noise: NoiseFiles, count: int) -> pd.DataFrame:
    """The loudest clusters of a background.

    Parameters
    ----------
    background : Background
    noise : mapping of tuple to NoiseHeader
        By split and detector.
    count : int
        Number of clusters.

    Returns
    -------
    pandas.DataFrame
        One row for each cluster and detector: ``split``, ``seed``, ``rank``, ``statistic``,
        ``per_day`` with ``low`` and ``high`` (rate of noise at least as loud, over pieces),
        ``class`` (most probable signal class), ``log_odds`` of this class against noise, ``slide``,
        and of the detector ``gps`` (start of the window [s]), ``piece``, and ``glitch`` and
        ``glitch_snr`` of the loudest simulated glitch in the window.
    """
    glitches = glitches_in(background, noise)[:count]
    rows: list[dict[str, Any]] = []
    for rank, (statistic, logits) in enumerate(
        zip(background.statistic[:count], background.logits[:count], strict=True)
    ):
        rate = far.rate(background, statistic, blocks=True)
        best = 1 + int(logits[1:].argmax())
        for number, detector in enumerate(background.detectors):
            table = noise[background.split, detector].glitches
            there = glitches[rank, number]
            rows.append(
                {
                    "split": background.split,
                    "seed": background.seed,
                    "rank": rank + 1,
                    "statistic": statistic,
                    "per_day": DAY * rate.per_second,
                    "low": DAY * rate.low,
                    "high": DAY * rate.high,
                    "class": background.classes[best],
                    "log_odds": float(logits[best]) - float(logits[0]),
                    "slide": background.slide[rank],
                    "detector": detector,
                    "gps": f"{background.gps[rank, number]:.6f}",
                    "piece": background.piece[rank, number],
                    "glitch": table["kind"].iloc[there] if there >= 0 else "",
                    "glitch_snr": table["snr"].iloc[there] if there >= 0 else np.nan,
                }
            )
    return pd.DataFrame(rows)


def glitches_in(background: Background, noise: NoiseFiles) -> np.ndarray:
    """Find the loudest simulated glitch at each cluster's window of each detector.

    It is at the window if its middle lies in the window, or up to half a second beside it.

    Parameters
    ----------
    background : Background
    noise : mapping of tuple to NoiseHeader
        By split and detector. Of measured strain no glitches are known.

    Returns
    -------
    numpy.ndarray of int
        Row of the noise's table of glitches, shape (n, detector); -1 where there is none.
    """
    found = np.full(background.gps.shape, -1)
    for number, detector in enumerate(background.detectors):
        table = noise[background.split, detector].glitches
        order = np.argsort(table["snr"].to_numpy(), kind="stable")
        # The loudest comes last, and so it stays.
        for row in order:
            since = table["gps"].iloc[row] - background.gps[:, number]
            near = (since >= -MARGIN) & (since < background.duration + MARGIN)
            found[near, number] = row
    return found


def _numbers(glitches: np.ndarray) -> set[tuple[int, int]]:
    """Different glitches, as detector and row."""
    detector = np.broadcast_to(np.arange(glitches.shape[1]), glitches.shape)
    there = glitches >= 0
    return set(zip(detector[there].tolist(), glitches[there].tolist(), strict=True))


def _different(pieces: np.ndarray) -> int:
    """Number of different pieces in the detector that has the fewest."""
    return min(len(np.unique(column)) for column in pieces.T)
