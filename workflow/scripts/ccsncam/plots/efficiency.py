"""Figure 14: share of signals found against distance, at a stated rate of false alarms."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.detection.names import ALL, ARGMAX, NAMES, NETWORK
from ccsncam.plots.operating import Shown, at_ends, shown
from ccsncam.plots.rates import spread
from ccsncam.plots.style import COLOURS, PAGE, label_columns

COLUMNS = 5


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the tables and draw them.

    ``inputs`` has ``efficiency``, ``reach`` and ``operating_point``. ``params`` has ``classes`` and
    ``rate``.
    """
    table, reach, points = map(
        pd.read_csv, (inputs.efficiency, inputs.reach, inputs.operating_point)
    )
    point = shown(points, params.rate)
    names = [name for name in params.classes if name != "noise"]
    return efficiency(table, reach, point, [*names, ALL]), table["inputs"].iloc[0]


def efficiency(
    table: pd.DataFrame, reach: pd.DataFrame, point: Shown, classes: Sequence[str]
) -> Figure:
    """Draw a panel for each class.

    Parameters
    ----------
    table, reach : pandas.DataFrame
        From `ccsncam.results.detection_tables`.
    point : Shown
    classes : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    count = len(classes)
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(PAGE, 1.3 + 1.6 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    # Bins of SNR have no distance.
    table = table.dropna(subset="distance_kpc")
    here = table[(table["rule"] == point.rule) & (table["criterion"] == point.criterion)]
    argmax = table[table["rule"] == ARGMAX]
    control = best_control(here)
    at = reach[(reach["rule"] == point.rule) & (reach["criterion"] == point.criterion)]
    at = at[at["statistic"] == NETWORK]
    ends = at_ends(here, ("class", "distance_kpc"))
    for axes, name in zip(grid.flat, classes, strict=False):
        own = ends[ends["class"] == name].sort_values("distance_kpc")
        axes.fill_between(
            own["distance_kpc"], own["low"], own["high"], color=COLOURS[0], alpha=0.07, lw=0
        )
        _line(axes, here, NETWORK, name, {"color": COLOURS[0], "marker": "o"}, "network")
        _line(axes, argmax, NETWORK, name, {"color": COLOURS[1], "ls": "--"}, "rule of the paper")
        if control is not None:
            _line(axes, here, control, name, {"color": "0.4", "ls": ":"}, NAMES[control])
        half = at.loc[at["class"] == name, "d50_kpc"].mean()
        axes.set_title(f"{name}: {_distance(half, table['distance_kpc'])}")
    for axes in grid.flat[count:]:
        axes.axis("off")
    label_columns(grid, count, "distance [kpc]")
    grid[0, 0].set_ylim(-0.03, 1.03)
    figure.supylabel("share of signals that are found", fontsize=8)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    legend = figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncol=3,
        title=f"{point.words}; titles: distance at which half are found\n"
        "bands: 95 % of the number of signals; light: 95 % of the network's threshold",
        title_fontsize=8,
    )
    legend.get_title().set_multialignment("center")
    return figure


def best_control(here: pd.DataFrame) -> str | None:
    """Name of the control that finds most signals at an operating point, None without controls."""
    rows = here[(here["statistic"] != NETWORK) & (here["class"] == ALL)]
    return str(rows.groupby("statistic")["found"].sum().idxmax()) if len(rows) else None


def _line(
    axes: Axes, table: pd.DataFrame, statistic: str, name: str, look: dict[str, Any], label: str
) -> None:
    """Draw the share of a class that a statistic finds at each distance, with its interval."""
    own = table[(table["statistic"] == statistic) & (table["class"] == name)]
    rows = spread(own, ("class", "distance_kpc"), "efficiency").sort_values("distance_kpc")
    axes.plot(rows["distance_kpc"], rows["rate"], ms=2.5, label=label, **look)
    ends = rows["low"], rows["high"]
    axes.fill_between(rows["distance_kpc"], *ends, color=look["color"], alpha=0.15, lw=0)


def _distance(half: float, distances: pd.Series) -> str:
    """A distance in words, which may lie beyond all test sets."""
    if np.isfinite(half) and half > 0:
        return f"{half:.2g} kpc"
    return f"> {distances.max():g} kpc" if half > 0 else f"< {distances.min():g} kpc"
