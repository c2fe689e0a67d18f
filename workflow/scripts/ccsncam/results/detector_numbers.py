"""The numbers of the detector that a paper would print."""

from typing import Any

import numpy as np
import pandas as pd

from ccsncam.detection.names import ALL, NETWORK, QUOTED, SET
from ccsncam.results.rates import student

MEAN = ("mean", "low", "high")
ENDS = ("_at_threshold_low", "_at_threshold_high")


def detector_numbers(
    points: pd.DataFrame, efficiency: pd.DataFrame, reach: pd.DataFrame, recognised: pd.DataFrame
) -> dict[str, Any]:
    """Collect what the network finds at each operating point, all signal classes together.

    Parameters
    ----------
    points, efficiency, reach, recognised : pandas.DataFrame
        Tables of the rule ``tabulate_detection``, of all networks of a run.

    Returns
    -------
    dict
        ``live_time_days`` by split, and ``operating_points`` by criterion: the ``threshold``, what
        test noise gives there (``noise``), ``snr50``, ``d50_kpc``, and by distance [kpc] the shares
        ``found`` and ``recognised`` of the signals and the ``accuracy``. Each number has ``value``,
        ``low`` and ``high``, and where the threshold's interval changes it ``at_threshold_low`` and
        ``at_threshold_high``; of several networks it is a mean with the interval and values of
        `ccsncam.results.rates.student`. None stands for what noise is too short for, for an
        interval or a number without an end, and for the accuracy at a rate.
    """
    own = points[points["statistic"] == NETWORK]
    tables = {"efficiency": efficiency, "reach": reach, "recognised": recognised}
    found = {
        str(criterion): _at(rows, {name: _of(table, criterion) for name, table in tables.items()})
        for criterion, rows in own.groupby("criterion", sort=False)
    }
    times = own[["live_time_days", "test_live_time_days"]].max()
    return {
        "live_time_days": dict(zip((SET, QUOTED), map(_known, times), strict=True)),
        "operating_points": found,
    }


def _of(table: pd.DataFrame, criterion: Any) -> pd.DataFrame:
    """Rows of the network and all signal classes at an operating point."""
    rows = table[table["criterion"] == criterion]
    for column, value in (("statistic", NETWORK), ("class", ALL)):
        if column in rows:
            rows = rows[rows[column] == value]
    return rows


def _at(rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """All numbers of an operating point; the tables have its rows only."""
    first = rows.iloc[0]
    reached = bool(rows["reached"].all())
    here = tables if reached else {name: table.head(0) for name, table in tables.items()}
    reach = here["reach"]
    return {
        "rule": first["rule"],
        "asked": _known(first["asked"]),
        "unit": first["unit"],
        "reached": reached,
        "threshold": _number(rows, "threshold") if reached else None,
        "noise": _number(rows, "test") if reached else None,
        "snr50": _number(reach, "snr50"),
        "d50_kpc": _number(reach, "d50_kpc"),
        "found": _by_distance(here["efficiency"], "efficiency", ("low", "high")),
        "recognised": _by_distance(here["recognised"], "recognised"),
        "accuracy": _by_distance(here["recognised"], "accuracy"),
    }


def _by_distance(
    table: pd.DataFrame, column: str, ends: tuple[str, str] | None = None
) -> dict[str, Any] | None:
    """A share by distance [kpc]; None where there is none."""
    rows = table.dropna(subset=["distance_kpc", column])
    groups = rows.groupby("distance_kpc")
    return {f"{kpc:g}": _number(one, column, ends) for kpc, one in groups} or None


def _number(
    rows: pd.DataFrame, column: str, ends: tuple[str, str] | None = None
) -> dict[str, Any] | None:
    """A number with its intervals, from a row for each network; None without rows."""
    if rows.empty or rows[column].isna().all():
        return None
    number: dict[str, Any]
    if len(rows) > 1:
        values = rows[column]
        # One that lies beyond all signals leaves no mean.
        number = student(values) if np.isfinite(values).all() else dict.fromkeys(MEAN)
        number["values"] = [_known(one) for one in values]
    else:
        low, high = ends or (f"{column}_low", f"{column}_high")
        names = {"value": column, "low": low, "high": high}
        number = {key: _known(rows[name].iloc[0]) for key, name in names.items()}
    for end in ENDS:
        if f"{column}{end}" in rows:
            number[end[1:]] = _known(rows[f"{column}{end}"].mean())
    return number


def _known(value: Any) -> float | None:
    """A number for JSON, which has neither infinity nor NaN."""
    return float(value) if np.isfinite(value) else None
