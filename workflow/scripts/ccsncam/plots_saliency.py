"""The figures of embedding, saliency maps and their measures."""

import textwrap

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ccsncam.methods import CONTROLS, NAMES, PAPER
from ccsncam.plots import COLOURS, LINES, MARKERS, PAGE, looks
from ccsncam.relevance import BOTH

MODES = {"g_mode": "g-mode", "sasi": "SASI", "prompt_convection": "prompt convection"}


def mode_name(key):
    """A mode as it is written."""
    return MODES.get(key, key.replace("_", " "))


def embedding(path, table, classes):
    """Figure 6: the features of a test set in two dimensions.

    Parameters
    ----------
    path : path
        Of ``embed``: ``point`` (n, 2) and ``label`` (n,).
    table : pandas.DataFrame
        From `ccsncam.embedding.separation`.
    classes : list of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with h5py.File(path) as file:
        points, label = file["point"][()], file["label"][()]
    figure, axes = plt.subplots(figsize=(PAGE, 4.6))
    look = looks(classes)
    for number, name in enumerate(classes):
        own, style = points[label == number], look[name]
        axes.plot(
            *own.T,
            color=style["color"],
            marker=style["marker"],
            ls="",
            ms=2.2,
            mew=0,
            alpha=0.6,
            rasterized=True,
            label=name,
        )
        axes.annotate(
            name,
            np.median(own, axis=0),
            ha="center",
            va="center",
            fontsize=7,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": style["color"], "lw": 0.8},
        )
    axes.set(xlabel="first t-SNE coordinate", ylabel="second t-SNE coordinate")
    axes.set_aspect("equal", "datalim")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2.5)
    whole = table[table["class"] == "all"].set_index("space")
    axes.set_title(
        "; ".join(
            f"{words}: silhouette {whole.loc[space, 'silhouette']:.2f}, "
            f"10-NN accuracy {100 * whole.loc[space, 'knn_accuracy']:.1f} %"
            for space, words in (("features", "features"), ("plane", "t-SNE plane"))
        )
    )
    return figure


class Samples:
    """Samples and maps of an HDF5 file of ``explain_examples`` or ``explain_sample``."""

    def __init__(self, file):
        self.classes, self.detectors = (list(file.attrs[k]) for k in ("classes", "detectors"))
        times, frequencies = file.attrs["times"], file.attrs["frequencies"]
        half = (times[1] - times[0]) / 2, (frequencies[1] - frequencies[0]) / 2
        self.extent = (
            *(times[0] - half[0], times[-1] + half[0]),
            *(frequencies[0] - half[1], frequencies[-1] + half[1]),
        )

    @property
    def colours(self):
        """Which detector is which colour."""
        if len(self.detectors) == 1:
            return f"grey: {self.detectors[0]}"
        pairs = zip(("red", "green", "blue"), self.detectors, strict=False)
        return ", ".join(f"{colour}: {name}" for colour, name in pairs)

    def image(self, axes, group):
        """Draw the input: the first three detectors as red, green and blue."""
        values = group["image"][()]
        if values.shape[-1] == 1:
            values = values[..., 0]
        else:
            missing = max(0, 3 - values.shape[-1])
            values = np.pad(values[..., :3], ((0, 0), (0, 0), (0, missing)))
        axes.imshow(values, origin="lower", extent=self.extent, aspect="auto", cmap="gray")
        axes.grid(False)

    def map(self, axes, group, method):
        """Draw a map; the mesh that a colour bar needs."""
        values = group[f"maps/{method}"][()]
        if not values.any():
            words = "zero everywhere"
            axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color="white")
        mesh = axes.imshow(
            values,
            **{"origin": "lower", "extent": self.extent, "aspect": "auto"},
            **{"vmin": 0, "vmax": 1, "cmap": "viridis"},
        )
        axes.grid(False)
        return mesh

    def words(self, group):
        """Class, prediction, distance and SNR of a sample."""
        label, prediction = (self.classes[group.attrs[k]] for k in ("label", "prediction"))
        sure = group.attrs["probability"][group.attrs["prediction"]]
        text = f"{label}, classified as {prediction} (probability {sure:.3f})"
        if group.attrs["network_snr"] > 0:
            distance, snr = group.attrs["distance_kpc"], group.attrs["network_snr"]
            text += f", network SNR {snr:.0f} at {distance:.2g} kpc"
        return text


def _bar(figure, mesh, axes):
    bar = figure.colorbar(mesh, ax=axes, shrink=0.9, pad=0.01)
    bar.set_label("saliency / maximum")


def comparison(path, methods=PAPER):
    """Figure 7: an input and its maps by several methods."""
    with h5py.File(path) as file:
        samples, group = Samples(file), file["comparison"]
        if "image" not in group:
            return _nothing(group)
        figure, grid = plt.subplots(
            *(1, 1 + len(methods)), figsize=(PAGE, 2.5), sharex=True, sharey=True
        )
        samples.image(grid[0], group)
        grid[0].set_title(f"input\n{samples.colours}", fontsize=7)
        for axes, method in zip(grid[1:], methods, strict=True):
            mesh = samples.map(axes, group, method)
            axes.set_title(group[f"maps/{method}"].attrs["name"])
        for axes in grid:
            axes.set_xlabel("time [s]")
        grid[0].set_ylabel("frequency [Hz]")
        _bar(figure, mesh, grid.tolist())
        figure.suptitle(samples.words(group), fontsize=8)
    return figure


def gallery(path, method="score-cam"):
    """Figure 8: input and map of a rightly classified sample of each class."""
    with h5py.File(path) as file:
        samples = Samples(file)
        columns = min(5, len(samples.classes))
        rows = -(-len(samples.classes) // columns)
        figure, grid = plt.subplots(
            *(2 * rows, columns),
            figsize=(PAGE, 0.5 + 3.1 * rows),
            sharex=True,
            sharey=True,
            squeeze=False,
        )
        for axes in grid.flat:
            axes.set_visible(False)
        mesh = None
        for number, name in enumerate(samples.classes):
            above, below = grid[2 * (number // columns) : 2 * (number // columns) + 2].T[
                number % columns
            ]
            group = file[f"gallery/{name}"]
            above.set_visible(True)
            if "image" not in group:
                above.text(0.5, 0.5, "no sample", transform=above.transAxes, ha="center")
                above.set_title(name)
                continue
            below.set_visible(True)
            snr = group.attrs["network_snr"]
            samples.image(above, group)
            mesh = samples.map(below, group, method)
            above.set_title(f"{name}, SNR {snr:.0f}" if snr > 0 else name)
            below.set_xlabel("time [s]")
            below.tick_params(labelbottom=True)
            for axes in (above, below):
                axes.tick_params(labelleft=number % columns == 0)
        for axes in grid[:, 0]:
            axes.set_ylabel("frequency [Hz]")
        if mesh is not None:
            _bar(figure, mesh, grid.ravel().tolist())
        title = f"input ({samples.colours}) above, {NAMES[method]} below"
        figure.suptitle(title, fontsize=8)
    return figure


def misclassified(path, panel, method="score-cam"):
    """Figures 9 and 10: a wrong sample, its map, and the class that it was taken for."""
    with h5py.File(path) as file:
        samples, group = Samples(file), file[panel]
        if "image" not in group:
            return _nothing(group)
        figure, grid = plt.subplots(1, 3, figsize=(PAGE, 2.7), sharex=True, sharey=True)
        samples.image(grid[0], group)
        grid[0].set_title(f"(a) input\n{samples.colours}", fontsize=7)
        mesh = samples.map(grid[1], group, method)
        name = group[f"maps/{method}"].attrs["name"]
        aim = samples.classes[group.attrs["target"]]
        grid[1].set_title(f"(b) {name} of {aim}", fontsize=7)
        taken = samples.classes[group.attrs["prediction"]]
        example = file[f"gallery/{taken}"]
        grid[2].set_title(f"(c) an example of {taken}", fontsize=7)
        if "image" in example:
            samples.image(grid[2], example)
        for axes in grid:
            axes.set_xlabel("time [s]")
        grid[0].set_ylabel("frequency [Hz]")
        _bar(figure, mesh, grid.tolist())
        pairs = zip(samples.detectors, group.attrs["snr"], strict=True)
        each = ", ".join(f"{detector} {snr:.0f}" for detector, snr in pairs)
        figure.suptitle(f"{samples.words(group)} ({each})", fontsize=8)
    return figure


def single(path, method):
    """Input and one map of one sample."""
    with h5py.File(path) as file:
        samples = Samples(file)
        figure, (left, right) = plt.subplots(1, 2, figsize=(PAGE, 3.2), sharex=True, sharey=True)
        samples.image(left, file)
        mesh = samples.map(right, file, method)
        aim = samples.classes[file.attrs["target"]]
        left.set_title(f"input ({samples.colours})")
        right.set_title(f"{file[f'maps/{method}'].attrs['name']} of {aim}")
        for axes in (left, right):
            axes.set_xlabel("time [s]")
        left.set_ylabel("frequency [Hz]")
        _bar(figure, mesh, [left, right])
        figure.suptitle(samples.words(file), fontsize=8)
    return figure


def _nothing(group):
    """A figure that says that no sample satisfies its rule."""
    figure, axes = plt.subplots(figsize=(PAGE, 1.4))
    axes.set_axis_off()
    rule = textwrap.fill(group.attrs["rule"], 90)
    text = (
        f"No sample of this run satisfies the rule of this figure (config: figures):\n{rule}.\n"
        "A run with more samples, or a lower bound there, may have one."
    )
    axes.text(0.5, 0.5, text, ha="center", va="center", linespacing=1.6)
    return figure


def attribution(shares, removals, agreements, classes, method="score-cam"):
    """Figure 11: saliency on each mode, what its removal does, and whether the two agree.

    Parameters
    ----------
    shares, removals, agreements : pandas.DataFrame
        From `ccsncam.relevance.attribution`, of one distance.
    classes : list of str
    method : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    signals = classes[1:]
    shares = shares[(shares["key"] == method) & (shares["outcome"] == "all")]
    removals = removals[(removals["kind"] == "mode") & (removals["outcome"] == "all")]
    found = set(shares["region"]) - {"signal"}
    modes = [mode for mode in MODES if mode in found]
    modes += sorted(found - set(MODES))
    figure = plt.figure(figsize=(PAGE, 5.6))
    grid = figure.add_gridspec(
        2, max(len(modes), 1) + 1, width_ratios=[1] * max(len(modes), 1) + [1.3]
    )
    places = np.arange(len(signals))[::-1]
    untracked = set(signals) - set(shares.loc[shares["region"].isin(modes), "class"])
    first = None
    for column, mode in enumerate(modes or ["signal"]):
        above = figure.add_subplot(grid[0, column], sharey=first)
        first = above if first is None else first
        rows = shares[shares["region"] == mode].set_index("class").reindex(signals)
        _points(above, places, rows, "share", COLOURS[0], f"of {NAMES[method]}")
        for values, mark, words, colour in (
            ("share_by_chance", "|", "of all cells (chance)", "k"),
            ("share_by_power", "x", "of the signal's power", COLOURS[1]),
        ):
            style = {"ls": "", "marker": mark, "ms": 7, "color": colour, "zorder": 3}
            above.plot(rows[values], places, label=words, **style)
        absent = []
        for name, place in zip(signals, places, strict=True):
            if np.isnan(rows.loc[name, "share"]):
                words = "no tracks given" if name in untracked else "no such mode"
                absent.append((place, words))
        above.set(title=mode_name(mode), xlim=(-0.02, 1.02))
        below = figure.add_subplot(grid[1, column], sharey=first)
        rows = removals[removals["part"] == mode].set_index("class").reindex(signals)
        _points(below, places, rows, "flipped", COLOURS[4], None)
        below.set(xlim=(-0.02, 1.02))
        if column == max(len(modes), 1) // 2:
            above.set_xlabel("share that lies on the mode")
            below.set_xlabel("share of predictions that change without the mode")
        for axes in (above, below):
            axes.tick_params(labelleft=column == 0)
            for place, words in absent:
                axes.text(0.5, place, words, color="0.5", fontsize=6, ha="center", va="center")
    first.set_yticks(places, signals)
    first.set_ylim(-0.6, len(signals) - 0.4)
    handles, labels = first.get_legend_handles_labels()
    title = f"signals at {shares['distance_kpc'].iloc[0]:g} kpc; share on the mode"
    figure.legend(handles, labels, loc="outside upper left", ncol=3, title=title, title_fontsize=8)
    _ranking(figure.add_subplot(grid[:, -1]), agreements[agreements["outcome"] == "all"])
    return figure


