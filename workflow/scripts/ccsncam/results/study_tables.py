"""Variants of a study beside each other: what each gets right and finds, and by how much more."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ccsncam.detection.names import LOUDEST
from ccsncam.detection.operating import RESAMPLES, crossing, crossing_of, crossings_of
from ccsncam.results import paired
from ccsncam.results.rates import LEVEL, mean_of, over_seeds
from ccsncam.results.study_data import (
    A_WINDOW,
    ACCURACY,
    DELETION,
    EFFICIENCY,
    EVERY,
    FALSE_ALARMS,
    KPC,
    LOST,
    PER_DAY,
    REACH,
    RIGHT_WITHOUT,
    SNR,
    UNSEEN,
    Networks,
    Outcome,
    Point,
)
from ccsncam.results.tables import SNR_BINS

DAY = 86400.0
COLUMNS = (
    *("variant", "seed", "quantity", "criterion", "at", "at_high", "unit", "n"),
    *("value", "low", "high", "against", "difference", "samples_low", "samples_high"),
    *("seeds_low", "seeds_high", "paired"),
)


def study(
    variants: Mapping[str, Networks],
    against: Mapping[str, str],
    asked: Sequence[Point],
    point: Point | None,
) -> pd.DataFrame:
    """Compare variants, each with another one.

    Parameters
    ----------
    variants : mapping of str to Networks
        By name.
    against : mapping of str to str
        The variant that each of them is compared with. One that is compared with itself has no
        differences.
    asked : list of Point
        Operating points.
    point : Point or None
        From `chosen`: that at which efficiencies are given by distance and SNR.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; docs/study.md explains them. ``criterion`` of accuracies is empty.
    """
    rows = []
    for name, networks in variants.items():
        alone = against[name] == name
        base: Networks = {} if alone else variants[against[name]]
        head = {"variant": name, "against": np.nan if alone else against[name]}
        places = [(ACCURACY, ""), (FALSE_ALARMS, "")]
        places += [(EFFICIENCY, point.criterion), (UNSEEN, point.criterion)] if point else []
        places += _graded(networks)
        for key in places:
            for at, own, other in _groups(_of(networks, key), _of(base, key)):
                rows += _rates({**head, **_named(key), **at}, own, other)
        for one in asked:
            key = (EFFICIENCY, one.criterion)
            own, other = _of(networks, key), _of(base, key)
            if own and (one.rule == LOUDEST or one == point):
                at = {"at": DAY / one.asked, "unit": PER_DAY}
                if one.rule != LOUDEST:
                    at = {"at": one.asked, "unit": A_WINDOW}
                place = {"quantity": REACH, "criterion": one.criterion, **at}
                rows += _reaches({**head, **place}, own, other)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _graded(networks: Networks) -> list[tuple[str, str]]:
    """What networks were graded by, which has modes or methods in the place of the criterion."""
    keys = dict.fromkeys(key for answers in networks.values() for key in answers)
    return [key for key in keys if key[0] in (LOST, RIGHT_WITHOUT, DELETION)]


def _named(key: tuple[str, str]) -> dict[str, str]:
    return {"quantity": key[0], "criterion": key[1]}


def _of(networks: Networks, key: tuple[str, str]) -> dict[int, Outcome]:
    """Outcomes of all seeds; nothing if one of them lacks it."""
    if all(key in answers for answers in networks.values()):
        return {seed: answers[key] for seed, answers in networks.items()}
    return {}


def _groups(
    own: dict[int, Outcome], other: dict[int, Outcome]
) -> Iterator[tuple[dict[str, Any], dict[int, Outcome], dict[int, Outcome]]]:
    """Samples of each distance and bin of SNR, of a variant and of the one it is compared with.

    Noise, whose SNR is 0, comes as a whole if there is nothing else.
    """
    some = next(iter(own.values()), None)
    if some is None:
        return
    places: list[dict[str, Any]]
    if not some.label.any():
        places = [{"at": np.nan, "unit": ""}]
    else:
        places = [{"at": value, "unit": KPC} for value in np.unique(some.distance)]
        edges = [*SNR_BINS, np.inf]
        places += [{"at": low, "at_high": high, "unit": SNR} for low, high in pairwise(edges)]
    for at in places:
        sides = [
            {seed: each.part(_rows(each, at)) for seed, each in one.items()} for one in (own, other)
        ]
        there = [all(len(each.hit) for each in side.values()) for side in sides]
        if there[0]:
            yield at, sides[0], sides[1] if there[1] else {}


def _rows(one: Outcome, at: Mapping[str, Any]) -> np.ndarray:
    if at["unit"] == KPC:
        return one.distance == at["at"]
    if at["unit"] == SNR:
        return (one.label > 0) & (one.snr >= at["at"]) & (one.snr < at["at_high"])
    return np.ones(len(one.hit), bool)


def _rates(
    head: dict[str, Any], own: dict[int, Outcome], other: dict[int, Outcome]
) -> list[dict[str, Any]]:
    """Rows of a rate: one for each seed, and one for all."""
    rows = []
    for seed, one in own.items():
        found = mean_of([one.hit], rate=one.counts)
        row = head | {"seed": seed, "n": len(one.hit), "value": found.mean}
        row |= {"low": found.low, "high": found.high}
        if other and seed in other:
            row |= _over_samples([one], [other[seed]])
        rows.append(row)
    values = [row["value"] for row in rows]
    row = head | {"seed": EVERY, "n": rows[0]["n"]} | _spread(values, rows[0])
    if other:
        row |= _over_samples(list(own.values()), list(other.values()))
        rates = {seed: each.hit.mean() for seed, each in other.items()}
        row |= _over_seeds(dict(zip(own, values, strict=True)), rates, row["paired"])
    return [*rows, row]


def _spread(values: Sequence[float], single: Mapping[str, Any]) -> dict[str, float]:
    """Mean over seeds with Student's interval; that of its samples for a single seed.

    Values that happen to be equal have no interval.
    """
    mean = over_seeds(values)
    if isinstance(mean, dict) and np.ptp(values) == 0:
        return {"value": mean["mean"], "low": np.nan, "high": np.nan}
    if isinstance(mean, dict):
        return {"value": mean["mean"], "low": mean["low"], "high": mean["high"]}
    return {"value": mean, "low": single["low"], "high": single["high"]}


def _over_samples(own: Sequence[Outcome], other: Sequence[Outcome]) -> dict[str, Any]:
    """Difference of the means over seeds of two variants, with its interval over samples."""
    same = all(own[0].same_samples(one) for one in [*own[1:], *other])
    if same:
        mean, mean_other = (np.mean([one.hit for one in side], axis=0) for side in (own, other))
        apart = mean - mean_other
        ends = paired.of_samples(apart) if own[0].counts else mean_of([apart])
    elif not own[0].counts:
        ends = paired.apart(*(np.mean([one.hit for one in side], axis=0) for side in (own, other)))
    else:
        counts = [np.mean([one.hit.sum() for one in side]) for side in (own, other)]
        ends = paired.of_counts(counts, [len(side[0].hit) for side in (own, other)])
    return {
        "difference": ends.mean,
        "samples_low": ends.low,
        "samples_high": ends.high,
        "paired": same,
    }


def _over_seeds(
    own: Mapping[int, float], other: Mapping[int, float], same: bool
) -> dict[str, float]:
    """Interval of the difference over seeds: of the same seeds if samples are the same, too."""
    if same and set(own) == set(other):
        ends = paired.of_seeds([own[seed] - other[seed] for seed in own])
    else:
        ends = paired.apart(list(own.values()), list(other.values()))
    return {"seeds_low": ends.low, "seeds_high": ends.high}


def _reaches(
    head: dict[str, Any], own: dict[int, Outcome], other: dict[int, Outcome]
) -> list[dict[str, Any]]:
    """Rows of the distance at which half of the signals are found."""
    rows, again = [], {seed: _resampled(one, 0) for seed, one in own.items()}
    for seed, one in own.items():
        value, low, high = crossing(*_counts(one), level=0.5, rising=False)
        row = head | {"seed": seed, "n": len(one.hit), "value": value, "low": low, "high": high}
        if other and seed in other:
            row |= _reach_over_samples({seed: one}, {seed: other[seed]}, {seed: again[seed]})
        rows.append(row)
    values = [row["value"] for row in rows]
    row = head | {"seed": EVERY, "n": rows[0]["n"]}
    row |= (
        _spread([_inside(value) for value in values], rows[0])
        if len(rows) > 1
        else {key: rows[0][key] for key in ("value", "low", "high")}
    )
    if other:
        row |= _reach_over_samples(own, other, again)
        row |= _over_seeds(_inside_of(own), _inside_of(other), row["paired"])
    return [*rows, row]


def _reach_over_samples(
    own: Mapping[int, Outcome], other: Mapping[int, Outcome], again: Mapping[int, np.ndarray]
) -> dict[str, Any]:
    """Difference of two reaches; its interval is from a bootstrap over samples.

    Where samples are the same, both are computed for the same resamples. A reach beyond the test
    sets is no number; where many resamples have one, the interval is open.
    """
    some = next(iter(own.values()))
    same = all(some.same_samples(one) for one in [*own.values(), *other.values()])
    mean, mean_other = (np.mean(list(_inside_of(side).values())) for side in (own, other))
    there = np.mean([_resampled(one, 0 if same else 1) for one in other.values()], axis=0)
    low, high = _ends(np.mean(list(again.values()), axis=0), there)
    if np.isnan(mean - mean_other):
        low, high = np.nan, np.nan
    return {
        "difference": mean - mean_other,
        "samples_low": low,
        "samples_high": high,
        "paired": same,
    }


def _ends(own: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Interval of the difference of resampled reaches; an end of it may be infinite.

    Where both reaches lie beyond the same side, the difference may be anything.
    """
    with np.errstate(invalid="ignore"):
        apart = own - other
    sides = ((apart, -np.inf, (1 - LEVEL) / 2), (apart, np.inf, (1 + LEVEL) / 2))
    low, high = (
        np.quantile(np.where(np.isnan(one), end, one), share, method="inverted_cdf")
        for one, end, share in sides
    )
    return float(low), float(high)


