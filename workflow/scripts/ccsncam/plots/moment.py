"""Picture of the network's answer to a moment of strain."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure

from ccsncam.moment.store import STAND_INS, WINDOWS, MomentResult
from ccsncam.plots.samples import Panels
from ccsncam.plots.style import PAGE, looks
from ccsncam.saliency.names import NAMES

METHOD = "score-cam"
# Top of the scale of whitened spectrograms: the mean amplitude of white noise is 0.89.
CEILING = 6.0


def picture(found: MomentResult) -> Figure:
    """Draw the spectrogram of each detector, probabilities over time, and two explained windows.

    Parameters
    ----------
    found : ccsncam.moment.store.MomentResult

    Returns
    -------
    matplotlib.figure.Figure
    """
    count = len(found.detectors)
    heights = [1.0] * count + [1.7]
    figure = plt.figure(figsize=(PAGE, 0.8 + 1.05 * sum(heights) + 2.5))
    title = f"GPS {found.gps:.15g}"
    figure.suptitle(f"{title}\n{found.mergers}" if found.events else title, fontsize=8)
    above, below = figure.subfigures(2, 1, height_ratios=[1.05 * sum(heights), 2.5])
    panels = Panels(found.classes, found.detectors, found.frequencies, found.times)
    _over_time(above, heights, found, panels)
    _explained(below, found, panels)
    return figure


def _over_time(
    figure: SubFigure, heights: Sequence[float], found: MomentResult, panels: Panels
) -> None:
    """Draw the spectrogram of each detector, and the probabilities below them."""
    count = len(found.detectors)
    # Colour bar and legend share a column: a legend beside the curves would push the bar away.
    layout = figure.add_gridspec(count + 1, 2, height_ratios=heights, width_ratios=[1, 0.17])
    inner = layout[:, 0].subgridspec(count + 1, 1, height_ratios=heights)
    grid = np.asarray(inner.subplots(sharex=True))
    side, names = (figure.add_subplot(layout[rows, 1]) for rows in (slice(count), count))
    for axes, detector in zip(grid[:-1], found.detectors, strict=True):
        _spectrogram(axes, detector, found, panels)
    scale = ScalarMappable(Normalize(0, CEILING), "viridis")
    bar = figure.colorbar(scale, cax=side.inset_axes((0.0, 0.0, 0.12, 1.0)))
    bar.set_label("amplitude\n(white noise: 0.9)", fontsize=7)
    _probabilities(grid[-1], found)
    handles, labels = grid[-1].get_legend_handles_labels()
    names.legend(
        handles[::-1],
        labels[::-1],
        loc="center left",
        fontsize=6,
        handlelength=2.2,
        borderaxespad=0,
        labelspacing=0.3,
    )
    for axes in (side, names):
        axes.set_axis_off()
    grid[-1].set(xlim=(found.begin, -found.begin))
    grid[-1].set_xlabel("time from the moment [s]; curves: 0.05 s into each window of 1 s")
    grid[count // 2].set_ylabel("frequency [Hz]")


def _spectrogram(axes: Axes, detector: str, found: MomentResult, panels: Panels) -> None:
    """Draw the whitened spectrogram of a detector; black detectors are hatched."""
    axes.grid(False)
    image, top = found.strain[detector].spectrogram, found.frequencies[-1]
    if image is None:
        axes.axhspan(0, top, fc="0.92", ec="0.7", lw=0, hatch="////")
    else:
        hop = found.times[1] - found.times[0]
        # As in a sample, the first frame is centred ``times[0]`` after the beginning.
        first = found.begin + found.times[0] - hop / 2
        extent = (first, first + hop * image.shape[1], *panels.extent[2:])
        axes.imshow(image, origin="lower", extent=extent, aspect="auto", vmin=0, vmax=CEILING)
    axes.set_ylim(0, top)
    for event in found.events.values():
        # The lower part stays free: the signal is there.
        axes.axvline(event.gps - found.gps, 0.4, 1, color="white", lw=0.8, ls="--")
    absent = "" if detector in found.data else f": no data, {STAND_INS[found.missing]}"
    axes.text(
        0.008,
        0.93,
        f"{detector}{absent}",
        transform=axes.transAxes,
        va="top",
        fontsize=7,
        bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "0.5", "lw": 0.5},
    )


def _probabilities(axes: Axes, found: MomentResult) -> None:
    """Draw the probabilities of all classes over time, noise above the others."""
    look = looks(found.classes)
    # A window is drawn where it stands relative to the window at the moment, which is drawn at 0.
    at = found.start - found.explained["moment"].start
    # Classes that lead in some window are drawn heavily, the others stay in the background.
    leading = {0, *found.probability.argmax(axis=1)}
    order = sorted(range(len(found.classes)), key=lambda number: (number in leading, -number))
    for number, name in ((number, found.classes[number]) for number in order):
        own: dict[str, Any] = {"ms": 0, "lw": 0.6, "alpha": 0.6}
        if number in leading:
            own = {"ms": 3.0, "lw": 1.6}
        if number == 0:
            own |= {"lw": 2.2, "color": "k", "marker": ""}
        axes.plot(at, found.probability[:, number], label=name, markevery=2, **look[name] | own)
    for name, height in (("loudest", 1.27), ("moment", 1.07)):
        start = found.explained[name].start
        axes.plot([start, start + 1], [height] * 2, color="0.3", lw=1.5, clip_on=False)
        axes.annotate(
            WINDOWS[name],
            (start + 0.5, height),
            xytext=(0, 1),
            textcoords="offset points",
            fontsize=6,
            ha="center",
            va="bottom",
        )
    axes.plot([0, 0], [-0.02, 1.0], color="0.4", lw=0.8, ls=":")
    for name, event in found.events.items():
        place = event.gps - found.gps
        axes.plot([place, place], [-0.02, 1.0], color="0.4", lw=0.8, ls="--")
        axes.text(place, 0.93, f" {name}", fontsize=6, color="0.3", va="center")
    axes.set(ylim=(-0.02, 1.44), ylabel="probability", yticks=[0, 0.5, 1])


def _explained(figure: SubFigure, found: MomentResult, panels: Panels) -> None:
    """Draw input and map of the two windows that are explained."""
    grid: np.ndarray = figure.subplots(1, 4, sharex=True, sharey=True)
    for (left, right), (name, words) in zip(grid.reshape(2, 2), WINDOWS.items(), strict=True):
        start, explanation = found.explained[name]
        panels.image(left, explanation.image)
        mesh = panels.map(right, explanation.maps[METHOD])
        left.set_title(f"{words}, from {start:+.2f} s\n{panels.colours}", fontsize=6.5)
        aim, probability = found.verdict(name)
        right.set_title(f"{NAMES[METHOD]} of {aim},\n{probability}", fontsize=6.5)
        for axes in (left, right):
            axes.set_xlabel("time [s]")
    grid[0].set_ylabel("frequency [Hz]")
    bar = figure.colorbar(mesh, ax=grid.tolist(), pad=0.01)
    bar.set_label("saliency / maximum", fontsize=7)
