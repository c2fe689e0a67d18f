"""Figure 15: share of signals found against network SNR, beside excess power and a bound."""

import textwrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.detection.controls import known_signal
from ccsncam.detection.names import ALL, NAMES, NETWORK
from ccsncam.detection.operating import false_alarm_chance
from ccsncam.plots.operating import Shown, at_ends, beaten, shown, window_point
from ccsncam.plots.rates import spread
from ccsncam.plots.style import COLOURS, LINES, PAGE

DAY = 86400.0
# A signal is looked for in at most so much time: its windows, and a cluster on either side [s].
SEARCHED = 3.0
# Range of SNR that is drawn.
RANGE = (2.5, 100.0)


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the tables and draw them.

    ``inputs`` has ``efficiency`` and ``operating_point``. ``params`` has ``rate``.
    """
    table, points = pd.read_csv(inputs.efficiency), pd.read_csv(inputs.operating_point)
    panels = [(window_point(points), _loosest(points, window_point(points)))]
    at_rate = shown(points, params.rate)
    if at_rate.per_second is not None:
        panels.append((at_rate, false_alarm_chance(_loosest(points, at_rate) / DAY, SEARCHED)))
    return loudness(table, panels), table["inputs"].iloc[0]


def _loosest(points: pd.DataFrame, point: Shown) -> float:
    """The larger of the false alarms that were asked for and that test noise may give.

    The bound then stays above every detector at this threshold.
    """
    row = points[(points["statistic"] == NETWORK) & (points["criterion"] == point.criterion)]
    return float(row[["asked", "test_high"]].max(axis=1).iloc[0])


def loudness(table: pd.DataFrame, panels: list[tuple[Shown, float]]) -> Figure:
    """Draw a panel for each operating point.

    Parameters
    ----------
    table : pandas.DataFrame
        From `ccsncam.results.detection_tables.efficiency`.
    panels : list of tuple
        Operating point, and the false-alarm probability of the known signal.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, grid = plt.subplots(
        1, len(panels), figsize=(PAGE, 4.4), sharey=True, squeeze=False, sharex=True
    )
    table = table[(table["class"] == ALL) & table["snr_low"].notna()]
    for axes, (point, probability) in zip(grid.flat, panels, strict=True):
        here = table[(table["rule"] == point.rule) & (table["criterion"] == point.criterion)]
        rows = spread(here, ("statistic", "snr_low", "snr_high"), "efficiency")
        _panel(axes, rows, at_ends(here, ("snr_low", "snr_high")), probability)
        where = beaten(rows)
        found = f"at SNR {', '.join(where)}" if where else "nowhere"
        words = f"{point.words};\nexcess power finds more, beyond intervals: {found}"
        # At 8 pt, 16 letters fit into an inch of a panel.
        width = int(16 * PAGE / len(panels))
        axes.set_title("\n".join(textwrap.fill(one, width) for one in words.splitlines()))
    ticks = [3, 4, 6, 8, 10, 15, 20, 30, 50, 100]
    grid[0, 0].set(xscale="log", xlim=RANGE, ylim=(-0.03, 1.03))
    grid[0, 0].set_xticks(ticks, map(str, ticks))
    grid[0, 0].minorticks_off()
    grid[0, 0].set_ylabel("share of signals that are found")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncol=2,
        title="bands: 95 % of the number of signals; light: 95 % of the network's threshold",
        title_fontsize=7,
    )
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, ends: pd.DataFrame, probability: float) -> None:
    """Draw the bound, the network and the controls that there are."""
    ends = _finite(ends)
    axes.fill_between(_middle(ends), ends["low"], ends["high"], color=COLOURS[0], alpha=0.07, lw=0)
    snr = np.geomspace(*RANGE, 300)
    bound = known_signal(snr, probability)
    label = "bound: a matched filter that knows signal and time"
    axes.plot(snr, bound, color="0.7", lw=3, label=label)
    looks: dict[str, dict[str, Any]] = {
        NETWORK: {"color": COLOURS[0], "marker": "o", "ls": "-", "label": "network"}
    }
    for number, (name, words) in enumerate(NAMES.items()):
        looks[name] = {"color": COLOURS[1 + number], "ls": LINES[number % 5], "label": words}
        looks[name]["marker"] = "sD^vP"[number]
    for name, look in looks.items():
        own = _finite(rows[rows["statistic"] == name])
        middle = _middle(own)
        if len(own):
            axes.plot(middle, own["rate"], ms=3, **look)
            axes.fill_between(
                middle, own["low"], own["high"], color=look["color"], alpha=0.15, lw=0
            )
    axes.set_xlabel("network SNR")


def _finite(table: pd.DataFrame) -> pd.DataFrame:
    """Bins of SNR that have two ends on a logarithmic axis, the faintest first."""
    rows = table.sort_values("snr_low")
    return rows[np.isfinite(rows["snr_high"]) & (rows["snr_low"] > 0)]


def _middle(table: pd.DataFrame) -> pd.Series:
    """Middle of each bin of SNR."""
    return (table["snr_low"] + table["snr_high"]) / 2
