"""Figure 8: input and map of a correctly classified sample of each class."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ccsncam.plots.samples import Panels, saliency_bar
from ccsncam.plots.style import PAGE
from ccsncam.saliency.names import NAMES
from ccsncam.saliency.shown import NoSample, ShownSamples


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the samples and draw those of this figure.

    ``inputs`` has ``examples``. It needs no ``params``.
    """
    shown = ShownSamples.read(inputs.examples)
    return gallery(shown), shown.origin.words


def gallery(shown: ShownSamples, method: str = "score-cam") -> Figure:
    """Draw input and map of a correctly classified sample of each class.

    Parameters
    ----------
    shown : ccsncam.saliency.shown.ShownSamples
        Its panels ``gallery/<class>`` are drawn.
    method : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = Panels(shown.classes, shown.detectors, shown.frequencies, shown.times)
    columns = min(5, len(shown.classes))
    rows = -(-len(shown.classes) // columns)
    figure, grid = plt.subplots(
        2 * rows,
        columns,
        figsize=(PAGE, 0.5 + 3.1 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axes in grid.flat:
        axes.set_visible(False)
    mesh = None
    for number, name in enumerate(shown.classes):
        row, column = divmod(number, columns)
        above, below = grid[2 * row : 2 * row + 2, column]
        sample = shown.samples[f"gallery/{name}"]
        above.set_visible(True)
        if isinstance(sample, NoSample):
            above.text(0.5, 0.5, "no sample", transform=above.transAxes, ha="center")
            above.set_title(name)
            continue
        below.set_visible(True)
        panels.image(above, sample.image)
        mesh = panels.map(below, sample.maps[method])
        above.set_title(f"{name}, SNR {sample.network_snr:.0f}" if sample.network_snr > 0 else name)
        below.set_xlabel("time [s]")
        below.tick_params(labelbottom=True)
        for axes in (above, below):
            axes.tick_params(labelleft=column == 0)
    for axes in grid[:, 0]:
        axes.set_ylabel("frequency [Hz]")
    if mesh is not None:
        saliency_bar(figure, mesh, grid.ravel().tolist())
    title = f"input ({panels.colours}) above, {NAMES[method]} below"
    figure.suptitle(title, fontsize=8)
    return figure
