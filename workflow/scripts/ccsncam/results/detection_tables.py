"""What a network finds at stated rates of false alarms, and what excess power finds, as tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ccsncam.detection import controls, far
from ccsncam.detection.far import Threshold
from ccsncam.detection.names import ALL, ARGMAX, LOUDEST, MISSED, NETWORK, QUOTED, SET, SINGLE
from ccsncam.detection.operating import crossing, false_alarm_chance, window_threshold
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.store import Background
from ccsncam.results.rates import by_pieces, independent, wilson

DAY = 86400.0
SNR_BINS = (
    *(0, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 25, 30, 40, 50, 75, 100, 200),
    np.inf,
)
# Width of the bins in which SNR50 is looked for.
FINE = 0.5
SHARES = {"d50_kpc": 0.5, "d90_kpc": 0.9}
# On-source windows: a neutrino burst, and the time between two nights.
ON_SOURCE = {"chance_in_10_s": 10.0, "chance_in_1_day": DAY}


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the tables of one network are made from.

    Attributes
    ----------
    seed : int
        Seed of the network.
    background : dict of dict of Background
        By statistic (`NETWORK` or a control) and split. Not all controls have one.
    windows : dict of NoiseWindows
        By split.
    searched : list of Searched
        One for each test set.
    """

    seed: int
    background: Mapping[str, Mapping[str, Background]]
    windows: Mapping[str, NoiseWindows]
    searched: Sequence[Searched]


class Point(NamedTuple):
    """An operating point: which signals count as found, and its row of `operating_point`."""

    statistic: str
    rule: str
    criterion: str
    row: dict[str, Any]
    threshold: Threshold


