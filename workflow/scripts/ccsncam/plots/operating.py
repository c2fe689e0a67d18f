"""Which operating point figures show, and where excess power beats the network."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ccsncam.detection.names import LOUDEST, NETWORK, SINGLE


class Shown(NamedTuple):
    """An operating point of a figure.

    ``rule`` and ``criterion`` are those of the tables, ``words`` say what it is, and ``per_second``
    is its rate [1/s], None where it is a probability.
    """

    rule: str
    criterion: str
    words: str
    per_second: float | None


def shown(table: pd.DataFrame, rate: str) -> Shown:
    """Choose the operating point of a figure.

    Parameters
    ----------
    table : pandas.DataFrame
        Table ``operating_point``.
    rate : str
        Name of the rate that is wanted.

    Returns
    -------
    Shown
        The wanted rate. Where noise is too short for it, the rarest one that noise reaches in all
        networks, or else the probability of a single window; the words then say so.
    """
    own = table[(table["statistic"] == NETWORK) & table["reached"]]
    networks = table["seed"].nunique()
    rates = own[own["rule"] == LOUDEST]
    there = rates.groupby("criterion").filter(lambda rows: rows["seed"].nunique() == networks)
    if (there["criterion"] == rate).any():
        row = there[there["criterion"] == rate].iloc[0]
        return Shown(LOUDEST, rate, f"false alarms: {rate}", row["asked"] / 86400)
    if len(there):
        row = there.sort_values("asked").iloc[0]
        words = f"false alarms: {row['criterion']} (noise is too short for {rate})"
        return Shown(LOUDEST, row["criterion"], words, row["asked"] / 86400)
    point = window_point(table)
    return point._replace(words=f"{point.words} (noise is too short for any rate)")


def window_point(table: pd.DataFrame) -> Shown:
    """Choose the false-alarm probability of a single window: the second largest, or the only one.

    Parameters
    ----------
    table : pandas.DataFrame
        Table ``operating_point``.
    """
    own = table[(table["statistic"] == NETWORK) & (table["rule"] == SINGLE) & table["reached"]]
    rows = own.drop_duplicates("criterion").sort_values("asked", ascending=False)
    row = rows.iloc[min(1, len(rows) - 1)]
    return Shown(SINGLE, row["criterion"], f"false-alarm probability {row['criterion']}", None)


def at_ends(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Efficiency of the network at the ends of the interval of its threshold.

    Parameters
    ----------
    table : pandas.DataFrame
        Some rows of table ``efficiency``, at one operating point.
    keys : list of str
        Columns that tell the groups apart; a group has a row for each network.

    Returns
    -------
    pandas.DataFrame
        The keys, ``low`` and ``high``, which are means over the networks. ``low`` is 0 where the
        threshold has no upper end.
    """
    own = table[table["statistic"] == NETWORK]
    columns = {"efficiency_at_threshold_high": "low", "efficiency_at_threshold_low": "high"}
    means = own.groupby(list(keys), as_index=False)[list(columns)].mean()
    return means.rename(columns=columns)


def beaten(table: pd.DataFrame) -> list[str]:
    """Say where excess power finds more than the network.

    Parameters
    ----------
    table : pandas.DataFrame
        Rates of all signals at one operating point, with ``statistic``, ``snr_low``, ``snr_high``,
        ``low`` and ``high``.

    Returns
    -------
    list of str
        Such as ``12-13``, the bins of SNR in which the interval of a control lies above that of
        the network.
    """
    others = table[table["statistic"] != NETWORK]
    found = []
    own = table.loc[table["statistic"] == NETWORK, ["snr_low", "snr_high", "high"]]
    for start, end, high in own.sort_values("snr_low").itertuples(index=False):
        if (others.loc[others["snr_low"] == start, "low"] > high).any():
            found.append(f"{start:g}-{end:g}" if np.isfinite(end) else f"above {start:g}")
    return found
