"""Figure 6: the features of a test set in two dimensions."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ccsncam.plots.style import PAGE, looks
from ccsncam.results.embedding import Embedding


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the points and the table of how well classes are apart, and draw them.

    ``inputs`` has ``points`` and ``table``. ``params`` has ``classes``.
    """
    found, table = Embedding.read(inputs.points), pd.read_csv(inputs.table)
    return embedding(found.point, found.label, table, params.classes), found.origin.words


def embedding(
    points: np.ndarray, label: np.ndarray, table: pd.DataFrame, classes: Sequence[str]
) -> Figure:
    """Draw the features of a test set in two dimensions.

    Parameters
    ----------
    points : numpy.ndarray
        Coordinates of each sample, shape (n, 2).
    label : numpy.ndarray of int
        Class of each sample, shape (n,).
    table : pandas.DataFrame
        How well the classes are apart, from `ccsncam.results.separation.separation`.
    classes : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(PAGE, 4.6))
    look = looks(classes)
    for number, name in enumerate(classes):
        own, style = points[label == number], look[name]
        axes.plot(
            *own.T,
            color=style["color"],
            marker=style["marker"],
            ls="",
            ms=2.2,
            mew=0,
            alpha=0.6,
            rasterized=True,
            label=name,
        )
        axes.annotate(
            name,
            np.median(own, axis=0),
            ha="center",
            va="center",
            fontsize=7,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": style["color"], "lw": 0.8},
        )
    axes.set(xlabel="first t-SNE coordinate", ylabel="second t-SNE coordinate")
    axes.set_aspect("equal", "datalim")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2.5)
    whole = {row["space"]: row for _, row in table[table["class"] == "all"].iterrows()}
    spaces = (("features", "features"), ("plane", "t-SNE plane"))
    axes.set_title("; ".join(f"{words}: {_measures(whole[space])}" for space, words in spaces))
    return figure


def _measures(row: pd.Series) -> str:
    """The measures of one space, in words; a run may be too small for one of them."""
    silhouette, accuracy = row["silhouette"], row["knn_accuracy"]
    few = "of too few samples"
    return (
        f"silhouette {few if np.isnan(silhouette) else format(silhouette, '.2f')}, 10-NN accuracy "
        f"{few if np.isnan(accuracy) else format(100 * accuracy, '.1f') + ' %'}"
    )
