"""Figure 2: a whitened spectrogram of each class."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ccsncam.plots.pictures import picture
from ccsncam.plots.style import PAGE, brightness, label_columns
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.grid import one_each


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the examples and draw them.

    ``inputs`` has ``examples``. It needs no ``params``.
    """
    dataset = DataSet.open(inputs.examples)
    return examples(dataset), dataset.origin.words


def examples(dataset: DataSet) -> Figure:
    """Draw a whitened spectrogram of each class in the first detector.

    Of several channels of a detector the middle one is drawn, and of strain its spectrogram.

    Parameters
    ----------
    dataset : ccsncam.samples.dataset.DataSet
        One sample per class, in the order of the classes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    axes_of = dataset.shown
    images = picture(dataset.column("spectrogram"), *axes_of)
    images = one_each(images, len(dataset.detectors))[..., 0]
    images = brightness(images, (1, 2))
    snr = dataset.column("snr")[:, 0]
    classes = dataset.classes
    columns = min(5, len(classes))
    rows = -(-len(classes) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(PAGE, 1.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axes in grid.flat[len(classes) :]:
        axes.remove()
    for axes, image, name, loudness in zip(grid.flat, images, classes, snr, strict=False):
        mesh = axes.pcolormesh(
            axes_of.times, axes_of.frequencies, image, vmin=0, vmax=1, rasterized=True
        )
        axes.set_title(name)
        if name != "noise":
            axes.text(
                0.96,
                0.95,
                f"SNR {loudness:.0f}",
                transform=axes.transAxes,
                color="white",
                fontsize=7,
                ha="right",
                va="top",
            )
        axes.grid(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("frequency [Hz]")
    label_columns(grid, len(classes), "time [s]")
    panels = list(grid.flat[: len(classes)])
    bar = figure.colorbar(mesh, ax=panels, shrink=0.8, pad=0.01)
    bar.set_label(f"amplitude in {dataset.detectors[0]},\nscaled to [0, 1]")
    return figure
