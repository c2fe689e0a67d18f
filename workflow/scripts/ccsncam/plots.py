"""The figures: one style, safe for colour-blind readers and for print in grey."""

import textwrap

import matplotlib as mpl

mpl.use("Agg")
import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from ccsncam import evaluation, waveform

# Width of a page of Physical Review D [inch].
PAGE = 7.0
# The "muted" scheme of Paul Tol's technical note SRON/EPS/TN/09-002 (issue 3.2): safe for
# colour-blind readers, and without the light tones that vanish on white.
COLOURS = (
    *("#332288", "#cc6677", "#117733", "#88ccee", "#882255"),
    *("#ddaa33", "#44aa99", "#999933", "#aa4499"),
)
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = "osD^vP*X<>"
DETECTORS = {
    "H1": {"color": "0.15", "ls": "-"},
    "L1": {"color": "0.45", "ls": "--"},
    "V1": {"color": "0.65", "ls": "-"},
    "K1": {"color": "0.8", "ls": "--"},
}
# Width of the running mean over the spectra of waveforms [Hz].
SMOOTH_HZ = 16.0
SHOWN_HZ = (20.0, 2000.0)

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
    "legend.handlelength": 3.5,
    "image.cmap": "viridis",
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
    "svg.hashsalt": "ccsncam",
    "figure.constrained_layout.use": True,
}
mpl.rcParams.update(STYLE)


def looks(classes):
    """Colour, line and marker of each class, by name; noise is grey."""
    signals = [name for name in classes if name != "noise"]
    table = {
        name: {
            "color": COLOURS[k % len(COLOURS)],
            "linestyle": LINES[k % len(LINES)],
            "marker": MARKERS[k % len(MARKERS)],
        }
        for k, name in enumerate(signals)
    }
    return table | {"noise": {"color": "0.3", "linestyle": "-", "marker": "."}}


def save(figure, output, run, inputs):
    """Write PDF and PNG, with a line that says what run and what inputs made the figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    output : dict of path
        ``pdf`` and ``png``, or one of them.
    run : str
        Name of the run.
    inputs : str
        Such as "surrogate waveforms, simulated noise".
    """
    # 7 pt, of which 19 letters an inch fit whatever they are.
    words = textwrap.fill(f"run {run}; inputs: {inputs}", int(19 * figure.get_figwidth()))
    figure.supxlabel(words, fontsize=7, color="0.35", x=0.995, ha="right")
    # No dates: the same figure is the same bytes.
    undated = {"pdf": {"CreationDate": None, "ModDate": None}, "png": {"Software": None}}
    for kind, path in output.items():
        figure.savefig(path, metadata=undated[kind])
    plt.close(figure)


def _smooth(frequency, power, width):
    """Average power over a band of constant width [Hz]."""
    cells = max(1, round(width / (frequency[1] - frequency[0])))
    # Direct: rounding of a convolution by FFT leaves negative powers far below the peak.
    return np.convolve(power, np.full(cells, 1 / cells), mode="same")


def _shown(frequency):
    return (frequency >= SHOWN_HZ[0]) & (frequency <= SHOWN_HZ[1])


