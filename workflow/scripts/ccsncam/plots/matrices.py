"""Figure 5: confusion matrices, and the network SNR of each class, at some distances."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, NullFormatter

from ccsncam.aliases import PathLike
from ccsncam.plots.style import PAGE, looks
from ccsncam.samples.dataset import DataSet


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the table of confusion and the SNRs of the data sets, and draw them.

    ``inputs`` has ``confusion``, and ``datasets``, one per distance. ``params`` has ``classes``
    and ``distances`` [kpc].
    """
    confusion = pd.read_csv(inputs.confusion)
    pairs = zip(params.distances, inputs.datasets, strict=True)
    snr = {distance: snr_of_signals(path) for distance, path in pairs}
    figure = matrices(confusion, snr, params.classes, params.distances)
    return figure, confusion["inputs"].iloc[0]


def snr_of_signals(path: PathLike) -> pd.DataFrame:
    """``class`` and ``network_snr`` of the signals of a data set."""
    dataset = DataSet.open(path)
    columns = dataset.columns(("label", "network_snr"))
    names = np.array(dataset.classes)[columns["label"]]
    table = pd.DataFrame({"class": names, "network_snr": columns["network_snr"]})
    return table[table["class"] != "noise"]


def matrices(
    confusion: pd.DataFrame,
    snr: Mapping[float, pd.DataFrame],
    classes: Sequence[str],
    distances: Sequence[float],
) -> Figure:
    """Draw confusion matrices and distributions of the network SNR at some distances.

    Parameters
    ----------
    confusion : pandas.DataFrame
        From `ccsncam.results.tables.rate_tables`; the mean over seeds is shown.
    snr : dict of pandas.DataFrame
        ``class`` and ``network_snr`` of the samples at each distance.
    classes : list of str
    distances : list of float
        [kpc].

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the table has no rows at one of the distances.
    """
    figure, grid = plt.subplots(
        len(distances),
        2,
        figsize=(PAGE, 0.9 + 2.7 * len(distances)),
        squeeze=False,
        sharex="col",
        sharey="col",
    )
    loudest = max(table["network_snr"].max() for table in snr.values())
    faintest = min(table["network_snr"].min() for table in snr.values())
    for (left, right), distance in zip(grid, distances, strict=True):
        rows = confusion[np.isclose(confusion["distance_kpc"], distance)]
        if rows.empty:
            raise ValueError(
                f"no confusion matrix at {distance:g} kpc: evaluate test-{distance:g}kpc"
                " or take the distance out of figures.distances"
            )
        _matrix(left, rows, classes)
        left.set(xlabel="", ylabel="true", title=f"{distance:g} kpc")
        _violins(right, snr[distance], classes[1:])
        right.set(xlabel="", ylabel="network SNR", title=f"{distance:g} kpc")
        right.set_ylim(faintest / 1.2, loudest * 1.2)
        # Within one decade no power of ten may lie, so that the ticks between carry numbers.
        wide = loudest * 1.2 > 10 * faintest / 1.2
        right.yaxis.set_minor_formatter(NullFormatter() if wide else LogFormatter())
    grid[-1, 0].set_xlabel("predicted")
    for axes in grid[-1]:
        axes.tick_params(axis="x", rotation=60)
    bar = figure.colorbar(
        grid[0, 0].collections[0],
        ax=grid[:, 0].tolist(),
        location="bottom",
        shrink=0.8,
        aspect=30,
        pad=0.01,
    )
    bar.set_label("share of the true class [%]")
    return figure


def _matrix(axes: Axes, rows: pd.DataFrame, classes: Sequence[str]) -> None:
    """Draw the confusion matrix of one distance."""
    counts = rows.groupby(["true", "predicted"])["count"].sum().unstack()
    counts = counts.loc[list(classes), list(classes)]
    share = 100 * counts.div(counts.sum(axis=1), axis=0)
    sns.heatmap(
        share,
        ax=axes,
        vmin=0,
        vmax=100,
        cmap="cividis",
        annot=share.map(percent),
        fmt="",
        annot_kws={"fontsize": 7},
        linewidths=0.2,
        cbar=False,
    )
    axes.grid(False)
    axes.tick_params(axis="y", rotation=0)


def _violins(axes: Axes, table: pd.DataFrame, signals: Sequence[str]) -> None:
    """Draw the distribution of the network SNR of each signal class."""
    look = looks(signals)
    sns.violinplot(
        table,
        x="class",
        y="network_snr",
        order=signals,
        hue="class",
        hue_order=signals,
        palette=[look[name]["color"] for name in signals],
        saturation=1,
        legend=False,
        ax=axes,
        log_scale=(False, True),
        linewidth=0.6,
        inner="quart",
        cut=0,
    )
    # White lines show the quartiles on dark colours, too.
    for line in axes.lines:
        line.set(color="white", linewidth=0.9)


def percent(share: float) -> str:
    """Text of a cell of a confusion matrix: empty for no sample, and never rounded to 0 or 100."""
    if np.isnan(share) or share == 0:
        return ""
    if share < 1:
        return "<1"
    return ">99" if 99 < share < 100 else f"{share:.0f}"
