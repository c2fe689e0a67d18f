"""Figure 13: how often noise is how loud by chance, and its loudest events."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.detection.names import LOUDEST, NETWORK, QUOTED, SET
from ccsncam.plots.style import COLOURS, PAGE

# Line, colour and hatch of the noise of each split.
LOOKS: dict[str, dict[str, Any]] = {
    QUOTED: {"color": COLOURS[0], "linestyle": "-"},
    SET: {"color": COLOURS[5], "linestyle": "--"},
}


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the tables of the background and draw them.

    ``inputs`` has ``background``, ``loudest`` and ``operating_point``. ``params`` has ``seed``.
    """
    tables = [
        one[one["seed"] == params.seed]
        for one in map(pd.read_csv, (inputs.background, inputs.loudest, inputs.operating_point))
    ]
    return alarms(*tables), tables[0]["inputs"].iloc[0]


def alarms(background: pd.DataFrame, loudest: pd.DataFrame, points: pd.DataFrame) -> Figure:
    """Draw the rate of noise against the threshold, the thresholds, and the loudest events.

    Parameters
    ----------
    background, loudest : pandas.DataFrame
        From `ccsncam.results.background_tables`, of one network.
    points : pandas.DataFrame
        From `ccsncam.results.detection_tables.operating_point`, of the same network.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(PAGE, 4.2))
    all_noise = background[background["kind"] == "inclusive"]
    for split, look in LOOKS.items():
        rows = all_noise[all_noise["split"] == split].sort_values("threshold")
        days = rows["live_time_days"].max()
        counted = rows[rows["count"] > 0]
        label = f"{split} noise, {days:.3g} d of slides"
        axes.plot(counted["threshold"], counted["per_day"], label=label, **look)
        axes.fill_between(
            rows["threshold"],
            np.maximum(rows["low_pieces"], 1e-9),
            rows["high_pieces"],
            color=look["color"],
            alpha=0.2,
            lw=0,
        )
    # The band of rare rates reaches down to zero.
    lowest = all_noise.loc[all_noise["count"] > 0, "per_day"].min()
    asked = points[(points["statistic"] == NETWORK) & (points["rule"] == LOUDEST)]
    bottom = min(lowest, asked["asked"].min()) / 3
    axes.set(
        yscale="log",
        # Room for the labels of the events above the line, and beside the loudest of them.
        ylim=(bottom, all_noise["per_day"].max() * 5),
        xlim=_wider(axes.get_xlim()),
        xlabel="threshold of the detection statistic (log-odds of a signal)",
        ylabel="false alarms at or above it [1/day]",
    )
    _events(axes, loudest[loudest["split"] == QUOTED])
    _thresholds(axes, asked)
    # Inside, labels of events would cross it.
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside upper center",
        ncol=2,
        title="bands: 95 % over pieces of noise; points: loudest events of test noise",
        title_fontsize=8,
    )
    return figure


def _wider(ends: tuple[float, float]) -> tuple[float, float]:
    """Limits of an axis with room on the right for a label."""
    left, right = ends
    return left, right + 0.05 * (right - left)


def _events(axes: Axes, loudest: pd.DataFrame) -> None:
    """Mark the loudest events with their class."""
    events = loudest.drop_duplicates("rank")
    look: dict[str, Any] = {"color": LOOKS[QUOTED]["color"], "marker": "o", "ls": "none", "ms": 4}
    axes.plot(events["statistic"], events["per_day"], mfc="white", **look)
    left, right = axes.get_xlim()
    last = np.inf
    for rank, statistic, rate, name in events[["rank", "statistic", "per_day", "class"]].itertuples(
        index=False
    ):
        # Labels of events that are nearly as loud would hide each other.
        if last - statistic < 0.03 * (right - left):
            continue
        last = statistic
        axes.annotate(
            f"{rank}: {name}",
            (statistic, rate),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=6,
            rotation=35,
        )


def _thresholds(axes: Axes, asked: pd.DataFrame) -> None:
    """Draw the rates that are asked for, and their thresholds where noise reaches them."""
    left, right = axes.get_xlim()
    for row in asked.to_dict("records"):
        axes.axhline(row["asked"], color="0.6", lw=0.6, ls=":")
        words = row["criterion"]
        if row["reached"]:
            ends = row["threshold_low"], min(row["threshold_high"], right)
            axes.plot(ends, [row["asked"]] * 2, color="0.2", lw=1)
            axes.plot(row["threshold"], row["asked"], "D", color="0.2", ms=4)
            words += f": {row['threshold']:.3g}"
        else:
            words += ": noise is too short"
        axes.annotate(
            words,
            (0.005, row["asked"]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 2),
            textcoords="offset points",
            fontsize=6.5,
        )
    axes.set_xlim(left, right)
