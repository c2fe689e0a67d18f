"""Panels that show samples: their images, their saliency maps, and what is known of them."""

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.plots.pictures import picture
from ccsncam.plots.style import PAGE, brightness
from ccsncam.saliency.shown import NoSample, ShownSample
from ccsncam.samples.grid import one_each


class Panels:
    """Draws samples of one file.

    Parameters
    ----------
    classes, detectors : list of str
    frequencies, times : numpy.ndarray
        Centres of the cells of pictures [Hz], [s].

    Attributes
    ----------
    classes, detectors : list of str
    extent : tuple of float
        Edges of images: first and last time [s], first and last frequency [Hz].
    """

    def __init__(
        self,
        classes: Sequence[str],
        detectors: Sequence[str],
        frequencies: np.ndarray,
        times: np.ndarray,
    ) -> None:
        self.classes, self.detectors = classes, detectors
        self._axes = frequencies, times
        half = (times[1] - times[0]) / 2, (frequencies[1] - frequencies[0]) / 2
        self.extent = (
            times[0] - half[0],
            times[-1] + half[0],
            frequencies[0] - half[1],
            frequencies[-1] + half[1],
        )

    @property
    def colours(self) -> str:
        """Says which colour shows which detector."""
        if len(self.detectors) == 1:
            return f"grey: {self.detectors[0]}"
        pairs = zip(("red", "green", "blue"), self.detectors, strict=False)
        return ", ".join(f"{colour}: {name}" for colour, name in pairs)

    def image(self, axes: Axes, values: np.ndarray) -> None:
        """Draw an image, with the first three detectors in red, green and blue.

        Of several channels of a detector the middle one is drawn, and of strain its spectrogram.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
        values : numpy.ndarray
            Shape (frequency, time, channel).
        """
        values = picture(values, *self._axes)
        values = brightness(one_each(values, len(self.detectors)), (0, 1))
        if values.shape[-1] == 1:
            values = values[..., 0]
        else:
            missing = max(0, 3 - values.shape[-1])
            values = np.pad(values[..., :3], ((0, 0), (0, 0), (0, missing)))
        axes.imshow(values, origin="lower", extent=self.extent, aspect="auto", cmap="gray")
        axes.grid(False)

    def map(self, axes: Axes, values: np.ndarray) -> Any:
        """Draw a saliency map; one of strain has a single row, which is as tall as the picture.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
        values : numpy.ndarray
            In [0, 1], shape (frequency, time).

        Returns
        -------
        matplotlib.image.AxesImage
            For a colour bar.
        """
        if not values.any():
            words = "zero everywhere"
            axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color="white")
        mesh = axes.imshow(
            values,
            origin="lower",
            extent=self.extent,
            aspect="auto",
            vmin=0,
            vmax=1,
            cmap="viridis",
        )
        axes.grid(False)
        return mesh

    def words(self, sample: ShownSample) -> str:
        """Class, prediction, distance and SNR of a sample."""
        label, prediction = self.classes[sample.label], self.classes[sample.prediction]
        sure = sample.probability[sample.prediction]
        text = f"{label}, classified as {prediction} (probability {sure:.3f})"
        if sample.network_snr > 0:
            text += f", network SNR {sample.network_snr:.0f} at {sample.distance_kpc:.2g} kpc"
        return text


def label_row(row: Sequence[Axes]) -> None:
    """Label the axes of panels that lie side by side."""
    for axes in row:
        axes.set_xlabel("time [s]")
    row[0].set_ylabel("frequency [Hz]")


def saliency_bar(figure: Figure, mesh: Any, panels: list[Axes]) -> None:
    """Draw the colour bar of saliency maps."""
    bar = figure.colorbar(mesh, ax=panels, shrink=0.9, pad=0.01)
    bar.set_label("saliency / maximum")


def nothing(panel: NoSample) -> Figure:
    """Draw a figure that says that no sample satisfies its rule."""
    figure, axes = plt.subplots(figsize=(PAGE, 1.4))
    axes.set_axis_off()
    rule = textwrap.fill(panel.rule, 90)
    text = (
        f"No sample of this run satisfies the rule of this figure (config: figures):\n{rule}.\n"
        "A run with more samples, or a lower bound there, may have one."
    )
    axes.text(0.5, 0.5, text, ha="center", va="center", linespacing=1.6)
    return figure
