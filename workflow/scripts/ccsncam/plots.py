"""The figures: one style, safe for colour-blind readers and for print in grey."""

import matplotlib as mpl

mpl.use("Agg")
import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from scipy import signal

from ccsncam import evaluation, waveform

# Widths of a page of Physical Review D [inch].
COLUMN, PAGE = 3.4, 7.0
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = "osD^vP*X<>"
# Hann window of the spectra of waveforms [s]: 8 Hz a bin.
SMOOTH_HZ = 16.0

STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "image.cmap": "viridis",
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
    "svg.hashsalt": "ccsncam",
    "figure.constrained_layout.use": True,
}
mpl.rcParams.update(STYLE)


def looks(classes):
    """Colour, line and marker of each signal class, by name; noise is grey."""
    signals = [name for name in classes if name != "noise"]
    colours = sns.color_palette("colorblind", len(signals))
    table = {
        name: {
            "color": colours[k],
            "linestyle": LINES[k % len(LINES)],
            "marker": MARKERS[k % len(MARKERS)],
        }
        for k, name in enumerate(signals)
    }
    return table | {"noise": {"color": "0.4", "linestyle": "-", "marker": "."}}


def save(figure, output, inputs):
    """Write PDF and PNG, with a line that says what inputs made the figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    output : dict of path
        ``pdf`` and ``png``.
    inputs : str
        Such as "surrogate waveforms, simulated noise".
    """
    figure.supxlabel(f"inputs: {inputs}", fontsize=6, color="0.35", x=0.995, ha="right")
    # No dates: the same figure is the same bytes.
    figure.savefig(output["pdf"], metadata={"CreationDate": None, "ModDate": None})
    figure.savefig(output["png"], metadata={"Software": None})
    plt.close(figure)


def _smooth(frequency, power, width):
    """Average power over a band of constant width [Hz]."""
    cells = max(1, round(width / (frequency[1] - frequency[0])))
    return signal.convolve(power, np.full(cells, 1 / cells), mode="same")


