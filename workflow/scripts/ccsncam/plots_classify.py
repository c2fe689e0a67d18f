"""Picture and page of what the network says of a moment of strain."""

import base64
import html
from dataclasses import dataclass
from pathlib import Path
from string import Template

import h5py
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from ccsncam.methods import NAMES
from ccsncam.plots import PAGE, looks
from ccsncam.plots_saliency import Samples

METHOD = "score-cam"
# Top of the scale of whitened spectrograms: the mean amplitude of white noise is 0.89.
CEILING = 6.0
STAND_INS = {"noise": "white noise in its place", "black": "black in its place"}
UNSURE = ("-marginal", "-auxiliary")
WINDOWS = {"loudest": "least like noise", "moment": "at the moment"}


@dataclass(frozen=True)
class Found:
    """What the rule ``classify`` found.

    Attributes
    ----------
    path : path
        Its HDF5 file.
    gps : float
        [s].
    run : str
    classes, detectors, data : list of str
        ``data``: the detectors that had strain.
    missing : str
        What stands in place of the others: ``noise`` or ``black``.
    start : array (window,)
        Start of each window from ``gps`` [s].
    probability : array (window, class)
    explained : dict of dict
        The attributes of the two windows that are explained.
    heard : dict of dict
        By detector ``psd_seconds``, ``aside`` and ``quality``, as in `ccsncam.classify.Heard`, and
        ``files``.
    events : dict of (float, str)
        Catalogued mergers in the span, by name: time from ``gps`` [s] and catalogue.
    validation_accuracy : float
        Of the network.
    trained_seconds : int
        Seconds of strain behind a PSD in training.
    aside : array (2,)
        Time before and after the moment that a PSD leaves out [s].
    """

    path: str
    gps: float
    run: str
    classes: list
    detectors: list
    data: list
    missing: str
    start: np.ndarray
    probability: np.ndarray
    explained: dict
    heard: dict
    events: dict
    validation_accuracy: float
    trained_seconds: int
    aside: np.ndarray

    @classmethod
    def read(cls, path):
        """Read a file of the rule ``classify``."""
        with h5py.File(path) as file:
            lists = {name: list(file.attrs[name]) for name in ("classes", "detectors", "data")}
            values = {name: file.attrs[name] for name in ("gps", "run", "missing", "aside")}
            arrays = {name: file[name][()] for name in ("start", "probability")}
            explained = {name: dict(file[name].attrs) for name in WINDOWS}
            heard = {name: dict(file[f"heard/{name}"].attrs) for name in lists["detectors"]}
            values["events"] = {
                name: (own.attrs["gps"] - values["gps"], own.attrs["catalog"])
                for name, own in file.get("events", {}).items()
            }
            values["validation_accuracy"] = float(file.attrs["validation_accuracy"])
            values["trained_seconds"] = int(file.attrs["segment_duration"])
        return cls(path, explained=explained, heard=heard, **lists, **values, **arrays)

    @property
    def words(self):
        """Which detectors had strain, and what stands in place of the others."""
        absent = [name for name in self.detectors if name not in self.data]
        text = f"strain of {', '.join(self.data)}"
        if absent:
            text += f"; {', '.join(absent)} without data ({STAND_INS[self.missing]})"
        short = {
            name: self.heard[name]["psd_seconds"]
            for name in self.data
            if self.heard[name]["psd_seconds"] < self.trained_seconds
        }
        if short:
            seconds = ", ".join(f"{name} {count} s" for name, count in short.items())
            text += f"; short PSD ({seconds}, in training {self.trained_seconds} s)"
        seeing = [name for name in self.data if not self.heard[name]["aside"]]
        if seeing:
            text += f"; PSD sees the moment and damps a loud signal ({', '.join(seeing)})"
        return text

    @property
    def mergers(self):
        """What catalogues say of the span; empty where they say nothing."""
        # Of these catalogues' parts not all that is listed need be astrophysical.
        said = [
            f"{name} ({catalog}) at {at:+.2f} s: {'perhaps ' * catalog.endswith(UNSURE)}a compact "
            "binary merger, which is none of the network's classes"
            for name, (at, catalog) in self.events.items()
        ]
        return "; ".join(said)

    def verdict(self, name):
        """Probability of the class that is explained in a window, and what the network says."""
        one = self.explained[name]
        aim, taken = self.classes[one["target"]], self.classes[one["prediction"]]
        text = f"{aim} {one['probability'][one['target']]:.3f}"
        return text if aim == taken else f"{text}; says {taken}"