def spectra(models, noises, classes):
    """Figure 1: 2 |h̃₊| √f at 1 kpc seen from the pole, and the noise of the detectors.

    A panel a model: nine overlaid curves cannot be told apart above 300 Hz.

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
    columns = min(3, len(models))
    rows = -(-len(models) // columns)
    figure, grid = plt.subplots(
        *(rows, columns), figsize=(PAGE, 0.8 + 1.6 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axes in grid.flat[len(models) :]:
        axes.remove()
    look = looks(classes)
    curves, peak = {}, 0.0
    for model in models:
        plus, _ = waveform.polarisations(model.quadrupole, 0.0, 0.0)
        plus = plus / waveform.KPC_IN_CM
        frequency = np.fft.rfftfreq(len(plus), 1 / model.sample_rate)
        power = np.abs(np.fft.rfft(plus) / model.sample_rate) ** 2
        curve = 2 * np.sqrt(frequency * _smooth(frequency, power, SMOOTH_HZ))
        curves[model.name] = frequency[_shown(frequency)], curve[_shown(frequency)]
        look[model.name] = look[model.class_name]
        peak = max(peak, curve.max())
    # Only what is shown: points outside cost time and make the files large.
    noises = [(name, f[_shown(f)], asd[_shown(f)]) for name, f, asd in noises]
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
    _label_columns(grid, len(models), "frequency [Hz]")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncol=len(labels))
    return figure


def sheet(model):
    """What a waveform looks like, to see whether its file was read rightly.

    Parameters
    ----------
    model : ccsncam.waveform.Waveform

    Returns
    -------
    matplotlib.figure.Figure
        D h₊ and D h× seen from the equator, a spectrogram of D h₊, and amplitude spectra of it and
        of its modes.
    """
    figure, grid = plt.subplots(3, 1, figsize=(PAGE, 6.4))
    rate = model.sample_rate
    both = waveform.polarisations(model.quadrupole, np.pi / 2, 0.0)
    time = model.start + np.arange(both[0].size) / rate
    for series, name, style in zip(both, ("$D h_+$", "$D h_\\times$"), ("-", "--"), strict=True):
        grid[0].plot(time, series, lw=0.6, ls=style, label=name)
    grid[0].set(xlabel="time from bounce [s]", ylabel="$\\theta$ = 90°, $\\phi$ = 0 [cm]")
    grid[0].legend(loc="upper right")
    transform = ShortTimeFFT(hann(256, sym=False), 32, rate)
    power = np.abs(transform.stft(both[0])) ** 2
    decibel = 10 * np.log10(power / power.max() + 1e-12)
    mesh = grid[1].pcolormesh(
        *(model.start + transform.t(len(time)), transform.f, decibel),
        vmin=-50,
        vmax=0,
        rasterized=True,
    )
    grid[1].set(ylim=(0, SHOWN_HZ[1]), xlim=(time[0], time[-1]))
    grid[1].set(xlabel="time from bounce [s]", ylabel="frequency [Hz]")
    grid[1].grid(False)
    figure.colorbar(mesh, ax=grid[1], label="power / maximum [dB]", pad=0.01)
    grid[0].set_xlim(time[0], time[-1])
    frequency = np.fft.rfftfreq(len(time), 1 / rate)
    parts = {"whole": model.quadrupole, **model.modes}
    for k, (name, part) in enumerate(parts.items()):
        plus, _ = waveform.polarisations(part, np.pi / 2, 0.0)
        curve = np.sqrt(_smooth(frequency, np.abs(np.fft.rfft(plus) / rate) ** 2, SMOOTH_HZ))
        shown = _shown(frequency)
        style = {"color": "k"} if k == 0 else {"color": COLOURS[k - 1], "ls": LINES[k % len(LINES)]}
        grid[2].loglog(frequency[shown], curve[shown], label=name.replace("_", " "), **style)
    top = grid[2].get_ylim()[1]
    grid[2].set(xlabel="frequency [Hz]", ylabel="$|D\\tilde h_+|$ [cm s]", ylim=(top / 1e5, top))
    grid[2].legend(loc="lower left", ncol=len(parts))
    peak = max(np.abs(series).max() for series in both)
    spent = waveform.energy(model.quadrupole, rate)
    figure.suptitle(
        f"{model.name} ({model.source}): peak {peak:.3g} cm, ends {time[-1]:.2f} s after bounce, "
        f"energy {spent:.3g} erg (all directions, below {rate / 2:g} Hz)",
        fontsize=8,
    )
    return figure


def _label_columns(grid, used, label):
    """Label the lowest panel of each column, where the last row is not full."""
    for number, axes in enumerate(grid.flat[:used]):
        if number + grid.shape[1] >= used:
            axes.set_xlabel(label)
            axes.tick_params(labelbottom=True)


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
        axes.set_title(name)
        if name != "noise":
            axes.text(
                *(0.96, 0.95, f"SNR {loudness:.0f}"),
                transform=axes.transAxes,
                color="white",
                fontsize=7,
                ha="right",
                va="top",
            )
        axes.grid(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("frequency [Hz]")
    _label_columns(grid, len(classes), "time [s]")
    panels = list(grid.flat[: len(classes)])
    bar = figure.colorbar(mesh, ax=panels, shrink=0.8, pad=0.01)
    bar.set_label(f"amplitude in {detector}, scaled to [0, 1]")
    return figure


def losses(histories):
    """Figure 3: loss and accuracy of training and validation against epoch, with the stages.

    Parameters
    ----------
    histories : dict of pandas.DataFrame
        History of each seed. Several seeds: thin lines, and their mean. A star is the epoch of
        the lowest validation loss.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, grid = plt.subplots(1, 2, figsize=(PAGE, 2.9), sharex=True)
    joined = pd.concat(histories.values())
    mean = joined.groupby("epoch").mean(numeric_only=True)
    first = next(iter(histories.values()))
    stages = first.groupby("stage", sort=False)["epoch"].agg(["min", "max"])
    for axes, what in zip(grid, ("loss", "accuracy"), strict=True):
        for column, name, style in (
            (what, "training", {"color": COLOURS[0], "ls": "-"}),
            (f"validation_{what}", "validation", {"color": COLOURS[1], "ls": "--"}),
        ):
            if len(histories) > 1:
                for history in histories.values():
                    axes.plot(history["epoch"], history[column], lw=0.4, alpha=0.5, **style)
            axes.plot(mean.index, mean[column], label=name, **style)
        for k, history in enumerate(histories.values()):
            best = history.loc[history["validation_loss"].idxmin()]
            axes.plot(
                *(best["epoch"], best[f"validation_{what}"]),
                color="k",
                marker="*",
                ls="",
                label="lowest validation loss" if k == 0 else None,
            )
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
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    grid[0].set(ylabel="categorical cross entropy", yscale="log")
    low, high = grid[0].get_ylim()
    grid[0].yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    # Of a short run there may be no power of ten between the ends.
    between = StrMethodFormatter("{x:g}") if high < 20 * low else NullFormatter()
    grid[0].yaxis.set_minor_formatter(between)
    grid[1].set_ylabel("accuracy")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncol=len(labels))
    return figure


