"""The numbers that a paper would print, and the published ones beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ccsncam.origin import Origin
from ccsncam.results.rates import over_seeds

WILSON, PIECES = "95 % Wilson", "95 % over pieces of noise"


def paper_numbers(
    accuracy: pd.DataFrame,
    tpr: pd.DataFrame,
    alarms: pd.DataFrame,
    snr: pd.DataFrame,
    noise: pd.DataFrame,
    *,
    size: Mapping[str, int],
    seeds: Sequence[int],
    origin: Origin,
) -> dict[str, Any]:
    """Collect the numbers that a paper would print.

    Parameters
    ----------
    accuracy, tpr, alarms, snr, noise : pandas.DataFrame
        From `ccsncam.results.tables`.
    size : mapping
        ``parameters`` and ``features`` of the network, from the config's block ``classifier``.
    seeds : list of int
    origin : Origin

    Returns
    -------
    dict
        Rates are in [0, 1]; distances [kpc] are keys. A noise false alarm is a sample of noise
        from any test set that was classified as a signal.
    """
    test = accuracy.dropna(subset="distance_kpc")
    signal = tpr[tpr["class"] != "noise"].dropna(subset="distance_kpc")
    validation = accuracy[accuracy["dataset"].str.startswith("validation")]
    return {
        **size,
        "validation_accuracy": over_seeds(validation["accuracy"]),
        "accuracy": {
            f"{d:g}": over_seeds(rows["accuracy"]) for d, rows in test.groupby("distance_kpc")
        },
        "mean_tpr": {
            f"{d:g}": over_seeds(rows.groupby("seed")["tpr"].mean())
            for d, rows in signal.groupby("distance_kpc")
        },
        "tpr": _by_class(signal, "tpr"),
        "noise_false_alarm": over_seeds(alarms["fraction"]),
        "noise_alarms_per_hour": over_seeds(alarms["alarms_per_hour"]),
        "median_network_snr": _by_class(snr.dropna(subset="distance_kpc"), "network_snr_50"),
        "reuse": {
            split: dict(zip(rows["detector"], rows["reuse"], strict=True))
            for split, rows in noise.groupby("split")
        },
        "inputs": origin.as_dict(),
        "seeds": seeds,
    }


def _by_class(table: pd.DataFrame, column: str) -> dict[str, dict[str, Any]]:
    """A column over seeds, by class and distance [kpc]."""
    return {
        str(name): {f"{d:g}": over_seeds(one[column]) for d, one in rows.groupby("distance_kpc")}
        for name, rows in table.groupby("class", sort=False)
    }


def rate_intervals(
    accuracy: pd.DataFrame, tpr: pd.DataFrame, alarms: pd.DataFrame
) -> dict[str, tuple[float, float, str]]:
    """Intervals of the rates of one network, and their names.

    A mean over classes has no such interval, because it is not a rate of counts.

    Parameters
    ----------
    accuracy, tpr, alarms : pandas.DataFrame
        From `ccsncam.results.tables`, of one seed.

    Returns
    -------
    dict
        Low and high end and the kind of interval, by the name of the quantity in
        `compare_with_paper`.
    """
    found: dict[str, tuple[float, float, str]] = {}
    columns = [accuracy[name] for name in ("dataset", "distance_kpc", "low", "high")]
    for name, distance, low, high in zip(*columns, strict=True):
        if np.isfinite(distance):
            found[f"accuracy, {distance:g} kpc"] = low, high, WILSON
        elif name.startswith("validation"):
            found["validation_accuracy"] = low, high, WILSON
    test = tpr.dropna(subset="distance_kpc")
    columns = [test[name] for name in ("class", "distance_kpc", "low", "high")]
    for name, distance, low, high in zip(*columns, strict=True):
        kind = PIECES if name == "noise" else WILSON
        found[f"tpr, {name}, {distance:g} kpc"] = low, high, kind
    row = alarms.iloc[0]
    found["noise_false_alarm"] = row["fraction_low"], row["fraction_high"], PIECES
    return found


def compare_with_paper(
    numbers: Mapping[str, Any],
    published: Mapping[str, Any],
    intervals: Mapping[str, tuple[float, float, str]],
    above: str = "",
) -> list[dict[str, Any]]:
    """List the published values beside those of a run.

    Parameters
    ----------
    numbers : mapping
        From `paper_numbers`.
    published : mapping
        The content of ``resources/published.json``: the keys of ``numbers``, and each leaf a
        mapping with ``value``, ``unit`` and ``where``.
    intervals : mapping
        From `rate_intervals` where the run has one seed, otherwise empty.
    above : str
        Keys above these, with a comma after each.

    Returns
    -------
    list of dict
        ``quantity``, ``paper``, ``here``, ``low``, ``high``, ``interval``, ``unit``, ``where``;
        ``here`` is None where the run has no such value.
    """
    rows = []
    for key, entry in published.items():
        if key == "source":
            continue
        name = f"{above}{key}{' kpc' if key.isdigit() else ''}"
        here = numbers.get(key)
        if "value" not in entry:
            rows += compare_with_paper(here or {}, entry, intervals, f"{name}, ")
            continue
        row = {"quantity": name, "paper": entry["value"], "here": here}
        row |= {"low": None, "high": None, "interval": None}
        if isinstance(here, dict):
            row |= {"here": here["mean"], "low": here["low"], "high": here["high"]}
            row["interval"] = "95 % over seeds"
        elif here is not None and name in intervals:
            row["low"], row["high"], row["interval"] = intervals[name]
        rows.append({**row, "unit": entry["unit"], "where": entry["where"]})
    return rows
