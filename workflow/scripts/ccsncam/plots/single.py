"""One sample and its map by one method."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ccsncam.plots.samples import Panels, label_row, saliency_bar
from ccsncam.plots.style import PAGE
from ccsncam.saliency.shown import ShownSamples


def single(shown: ShownSamples, method: str) -> Figure:
    """Draw the input and one map of the one sample of a file.

    Parameters
    ----------
    shown : ccsncam.saliency.shown.ShownSamples
    method : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    sample = shown.sample
    panels = Panels(shown.classes, shown.detectors, shown.frequencies, shown.times)
    figure, (left, right) = plt.subplots(1, 2, figsize=(PAGE, 3.2), sharex=True, sharey=True)
    panels.image(left, sample.image)
    mesh = panels.map(right, sample.maps[method])
    left.set_title(f"input ({panels.colours})")
    right.set_title(f"{sample.names[method]} of {panels.classes[sample.target]}")
    label_row([left, right])
    saliency_bar(figure, mesh, [left, right])
    figure.suptitle(panels.words(sample), fontsize=8)
    return figure