def spread(tpr):
    """Rate and 95 % interval of each class and distance.

    One seed: the Wilson interval of its counts. Several: the mean and Student's interval over
    the seeds; pooled counts would be too sure, for all seeds see the same samples.

    Parameters
    ----------
    tpr : pandas.DataFrame
        ``seed``, ``class``, ``distance_kpc``, ``correct``, ``n``.

    Returns
    -------
    pandas.DataFrame
        ``class``, ``distance_kpc``, ``rate``, ``low``, ``high``.
    """
    rows = []
    for (name, distance), group in tpr.groupby(["class", "distance_kpc"], sort=False):
        rate = evaluation.over_seeds(group["correct"] / group["n"])
        if isinstance(rate, dict):
            low, high = np.clip([rate["low"], rate["high"]], 0, 1)
            rate = rate["mean"]
        else:
            low, high = evaluation.wilson(group["correct"].iloc[0], group["n"].iloc[0])
        rows.append((name, distance, rate, float(low), float(high)))
    return pd.DataFrame(rows, columns=["class", "distance_kpc", "rate", "low", "high"])


def rates(tpr, classes):
    """Figure 4: true positive rate of each class against distance, with 95 % intervals.

    Parameters
    ----------
    tpr : pandas.DataFrame
        From `evaluation.tables`, test sets only.
    classes : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(PAGE, 3.6))
    look = looks(classes)
    table = spread(tpr).sort_values("distance_kpc")
    for name in classes:
        rows, style = table[table["class"] == name], look[name]
        axes.plot(rows["distance_kpc"], rows["rate"], ms=4, label=name, **style)
        axes.fill_between(
            *(rows["distance_kpc"], rows["low"], rows["high"]),
            color=style["color"],
            alpha=0.15,
            lw=0,
        )
    distances = np.unique(table["distance_kpc"])
    if distances[-1] > 10 * distances[0] > 0:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    if len(distances) <= 12:
        axes.set_xticks(distances, [f"{distance:g}" for distance in distances])
    axes.set(xlabel="distance [kpc]", ylabel="true positive rate", ylim=(-0.02, 1.02))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _percent(share):
    """Text of a cell of a confusion matrix: nothing for none, never 0 or 100 by rounding."""
    if np.isnan(share) or share == 0:
        return ""
    if share < 1:
        return "<1"
    return ">99" if 99 < share < 100 else f"{share:.0f}"


def matrices(confusion, snr, classes, distances):
    """Figure 5: confusion matrices and distributions of the network SNR at some distances.

    Parameters
    ----------
    confusion : pandas.DataFrame
        From `evaluation.tables`; the mean over seeds is shown.
    snr : dict of pandas.DataFrame
        ``class`` and ``network_snr`` of the samples at each distance.
    classes : list of str
    distances : list of float
        [kpc].

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the table has no rows of a distance.
    """
    figure, grid = plt.subplots(
        *(len(distances), 2),
        figsize=(PAGE, 0.9 + 2.7 * len(distances)),
        squeeze=False,
        sharex="col",
        sharey="col",
    )
    look = looks(classes)
    loudest = max(table["network_snr"].max() for table in snr.values())
    faintest = min(table["network_snr"].min() for table in snr.values())
    for (left, right), distance in zip(grid, distances, strict=True):
        rows = confusion[np.isclose(confusion["distance_kpc"], distance)]
        if rows.empty:
            raise ValueError(
                f"no confusion matrix at {distance:g} kpc: evaluate test-{distance:g}kpc"
                " or take the distance out of figures.distances"
            )
        counts = rows.groupby(["true", "predicted"])["count"].sum().unstack()
        counts = counts.loc[classes, classes]
        share = 100 * counts.div(counts.sum(axis=1), axis=0)
        sns.heatmap(
            share,
            ax=left,
            vmin=0,
            vmax=100,
            cmap="cividis",
            annot=share.map(_percent),
            fmt="",
            annot_kws={"fontsize": 7},
            linewidths=0.2,
            cbar=False,
        )
        left.grid(False)
        left.set(xlabel="", ylabel="true", title=f"{distance:g} kpc")
        left.tick_params(axis="y", rotation=0)
        sns.violinplot(
            snr[distance],
            x="class",
            y="network_snr",
            order=classes[1:],
            hue="class",
            hue_order=classes[1:],
            palette=[look[name]["color"] for name in classes[1:]],
            saturation=1,
            legend=False,
            ax=right,
            log_scale=(False, True),
            linewidth=0.6,
            inner="quart",
            cut=0,
        )
        # Quartiles must show on the dark colours too.
        for line in right.lines:
            line.set(color="white", linewidth=0.9)
        right.set(xlabel="", ylabel="network SNR", title=f"{distance:g} kpc")
        right.set_ylim(faintest / 1.2, loudest * 1.2)
        right.yaxis.set_minor_formatter(NullFormatter())
    grid[-1, 0].set_xlabel("predicted")
    for axes in grid[-1]:
        axes.tick_params(axis="x", rotation=60)
    bar = figure.colorbar(
        grid[0, 0].collections[0],
        ax=grid[:, 0].tolist(),
        location="bottom",
        shrink=0.8,
        aspect=30,
        pad=0.01,
    )
    bar.set_label("share of the true class [%]")
    return figure
