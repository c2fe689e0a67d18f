"""Figure 1: spectra of the waveforms at 1 kpc, and the noise of the detectors."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ccsncam.noise.store import NoiseHeader, welch_asd
from ccsncam.origin import Origin
from ccsncam.plots.spectrum import SHOWN_HZ, power_spectrum, shown
from ccsncam.plots.style import PAGE, label_columns, looks
from ccsncam.waveforms.model import KPC_IN_CM, Waveform, polarisations

DETECTORS = {
    "H1": {"color": "0.15", "ls": "-"},
    "L1": {"color": "0.45", "ls": "--"},
    "V1": {"color": "0.65", "ls": "-"},
    "K1": {"color": "0.8", "ls": "--"},
}
# A detector with its frequencies [Hz] and its amplitude spectral density [1/√Hz].
NoiseCurve = tuple[str, np.ndarray, np.ndarray]


def draw(inputs: Any, params: Any) -> tuple[Figure, str]:
    """Read waveforms and noise, and draw their spectra.

    ``inputs`` has ``waveforms``, one per model, and ``noise``, one per detector. ``params`` has
    ``classes``.
    """
    models = [Waveform.read(path) for path in inputs.waveforms]
    headers = [NoiseHeader.read(path) for path in inputs.noise]
    noises = [
        (header.detector, *welch_asd(path))
        for header, path in zip(headers, inputs.noise, strict=True)
    ]
    origin = Origin(headers[-1].source, {model.name: model.source for model in models})
    return spectra(models, noises, params.classes), origin.words


def spectra(
    models: Sequence[Waveform], noises: Sequence[NoiseCurve], classes: Sequence[str]
) -> Figure:
    """Draw 2 |h̃₊| √f at 1 kpc seen from the pole, and the noise of the detectors.

    Each model has its own panel, because nine curves in one panel look alike above 300 Hz.

    Parameters
    ----------
    models : list of ccsncam.waveforms.model.Waveform
    noises : list of tuple
        (detector, frequencies [Hz], ASD [1/√Hz]).
    classes : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = min(3, len(models))
    rows = -(-len(models) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(PAGE, 0.8 + 1.6 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axes in grid.flat[len(models) :]:
        axes.remove()
    look = looks(classes)
    curves, peak = {}, 0.0
    for model in models:
        plus, _ = polarisations(model.quadrupole, 0.0, 0.0)
        plus = plus / KPC_IN_CM
        frequency, power = power_spectrum(plus, model.sample_rate)
        curve = 2 * np.sqrt(frequency * power)
        curves[model.name] = frequency[shown(frequency)], curve[shown(frequency)]
        look[model.name] = look[model.class_name]
        peak = max(peak, curve.max())
    # Points outside what is shown would cost time and make the files large.
    noises = [(name, f[shown(f)], asd[shown(f)]) for name, f, asd in noises]
    floor = min(asd.min() for _, _, asd in noises)
    for axes, (name, (frequency, curve)) in zip(grid.flat, curves.items(), strict=False):
        for detector, points, asd in noises:
            axes.loglog(points, asd, lw=0.6, label=f"{detector} noise", **DETECTORS[detector])
        axes.loglog(frequency, curve, color=look[name]["color"])
        axes.set_title(name)
    low, high = min(floor / 5, peak / 20), 4 * max(peak, floor)
    grid[0, 0].set(xlim=SHOWN_HZ, ylim=(low, high))
    label = "$2|\\tilde h_+|\\sqrt{f}$ at 1 kpc,\nnoise ASD [Hz$^{-1/2}$]"
    figure.supylabel(label, fontsize=8, multialignment="center")
    label_columns(grid, len(models), "frequency [Hz]")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncol=len(labels))
    return figure