def _ranking(axes, table):
    """Whether maps rank modes as removal does; the signal's power is what they are to beat."""
    axes.set_title("do maps rank modes\nas removal does?")
    if table.empty:
        axes.text(0.5, 0.5, "no waveform has two modes", color="0.5", ha="center")
        axes.set_axis_off()
        return
    order = table[table["class"] == "all"].sort_values("tau_density")
    heights = np.arange(len(order))
    for name, shift, marker in (("all", 0.15, "o"), (BOTH, -0.15, "D")):
        rows = table[table["class"] == name].set_index("key")
        if rows.empty:
            continue
        colour = COLOURS[0] if name == "all" else COLOURS[1]
        count = rows["n"].max()
        words = f"{'all with two modes' if name == 'all' else name} (n = {count})"
        one = rows.reindex(order["key"])
        _points(axes, heights + shift, one, "tau_density", colour, words, marker)
        axes.axvline(rows.loc["power", "tau_density"], color=colour, lw=0.8, ls="--")
    axes.axvline(0, color="0.4", lw=0.8)
    axes.set_yticks(heights, order["method"])
    axes.set(xlabel="Kendall's τ", xlim=(-1.02, 1.02))
    style = {"fontsize": 6, "title": "dashed: signal power", "title_fontsize": 6}
    axes.legend(loc="upper center", bbox_to_anchor=(0.3, -0.08), **style)


