"""One signal in each representation."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ccsncam.plots.style import PAGE, label_columns
from ccsncam.samples.dataset import DataSet

# The channels of a detector that are drawn, with their names. The one in the middle is ``stft``.
SEVERAL = {0: "short windows", 2: "long windows"}


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the examples and draw that of one class.

    ``inputs`` has ``examples``, a file for each representation. ``params`` has ``class_name``.
    """
    datasets = [DataSet.open(path) for path in inputs.examples]
    return representations(datasets, params.class_name), datasets[0].origin.words


def representations(datasets: Sequence[DataSet], class_name: str) -> Figure:
    """Draw the first detector in each representation.

    Parameters
    ----------
    datasets : list of ccsncam.samples.dataset.DataSet
        The same samples in each representation, one per class, in the order of the classes.
    class_name : str
        Class of the sample.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = []
    for data in datasets:
        row = data.row_of(class_name, 0)
        image = data.column("spectrogram", slice(row, row + 1))[0]
        kind = data.sampling.spectrogram.kind
        if image.shape[-1] == len(data.detectors):
            panels.append((kind, image[..., 0]))
        else:
            panels += [(f"{kind}: {words}", image[..., at]) for at, words in SEVERAL.items()]
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(PAGE, 2.1 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axes in grid.flat[len(panels) :]:
        axes.remove()
    first = datasets[0]
    for axes, (words, image) in zip(grid.flat, panels, strict=False):
        mesh = axes.pcolormesh(
            first.times, first.frequencies, image, vmin=0, vmax=1, rasterized=True
        )
        axes.set_title(words, fontsize=7)
        axes.grid(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("frequency [Hz]")
    label_columns(grid, len(panels), "time [s]")
    bar = figure.colorbar(mesh, ax=list(grid.flat[: len(panels)]), shrink=0.8, pad=0.01)
    bar.set_label("scaled to [0, 1]")
    loudness = first.column("snr")[first.row_of(class_name, 0), 0]
    figure.suptitle(f"{class_name} at SNR {loudness:.0f} in {first.detectors[0]}", fontsize=8)
    return figure