def points(inputs: Inputs, rates: Mapping[str, float], probabilities: Sequence[float]) -> list:
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
        Without the paper's rule, which has no threshold.
    """
    found = []
    for name, background in inputs.background.items():
        for criterion, seconds in rates.items():
            found.append(_at_rate(name, background, criterion, seconds))
    own = inputs.windows[SET]
    for name in (NETWORK, *own.controls):
        for probability in probabilities:
            found.append(_in_windows(name, inputs.windows, probability))
    return found


def _at_rate(
    name: str, background: Mapping[str, Background], criterion: str, seconds: float
) -> Point:
    """Threshold of a rate from validation noise, and the rate of test noise there."""
    own, other = background[SET], background[QUOTED]
    threshold = far.threshold(own, 1 / seconds, blocks=True)
    row = {
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
    hits = other.values(control) >= threshold.value
    low, high = by_pieces(hits, other.piece, other.seconds)
    row = {
        "asked": probability,
        "unit": "a window",
        "test_count": int(hits.sum()),
        "test": float(hits.mean()),
        "test_low": low,
        "test_high": high,
    }
    return Point(name, SINGLE, f"{probability:g} a window", row, threshold)


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
    rows: list[dict[str, Any]] = [
        {
            "seed": inputs.seed,
            "statistic": point.statistic,
            "rule": point.rule,
            "criterion": point.criterion,
            "threshold": point.threshold.value,
            "threshold_low": point.threshold.low,
            "threshold_high": point.threshold.high,
            "reached": point.threshold.reached,
            "note": ""
            if point.threshold.reached
            else "noise is too short for this rate; the threshold is at least this, and was not "
            "extrapolated",
            **point.row,
        }
        for point in found
    ]
    other = inputs.windows[QUOTED]
    hits = other.logits.argmax(axis=1) > 0
    low, high = by_pieces(hits, other.piece, other.seconds)
    rows.append(
        {
            "seed": inputs.seed,
            "statistic": NETWORK,
            "rule": ARGMAX,
            "criterion": ARGMAX,
            "reached": True,
            "note": "the rule of the paper, which has no threshold",
            "unit": "a window",
            "test_count": int(hits.sum()),
            "test": float(hits.mean()),
            "test_low": low,
            "test_high": high,
        }
    )
    return pd.DataFrame(rows)


def _hits(one: Searched, point: Point) -> np.ndarray:
    """Which samples are found at an operating point."""
    if point.rule == SINGLE:
        values = (
            one.statistic[:, one.middle]
            if point.statistic == NETWORK
            else one.control[:, one.controls.index(point.statistic)]
        )
        return values >= point.threshold.value
    if point.statistic == NETWORK:
        return one.statistic.max(axis=1) >= point.threshold.value
    count, windows, detectors = one.excess.shape
    values = controls.combined(one.excess.reshape(-1, detectors), point.statistic)
    return values.reshape(count, windows).max(axis=1) >= point.threshold.value


class Samples(NamedTuple):
    """All samples that were searched: class, distance and SNR; and what each point finds."""

    label: np.ndarray
    distance: np.ndarray
    snr: np.ndarray
    hits: dict[tuple[str, str, str], np.ndarray]


def gather(inputs: Inputs, found: Sequence[Point]) -> Samples:
    """Say of each sample whether it is found at each operating point that noise reaches.

    Parameters
    ----------
    inputs : Inputs
    found : list of Point
        From `points`.

    Returns
    -------
    Samples
        ``hits`` has arrays (n,) by statistic, rule and criterion; the paper's rule is among them.
    """
    parts = inputs.searched
    hits = {
        (point.statistic, point.rule, point.criterion): np.concatenate(
            [_hits(one, point) for one in parts]
        )
        for point in found
        if point.threshold.reached
    }
    hits[NETWORK, ARGMAX, ARGMAX] = np.concatenate([one.own.argmax(axis=1) > 0 for one in parts])
    label, distance, snr = (
        np.concatenate([getattr(one, name) for one in parts])
        for name in ("label", "distance_kpc", "network_snr")
    )
    return Samples(label, distance, snr, hits)


def efficiency(inputs: Inputs, samples: Samples) -> pd.DataFrame:
    """Share of signals that are found, by distance and by network SNR.

    Parameters
    ----------
    inputs : Inputs
    samples : Samples
        From `gather`.

    Returns
    -------
    pandas.DataFrame
        docs/tables.md explains the columns. A row has a distance or a bin of SNR; intervals are
        Wilson's of 95 %.
    """
    edges = np.array(SNR_BINS)
    places = np.digitize(samples.snr, edges) - 1
    rows = []
    for key, hits in samples.hits.items():
        names = dict(zip(("statistic", "rule", "criterion"), key, strict=True))
        for name, inside in _classes(inputs, samples):
            own = {"seed": inputs.seed, **names, "class": name}
            for distance in np.unique(samples.distance[inside]):
                there = hits[inside & (samples.distance == distance)]
                rows.append({**own, "distance_kpc": distance} | _counts(there))
            for number in np.unique(places[inside]):
                there = hits[inside & (places == number)]
                ends = {"snr_low": edges[number], "snr_high": edges[number + 1]}
                rows.append({**own, **ends} | _counts(there))
    table = pd.DataFrame(rows)
    table["efficiency"] = table["found"] / table["n"]
    table["low"], table["high"] = wilson(table["found"], table["n"])
    order = ["seed", "statistic", "rule", "criterion", "class", "distance_kpc", "snr_low"]
    return table[[*order, "snr_high", "n", "found", "efficiency", "low", "high"]]


def reach(inputs: Inputs, samples: Samples) -> pd.DataFrame:
    """Distances at which half and nine tenths of the signals are found, and SNR of one half.

    Parameters
    ----------
    inputs : Inputs
    samples : Samples
        From `gather`.

    Returns
    -------
    pandas.DataFrame
        ``d50_kpc``, ``d90_kpc`` and ``snr50``, each with its interval; see
        `ccsncam.detection.operating.crossing`. Infinity: beyond the farthest test set, or the
        loudest signal. 0: nearer than the nearest, or below the faintest.
    """
    fine = np.floor(samples.snr / FINE).astype(int)
    rows = []
    for key, hits in samples.hits.items():
        names = dict(zip(("statistic", "rule", "criterion"), key, strict=True))
        for name, inside in _classes(inputs, samples):
            row = {"seed": inputs.seed, **names, "class": name, "n": int(inside.sum())}
            distances, place = np.unique(samples.distance[inside], return_inverse=True)
            trials, found = np.bincount(place), np.bincount(place, hits[inside]).astype(int)
            for column, level in SHARES.items():
                row |= _ends(column, crossing(distances, found, trials, level, rising=False))
            trials, found = np.bincount(fine[inside]), np.bincount(fine[inside], hits[inside])
            sums = np.bincount(fine[inside], samples.snr[inside])
            means = sums / np.maximum(trials, 1)
            row |= _ends("snr50", crossing(means, found.astype(int), trials, 0.5, rising=True))
            rows.append(row)
    return pd.DataFrame(rows)


def detected(inputs: Inputs, found: Sequence[Point]) -> pd.DataFrame:
    """Which class the found signals are taken for, at each rate that noise reaches.

    Parameters
    ----------
    inputs : Inputs
    found : list of Point
        From `points`.

    Returns
    -------
    pandas.DataFrame
        One row for each rate, distance, true and predicted class: the most probable signal class
        in the loudest window, or ``not found``.
    """
    rows: list[dict[str, Any]] = []
    for point in found:
        if point.statistic != NETWORK or point.rule != LOUDEST or not point.threshold.reached:
            continue
        for one in inputs.searched:
            hits = _hits(one, point)
            loudest = one.logits[np.arange(len(hits)), one.loudest]
            said = np.where(hits, loudest[:, 1:].argmax(axis=1) + 1, 0)
            for label, true in list(enumerate(one.classes))[1:]:
                own = one.label == label
                distance = float(one.distance_kpc[own][0])
                for number, other in enumerate((MISSED, *one.classes[1:])):
                    rows.append(
                        {
                            "seed": inputs.seed,
                            "criterion": point.criterion,
                            "distance_kpc": distance,
                            "true": true,
                            "predicted": other,
                            "n": int(own.sum()),
                            "found": int(hits[own].sum()),
                            "count": int((said[own] == number).sum()),
                        }
                    )
    columns = ["seed", "criterion", "distance_kpc", "true", "predicted", "n", "found", "count"]
    return pd.DataFrame(rows, columns=columns)


def tables(
    inputs: Inputs, rates: Mapping[str, float], probabilities: Sequence[float]
) -> dict[str, pd.DataFrame]:
    """All tables of one network: `operating_point`, `efficiency`, `reach` and `detected`."""
    found = points(inputs, rates, probabilities)
    samples = gather(inputs, found)
    return {
        "operating_point": operating_point(inputs, found),
        "efficiency": efficiency(inputs, samples),
        "reach": reach(inputs, samples),
        "detected": detected(inputs, found),
    }


def _classes(inputs: Inputs, samples: Samples) -> Iterator[tuple[str, np.ndarray]]:
    """Name and rows of each signal class, and of all."""
    for label, name in enumerate(inputs.searched[0].classes):
        if label:
            yield name, samples.label == label
    yield ALL, samples.label > 0


def _counts(hits: np.ndarray) -> dict[str, int]:
    return {"n": len(hits), "found": int(hits.sum())}


def _ends(name: str, values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