def _points(axes, places, rows, name, colour, label, marker="o"):
    """Means with their intervals."""
    middle = rows[name].to_numpy(float)
    ends = np.clip(np.stack([middle - rows[f"{name}_low"], rows[f"{name}_high"] - middle]), 0, None)
    axes.errorbar(
        *(middle, places),
        xerr=ends,
        fmt=marker,
        ms=3.5,
        color=colour,
        lw=1,
        capsize=1.5,
        label=label,
    )


def faithfulness(curves, randomisation, title, baseline="noise"):
    """Figure 12: insertion and deletion, and the maps of a network that is randomised.

    Parameters
    ----------
    curves, randomisation : pandas.DataFrame
        From `ccsncam.relevance.faithfulness`.
    title : str
        Which samples.
    baseline : str
        One of `ccsncam.faithfulness.BASELINES`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    methods = dict(curves[["key", "method"]].drop_duplicates().itertuples(index=False))
    own = [key for key in methods if key in PAPER]
    others = [key for key in methods if key not in (*PAPER, *CONTROLS)]
    groups = [("methods of the paper; grey: controls", own)]
    groups += [("other methods; grey: controls", others)] if others else []
    figure, grid = plt.subplots(
        *(4, len(groups)),
        figsize=(PAGE, 9.0),
        sharey="row",
        squeeze=False,
        height_ratios=(1, 1, 0.8, 0.8),
    )
    for column, (heading, real) in zip(grid.T, groups, strict=True):
        shown = [*(key for key in methods if key in CONTROLS), *real]
        styles = _styles(real)
        for axes, kind in zip(column, ("deletion", "insertion"), strict=False):
            rows = curves[curves["curve"] == f"{kind}_{baseline}"]
            for key in shown:
                one = rows[rows["key"] == key]
                _band(axes, one["fraction"], one, "probability", methods[key], styles[key])
            axes.set(xlabel=f"{kind}: share of pixels, most salient first", ylim=(-0.02, 1.02))
        for axes, measure in zip(column[2:], ("correlation", "ssim"), strict=True):
            for key in shown:
                one = randomisation[randomisation["key"] == key]
                _band(axes, one["step"], one, measure, None, styles[key], every=1)
            layers = randomisation.drop_duplicates("step").sort_values("step")
            axes.set_xticks(layers["step"], [f"+ {name}" for name in layers["layer"]])
            axes.set(xlabel="layers randomised, from the top")
        handles, labels = column[0].get_legend_handles_labels()
        column[0].legend(
            *(handles, labels),
            **{"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "title": heading},
            **{"fontsize": 6, "title_fontsize": 8, "ncol": 6 // len(groups), "handlelength": 3},
        )
    for axes, words in zip(
        grid[:, 0],
        (
            *("probability of the class", "probability of the class"),
            *("Spearman's correlation\nwith the trained map", "SSIM\nwith the trained map"),
        ),
        strict=True,
    ):
        axes.set_ylabel(words)
    count, draws = curves["n"].max(), randomisation["draws"].max()
    figure.suptitle(
        f"{title}: n = {count}, {draws} random networks; baseline: {baseline} of the sample; "
        "bands: 95 %",
        fontsize=8,
    )
    return figure


def _styles(methods):
    """Line of each method; the controls are grey."""
    styles = {
        key: {"color": COLOURS[k % 9], "ls": LINES[k % 5], "marker": MARKERS[k % 10]}
        for k, key in enumerate(methods)
    }
    for key, grey, marker in zip(CONTROLS, ("0.25", "0.45", "0.65"), "x+.", strict=True):
        styles[key] = {"color": grey, "ls": ":", "marker": marker}
    return styles


def _band(axes, places, rows, name, label, style, every=4):
    """A line with its interval; nothing where it is not defined."""
    axes.plot(places, rows[name], label=label, markevery=every, ms=3, lw=1, **style)
    ends = rows[f"{name}_low"], rows[f"{name}_high"]
    axes.fill_between(places, *ends, color=style["color"], alpha=0.2, lw=0)


def at_distance(table, distance):
    """Rows of one distance [kpc]; ValueError if a table has rows, and none of it."""
    rows = table[np.isclose(table["distance_kpc"], distance)]
    if rows.empty and len(table):
        raise ValueError(f"no row at {distance:g} kpc: have {pd.unique(table['distance_kpc'])}")
    return rows
