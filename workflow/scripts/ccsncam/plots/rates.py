"""Figure 4: true positive rate of each class against distance."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ccsncam.plots.style import PAGE, looks
from ccsncam.results.rates import over_seeds


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the table of true positive rates and draw those of the test sets.

    ``inputs`` has ``tpr``. ``params`` has ``classes``.
    """
    tpr = pd.read_csv(inputs.tpr).dropna(subset="distance_kpc")
    return rates(tpr, params.classes), tpr["inputs"].iloc[0]


def rates(tpr: pd.DataFrame, classes: Sequence[str]) -> Figure:
    """Draw the true positive rate of each class against distance, with 95 % intervals.

    Parameters
    ----------
    tpr : pandas.DataFrame
        From `ccsncam.results.tables.rate_tables`, test sets only.
    classes : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(PAGE, 3.6))
    look = looks(classes)
    table = spread(tpr).sort_values("distance_kpc")
    for name in classes:
        rows, style = table[table["class"] == name], look[name]
        axes.plot(rows["distance_kpc"], rows["rate"], ms=4, label=name, **style)
        axes.fill_between(
            rows["distance_kpc"],
            rows["low"],
            rows["high"],
            color=style["color"],
            alpha=0.15,
            lw=0,
        )
    distances = np.unique(table["distance_kpc"])
    if distances[-1] > 10 * distances[0] > 0:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    if len(distances) <= 12:
        axes.set_xticks(distances, [f"{distance:g}" for distance in distances])
    axes.set(xlabel="distance [kpc]", ylabel="true positive rate", ylim=(-0.02, 1.02))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def spread(
    tpr: pd.DataFrame, keys: Sequence[str] = ("class", "distance_kpc"), column: str = "tpr"
) -> pd.DataFrame:
    """Rate and 95 % interval of each class at each distance, or of other groups of rows.

    With one seed the interval is Wilson's for the counts. With several seeds the rate is the mean
    over the seeds, and the interval is Student's. The interval of pooled counts would be too
    narrow, because all seeds see the same samples.

    Parameters
    ----------
    tpr : pandas.DataFrame
        ``seed``, ``class``, ``distance_kpc``, ``tpr``, ``low``, ``high``.
    keys : list of str
        Columns that tell the groups apart; a group has a row for each seed.
    column : str
        Column of the rate.

    Returns
    -------
    pandas.DataFrame
        The keys, ``rate``, ``low``, ``high``.
    """
    rows = []
    for key, group in tpr.groupby(list(keys), sort=False):
        rate = over_seeds(group[column])
        if isinstance(rate, dict):
            low, high = np.clip([rate["low"], rate["high"]], 0, 1)
            rate = rate["mean"]
        else:
            low, high = group[["low", "high"]].iloc[0]
        rows.append((*key, rate, float(low), float(high)))
    return pd.DataFrame(rows, columns=[*keys, "rate", "low", "high"])
