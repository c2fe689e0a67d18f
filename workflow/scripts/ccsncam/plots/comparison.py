"""Figure 7: an input and its maps by the three methods of the paper."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ccsncam.plots.samples import Panels, label_row, nothing, saliency_bar
from ccsncam.plots.style import PAGE
from ccsncam.saliency.names import PAPER
from ccsncam.saliency.shown import NoSample, ShownSamples


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the samples and draw the one of this figure.

    ``inputs`` has ``examples``. It needs no ``params``.
    """
    shown = ShownSamples.read(inputs.examples)
    return comparison(shown), shown.origin.words


def comparison(shown: ShownSamples, methods: Sequence[str] = PAPER) -> Figure:
    """Draw an input and its maps by several methods.

    Parameters
    ----------
    shown : ccsncam.saliency.shown.ShownSamples
        Its panel ``comparison`` is drawn.
    methods : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    sample = shown.samples["comparison"]
    if isinstance(sample, NoSample):
        return nothing(sample)
    panels = Panels(shown.classes, shown.detectors, shown.frequencies, shown.times)
    figure, grid = plt.subplots(1, 1 + len(methods), figsize=(PAGE, 2.5), sharex=True, sharey=True)
    panels.image(grid[0], sample.image)
    grid[0].set_title(f"input\n{panels.colours}", fontsize=7)
    for axes, method in zip(grid[1:], methods, strict=True):
        mesh = panels.map(axes, sample.maps[method])
        axes.set_title(sample.names[method])
    label_row(grid)
    saliency_bar(figure, mesh, grid.tolist())
    figure.suptitle(panels.words(sample), fontsize=8)
    return figure
