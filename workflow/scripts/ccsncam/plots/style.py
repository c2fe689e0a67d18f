"""One style for all figures: safe for colour-blind readers, and for print in grey."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from ccsncam.aliases import PathLike

# Width of a page of Physical Review D [inch].
PAGE = 7.0
# The "muted" scheme of Paul Tol's technical note SRON/EPS/TN/09-002 (issue 3.2): safe for
# colour-blind readers, and without the light tones that vanish on white.
COLOURS = (
    "#332288",
    "#cc6677",
    "#117733",
    "#88ccee",
    "#882255",
    "#ddaa33",
    "#44aa99",
    "#999933",
    "#aa4499",
)
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = "osD^vP*X<>"

STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "legend.handlelength": 3.5,
    "image.cmap": "viridis",
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
    "svg.hashsalt": "ccsncam",
    "figure.constrained_layout.use": True,
}
# A user's matplotlibrc must not change a figure.
mpl.rcdefaults()
mpl.rcParams.update(STYLE)


def brightness(image: np.ndarray, axes: tuple[int, int]) -> np.ndarray:
    """Scale images to [0, 1] that are not there already, as ``normalisation: none`` leaves them.

    Parameters
    ----------
    image : numpy.ndarray
        Not negative. Images within [0, 1] come back as they are.
    axes : tuple of int
        Axes of frequency and time; each detector of each image is scaled by itself.
    """
    if image.max(initial=0.0) <= 1:
        return image
    low, high = image.min(axis=axes, keepdims=True), image.max(axis=axes, keepdims=True)
    return (image - low) / np.where(high > low, high - low, 1)


def looks(classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour, line and marker of each class, by name; noise is grey."""
    signals = [name for name in classes if name != "noise"]
    table = {
        name: {
            "color": COLOURS[k % len(COLOURS)],
            "linestyle": LINES[k % len(LINES)],
            "marker": MARKERS[k % len(MARKERS)],
        }
        for k, name in enumerate(signals)
    }
    return table | {"noise": {"color": "0.3", "linestyle": "-", "marker": "."}}


def label_columns(grid: np.ndarray, used: int, label: str) -> None:
    """Label the lowest panel of each column, also where the last row is not full.

    Parameters
    ----------
    grid : numpy.ndarray
        Axes of the panels, shape (row, column).
    used : int
        Number of panels in use, counted row by row.
    label : str
        Label of the horizontal axis.
    """
    for number, axes in enumerate(grid.flat[:used]):
        if number + grid.shape[1] >= used:
            axes.set_xlabel(label)
            axes.tick_params(labelbottom=True)


def save(figure: Figure, output: Mapping[str, PathLike], run: str, inputs: str) -> None:
    """Write a figure as PDF and PNG, with a line that says which run and inputs made it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It is closed afterwards.
    output : dict of path
        ``pdf`` and ``png``, or one of them.
    run : str
        Name of the run.
    inputs : str
        Such as "surrogate waveforms, simulated noise".
    """
    # At 7 pt, 19 letters fit into an inch whatever they are.
    words = textwrap.fill(f"run {run}; inputs: {inputs}", int(19 * figure.get_figwidth()))
    figure.supxlabel(words, fontsize=7, color="0.35", x=0.995, ha="right")
    # The layout is found once for all files, and each is drawn once. `Figure.savefig` would do
    # both again for each file, which takes longer than anything else that a figure does.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    # The files hold no dates, so that the same figure gives the same bytes.
    for kind, path in output.items():
        if kind == "pdf":
            undated = {"CreationDate": None, "ModDate": None}
            FigureCanvasPdf(figure).print_pdf(path, metadata=undated)
        else:
            figure.set_dpi(mpl.rcParams["savefig.dpi"])
            FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})
    plt.close(figure)
