"""Picture of a scan: the statistic over time, and which detectors were on."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.plots.style import PAGE
from ccsncam.scan.store import ScanPart

# A longer scan is drawn as the loudest window of each of so many stretches.
COLUMNS = 1500
# Candidates and mergers that are named in the picture.
NAMED = 12
# The lowest statistic that is drawn, because noise goes far below.
FLOOR = -10.0


class Curve(NamedTuple):
    """What is drawn of each stretch of a scan.

    ``time`` is its middle, counted from the start of the scan [s]; ``statistic`` is that of its
    loudest window; ``on`` is the share in which each detector was on, shape (stretch, detector).
    """

    time: np.ndarray
    statistic: np.ndarray
    on: np.ndarray


def curve(parts: Sequence[ScanPart], start: float, end: float) -> Curve:
    """Reduce a scan to at most `COLUMNS` stretches.

    Parameters
    ----------
    parts : list of ScanPart
    start, end : float
        Of the scan, GPS [s].

    Returns
    -------
    Curve
        The statistic is NaN, and the share is 0, where no part has a window.
    """
    count = max(1, min(COLUMNS, round((end - start) / parts[0].step)))
    edges = np.linspace(0, end - start, count + 1)
    statistic = np.full(count, -np.inf)
    on, windows = np.zeros((count, len(parts[0].detectors))), np.zeros(count)
    for part in parts:
        begins = (part.first + np.arange(len(part.statistic))) * part.step - start
        place = np.clip(np.searchsorted(edges, begins, side="right") - 1, 0, count - 1)
        np.maximum.at(statistic, place, part.statistic)
        np.add.at(on, place, part.seconds > 0)
        np.add.at(windows, place, 1)
    share = on / np.maximum(windows, 1)[:, None]
    statistic = np.where(np.isfinite(statistic), statistic, np.nan)
    return Curve((edges[:-1] + edges[1:]) / 2, statistic, share)


def picture(
    parts: Sequence[ScanPart],
    span: tuple[float, float],
    candidates: pd.DataFrame,
    events: pd.DataFrame,
    thresholds: Mapping[str, float],
) -> Figure:
    """Draw the statistic over time, with candidates, mergers and thresholds.

    Parameters
    ----------
    parts : list of ScanPart
    span : (start, end)
        GPS times of the scan [s].
    candidates, events : pandas.DataFrame
        From `ccsncam.scan.rating`.
    thresholds : dict of float
        Statistic at which each false-alarm rate is reached, by its name; may be empty.

    Returns
    -------
    matplotlib.figure.Figure
    """
    found, detectors = curve(parts, *span), parts[0].detectors
    unit, scale = ("h", 3600.0) if span[1] - span[0] > 7200 else ("s", 1.0)
    figure, (above, below) = plt.subplots(
        2,
        1,
        figsize=(PAGE, 3.2 + 0.22 * len(detectors)),
        sharex=True,
        height_ratios=[2.6, 0.3 * len(detectors)],
        layout="constrained",
    )
    above.plot(found.time / scale, found.statistic, color="0.25", lw=0.7)
    for name, value in thresholds.items():
        above.axhline(value, color="tab:red", lw=0.8, ls=":")
        above.text(
            1.005,
            value,
            name,
            transform=above.get_yaxis_transform(),
            fontsize=6,
            color="tab:red",
            va="center",
        )
    _candidates(above, candidates, span[0], scale)
    for name, gps in events.head(NAMED)[["name", "gps"]].to_numpy().tolist():
        above.axvline((gps - span[0]) / scale, color="tab:blue", lw=0.8, ls="--")
        above.annotate(
            name,
            ((gps - span[0]) / scale, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(2, -3),
            textcoords="offset points",
            rotation=90,
            fontsize=6,
            color="tab:blue",
            va="top",
        )
    values = [*found.statistic[np.isfinite(found.statistic)], *thresholds.values(), 5.0]
    above.set(ylim=(FLOOR, 1.2 * max(values)), ylabel="statistic (loudest window)")
    for place, detector in enumerate(detectors):
        below.fill_between(
            found.time / scale,
            place,
            place + 0.8 * found.on[:, place],
            step="mid",
            color="tab:green",
            lw=0,
            label=detector,
        )
    below.set(
        xlim=(0, (span[1] - span[0]) / scale),
        ylim=(-0.1, len(detectors)),
        yticks=np.arange(len(detectors)) + 0.4,
        yticklabels=detectors,
        xlabel=f"time after GPS {span[0]:.15g} [{unit}]",
    )
    below.grid(False)
    return figure


def _candidates(axes: Axes, candidates: pd.DataFrame, start: float, scale: float) -> None:
    """Mark the candidates, and number the loudest."""
    time = (candidates["gps"] - start) / scale
    axes.plot(time, candidates["statistic"], "o", ms=3, mfc="none", color="tab:orange")
    named = candidates.head(NAMED)[["rank", "gps", "statistic"]].to_numpy().tolist()
    for rank, gps, statistic in named:
        axes.annotate(
            f"{rank:.0f}",
            ((gps - start) / scale, statistic),
            xytext=(3, 3),
            textcoords="offset points",
            fontsize=6,
            color="tab:orange",
        )