def moment(found):
    """Spectrogram of each detector, probabilities over time, and Score-CAM of two windows.

    Parameters
    ----------
    found : Found

    Returns
    -------
    matplotlib.figure.Figure
    """
    count = len(found.detectors)
    heights = [1.0] * count + [1.7]
    figure = plt.figure(figsize=(PAGE, 0.8 + 1.05 * sum(heights) + 2.5))
    title = f"GPS {found.gps:.15g}"
    figure.suptitle(f"{title}\n{found.mergers}" if found.events else title, fontsize=8)
    above, below = figure.subfigures(2, 1, height_ratios=[1.05 * sum(heights), 2.5])
    # Colour bar and legend share a column: a legend beside the curves would push the bar away.
    layout = above.add_gridspec(count + 1, 2, height_ratios=heights, width_ratios=[1, 0.17])
    grid = layout[:, 0].subgridspec(count + 1, 1, height_ratios=heights).subplots(sharex=True)
    side, names = (above.add_subplot(layout[rows, 1]) for rows in (slice(count), count))
    with h5py.File(found.path) as file:
        samples = Samples(file)
        begin = file.attrs["begin"]
        for axes, detector in zip(grid[:-1], found.detectors, strict=True):
            _spectrogram(axes, file, detector, samples, begin)
            for at, _ in found.events.values():
                # The lower part stays free: the signal is there.
                axes.axvline(at, 0.4, 1, color="white", lw=0.8, ls="--")
            absent = "" if detector in found.data else f": no data, {STAND_INS[found.missing]}"
            axes.text(
                *(0.008, 0.93, f"{detector}{absent}"),
                transform=axes.transAxes,
                va="top",
                fontsize=7,
                bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "0.5", "lw": 0.5},
            )
        scale = ScalarMappable(Normalize(0, CEILING), "viridis")
        bar = above.colorbar(scale, cax=side.inset_axes([0.0, 0.0, 0.12, 1.0]))
        bar.set_label("amplitude\n(white noise: 0.9)", fontsize=7)
        _probabilities(grid[-1], found)
        handles, labels = grid[-1].get_legend_handles_labels()
        small = {"fontsize": 6, "handlelength": 2.2, "borderaxespad": 0, "labelspacing": 0.3}
        names.legend(handles[::-1], labels[::-1], loc="center left", **small)
        for axes in (side, names):
            axes.set_axis_off()
        grid[-1].set(xlim=(begin, -begin))
        grid[-1].set_xlabel("time from the moment [s]; curves: 0.05 s into each window of 1 s")
        grid[count // 2].set_ylabel("frequency [Hz]")
        panels = below.subplots(1, 4, sharex=True, sharey=True)
        for (left, right), (name, words) in zip(panels.reshape(2, 2), WINDOWS.items(), strict=True):
            samples.image(left, file[name])
            mesh = samples.map(right, file[name], METHOD)
            start = found.explained[name]["start"]
            left.set_title(f"{words}, from {start:+.2f} s\n{samples.colours}", fontsize=6.5)
            right.set_title(f"{NAMES[METHOD]} of\n{found.verdict(name)}", fontsize=6.5)
            for axes in (left, right):
                axes.set_xlabel("time [s]")
        panels[0].set_ylabel("frequency [Hz]")
        bar = below.colorbar(mesh, ax=panels.tolist(), pad=0.01)
        bar.set_label("saliency / maximum", fontsize=7)
    return figure


def _spectrogram(axes, file, detector, samples, begin):
    """Draw the whitened spectrogram of a detector; hatched where there is none."""
    axes.grid(False)
    if detector not in file["spectrogram"]:
        axes.axhspan(0, file.attrs["frequencies"][-1], fc="0.92", ec="0.7", lw=0, hatch="////")
        axes.set_ylim(0, file.attrs["frequencies"][-1])
        return
    image = file[f"spectrogram/{detector}"][()]
    times, frequencies = file.attrs["times"], file.attrs["frequencies"]
    hop = times[1] - times[0]
    # The first frame's centre lies where it does in a sample.
    first = begin + times[0] - hop / 2
    extent = (first, first + hop * image.shape[1], *samples.extent[2:])
    axes.imshow(image, origin="lower", extent=extent, aspect="auto", vmin=0, vmax=CEILING)
    axes.set_ylim(0, frequencies[-1])


def _probabilities(axes, found):
    """Draw the probabilities of all classes, noise above the others."""
    look = looks(found.classes)
    # A window is drawn where the moment lies in that of the moment.
    at = found.start - found.explained["moment"]["start"]
    # What is the most probable in some window is drawn heavily, and the rest in the background.
    leading = {0, *found.probability.argmax(axis=1)}
    order = sorted(range(len(found.classes)), key=lambda number: (number in leading, -number))
    for number, name in ((number, found.classes[number]) for number in order):
        own = {"ms": 3.0, "lw": 1.6} if number in leading else {"ms": 0, "lw": 0.6, "alpha": 0.6}
        own |= {} if number else {"lw": 2.2, "color": "k", "marker": ""}
        axes.plot(at, found.probability[:, number], label=name, markevery=2, **look[name] | own)
    for name, height in (("loudest", 1.27), ("moment", 1.07)):
        start = found.explained[name]["start"]
        axes.plot([start, start + 1], [height] * 2, color="0.3", lw=1.5, clip_on=False)
        axes.annotate(
            *(WINDOWS[name], (start + 0.5, height)),
            xytext=(0, 1),
            textcoords="offset points",
            fontsize=6,
            ha="center",
            va="bottom",
        )
    axes.plot([0, 0], [-0.02, 1.0], color="0.4", lw=0.8, ls=":")
    for name, (at, _) in found.events.items():
        axes.plot([at, at], [-0.02, 1.0], color="0.4", lw=0.8, ls="--")
        axes.text(at, 0.93, f" {name}", fontsize=6, color="0.3", va="center")
    axes.set(ylim=(-0.02, 1.44), ylabel="probability", yticks=[0, 0.5, 1])


PAGE_TEMPLATE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>GPS $gps</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
img { width: 100%; }
table { border-collapse: collapse; }
th, td { padding: 0.2rem 0.8rem; text-align: right; border-bottom: 1px solid #ccc; }
th:first-child, td:first-child { text-align: left; }
</style>
</head>
<body>
<h1>GPS $gps</h1>
$mergers<p>Seen: $words. Run $run; network trained on <strong>$trained</strong>, validation accuracy
$accuracy %. It knows its classes only, and gives one of them to whatever it sees.</p>
<img alt="Spectrograms, probabilities and Score-CAM around GPS $gps"
src="data:image/png;base64,$picture">
<h2>Probabilities</h2>
<table>
<tr><th>class</th><th>window least like noise, from $loudest s</th>
<th>window at the moment, from $moment s</th></tr>
$rows
</table>
<h2>Strain</h2>
<table>
<tr><th>detector</th><th>PSD of [s] (training: $trained_seconds)</th><th>PSD without the moment</th>
<th>data quality of the span</th><th>files</th></tr>
$heard
</table>
<h2>What is what</h2>
<ul>
<li>Spectrograms: strain of each detector, whitened with the PSD of the strain around the moment,
less $before s before to $after s after it; amplitude on one scale. A PSD of less strain than in
training is a rougher estimate. Where the strain is too short to leave the moment out, the PSD sees
a signal there and damps it, and the image is unlike what the network was trained on. A detector
without data is named as such: white noise or black is in its place.</li>
<li>Data quality: bits that the config asks of the noise (<code>noise.files</code>); a moment is
shown whatever they say.</li>
<li>Probabilities: the network's softmax for each window of 1 s, drawn 0.05 s into the window. In
training the bounce lies 0 to 0.15 s into it. They add up to 1, whatever is there: a merger or a
glitch is given a class too. Dashed: mergers and candidates of
GWTC-1 to GWTC-3.</li>
<li>Windows: the one where noise is least probable, and the one that begins 0.05 s before the
moment; the network's input, and Score-CAM of its most probable signal class, each cell at its
receptive field.</li>
</ul>
</body>
</html>
""")


def page(found, picture, trained):
    """One self-contained page: the picture, the table of probabilities, and what is what.

    Parameters
    ----------
    found : Found
    picture : bytes
        A PNG.
    trained : str
        What the network was trained on.

    Returns
    -------
    str
        HTML.
    """
    columns = [found.explained[name]["probability"] for name in WINDOWS]
    rows = [
        f"<tr><td>{html.escape(name)}</td><td>{one:.4f}</td><td>{other:.4f}</td></tr>"
        for name, one, other in zip(found.classes, *columns, strict=True)
    ]
    heard = [
        f"<tr><td>{html.escape(name)}</td><td>{one['psd_seconds'] or '-'}</td>"
        f"<td>{('no', 'yes')[int(one['aside'])] if one['psd_seconds'] else '-'}</td>"
        f"<td>{html.escape(one['quality'])}</td>"
        f"<td>{html.escape(', '.join(Path(name).name for name in one['files'])) or '-'}</td></tr>"
        for name, one in found.heard.items()
    ]
    return PAGE_TEMPLATE.substitute(
        heard="\n".join(heard),
        trained_seconds=found.trained_seconds,
        gps=f"{found.gps:.15g}",
        words=html.escape(found.words),
        run=html.escape(found.run),
        trained=html.escape(trained),
        picture=base64.b64encode(picture).decode(),
        rows="\n".join(rows),
        mergers=f"<p><strong>{html.escape(found.mergers)}.</strong></p>\n" if found.events else "",
        accuracy=f"{100 * found.validation_accuracy:.0f}",
        before=f"{found.aside[0]:g}",
        after=f"{found.aside[1]:g}",
        **{name: f"{found.explained[name]['start']:+.2f}" for name in WINDOWS},
    )
