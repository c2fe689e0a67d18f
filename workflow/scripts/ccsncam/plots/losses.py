"""Figure 3: loss and accuracy of training and validation, with the stages of the curriculum."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, StrMethodFormatter

from ccsncam.plots.style import COLOURS, PAGE
from ccsncam.samples.dataset import DataSet


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the history of each seed and draw them.

    ``inputs`` has ``histories``, one file per seed, and ``dataset``, which says what made the
    samples. ``params`` has ``seeds``.
    """
    pairs = zip(params.seeds, inputs.histories, strict=True)
    histories = {seed: pd.read_csv(path) for seed, path in pairs}
    return losses(histories), DataSet.open(inputs.dataset).origin.words


def losses(histories: Mapping[int, pd.DataFrame]) -> Figure:
    """Draw loss and accuracy of training and validation against the epoch.

    Parameters
    ----------
    histories : dict of pandas.DataFrame
        History of each seed. Where there are several, thin lines show each of them and a thick
        line their mean. A star marks the epoch of the lowest validation loss.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, grid = plt.subplots(1, 2, figsize=(PAGE, 2.9), sharex=True)
    joined = pd.concat(histories.values())
    mean = joined.groupby("epoch").mean(numeric_only=True)
    first = next(iter(histories.values()))
    stages = first.groupby("stage", sort=False)["epoch"].agg(["min", "max"])
    for axes, what in zip(grid, ("loss", "accuracy"), strict=True):
        for column, name, style in (
            (what, "training", {"color": COLOURS[0], "ls": "-"}),
            (f"validation_{what}", "validation", {"color": COLOURS[1], "ls": "--"}),
        ):
            if len(histories) > 1:
                for history in histories.values():
                    axes.plot(history["epoch"], history[column], lw=0.4, alpha=0.5, **style)
            axes.plot(mean.index, mean[column], label=name, **style)
        _mark_best(axes, histories, f"validation_{what}")
        _mark_stages(axes, stages)
        axes.set(xlabel="epoch", xlim=(0.5, stages["max"].iloc[-1] + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    grid[0].set(ylabel="categorical cross entropy", yscale="log")
    low, high = grid[0].get_ylim()
    grid[0].yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    # In a short run the axis may hold no power of ten, so the minor ticks get labels.
    between = StrMethodFormatter("{x:g}") if high < 20 * low else NullFormatter()
    grid[0].yaxis.set_minor_formatter(between)
    grid[1].set_ylabel("accuracy")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncol=len(labels))
    return figure


def _mark_best(axes: Axes, histories: Mapping[int, pd.DataFrame], column: str) -> None:
    """Put a star at the epoch of the lowest validation loss of each seed."""
    for k, history in enumerate(histories.values()):
        best = history.loc[history["validation_loss"].idxmin()]
        axes.plot(
            best["epoch"],
            best[column],
            color="k",
            marker="*",
            ls="",
            label="lowest validation loss" if k == 0 else None,
        )


def _mark_stages(axes: Axes, stages: pd.DataFrame) -> None:
    """Name each stage of the curriculum, and shade every second one."""
    for k, (stage, row) in enumerate(stages.iterrows()):
        if k % 2:
            axes.axvspan(row["min"] - 0.5, row["max"] + 0.5, color="0.92", zorder=0)
        axes.text(
            (row["min"] + row["max"]) / 2,
            1.01,
            f"SNR {stage}",
            transform=axes.get_xaxis_transform(),
            ha="center",
            fontsize=7,
        )
