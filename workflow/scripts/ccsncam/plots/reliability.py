"""Figure 16: how far probabilities and sets of classes can be trusted."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.detection.names import RAW, SCALED
from ccsncam.plots.style import COLOURS, PAGE

LOOKS: dict[str, dict[str, Any]] = {
    RAW: {"color": COLOURS[1], "ls": "--", "marker": "s", "mfc": "white"},
    SCALED: {"color": COLOURS[0], "ls": "-", "marker": "o"},
}
GROUPS: dict[str, dict[str, Any]] = {
    "noise": {"color": "0.3", "ls": "-", "marker": "."},
    "all signals": {"color": COLOURS[0], "ls": "-", "marker": "o"},
    "signals not taken for noise": {"color": COLOURS[2], "ls": "--", "marker": "D"},
}


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the tables and draw them.

    ``inputs`` has ``calibration``, ``reliability`` and ``coverage``. ``params`` has ``seed``,
    ``validation`` (name of the validation set) and ``distances``.
    """
    errors, bins, coverage = (
        table[table["seed"] == params.seed]
        for table in map(pd.read_csv, (inputs.calibration, inputs.reliability, inputs.coverage))
    )
    names = [params.validation, *(f"test-{distance:g}kpc" for distance in params.distances)]
    return reliability(errors, bins, coverage, names), errors["inputs"].iloc[0]


def reliability(
    errors: pd.DataFrame, bins: pd.DataFrame, coverage: pd.DataFrame, datasets: Sequence[str]
) -> Figure:
    """Draw reliability diagrams of some data sets, and the coverage of sets against distance.

    Parameters
    ----------
    errors, bins, coverage : pandas.DataFrame
        ``calibration``, ``reliability`` and ``coverage`` from
        `ccsncam.results.calibration_tables.calibration_tables`, of one network.
    datasets : list of str
        Data sets of the reliability diagrams.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = plt.figure(figsize=(PAGE, 5.2))
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    panels = upper.subplots(1, len(datasets), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, datasets, strict=True):
        axes.plot([0, 1], [0, 1], color="0.7", lw=0.8)
        _diagram(axes, bins[bins["dataset"] == name])
        axes.set(xlabel="confidence", xlim=(0, 1.02), ylim=(-0.02, 1.02))
        words = name if "kpc" in name else "validation, other half"
        each = errors[errors["dataset"] == name].set_index("variant")["ece"]
        axes.set_title(f"{words}\nECE {each[RAW]:.3f}, with T {each[SCALED]:.3f}")
    panels[0].set_ylabel("share of right predictions")
    temperature = errors.loc[errors["variant"] == SCALED, "temperature"].iloc[0]
    handles, _ = panels[0].get_legend_handles_labels()
    labels = [RAW, f"with the temperature T = {temperature:.2f}"]
    upper.legend(handles, labels, loc="outside upper center", ncol=2)
    sets, sizes = lower.subplots(1, 2)
    test = coverage.dropna(subset="distance_kpc").sort_values("distance_kpc")
    sets.axhline(coverage["nominal"].iloc[0], color="0.5", lw=0.8, ls=":", label="asked for")
    for name, look in GROUPS.items():
        rows = test[test["class"] == name]
        sets.plot(rows["distance_kpc"], rows["coverage"], ms=3, label=name, **look)
        sets.fill_between(
            rows["distance_kpc"], rows["low"], rows["high"], color=look["color"], alpha=0.15, lw=0
        )
        sizes.plot(rows["distance_kpc"], rows["size"], ms=3, **look)
    sets.set(xlabel="distance [kpc]", ylabel="sets that hold the true class", ylim=(-0.02, 1.02))
    sizes.set(xlabel="distance [kpc]", ylabel="classes in a set (mean)")
    sizes.set_ylim(0.95, max(2.0, 1.05 * test["size"].max()))
    sets.legend(loc="lower left")
    return figure


def _diagram(axes: Axes, bins: pd.DataFrame) -> None:
    """Draw accuracy against confidence, before and after the temperature."""
    for variant, look in LOOKS.items():
        rows = bins[bins["variant"] == variant]
        ends = rows["accuracy"] - rows["low"], rows["high"] - rows["accuracy"]
        axes.errorbar(
            rows["confidence"].to_numpy(),
            rows["accuracy"].to_numpy(),
            yerr=np.maximum(np.stack(ends), 0),
            ms=3,
            elinewidth=0.6,
            label=variant,
            **look,
        )
