"""What is kept and lost of the GPS ranges, and why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ccsncam.aliases import Ranges
from ccsncam.origin import NOISE_WORDS
from ccsncam.plots.style import COLOURS, PAGE

# For each kind of stretch: how its reason in a noise file begins, its name, colour and hatch. The
# first row that fits a reason counts. Hatches tell the kinds apart in grey print.
KINDS = (
    ("kept", "kept", COLOURS[6], ""),
    ("no file", "no file", "white", "...."),
    ("bit DATA", "detector off", "0.9", ""),
    ("NaN or infinite", "detector off", "0.9", ""),
    ("constant strain", "constant strain", "0.9", "xxxx"),
    ("bit NO_", "injection", COLOURS[4], "||||"),
    ("bit ", "data quality", COLOURS[1], "////"),
    ("event ", "catalogued event", COLOURS[5], ""),
    ("excluded", "excluded", COLOURS[0], ""),
    ("another detector off", "another detector off", COLOURS[8], "----"),
    ("piece not whole", "piece not whole", COLOURS[7], "\\\\\\\\"),
    ("part of a second", "part of a second", "0.5", ""),
)
# Units of time axes; each is used for ranges that are at least twice as long as the unit.
UNITS = ((3600.0, "h"), (60.0, "min"), (1.0, "s"))


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the table of stretches and draw them.

    ``inputs`` has ``table``. ``params`` has ``ranges`` of each split and ``detectors``.
    """
    table = pd.read_csv(inputs.table)
    words = " and ".join(NOISE_WORDS[source] for source in table["source"].unique())
    return segments(table, params.ranges, params.detectors), words


def kind_of(reason: str) -> list[str]:
    """Name, colour and hatch of a reason."""
    return next(look for start, *look in KINDS if reason.startswith(start))


def segments(table: pd.DataFrame, ranges: Mapping[str, Ranges], detectors: Sequence[str]) -> Figure:
    """Draw which stretches are kept and which are lost, by reason.

    Each split has a panel, and each detector a row. Simulated noise fills as much of the ranges as
    the configuration asks for, so only its live time is drawn.

    Parameters
    ----------
    table : pandas.DataFrame
        ``split``, ``detector``, ``source``, ``quality``, ``gps_start_s``, ``gps_end_s`` and
        ``reason``.
    ranges : dict of list of [start, end]
        GPS ranges of each split.
    detectors : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    height = 1.0 + len(ranges) * (0.75 + 0.26 * len(detectors))
    figure, grid = plt.subplots(len(ranges), 1, figsize=(PAGE, height), squeeze=False)
    simulated = set(table["source"]) == {"simulated"}
    table = table.assign(kind=[kind_of(reason)[0] for reason in table["reason"]])
    for axes, (split, stretches) in zip(grid.flat, ranges.items(), strict=True):
        own = table[table["split"] == split]
        if simulated:
            stretches = [(own["gps_start_s"].min(), own["gps_end_s"].max())]
        _panel(axes, own, stretches, detectors, simulated)
        axes.set_title(split, loc="left")
    title = f"right: {'live time' if simulated else 'share of the range that is kept'}"
    if table["quality"].str.contains("taken as good").any():
        title += "; files without masks: their quality is unknown, and taken as good"
    figure.legend(
        handles=_handles(set(table["kind"])),
        loc="outside upper center",
        ncol=5,
        title=title,
        title_fontsize=7,
    )
    return figure


def _panel(
    axes: Axes, table: pd.DataFrame, ranges: Ranges, detectors: Sequence[str], simulated: bool
) -> None:
    """Draw the stretches of one split."""
    begin, end = min(first for first, _ in ranges), max(last for _, last in ranges)
    total = sum(last - first for first, last in ranges)
    unit = next(unit for unit in UNITS if end - begin >= 2 * unit[0] or unit is UNITS[-1])
    events: dict[str, float] = {}
    for row, detector in enumerate(detectors):
        own = table[table["detector"] == detector]
        for first, last in ranges:
            _bars(axes, row, _spans([(first, last)], begin, unit[0]), fc="none", ec="0.6")
        for key, some in own.groupby("reason"):
            reason = str(key)
            _, colour, hatch = kind_of(reason)
            bars = list(zip(some["gps_start_s"], some["gps_end_s"], strict=True))
            # The edge has the bar's colour, so that one second of a day is as wide as a hairline.
            edge = "0.3" if hatch else colour
            _bars(axes, row, _spans(bars, begin, unit[0]), fc=colour, ec=edge, hatch=hatch)
            if reason.startswith("event "):
                events[reason.removeprefix("event ")] = float(np.mean(bars))
        kept = own[own["kind"] == "kept"]
        seconds = (kept["gps_end_s"] - kept["gps_start_s"]).sum()
        share = 100 * seconds / total
        words = "<1 %" if 0 < share < 1 else f"{share:.0f} %"
        axes.text(
            1.005,
            row,
            f"{seconds:.0f} s" if simulated else words,
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=7,
        )
    for name, at in events.items():
        place = (at - begin) / unit[0], -0.5
        axes.plot(*place, marker="v", ms=5, color=COLOURS[5], mec="k", mew=0.5, clip_on=False)
        axes.annotate(name, place, (0, 5), textcoords="offset points", ha="center", fontsize=6)
    axes.set(xlabel=f"time from GPS {begin:.15g} [{unit[1]}]")
    axes.set(xlim=(0, (end - begin) / unit[0]))
    axes.set(ylim=(len(detectors) - 0.4, -0.6), yticks=range(len(detectors)))
    axes.set_yticklabels(detectors)
    axes.grid(False)


def _spans(
    stretches: Iterable[Sequence[float]], begin: float, unit: float
) -> list[tuple[float, float]]:
    """Begin and length of stretches, counted from ``begin`` in units of ``unit`` seconds."""
    return [((first - begin) / unit, (last - first) / unit) for first, last in stretches]


def _bars(axes: Axes, row: int, spans: Sequence[tuple[float, float]], **look: str) -> None:
    """Draw bars of a detector."""
    axes.broken_barh(spans, (row - 0.38, 0.76), lw=0.3, **look)


def _handles(kinds: set[str]) -> list[Patch]:
    """Entries of the legend for some kinds of stretches, in the order of `KINDS`."""
    there = list(dict.fromkeys(name for _, name, _, _ in KINDS if name in kinds))
    # If two kinds have the same name, the look of the first counts.
    looks = {name: (colour, hatch) for _, name, colour, hatch in reversed(KINDS)}
    return [
        Patch(fc=looks[name][0], hatch=looks[name][1], ec="0.3", lw=0.5, label=name)
        for name in there
    ]
