"""Figure 12: insertion and deletion, and the maps of a randomised network."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.plots.style import COLOURS, LINES, MARKERS, PAGE
from ccsncam.saliency.names import CONTROLS, PAPER


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the tables and draw them.

    ``inputs`` has ``curves`` and ``randomisation``. ``params`` has ``title``, which says which
    samples were explained.
    """
    curves, randomisation = pd.read_csv(inputs.curves), pd.read_csv(inputs.randomisation)
    return faithfulness(curves, randomisation, params.title), curves["inputs"].iloc[0]


def faithfulness(
    curves: pd.DataFrame, randomisation: pd.DataFrame, title: str, baseline: str = "noise"
) -> Figure:
    """Draw insertion and deletion, and how maps change when the network is randomised.

    Parameters
    ----------
    curves, randomisation : pandas.DataFrame
        From `ccsncam.results.faithfulness_tables.faithfulness_tables`.
    title : str
        Says which samples were explained.
    baseline : str
        What takes the place of deleted pixels, one of `ccsncam.saliency.curves.BASELINES`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    pairs = curves[["key", "method"]].drop_duplicates()
    methods: dict[str, str] = dict(zip(pairs["key"], pairs["method"], strict=True))
    own = [key for key in methods if key in PAPER]
    others = [key for key in methods if key not in (*PAPER, *CONTROLS)]
    groups = [("methods of the paper; grey: controls", own)]
    groups += [("other methods; grey: controls", others)] if others else []
    figure, grid = plt.subplots(
        4,
        len(groups),
        figsize=(PAGE, 9.0),
        sharey="row",
        squeeze=False,
        height_ratios=(1, 1, 0.8, 0.8),
    )
    for column, (heading, real) in zip(grid.T, groups, strict=True):
        shown = {key: methods[key] for key in methods if key in CONTROLS}
        shown |= {key: methods[key] for key in real}
        styles = _styles(real)
        for axes, kind in zip(column, ("deletion", "insertion"), strict=False):
            _curves(axes, curves[curves["curve"] == f"{kind}_{baseline}"], shown, styles)
            axes.set(xlabel=f"{kind}: share of pixels, most salient first", ylim=(-0.02, 1.02))
        for axes, measure in zip(column[2:], ("correlation", "ssim"), strict=True):
            _randomised(axes, randomisation, measure, styles, shown)
        handles, labels = column[0].get_legend_handles_labels()
        column[0].legend(
            handles,
            labels,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            title=heading,
            fontsize=6,
            title_fontsize=8,
            ncol=6 // len(groups),
            handlelength=3,
        )
    grid[0, 0].set_ylabel("probability of the class")
    grid[1, 0].set_ylabel("probability of the class")
    grid[2, 0].set_ylabel("Spearman's correlation\nwith the trained map")
    grid[3, 0].set_ylabel("SSIM\nwith the trained map")
    count, draws = curves["n"].max(), randomisation["draws"].max()
    figure.suptitle(
        f"{title}: n = {count}, {draws} random networks; baseline: {baseline} of the sample; "
        "bands: 95 %",
        fontsize=8,
    )
    return figure


def _curves(
    axes: Axes,
    rows: pd.DataFrame,
    shown: Mapping[str, str],
    styles: Mapping[str, Mapping[str, Any]],
) -> None:
    """Draw the curves of deletion or insertion of each method."""
    for key, name in shown.items():
        one = rows[rows["key"] == key]
        _band(axes, one, ("fraction", "probability"), name, styles[key], every=4)


def _randomised(
    axes: Axes,
    table: pd.DataFrame,
    measure: str,
    styles: Mapping[str, Mapping[str, Any]],
    shown: Mapping[str, str],
) -> None:
    """Draw how alike the maps of the trained and of the randomised network are."""
    for key in shown:
        one = table[table["key"] == key]
        _band(axes, one, ("step", measure), None, styles[key], every=1)
    layers = table.drop_duplicates("step").sort_values("step")
    axes.set_xticks(layers["step"], [f"+ {name}" for name in layers["layer"]])
    axes.set(xlabel="layers randomised, from the top")


def _styles(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Line of each method; the controls are grey."""
    styles: dict[str, dict[str, Any]] = {
        key: {"color": COLOURS[k % 9], "ls": LINES[k % 5], "marker": MARKERS[k % 10]}
        for k, key in enumerate(methods)
    }
    for key, grey, marker in zip(CONTROLS, ("0.25", "0.45", "0.65"), "x+.", strict=True):
        styles[key] = {"color": grey, "ls": ":", "marker": marker}
    return styles


def _band(
    axes: Axes,
    rows: pd.DataFrame,
    columns: tuple[str, str],
    label: str | None,
    style: Mapping[str, Any],
    every: int,
) -> None:
    """Draw a line with its interval, but nothing where a value is NaN."""
    places, name = rows[columns[0]], columns[1]
    axes.plot(places, rows[name], label=label, markevery=every, ms=3, lw=1, **style)
    ends = rows[f"{name}_low"], rows[f"{name}_high"]
    axes.fill_between(places, ends[0], ends[1], color=style["color"], alpha=0.2, lw=0)
