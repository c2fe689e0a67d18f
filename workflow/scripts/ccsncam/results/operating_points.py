"""Operating points of a network and of excess power: thresholds, and what noise gives there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ccsncam.detection import far
from ccsncam.detection.far import Threshold
from ccsncam.detection.names import ARGMAX, LOUDEST, NETWORK, QUOTED, SET, SINGLE
from ccsncam.detection.operating import false_alarm_chance, window_threshold
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.store import Background
from ccsncam.results.rates import by_pieces, independent
from ccsncam.results.searches import DAY, Inputs, Point, Samples, Values

# On-source windows: a neutrino burst, and the time between two nights.
ON_SOURCE = {"chance_in_10_s": 10.0, "chance_in_1_day": DAY}
TOO_SHORT = (
    "noise is too short for this rate; the threshold is at least this, and was not extrapolated"
)


def points(
    inputs: Inputs, rates: Mapping[str, float], probabilities: Sequence[float]
) -> list[Point]:
    """List the operating points of a network and of the controls.

    Parameters
    ----------
    inputs : Inputs
    rates : mapping of str to float
        By name: mean time between two false alarms [s].
    probabilities : list of float
        False-alarm probabilities of a single window.

    Returns
    -------
    list of Point
        The last one is the rule of the paper.
    """
    found = []
    for name, background in inputs.background.items():
        for criterion, seconds in rates.items():
            found.append(_at_rate(name, background, criterion, seconds))
    for name in (NETWORK, *inputs.windows[SET].controls):
        for probability in probabilities:
            found.append(_in_windows(name, inputs.windows, probability))
    return [*found, _of_the_paper(inputs.windows[QUOTED])]


def _at_rate(
    name: str, background: Mapping[str, Background], criterion: str, seconds: float
) -> Point:
    """Threshold of a rate from validation noise, and the rate of test noise there."""
    own, other = background[SET], background[QUOTED]
    threshold = far.threshold(own, 1 / seconds, blocks=True)
    row: dict[str, Any] = {
        "note": "" if threshold.reached else TOO_SHORT,
        "asked": 1 / seconds * DAY,
        "unit": "a day",
        "live_time_days": own.live_time / DAY,
        "test_live_time_days": other.live_time / DAY,
    }
    if threshold.value >= other.floor:
        rate = far.rate(other, threshold.value, blocks=True)
        measured = [DAY * value for value in (rate.per_second, rate.low, rate.high)]
        row |= {"test_count": rate.count}
        row |= dict(zip(("test", "test_low", "test_high"), measured, strict=True))
        if threshold.reached:
            # Nothing counted is no rate of 0: there is an upper end only.
            value = rate.per_second if rate.count else np.nan
            ends = {"": value, "_low": rate.low, "_high": rate.high}
            row |= {
                f"{key}{end}": false_alarm_chance(value, time)
                for key, time in ON_SOURCE.items()
                for end, value in ends.items()
            }
    return Point(name, LOUDEST, criterion, row, threshold)


def _in_windows(name: str, windows: Mapping[str, NoiseWindows], probability: float) -> Point:
    """Threshold of a probability from windows of validation noise, and that of test noise."""
    control = None if name == NETWORK else name
    own, other = windows[SET], windows[QUOTED]
    values = own.values(control)
    hits = values >= window_threshold(values, probability).value
    effect = len(values) / independent(hits, own.piece, own.seconds)
    threshold = window_threshold(values, probability, effect)
    row = {"note": "" if threshold.reached else TOO_SHORT, "asked": probability}
    row |= _share(other.values(control) >= threshold.value, other)
    return Point(name, SINGLE, f"{probability:g} a window", row, threshold)


def _of_the_paper(windows: NoiseWindows) -> Point:
    """The paper's rule: the most probable class is no noise."""
    row = {"note": "the rule of the paper, which has no threshold"}
    row |= _share(windows.logits.argmax(axis=1) > 0, windows)
    least = float(np.nextafter(0, 1))
    return Point(NETWORK, ARGMAX, ARGMAX, row, Threshold(least, least, least, reached=True))


def _share(hits: np.ndarray, windows: NoiseWindows) -> dict[str, Any]:
    """Share of windows of test noise that are taken for a signal."""
    low, high = by_pieces(hits, windows.piece, windows.seconds)
    return {
        "unit": "a window",
        "test_windows": len(hits),
        "test_count": int(hits.sum()),
        "test": float(hits.mean()),
        "test_low": low,
        "test_high": high,
    }


def operating_point(inputs: Inputs, found: Sequence[Point]) -> pd.DataFrame:
    """Table of thresholds: what was asked for, the threshold, and what test noise gives there.

    Parameters
    ----------
    inputs : Inputs
    found : list of Point
        From `points`.

    Returns
    -------
    pandas.DataFrame
        docs/tables.md explains the columns. Nothing is extrapolated: ``note`` says where noise is
        too short for a rate, and the threshold is then only a lower bound.
    """
    rows = []
    for point in found:
        row: dict[str, Any] = {"seed": inputs.seed, **point.names}
        value, low, high, reached = point.threshold
        if point.rule != ARGMAX:
            row |= {"threshold": value, "threshold_low": low, "threshold_high": high}
        rows.append(row | {"reached": reached} | point.row)
    return pd.DataFrame(rows)


def gather(inputs: Inputs, found: Sequence[Point]) -> Samples:
    """Say how loud each sample is at each operating point that noise reaches.

    Parameters
    ----------
    inputs : Inputs
    found : list of Point
        From `points`.

    Returns
    -------
    Samples
    """
    parts = inputs.searched
    values = []
    for point in found:
        if point.threshold.reached:
            own = (_values(one, point) for one in parts)
            values.append(Values(point, *map(np.concatenate, zip(*own, strict=True))))
    label, distance, snr = (
        np.concatenate([getattr(one, name) for one in parts])
        for name in ("label", "distance_kpc", "network_snr")
    )
    return Samples(label, distance, snr, parts[0].classes, inputs.seed, values)


def _values(one: Searched, point: Point) -> tuple[np.ndarray, np.ndarray]:
    """Statistic and class of the samples of a test set by the rule of an operating point."""
    rows = np.arange(len(one.label))
    if point.rule == ARGMAX:
        signal = one.own[:, 1:].astype(np.float64)
        return signal.max(axis=1) - one.own[:, 0], one.said(ARGMAX)
    own = None if point.statistic == NETWORK else point.statistic
    values = one.values(own)
    window = values.argmax(axis=1) if point.rule == LOUDEST else np.full(len(rows), one.middle)
    said = one.said(point.rule) if own is None else np.empty(0, int)
    return values[rows, window], said