def _inside(value: float) -> float:
    """A reach within the test sets; NaN for one that lies beyond them."""
    return value if np.isfinite(value) and value > 0 else np.nan


def _inside_of(side: Mapping[int, Outcome]) -> dict[int, float]:
    """Reach of each seed, NaN beyond the test sets."""
    return {seed: _inside(crossing_of(*_counts(one), 0.5, False)) for seed, one in side.items()}


def _counts(one: Outcome) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances, and signals found and searched at each."""
    distances, place = np.unique(one.distance, return_inverse=True)
    return distances, np.bincount(place, one.hit).astype(int), np.bincount(place)


def _resampled(one: Outcome, stream: int) -> np.ndarray:
    """Reach of each resample, shape (resample,); each class at each distance keeps its number.

    Those beyond the test sets are infinite: positive if farther, negative if nearer.
    """
    distances, place, trials = np.unique(one.distance, return_inverse=True, return_counts=True)
    random = np.random.default_rng([len(one.hit), stream])
    found = np.zeros((RESAMPLES, len(distances)))
    for number in range(len(distances)):
        for label in np.unique(one.label):
            hits = one.hit[(place == number) & (one.label == label)].astype(float)
            if len(hits):
                weights = random.multinomial(
                    len(hits), np.full(len(hits), 1 / len(hits)), RESAMPLES
                )
                found[:, number] += weights @ hits
    reaches = crossings_of(distances, found, trials, 0.5, False)
    return np.where(reaches > 0, reaches, -np.inf)