def spectra(models, noises, classes):
    """Figure 1: 2 |h̃₊| √f at 1 kpc seen from the pole, and the noise of the detectors.

    Parameters
    ----------
    models : list of ccsncam.waveform.Waveform
    noises : list of tuple
        (detector, frequencies [Hz], ASD [1/√Hz]).
    classes : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(PAGE, 3.9))
    look = looks(classes)
    for detector, frequency, asd in noises:
        shade = {"H1": "0.2", "L1": "0.5", "V1": "0.65", "K1": "0.75"}[detector]
        axes.loglog(frequency, asd, color=shade, lw=0.7, zorder=1, label=f"{detector} noise")
    for model in models:
        plus, _ = waveform.polarisations(model.quadrupole, 0.0, 0.0)
        plus = plus / waveform.KPC_IN_CM
        frequency = np.fft.rfftfreq(len(plus), 1 / model.sample_rate)
        power = np.abs(np.fft.rfft(plus) / model.sample_rate) ** 2
        curve = 2 * np.sqrt(frequency * _smooth(frequency, power, SMOOTH_HZ))
        style = look[model.name]
        axes.loglog(
            frequency,
            curve,
            color=style["color"],
            ls=style["linestyle"],
            label=model.name,
            zorder=2,
        )
    axes.set(xlim=(20, 2000), xlabel="frequency [Hz]", ylim=(1e-24, 3e-20))
    axes.set_ylabel(r"$2|\tilde h_+|\sqrt{f}$ at 1 kpc, noise ASD [Hz$^{-1/2}$]")
    axes.legend(ncol=1, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def examples(path):
    """Figure 2: a whitened spectrogram of each class in the first detector."""
    with h5py.File(path) as file:
        images, snr = file["spectrogram"][..., 0], file["snr"][:, 0]
        classes, detector = list(file.attrs["classes"]), file.attrs["detectors"][0]
        frequencies, times = file.attrs["frequencies"], file.attrs["times"]
    columns = min(5, len(classes))
    rows = -(-len(classes) // columns)
    figure, grid = plt.subplots(
        *(rows, columns), figsize=(PAGE, 1.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axes in grid.flat[len(classes) :]:
        axes.remove()
    for axes, image, name, loudness in zip(grid.flat, images, classes, snr, strict=False):
        mesh = axes.pcolormesh(times, frequencies, image, vmin=0, vmax=1, rasterized=True)
        axes.set_title(name if name == "noise" else f"{name} (SNR {loudness:.0f})")
        axes.grid(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("frequency [Hz]")
    for axes in grid[-1]:
        axes.set_xlabel("time [s]")
    bar = figure.colorbar(mesh, ax=grid, shrink=0.8, pad=0.01)
    bar.set_label(f"amplitude in {detector}, scaled to [0, 1]")
    return figure


def losses(histories):
    """Figure 3: loss and accuracy of training and validation against epoch, with the stages.

    Parameters
    ----------
    histories : dict of pandas.DataFrame
        History of each seed.
    """
    figure, grid = plt.subplots(1, 2, figsize=(PAGE, 2.7), sharex=True)
    joined = pd.concat(histories.values())
    mean = joined.groupby("epoch").mean(numeric_only=True)
    first = next(iter(histories.values()))
    stages = first.groupby("stage", sort=False)["epoch"].agg(["min", "max"])
    for axes, what in zip(grid, ("loss", "accuracy"), strict=True):
        for column, name, style in (
            (what, "training", {"color": "#0173b2", "ls": "-"}),
            (f"validation_{what}", "validation", {"color": "#de8f05", "ls": "--"}),
        ):
            if len(histories) > 1:
                for history in histories.values():
                    axes.plot(history["epoch"], history[column], lw=0.4, alpha=0.5, **style)
            axes.plot(mean.index, mean[column], label=name, **style)
        for k, (stage, row) in enumerate(stages.iterrows()):
            if k % 2:
                axes.axvspan(row["min"] - 0.5, row["max"] + 0.5, color="0.92", zorder=0)
            axes.text(
                *((row["min"] + row["max"]) / 2, 1.01, f"SNR {stage}"),
                transform=axes.get_xaxis_transform(),
                ha="center",
                fontsize=7,
            )
        axes.set(xlabel="epoch", xlim=(0.5, stages["max"].iloc[-1] + 0.5))
    grid[0].set(ylabel="categorical cross entropy", yscale="log")
    grid[1].set_ylabel("accuracy")
    grid[0].legend()
    return figure


def rates(tpr, classes):
    """Figure 4: true positive rate of each class against distance, with 95 % intervals."""
    figure, axes = plt.subplots(figsize=(PAGE, 3.6))
    look = looks(classes)
    pooled = tpr.groupby(["class", "distance_kpc"])[["correct", "n"]].sum().reset_index()
    for name in classes:
        rows = pooled[pooled["class"] == name]
        rate = rows["correct"] / rows["n"]
        low, high = evaluation.wilson(rows["correct"], rows["n"])
        style = look[name]
        axes.plot(rows["distance_kpc"], rate, ms=4, label=name, **style)
        axes.fill_between(rows["distance_kpc"], low, high, color=style["color"], alpha=0.15, lw=0)
    axes.set(xlabel="distance [kpc]", ylabel="true positive rate", ylim=(-0.02, 1.02))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def matrices(confusion, snr, classes, distances):
    """Figure 5: confusion matrices and distributions of the network SNR at some distances.

    Parameters
    ----------
    confusion : pandas.DataFrame
        From `evaluation.tables`; seeds are pooled.
    snr : dict of pandas.DataFrame
        ``class`` and ``network_snr`` of the samples at each distance.
    classes : list of str
    distances : list of float
        [kpc].
    """
    figure, grid = plt.subplots(
        *(len(distances), 2), figsize=(PAGE, 3.1 * len(distances)), squeeze=False
    )
    for (left, right), distance in zip(grid, distances, strict=True):
        rows = confusion[np.isclose(confusion["distance_kpc"], distance)]
        counts = rows.groupby(["true", "predicted"])["count"].sum().unstack()
        share = counts.loc[classes, classes].div(counts.sum(axis=1)[classes], axis=0)
        sns.heatmap(
            100 * share,
            ax=left,
            vmin=0,
            vmax=100,
            cmap="cividis",
            annot=True,
            fmt=".0f",
            annot_kws={"fontsize": 6},
            linewidths=0.2,
            cbar_kws={"label": "share of the true class [%]"},
        )
        left.grid(False)
        left.set(xlabel="predicted", ylabel="true", title=f"{distance:g} kpc")
        left.tick_params(axis="x", rotation=60)
        sns.violinplot(
            snr[distance],
            x="class",
            y="network_snr",
            order=classes[1:],
            ax=right,
            color="#56b4e9",
            log_scale=True,
            linewidth=0.6,
            inner="quart",
            cut=0,
        )
        right.set(xlabel="", ylabel="network SNR", title=f"{distance:g} kpc")
        right.tick_params(axis="x", rotation=60)
    return figure
