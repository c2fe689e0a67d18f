"""The loudest clusters of noise, as the network sees them."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ccsncam.config.blocks import Spectrogram
from ccsncam.detection import far
from ccsncam.detection.store import Background
from ccsncam.noise.store import Noise
from ccsncam.plots.pictures import picture
from ccsncam.plots.style import PAGE, brightness
from ccsncam.samples.grid import cells, one_each
from ccsncam.samples.spectrogram import magnitude, normalise

DAY = 86400.0


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read the background of test noise and draw the windows of its loudest clusters.

    ``inputs`` has ``background`` and ``noise``, ``params`` has ``clusters``, ``signal`` and
    ``spectrogram``.
    """
    background = Background.read(inputs.background, "test")
    noise = [Noise.read(path) for path in inputs.noise]
    block = Spectrogram.of(params.spectrogram)
    figure = loudest(background, noise, block, params.signal["sample_rate"], params.clusters)
    return figure, background.origin.words


def loudest(
    background: Background,
    noise: Sequence[Noise],
    block: Spectrogram,
    sample_rate: int,
    count: int,
) -> Figure:
    """Draw the windows of the loudest clusters: one row each, one column for each detector.

    Of several channels of a detector the middle one is drawn, and of strain its spectrogram.

    Parameters
    ----------
    background : Background
    noise : list of Noise
        Of the background's split, in the order of its detectors.
    block : Spectrogram
    sample_rate : int
        [Hz].
    count : int
        Number of clusters.

    Returns
    -------
    matplotlib.figure.Figure
        It says so where the background holds no cluster.
    """
    shown, axes_of = min(count, len(background)), cells(block, sample_rate)
    detectors = background.detectors
    rows = max(1, shown)
    figure, panels = plt.subplots(
        rows,
        len(detectors),
        figsize=(PAGE, 0.6 + 1.15 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    mesh = None
    for rank in range(shown):
        row = zip(background.piece[rank], background.offset[rank], noise, strict=True)
        series = np.stack([one.whitened[piece, at : at + sample_rate] for piece, at, one in row])
        seen = normalise(magnitude(series[None], block, sample_rate), block)[0]
        whole = picture(np.moveaxis(seen, 0, -1), *axes_of)
        image = np.moveaxis(one_each(whole, len(detectors)), -1, 0)
        image = brightness(image, (1, 2))
        for number, axes in enumerate(panels[rank]):
            mesh = axes.pcolormesh(
                axes_of.times, axes_of.frequencies, image[number], vmin=0, vmax=1, rasterized=True
            )
            axes.grid(False)
            axes.set_title(f"GPS {background.gps[rank, number]:.2f}", fontsize=6, pad=2)
            _mark_glitches(axes, noise[number], background.gps[rank, number], background.duration)
        panels[rank, 0].set_ylabel(_words(background, rank), fontsize=6)
    if mesh is None:
        panels[0, 0].text(0.5, 0.5, "no cluster", transform=panels[0, 0].transAxes, ha="center")
        return figure
    for name, axes in zip(detectors, panels[-1], strict=True):
        axes.set_xlabel(f"time in {name} [s]")
    bar = figure.colorbar(mesh, ax=panels.ravel().tolist(), shrink=0.4, pad=0.01)
    bar.set_label("amplitude, scaled to [0, 1]")
    days = background.live_time / DAY
    figure.suptitle(
        f"loudest clusters of {days:.3g} days of {background.split} noise; frequency in Hz, "
        "white crosses: simulated glitches",
        fontsize=8,
    )
    return figure


def _words(background: Background, rank: int) -> str:
    """Rank, statistic, rate and class of a cluster, for the margin."""
    statistic, logits = background.statistic[rank], background.logits[rank]
    rate = DAY * far.rate(background, statistic).per_second
    name = background.classes[1 + int(logits[1:].argmax())]
    return f"{rank + 1}: {statistic:.1f}\n{rate:.3g} / day\n{name}"


def _mark_glitches(axes: plt.Axes, noise: Noise, start: float, duration: float) -> None:
    """Put a cross at each simulated glitch of the window."""
    since = noise.glitches["gps"].to_numpy() - start
    inside = (since >= 0) & (since < duration)
    axes.plot(
        since[inside],
        noise.glitches["frequency"].to_numpy()[inside],
        "wx",
        markersize=5,
        scalex=False,
        scaley=False,
    )
