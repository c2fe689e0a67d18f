"""The figure of what is kept and lost of the GPS ranges, and why."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch

from ccsncam.plots import COLOURS, PAGE

# How the reasons of a noise file begin, what they are called, and how they look: the first that
# fits counts. Hatches tell them apart in grey.
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
# Units of time axes, each from twice its length on.
UNITS = ((3600.0, "h"), (60.0, "min"), (1.0, "s"))


def kind_of(reason):
    """Name, colour and hatch of a reason."""
    return next(look for start, *look in KINDS if reason.startswith(start))


def segments(table, ranges, detectors):
    """One panel a split, one row a detector: what is kept and what is lost, by reason.

    Of simulated noise, which fills as much of the ranges as the config asks for, the live time
    alone is drawn.

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
    made = set(table["source"]) == {"simulated"}
    table = table.assign(kind=[kind_of(reason)[0] for reason in table["reason"]])
    for axes, (split, stretches) in zip(grid.flat, ranges.items(), strict=True):
        if made:
            whole = table[table["split"] == split]
            stretches = [(whole["gps_start_s"].min(), whole["gps_end_s"].max())]
        begin, end = min(first for first, _ in stretches), max(last for _, last in stretches)
        total = sum(last - first for first, last in stretches)
        unit = next(unit for unit in UNITS if end - begin >= 2 * unit[0] or unit is UNITS[-1])
        events = {}
        for row, detector in enumerate(detectors):
            own = table[(table["split"] == split) & (table["detector"] == detector)]
            for first, last in stretches:
                _bars(axes, row, [(first, last)], begin, unit[0], facecolor="none", edgecolor="0.6")
            for reason, some in own.groupby("reason"):
                _, colour, hatch = kind_of(reason)
                bars = list(zip(some["gps_start_s"], some["gps_end_s"], strict=True))
                _bars(
                    *(axes, row, bars, begin, unit[0]),
                    facecolor=colour,
                    # Of the bar's own colour: a second of a day keeps the width of a hairline.
                    edgecolor="0.3" if hatch else colour,
                    hatch=hatch,
                )
                if reason.startswith("event "):
                    events[reason.removeprefix("event ")] = np.mean(bars)
            kept = own[own["kind"] == "kept"]
            seconds = (kept["gps_end_s"] - kept["gps_start_s"]).sum()
            share = 100 * seconds / total
            words = "<1 %" if 0 < share < 1 else f"{share:.0f} %"
            axes.text(
                *(1.005, row, f"{seconds:.0f} s" if made else words),
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=7,
            )
        for name, at in events.items():
            place = (at - begin) / unit[0], -0.5
            axes.plot(*place, marker="v", ms=5, color=COLOURS[5], mec="k", mew=0.5, clip_on=False)
            axes.annotate(name, place, (0, 5), textcoords="offset points", ha="center", fontsize=6)
        axes.set_title(split, loc="left")
        axes.set(xlabel=f"time from GPS {begin:.15g} [{unit[1]}]")
        axes.set(xlim=(0, (end - begin) / unit[0]))
        axes.set(ylim=(len(detectors) - 0.4, -0.6), yticks=range(len(detectors)))
        axes.set_yticklabels(detectors)
        axes.grid(False)
    there = list(dict.fromkeys(look[0] for _, *look in KINDS if look[0] in set(table["kind"])))
    looks = {name: (colour, hatch) for _, name, colour, hatch in reversed(KINDS)}
    handles = [
        Patch(fc=looks[name][0], hatch=looks[name][1], ec="0.3", lw=0.5, label=name)
        for name in there
    ]
    title = f"right: {'live time' if made else 'share of the range that is kept'}"
    if table["quality"].str.contains("taken as good").any():
        title += "; files without masks: their quality is unknown, and taken as good"
    figure.legend(
        handles=handles, loc="outside upper center", ncol=5, title=title, title_fontsize=7
    )
    return figure


def _bars(axes, row, stretches, begin, unit, **look):
    """Bars of a detector, in units of ``unit`` seconds from the beginning of the panel."""
    spans = [((first - begin) / unit, (last - first) / unit) for first, last in stretches]
    axes.broken_barh(spans, (row - 0.38, 0.76), lw=0.3, **look)
