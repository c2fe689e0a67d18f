"""Figure 11: how much each class relies on each mode."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.plots.style import COLOURS, PAGE
from ccsncam.results.mode_tables import BOTH
from ccsncam.saliency.names import NAMES

MODES = {"g_mode": "g-mode", "sasi": "SASI", "prompt_convection": "prompt convection"}


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the tables and draw their rows at one distance.

    ``inputs`` has ``attribution``, ``removal`` and ``agreement``. ``params`` has ``classes``
    and ``distance`` [kpc].
    """
    shares, removals, agreements = (
        at_distance(pd.read_csv(path), params.distance)
        for path in (inputs.attribution, inputs.removal, inputs.agreement)
    )
    figure = attribution(shares, removals, agreements, params.classes)
    return figure, shares["inputs"].iloc[0]


def at_distance(table: pd.DataFrame, distance: float) -> pd.DataFrame:
    """Rows of a table at one distance [kpc].

    Raises
    ------
    ValueError
        If the table has rows, but none at this distance.
    """
    rows = table[np.isclose(table["distance_kpc"], distance)]
    if rows.empty and len(table):
        raise ValueError(f"no row at {distance:g} kpc: have {pd.unique(table['distance_kpc'])}")
    return rows


def mode_name(key: str) -> str:
    """Name of a mode as readers know it."""
    return MODES.get(key, key.replace("_", " "))


def attribution(
    shares: pd.DataFrame,
    removals: pd.DataFrame,
    agreements: pd.DataFrame,
    classes: Sequence[str],
    method: str = "score-cam",
) -> Figure:
    """Draw the saliency on each mode, the effect of its removal, and whether the two agree.

    Parameters
    ----------
    shares, removals, agreements : pandas.DataFrame
        From `ccsncam.results.mode_tables.mode_tables`, rows of one distance.
    classes : list of str
    method : str
        A key of `ccsncam.saliency.names.NAMES`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    signals = list(classes[1:])
    every = shares[shares["outcome"] == "all"]
    shares = every[every["key"] == method]
    removals = removals[(removals["kind"] == "mode") & (removals["outcome"] == "all")]
    # The maps of a method may be zero, and then have no row, while other methods have one.
    there = set(zip(every["region"], every["class"], strict=True))
    found = set(every["region"]) - {"signal"}
    modes = [mode for mode in MODES if mode in found]
    modes += sorted(found - set(MODES))
    columns = max(len(modes), 1)
    figure = plt.figure(figsize=(PAGE, 5.6))
    grid = figure.add_gridspec(2, columns + 1, width_ratios=[1] * columns + [1.3])
    untracked = set(signals) - set(every.loc[every["region"].isin(modes), "class"])
    panels: list[Axes] = []
    for column, mode in enumerate(modes or ["signal"]):
        above = figure.add_subplot(grid[0, column], sharey=panels[0] if panels else None)
        panels.append(above)
        rows = shares[shares["region"] == mode].set_index("class").reindex(signals)
        _shares(above, rows, NAMES[method])
        above.set(title=mode_name(mode), xlim=(-0.02, 1.02))
        below = figure.add_subplot(grid[1, column], sharey=panels[0])
        absent = {
            name: "no tracks given"
            if name in untracked
            else ("maps are zero" if (mode, name) in there else "no such mode")
            for name in signals
            if np.isnan(rows["share"][name])
        }
        rows = removals[removals["part"] == mode].set_index("class").reindex(signals)
        _points(below, _places(rows), rows, "flipped", {"color": COLOURS[4], "label": None})
        below.set(xlim=(-0.02, 1.02))
        if column == columns // 2:
            above.set_xlabel("share that lies on the mode")
            below.set_xlabel("share of predictions that change without the mode")
        for axes in (above, below):
            axes.tick_params(labelleft=column == 0)
            _absent(axes, signals, absent)
    first = panels[0]
    first.set_yticks(np.arange(len(signals))[::-1], signals)
    first.set_ylim(-0.6, len(signals) - 0.4)
    handles, labels = first.get_legend_handles_labels()
    title = f"signals at {every['distance_kpc'].iloc[0]:g} kpc; share on the mode"
    figure.legend(handles, labels, loc="outside upper left", ncol=3, title=title, title_fontsize=8)
    _ranking(figure.add_subplot(grid[:, -1]), agreements[agreements["outcome"] == "all"])
    return figure


def _places(rows: pd.DataFrame) -> np.ndarray:
    """Heights of the rows of a panel; the first class is the highest."""
    return np.arange(len(rows))[::-1]


def _shares(axes: Axes, rows: pd.DataFrame, method: str) -> None:
    """Draw the share of the saliency on a mode, and the shares that it is compared with."""
    places = _places(rows)
    _points(axes, places, rows, "share", {"color": COLOURS[0], "label": f"of {method}"})
    for values, mark, words, colour in (
        ("share_by_chance", "|", "of all cells (chance)", "k"),
        ("share_by_power", "x", "of the signal's power", COLOURS[1]),
    ):
        axes.plot(
            rows[values], places, label=words, ls="", marker=mark, ms=7, color=colour, zorder=3
        )


def _absent(axes: Axes, signals: Sequence[str], absent: Mapping[str, str]) -> None:
    """Say for each class without a mode why its row is empty."""
    for place, name in zip(np.arange(len(signals))[::-1], signals, strict=True):
        if name in absent:
            axes.text(0.5, place, absent[name], color="0.5", fontsize=6, ha="center", va="center")


def _ranking(axes: Axes, table: pd.DataFrame) -> None:
    """Draw how well maps rank modes as removal does; dashed lines rank by the signal's power."""
    axes.set_title("do maps rank modes\nas removal does?")
    if table.empty:
        axes.text(0.5, 0.5, "no waveform has two modes", color="0.5", ha="center")
        axes.set_axis_off()
        return
    order = table[table["class"] == "all"].sort_values("tau_density")
    heights = np.arange(len(order))
    for name, shift, marker in (("all", 0.15, "o"), (BOTH, -0.15, "D")):
        rows = table[table["class"] == name].set_index("key")
        if rows.empty:
            continue
        colour = COLOURS[0] if name == "all" else COLOURS[1]
        count = rows["n"].max()
        words = f"{'all with two modes' if name == 'all' else name} (n = {count})"
        style = {"color": colour, "label": words, "fmt": marker}
        _points(axes, heights + shift, rows.reindex(order["key"]), "tau_density", style)
        axes.axvline(rows["tau_density"]["power"], color=colour, lw=0.8, ls="--")
    axes.axvline(0, color="0.4", lw=0.8)
    axes.set_yticks(heights, order["method"])
    axes.set(xlabel="Kendall's τ", xlim=(-1.02, 1.02))
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.3, -0.08),
        fontsize=6,
        title="dashed: signal power",
        title_fontsize=6,
    )


def _points(
    axes: Axes, places: np.ndarray, rows: pd.DataFrame, name: str, style: Mapping[str, Any]
) -> None:
    """Draw means with their intervals."""
    middle = rows[name].to_numpy(float)
    ends = np.clip(np.stack([middle - rows[f"{name}_low"], rows[f"{name}_high"] - middle]), 0, None)
    axes.errorbar(
        middle, places, xerr=ends, **{"fmt": "o", "ms": 3.5, "lw": 1, "capsize": 1.5, **style}
    )
