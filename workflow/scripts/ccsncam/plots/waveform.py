"""What one waveform looks like: strain, spectrogram and amplitude spectrum."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from ccsncam.plots.spectrum import SHOWN_HZ, power_spectrum, shown
from ccsncam.plots.style import COLOURS, LINES, PAGE
from ccsncam.waveforms.model import Waveform, energy, polarisations


def sheet(model: Waveform) -> Figure:
    """Draw what a waveform looks like, so that one sees whether its file was read correctly.

    Parameters
    ----------
    model : ccsncam.waveforms.model.Waveform

    Returns
    -------
    matplotlib.figure.Figure
        From top to bottom: D h₊ and D h× seen from the equator, or from the only direction that is
        known; a spectrogram of D h₊; amplitude spectra of D h₊ and of its modes.
    """
    figure, grid = plt.subplots(3, 1, figsize=(PAGE, 6.4))
    rate = model.sample_rate
    theta = _angle(model)
    both = polarisations(model.quadrupole, theta, 0.0)
    time = model.start + np.arange(both[0].size) / rate
    for series, name, style in zip(both, ("$D h_+$", "$D h_\\times$"), ("-", "--"), strict=True):
        grid[0].plot(time, series, lw=0.6, ls=style, label=name)
    seen = "only direction" if model.one_direction else "$\\theta$ = 90°, $\\phi$ = 0"
    grid[0].set(xlabel="time from bounce [s]", ylabel=f"{seen} [cm]")
    grid[0].legend(loc="upper right")
    _spectrogram(figure, grid[1], both[0], model)
    grid[0].set_xlim(time[0], time[-1])
    _spectra(grid[2], model)
    peak = max(np.abs(series).max() for series in both)
    spent = (
        "energy not known from one direction"
        if model.one_direction
        else f"energy {energy(model.quadrupole, rate):.3g} erg (all directions, below "
        f"{rate / 2:g} Hz)"
    )
    figure.suptitle(
        f"{model.name} ({model.source}): peak {peak:.3g} cm, ends {time[-1]:.2f} s after bounce, "
        f"{spent}",
        fontsize=8,
    )
    return figure


def _angle(model: Waveform) -> float:
    """Polar angle of the observer [rad]: the equator, or the only direction that is known."""
    return 0.0 if model.one_direction else np.pi / 2


def _spectrogram(figure: Figure, axes: Axes, plus: np.ndarray, model: Waveform) -> None:
    """Draw the spectrogram of a polarisation relative to its maximum."""
    transform = ShortTimeFFT(hann(256, sym=False), 32, model.sample_rate)
    power = np.abs(transform.stft(plus)) ** 2
    decibel = 10 * np.log10(power / power.max() + 1e-12)
    time = model.start + np.arange(plus.size) / model.sample_rate
    mesh = axes.pcolormesh(
        model.start + transform.t(len(time)),
        transform.f,
        decibel,
        vmin=-50,
        vmax=0,
        rasterized=True,
    )
    axes.set(ylim=(0, SHOWN_HZ[1]), xlim=(time[0], time[-1]))
    axes.set(xlabel="time from bounce [s]", ylabel="frequency [Hz]")
    axes.grid(False)
    figure.colorbar(mesh, ax=axes, label="power / maximum [dB]", pad=0.01)


def _spectra(axes: Axes, model: Waveform) -> None:
    """Draw the amplitude spectrum of a waveform and of each of its modes."""
    parts = {"whole": model.quadrupole, **model.modes}
    for k, (name, part) in enumerate(parts.items()):
        plus, _ = polarisations(part, _angle(model), 0.0)
        frequency, power = power_spectrum(plus, model.sample_rate)
        curve, kept = np.sqrt(power), shown(frequency)
        style = {"color": "k"} if k == 0 else {"color": COLOURS[k - 1], "ls": LINES[k % len(LINES)]}
        axes.loglog(frequency[kept], curve[kept], label=name.replace("_", " "), **style)
    top = axes.get_ylim()[1]
    axes.set(xlabel="frequency [Hz]", ylabel="$|D\\tilde h_+|$ [cm s]", ylim=(top / 1e5, top))
    axes.legend(loc="lower left", ncol=len(parts))
