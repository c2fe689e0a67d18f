"""The candidates of a scan as a table: when, how loud, how rare in noise, and seen by whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.special

from ccsncam.detection import far
from ccsncam.detection.store import Background
from ccsncam.moment.span import LEAD
from ccsncam.noise.events import events_between
from ccsncam.scan.store import Candidates, ScanPart

DAY = 86400.0
UNRATED = "no background: not rated"
# A catalogued merger is named at candidates whose window it lies in, or this close to [s].
NEAR = 0.5
# A candidate is in one detector only if at least this share of the statistic is left without any
# other.
HALF = 0.5
# The length of a window [s].
WINDOW = 1.0


@dataclass(frozen=True)
class Judge:
    """What candidates are rated with.

    Attributes
    ----------
    classes : list of str
    background : Background or None
    sets : callable or None
        Gives the sets of classes of logits (n, class), as bools of the same shape.
    events : pandas.DataFrame
        Catalogued mergers, from `ccsncam.noise.events.read_events`.
    lowest : float
        Lowest statistic of a candidate.
    most : int
        Candidates that are kept, the loudest.
    """

    classes: Sequence[str]
    background: Background | None
    sets: Callable[[np.ndarray], np.ndarray] | None
    events: pd.DataFrame
    lowest: float
    most: int


class Rated(NamedTuple):
    """How often noise is as loud as a candidate, per day, and what to know of it, in words."""

    per_day: float
    low: float
    high: float
    words: str


def rate(background: Background | None, statistic: float) -> Rated:
    """Rate a statistic by how often the background reaches it.

    Parameters
    ----------
    background : Background or None
    statistic : float

    Returns
    -------
    Rated
        Without a background all numbers are NaN. A candidate that is louder than all noise has an
        upper bound only: its rate is NaN. One below what the background has kept has a lower
        bound only: the rate and its upper end are NaN.
    """
    if background is None:
        return Rated(np.nan, np.nan, np.nan, UNRATED)
    days = f"{background.live_time / DAY:.3g}"
    time = f"{days} day{'s' * (days != '1')} of background"
    if statistic < background.floor:
        least = far.rate(background, background.floor, blocks=True).low * DAY
        number = f"{least:.0f}" if least >= 100 else f"{least:.3g}"
        words = f"more than {number} a day: fainter than what the background keeps"
        return Rated(np.nan, least, np.nan, words)
    found = far.rate(background, statistic, blocks=True)
    per_day, low, high = (value * DAY for value in (found.per_second, found.low, found.high))
    if found.count == 0:
        words = f"upper bound: no louder noise in {time}"
        return Rated(np.nan, 0.0, high, words)
    words = f"{found.count} louder in {time}"
    return Rated(per_day, low, high, words)


def loudest(parts: Sequence[ScanPart], judge: Judge) -> Candidates:
    """Put the candidates of all parts together, the loudest first, as many as are kept."""
    detectors = len(parts[0].detectors)
    found = Candidates.joined([part.candidates for part in parts], len(judge.classes), detectors)
    return found.of(np.lexsort((found.gps, -found.statistic))[: judge.most])


def candidate_table(parts: Sequence[ScanPart], judge: Judge) -> pd.DataFrame:
    """Make the table of candidates, the loudest first.

    Parameters
    ----------
    parts : list of ScanPart
        At least one.
    judge : Judge

    Returns
    -------
    pandas.DataFrame
        One row per candidate; docs/detection.md says what the columns mean.
    """
    found, detectors = loudest(parts, judge), parts[0].detectors
    ratings = [rate(judge.background, value) for value in found.statistic.tolist()]
    probability = scipy.special.softmax(found.logits.astype(float), axis=1)
    inside = None if judge.sets is None else judge.sets(found.logits)
    signal = 1 + probability[:, 1:].argmax(axis=1)
    table = pd.DataFrame(
        {
            "rank": np.arange(1, len(found) + 1),
            "gps": found.gps,
            "statistic": found.statistic,
            "rate_per_day": [one.per_day for one in ratings],
            "rate_low": [one.low for one in ratings],
            "rate_high": [one.high for one in ratings],
            "rated": [
                _rated(one.words, row, detectors)
                for one, row in zip(ratings, found.seconds, strict=True)
            ],
            "class": [judge.classes[number] for number in signal],
            "class_set": [
                "" if inside is None else _names(judge.classes, row)
                for row in (probability if inside is None else inside)
            ],
            "detectors": [_names(detectors, row > 0) for row in found.seconds],
            "seen_in": [_seen_in(found, row, detectors, judge.lowest) for row in range(len(found))],
            "events": [_events(judge.events, gps) for gps in found.gps.tolist()],
        }
    )
    for number, detector in enumerate(detectors):
        # Where the lowest statistic is 0, a candidate may have it.
        share = found.without[:, number] / np.maximum(found.statistic, np.finfo(float).tiny)
        table[f"left_without_{detector}"] = np.clip(share, 0, None)
        table[f"psd_seconds_{detector}"] = found.seconds[:, number]
        table[f"quality_{detector}"] = found.quality[:, number]
    for number, name in enumerate(judge.classes):
        table[f"p_{name}"] = probability[:, number]
    return table


def _rated(words: str, seconds: np.ndarray, detectors: Sequence[str]) -> str:
    """Say of a rate that its noise is of all detectors, where some of them were off."""
    if words == UNRATED or (seconds > 0).all():
        return words
    return f"{words}; that noise is of {_names(detectors, np.ones(len(detectors), bool))}"


def _names(names: Sequence[str], there: np.ndarray) -> str:
    """Names for which an array is true, with spaces between them."""
    return " ".join(name for name, one in zip(names, there, strict=True) if one)


def _seen_in(found: Candidates, row: int, detectors: Sequence[str], lowest: float) -> str:
    """Say in which detectors a candidate is seen, by what is left without each of them."""
    on = found.seconds[row] > 0
    if found.redrawn[row] < lowest:
        return f"none: chance in the noise that stands for {_names(detectors, ~on)}"
    if on.sum() == 1:
        return f"{_names(detectors, on)} only, the only one on"
    left = np.where(on, found.without[row], np.inf)
    needed = left < lowest
    if needed.sum() > 1:
        return f"{_names(detectors, needed)} together"
    if needed.any():
        others = left[on & ~needed] >= HALF * found.statistic[row]
        return f"{_names(detectors, needed)} {'only' if others.all() else 'mostly'}"
    alone = on & (np.nan_to_num(found.alone[row], nan=-np.inf) >= lowest)
    return _names(detectors, alone) or "any two"


def _events(events: pd.DataFrame, gps: float) -> str:
    """Catalogued mergers at a candidate, with their distance in time from it."""
    begin = gps - LEAD
    near = events_between(events, begin - NEAR, begin + WINDOW + NEAR)
    return "; ".join(f"{name} ({catalog}) at {at - gps:+.2f} s" for name, at, catalog in near)


def event_table(parts: Sequence[ScanPart], events: pd.DataFrame) -> pd.DataFrame:
    """List the catalogued mergers in a scan, whether or not they are candidates.

    Parameters
    ----------
    parts : list of ScanPart
    events : pandas.DataFrame
        From `read_events`.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``gps``, ``catalog``, and ``statistic``: that of the loudest window which holds
        the merger, or lies `NEAR` it; NaN where no detector is on.
    """
    rows: list[dict[str, Any]] = []
    for part in parts:
        begins = (part.first + np.arange(len(part.statistic))) * part.step
        for name, gps, catalog in events_between(events, part.start, part.end):
            near = (begins >= gps - WINDOW - NEAR) & (begins <= gps + NEAR)
            top = part.statistic[near].max(initial=-np.inf)
            value = float(top) if np.isfinite(top) else np.nan
            rows.append({"name": name, "gps": gps, "catalog": catalog, "statistic": value})
    return pd.DataFrame(rows, columns=["name", "gps", "catalog", "statistic"])


def live_time(parts: Sequence[ScanPart]) -> Mapping[str, float]:
    """Time that was searched [s], by the detectors that were on, the most common first.

    The time without any detector has the name ``none``.
    """
    total: dict[str, float] = {}
    for part in parts:
        patterns, counts = np.unique(part.seconds > 0, axis=0, return_counts=True)
        for pattern, count in zip(patterns, counts.tolist(), strict=True):
            name = _names(part.detectors, pattern) or "none"
            total[name] = total.get(name, 0.0) + count * part.step
    return dict(sorted(total.items(), key=lambda item: -item[1]))
