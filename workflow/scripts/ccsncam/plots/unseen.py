"""Waveforms that no network was trained on: found, family right, and how novel they look."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.detection.names import ALL, NETWORK
from ccsncam.plots.operating import Shown, shown
from ccsncam.plots.rates import spread
from ccsncam.plots.style import COLOURS, PAGE, looks

# What the novelty scores are called in the figure.
SCORES = {"energy": "energy", "mahalanobis": "Mahalanobis distance"}


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the tables and draw them.

    ``inputs`` has ``unseen``, ``novelty`` and ``operating_point``. ``params`` has ``rate``.
    """
    table, novelty, points = map(
        pd.read_csv, (inputs.unseen, inputs.novelty, inputs.operating_point)
    )
    return unseen(table, novelty, shown(points, params.rate)), table["inputs"].iloc[0]


def unseen(table: pd.DataFrame, novelty: pd.DataFrame, point: Shown) -> Figure:
    """Draw efficiency and families against distance, and the area under the ROC against SNR.

    Parameters
    ----------
    table : pandas.DataFrame
        From `ccsncam.results.unseen.found`.
    novelty : pandas.DataFrame
        From `ccsncam.results.novelty.novelty`.
    point : Shown
        The operating point.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, grid = plt.subplots(1, 3, figsize=(PAGE, 3.6))
    here = table[(table["rule"] == point.rule) & (table["criterion"] == point.criterion)]
    here = here[(here["statistic"] == NETWORK) & here["distance_kpc"].notna()]
    names = list(dict.fromkeys(here.loc[here["role"] == "unseen", "class"]))
    look = looks(names)
    for name in dict.fromkeys(here.loc[here["role"] == "train", "class"]):
        label = "trained classes" if "trained classes" not in _labels(grid[0]) else None
        style = {"color": "0.75", "ls": "-", "lw": 0.8, "label": label}
        _line(grid[0], here[here["class"] == name], ("efficiency", "low", "high"), style)
    for name in names:
        own = here[here["class"] == name]
        _line(grid[0], own, ("efficiency", "low", "high"), look[name] | {"label": name})
        right = own[own["found"] > 0].dropna(subset="family_right")
        if len(right):
            _line(grid[1], right, ("family_right", "family_low", "family_high"), look[name])
            chance = right["family_by_chance"].iloc[0]
            grid[1].axhline(chance, color=look[name]["color"], ls=":", lw=0.8)
    grid[0].set(xlabel="distance [kpc]", ylabel="share of signals that are found")
    grid[1].set(xlabel="distance [kpc]", ylabel="share of those found whose family is right")
    if not grid[1].lines:
        words = "no family in the table,\nor none found"
        grid[1].text(0.5, 0.5, words, ha="center", va="center", transform=grid[1].transAxes)
    _areas(grid[2], novelty)
    for axes in grid:
        axes.set_ylim(-0.03, 1.03)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncol=min(5, len(labels)),
        title=f"{point.words}; dotted: family by chance; bands: 95 %",
        title_fontsize=8,
    )
    return figure


def _labels(axes: Axes) -> list[str]:
    """Labels of the lines of a panel."""
    return axes.get_legend_handles_labels()[1]


def _line(axes: Axes, rows: pd.DataFrame, columns: Sequence[str], look: Mapping[str, Any]) -> None:
    """Draw a rate of one class against distance; an unseen one with its interval."""
    value, low, high = columns
    own = rows[["class", "distance_kpc", value]].assign(low=rows[low], high=rows[high])
    found = spread(own, ("class", "distance_kpc"), value).sort_values("distance_kpc")
    axes.plot(found["distance_kpc"], found["rate"], ms=2.5, **look)
    if "marker" in look:
        ends = found["low"], found["high"]
        axes.fill_between(found["distance_kpc"], *ends, color=look["color"], alpha=0.15, lw=0)


def _areas(axes: Axes, novelty: pd.DataFrame) -> None:
    """Draw the area under the ROC of all unseen waveforms, or of the only one, against SNR."""
    axes.set(xlabel="network SNR", ylabel="area under the ROC, unseen against known")
    axes.axhline(0.5, color="0.4", ls=":", lw=0.8)
    if not len(novelty):
        words = "too few signals\nin each bin of SNR"
        axes.text(0.5, 0.6, words, ha="center", va="center", transform=axes.transAxes)
        return
    # With a single unseen class there is no row of all.
    several = novelty["class"] == ALL
    own = novelty[several] if several.any() else novelty
    for number, (score, words) in enumerate(SCORES.items()):
        rows = own[own["score"] == score].rename(columns={"auroc_low": "low", "auroc_high": "high"})
        rows = spread(rows, ("snr_low", "snr_high"), "auroc").sort_values("snr_low")
        middle = (rows["snr_low"] + rows["snr_high"]) / 2
        bars = np.stack([rows["rate"] - rows["low"], rows["high"] - rows["rate"]])
        axes.errorbar(
            middle,
            rows["rate"],
            yerr=np.maximum(bars, 0),
            color=COLOURS[number],
            marker="os"[number],
            ms=3,
            lw=1,
            ls=("-", "--")[number],
            label=words,
        )
    axes.set_xscale("log")
    axes.legend(loc="lower right")
