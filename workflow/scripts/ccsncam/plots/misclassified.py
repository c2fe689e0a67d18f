"""Figures 9 and 10: a misclassified sample with a glitch in one detector, and one without."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ccsncam.plots.samples import Panels, label_row, nothing, saliency_bar
from ccsncam.plots.style import PAGE
from ccsncam.saliency.shown import NoSample, ShownSample, ShownSamples


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the samples and draw the one of this figure.

    ``inputs`` has ``examples``. ``params`` has ``panel``: ``glitch`` for Figure 9,
    ``no_glitch`` for Figure 10.
    """
    shown = ShownSamples.read(inputs.examples)
    return misclassified(shown, params.panel), shown.origin.words


def misclassified(shown: ShownSamples, panel: str, method: str = "score-cam") -> Figure:
    """Draw a misclassified sample, its map, and an example of the class that it was taken for.

    Parameters
    ----------
    shown : ccsncam.saliency.shown.ShownSamples
    panel : str
    method : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    sample = shown.samples[panel]
    if isinstance(sample, NoSample):
        return nothing(sample)
    panels = Panels(shown.classes, shown.detectors, shown.frequencies, shown.times)
    figure, grid = plt.subplots(1, 3, figsize=(PAGE, 2.7), sharex=True, sharey=True)
    panels.image(grid[0], sample.image)
    grid[0].set_title(f"(a) input\n{panels.colours}", fontsize=7)
    mesh = panels.map(grid[1], sample.maps[method])
    aim = panels.classes[sample.target]
    grid[1].set_title(f"(b) {sample.names[method]} of {aim}", fontsize=7)
    taken = panels.classes[sample.prediction]
    example = shown.samples[f"gallery/{taken}"]
    grid[2].set_title(f"(c) an example of {taken}", fontsize=7)
    if isinstance(example, ShownSample):
        panels.image(grid[2], example.image)
    label_row(grid)
    saliency_bar(figure, mesh, grid.tolist())
    pairs = zip(panels.detectors, sample.snr, strict=True)
    each = ", ".join(f"{detector} {snr:.0f}" for detector, snr in pairs)
    figure.suptitle(f"{panels.words(sample)} ({each})", fontsize=8)
    return figure
