"""On which modes saliency maps lie, and how modes change the network's answer, as tidy tables."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ccsncam.results.rates import bootstrap, mean_of
from ccsncam.saliency.attribution import Attribution

# A group beside the classes: samples whose waveform has a g-mode and a SASI mode.
BOTH = "g-mode and SASI"
# Measures of how well saliency and removal agree. The saliency on a mode is its share of the map
# (share), or that share divided by the mode's share of the cells (density).
AGREEMENT = ("tau_density", "top_density", "tau_share", "top_share", "chance")


def mode_tables(attributions: Iterable[Attribution]) -> dict[str, pd.DataFrame]:
    """Tabulate the saliency on each mode, the effect of its removal, and whether the two agree.

    Parameters
    ----------
    attributions : iterable of Attribution
        One per seed and data set.

    Returns
    -------
    dict of pandas.DataFrame
        ``attribution`` (rows by distance, class, outcome, method, region), ``removal`` (by
        distance, class, outcome, and the part that is removed: a mode or a detector) and
        ``agreement`` (by distance, class, outcome, method). A group without samples has no row.
        ``agreement`` is empty where no waveform has two modes.
    """
    by_dataset: dict[str, list[Attribution]] = {}
    for one in attributions:
        by_dataset.setdefault(one.dataset, []).append(one)
    attribution, removal, agreement = [], [], []
    for seeds in by_dataset.values():
        names = ("all", BOTH, *seeds[0].classes[1:])
        for name, outcome in product(names, ("all", "right", "wrong")):
            chosen = [_chosen(one, name, outcome) for one in seeds]
            if not all(rows.any() for rows in chosen):
                continue
            group = {"distance_kpc": seeds[0].distance, "class": name, "outcome": outcome}
            attribution += [group | row for row in _on_regions(seeds, chosen)]
            removal += [group | row for row in _removed(seeds, chosen)]
            agreement += [group | row for row in _agreement(seeds, chosen)]
    table = pd.DataFrame(attribution)
    return {
        "attribution": table,
        "removal": pd.DataFrame(removal),
        "agreement": pd.DataFrame(agreement) if agreement else table.iloc[:0, :5],
    }


def _chosen(one: Attribution, name: str, outcome: str) -> np.ndarray:
    """Which samples belong to a group, as booleans of shape (n,)."""
    rows = np.full(len(one.label), True)
    if name == BOTH:
        modes = [one.modes.index(mode) for mode in ("g_mode", "sasi") if mode in one.modes]
        rows &= (len(modes) == 2) & np.isfinite(one.mode_change[:, modes]).all(axis=1)
    elif name != "all":
        rows &= one.label == one.classes.index(name)
    if outcome != "all":
        rows &= (one.label == one.prediction) == (outcome == "right")
    return rows


def _of_method(
    seeds: Sequence[Attribution], chosen: Sequence[np.ndarray], method: str, column: str
) -> list[np.ndarray]:
    """The chosen samples' values of a method, one array per seed."""
    pairs = zip(seeds, chosen, strict=True)
    return [one.methods[method][column][rows] for one, rows in pairs]


def _on_regions(seeds: Sequence[Attribution], chosen: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """Share of each method's maps that lies on each region, and how often their peak lies there."""
    found = []
    power = [one.power[rows] for one, rows in zip(seeds, chosen, strict=True)]
    for method in seeds[0].methods:
        columns = {
            name: _of_method(seeds, chosen, method, name) for name in ("share", "pointing", "area")
        }
        for k, region in enumerate(["signal", *seeds[0].modes]):
            share = [one[:, k] for one in columns["share"]]
            known = np.isfinite(share[0])
            if not known.any():
                continue
            row = bootstrap(share).columns("share")
            row |= bootstrap([one[:, k] for one in columns["pointing"]]).columns("pointing")
            row["share_by_chance"] = np.mean([np.nanmean(one[:, k]) for one in columns["area"]])
            row["share_by_power"] = np.mean([np.nanmean(one[:, k]) for one in power])
            row["n"] = int(known.sum())
            found.append(_named(seeds, method) | {"region": region} | row)
    return found


def _removed(seeds: Sequence[Attribution], chosen: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """What the network says without a mode, and without a detector."""
    found = []
    for kind, parts in (
        ("mode", seeds[0].modes),
        ("mode_fixed_scale", seeds[0].modes),
        ("detector", seeds[0].detectors),
    ):
        for k, part in enumerate(parts):
            change, flipped = [], []
            for one, rows in zip(seeds, chosen, strict=True):
                instead = one.columns[f"{kind}_prediction"][rows, k]
                moved = (instead != one.prediction[rows]).astype(float)
                change.append(one.columns[f"{kind}_change"][rows, k])
                # The prediction is -1 where the waveform does not have the mode.
                flipped.append(np.where(instead < 0, np.nan, moved))
            known = int(np.isfinite(change[0]).sum())
            if known:
                row = mean_of(change).columns("log_odds_change")
                row |= mean_of(flipped, rate=True).columns("flipped")
                found.append({"kind": kind, "part": part} | row | {"n": known})
    return found


def _agreement(seeds: Sequence[Attribution], chosen: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """Whether the modes that a method ranks first are those whose removal matters most."""
    found = []
    by_power = _of_method(seeds, chosen, "power", "tau_density")
    for method in seeds[0].methods:
        values = {name: _of_method(seeds, chosen, method, name) for name in AGREEMENT}
        known = int(np.isfinite(values["chance"][0]).sum())
        if known:
            row: dict[str, float] = {}
            for measure in AGREEMENT[:-1]:
                row |= bootstrap(values[measure]).columns(measure)
            pairs = zip(values["tau_density"], by_power, strict=True)
            row |= bootstrap([one - power for one, power in pairs]).columns("tau_above_power")
            row["top_by_chance"] = float(np.nanmean(values["chance"][0]))
            row["n"] = known
            found.append(_named(seeds, method) | row)
    return found


def _named(seeds: Sequence[Attribution], method: str) -> dict[str, Any]:
    return {"key": method, "method": seeds[0].methods[method]["name"]}
