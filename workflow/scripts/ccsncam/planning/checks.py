"""Checks of a configuration that a schema cannot express."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from ccsncam.config import schema
from ccsncam.config.blocks import Spectrogram
from ccsncam.network import architecture
from ccsncam.planning import coherence, costs, inputs, moment_table
from ccsncam.samples.grid import channels, grid
from ccsncam.samples.representations.names import SERIAL
from ccsncam.samples.representations.names import check as check_representation
from ccsncam.text import is_file
from ccsncam.waveforms import cells, surrogate_table, table

Config = Mapping[str, Any]
# A scan is at least so long [s].
SHORTEST_SCAN = 2
# The bounce of a signal lies anywhere in 0.15 s of a sample [s].
MAX_STRIDE = 0.1


def check(config: Config, rules: Mapping[str, Any]) -> None:
    """Check a configuration before any job.

    Parameters
    ----------
    config : mapping
        The whole configuration.
    rules : mapping
        Its JSON schema.

    Raises
    ------
    ValueError
        One line says which key is wrong, why, and what to do.
    """
    try:
        _check_finite(config, "config")
    except RecursionError:
        raise ValueError(
            "config: a block holds itself, or is nested too deep; write it without aliases (*)"
        ) from None
    schema.validate(config, rules)
    checks: tuple[Callable[[Config], None], ...] = (
        _check_names,
        _check_bands,
        _check_file_names,
        _check_distances,
        _check_representation,
        coherence.check,
        _check_network,
        _check_training,
        _check_background,
        _check_saliency,
        _check_detection,
        _check_moment,
        _check_scan,
    )
    for one in checks:
        one(config)


def complete(config: dict[str, Any]) -> None:
    """Replace null in ``classifier.parameters`` and ``features`` with what the network has.

    If the network gets coherence, ``spectrogram`` gets the largest lags of the detectors.

    Parameters
    ----------
    config : dict
        A configuration that `check` accepts; changed in place.
    """
    _, counts = network_of(config)
    block = config["classifier"]
    block |= {key: counts[key] for key in counts if block[key] is None}
    coherence.complete(config)


def _check_finite(value: Any, where: str) -> None:
    """Check that no number is nan or infinite: such numbers pass the bounds of a schema."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(
            f"{where}: {value} is not a finite number; config/README.md lists every key"
        )
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_finite(inner, f"{where}, {key}" if where == "config" else f"{where}.{key}")
    elif isinstance(value, list):
        for inner in value:
            _check_finite(inner, where)


def _check_names(config: Config) -> None:
    """Check that the classes are rows of the waveform table, and that surrogates have modes."""
    if config["classes"][0] != "noise":
        raise ValueError("config, classes: the first class must be noise")
    _check_case(config["classes"])
    rows = inputs.waveforms_of(config)
    missing = sorted(set(config["classes"][1:]) - set(rows["class"]))
    if missing:
        raise ValueError(
            f"config, classes: {', '.join(missing)} not in {config['waveforms']}; add rows"
        )
    unseen = table.unseen(rows)
    _check_roles(config["classes"][1:], rows.loc[unseen])
    table.families(rows, dict.fromkeys([*config["classes"][1:], *rows.loc[unseen, "class"]]))
    path = inputs.surrogates()
    known = {row["model"] for row in surrogate_table.read_surrogates(path)}
    own = rows.loc[[*table.models(rows, config["classes"][1:]), *unseen]]
    for name in own.index[own["format"] == "surrogate"]:
        if name not in known:
            raise ValueError(
                f"{own.loc[name, 'where']}: {name} is a surrogate, but resources/{path.name} has "
                "no modes for it; add them there"
            )


def _check_roles(classes: Sequence[str], unseen: pd.DataFrame) -> None:
    """Check that no class is trained whose rows must not be seen, and that names are apart."""
    for name, row in unseen.iterrows():
        if row["class"] in classes:
            raise ValueError(
                f"config, classes: {row['class']} is the class of {name}, whose role is unseen "
                f"({row['where']}), so that no network is trained on it: take it out of classes, "
                "or set the role to train"
            )
    _check_case([*classes, *unseen["class"]])


def _check_case(classes: Iterable[str]) -> None:
    """Check that no two classes differ in capital letters only, because files are named so."""
    seen: dict[str, str] = {}
    for name in classes:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise ValueError(
                f"config, classes: {other} and {name} differ in capital letters only, which not "
                "all file systems tell apart; rename one in the waveform table"
            )


def _check_bands(config: Config) -> None:
    """Check that bands rise, do not overlap, and have one stage of training each."""
    sets, signal = config["datasets"], config["signal"]
    for key, bands in (
        ("train_bands", sets["train_bands"]),
        ("validation_band", [sets["validation_band"]]),
        ("bounce_window", [signal["bounce_window"]]),
    ):
        for band in bands:
            schema.must_rise(key, band)
    for one, other in combinations(sets["train_bands"], 2):
        if max(one[0], other[0]) < min(one[1], other[1]):
            raise ValueError(f"config, datasets.train_bands: {one} and {other} overlap")
    stages, epochs = len(sets["train_bands"]), len(config["classifier"]["epochs"])
    if stages != epochs:
        raise ValueError(
            f"config, classifier.epochs has {epochs} numbers, but datasets.train_bands has "
            f"{stages} bands; give one number of epochs per band"
        )
    for key in ("f_min", "highpass"):
        if signal[key] >= signal["f_max"]:
            raise ValueError(
                f"config, signal.{key}: {signal[key]:g} Hz must be below signal.f_max "
                f"({signal['f_max']:g} Hz)"
            )


def _check_file_names(config: Config) -> None:
    """Check that bands and distances give plain and different names, because files have them."""
    sets = config["datasets"]
    for key, names in (
        ("train_bands", [f"{low:g}-{high:g}" for low, high in sets["train_bands"]]),
        ("validation_band", ["{:g}-{:g}".format(*sets["validation_band"])]),
        ("distances", [f"{distance:g}" for distance in sets["distances"]]),
    ):
        bad = sorted({name for name in names if names.count(name) > 1 or "e" in name})
        if bad:
            raise ValueError(
                f"config, datasets.{key}: {bad[0]}: take numbers that differ within six digits, "
                "from 0.01 to 999999"
            )


def _check_distances(config: Config) -> None:
    """Check that the distances of figures, maps and unseen waveforms have a test set."""
    block = config["saliency"]
    for key, distances in (
        ("unseen.distances", config["unseen"]["distances"] or []),
        ("figures.distances", config["figures"]["distances"]),
        ("saliency.distances", block["distances"]),
        ("saliency.distance", [block["distance"]]),
    ):
        strange = set(distances) - set(config["datasets"]["distances"])
        if strange:
            raise ValueError(f"config, {key}: {sorted(strange)} not in datasets.distances")


def _check_representation(config: Config) -> None:
    """Check that the representation fits to its frames and can be made in good time."""
    block, rate = config["spectrogram"], config["signal"]["sample_rate"]
    check_representation(block["kind"], block["window"], block["hop"], rate)
    costs.check(config)


def network_of(config: Config) -> tuple[tuple[int, int, int], dict[str, int]]:
    """Find what the network of a configuration has.

    Parameters
    ----------
    config : mapping
        A configuration whose blocks a schema accepts.

    Returns
    -------
    shape : tuple of int
        Shape of an image: frequency, time, channel.
    counts : dict of int
        ``parameters`` and ``features``.
    """
    seen = Spectrogram.of(config["spectrogram"])
    axes = grid(seen, config["signal"]["sample_rate"])
    shape = (len(axes.frequencies), len(axes.times), channels(seen, len(config["detectors"])))
    block = config["classifier"]
    filters, dense, classes = block["filters"], block["dense"], len(config["classes"])
    pairs = len(coherence.lags(config)) if coherence.asked(config) else 0
    parameters, features = architecture.count_parameters(
        filters, dense, shape, classes, block["network"], block["extra"], pairs
    )
    return shape, {"parameters": parameters, "features": features}


def _check_network(config: Config) -> None:
    """Check that the network has the numbers of parameters and features of the configuration."""
    block, network = config["spectrogram"], config["classifier"]["network"]
    fewest, most = architecture.NETWORKS[network]
    given = len(config["classifier"]["filters"])
    if not fewest <= given <= most:
        needed = fewest if fewest == most else f"{fewest} to {most}"
        raise ValueError(
            f"config, classifier.filters: {given} numbers, but the network {network} has {needed} "
            "convolutions; give one number of filters for each"
        )
    if (network in architecture.SERIAL) != (block["kind"] in SERIAL):
        raise ValueError(
            f"config, classifier.network: {network} cannot see spectrogram.kind {block['kind']}: "
            f"{', '.join(architecture.SERIAL)} sees {', '.join(SERIAL)}, and every other network "
            "every other kind; change one of the two"
        )
    if block["normalisation"] == "fixed" and block["ceiling"] is None:
        raise ValueError("config, spectrogram.ceiling: fixed normalisation needs a number")
    shape, counts = network_of(config)
    asked = {key: config["classifier"][key] for key in counts}
    if network not in architecture.PLAIN and block["scale"] != "amplitude":
        raise ValueError(
            f"config, classifier.network: only {', '.join(architecture.PLAIN)} take "
            f"spectrogram.scale {block['scale']}; set it to amplitude"
        )
    if "scales" in config["classifier"]["extra"] and network in architecture.SERIAL:
        raise ValueError(
            f"config, classifier.extra: {network} sees no spectrogram, so there are no scales of "
            "one; take scales out"
        )
    if "scales" in config["classifier"]["extra"] and block["normalisation"] != "none":
        raise ValueError(
            f"config, classifier.extra: images with spectrogram.normalisation "
            f"{block['normalisation']} have lost their scales; set it to none (the network then "
            "scales each detector itself)"
        )
    if any(asked[key] not in (None, counts[key]) for key in counts):
        raise ValueError(
            f"config, classifier: parameters {asked['parameters']} and features "
            f"{asked['features']}, but the network of this config (input "
            f"{' x '.join(map(str, shape))}, {len(config['classes'])} classes) has "
            f"{counts['parameters']} and {counts['features']}; set both keys to these values, or "
            "to null"
        )


def _check_training(config: Config) -> None:
    """Check that what needs a training that mixes its samples has one."""
    block = config["classifier"]
    for key, value in (
        ("mask_penalty", block["mask_penalty"]),
        *(
            (f"mixing.{key}", block["mixing"][key])
            for key in ("mode_dropout", "glitches", "hard_negatives")
        ),
    ):
        if value and not block["mixing"]["anew"]:
            raise ValueError(
                f"config, classifier.{key}: {value:g} needs a training that mixes its samples; set "
                "classifier.mixing.anew to true, or this key to 0"
            )
    if block["mixing"]["mode_dropout"] and not any(count > 1 for count in _modes(config)):
        raise ValueError(
            "config, classifier.mixing.mode_dropout: no waveform has two modes of which one can be "
            "left out; set it to 0, or give waveforms with modes (docs/waveforms.md)"
        )


def _modes(config: Config) -> Iterator[int]:
    """Numbers of modes of the waveforms of the classes."""
    rows = inputs.waveforms_of(config)
    parts = [row["model"] for row in surrogate_table.read_surrogates(inputs.surrogates())]
    for name, row in rows.loc[table.models(rows, config["classes"][1:])].iterrows():
        surrogate = row["format"] == "surrogate"
        yield parts.count(name) if surrogate else len(cells.tracks(row))


def _check_background(config: Config) -> None:
    """Check that a signal cannot lie between two windows of a background."""
    asked, hop = config["detection"]["background"]["stride"], config["spectrogram"]["hop"]
    rate = config["signal"]["sample_rate"]
    most = max(1, int(MAX_STRIDE * rate // hop))
    if asked > most:
        raise ValueError(
            f"config, detection.background.stride: {asked} hops of {hop} samples are "
            f"{asked * hop / rate:.3g} s from window to window, and at most {MAX_STRIDE:g} s are "
            f"allowed: set it to {most} or less"
        )


def _check_saliency(config: Config) -> None:
    """Check that the layer, the class and the samples that are explained exist."""
    classifier = config["classifier"]
    layers = architecture.layers_of(classifier["network"], classifier["filters"])
    asked = config["saliency"]["layer"]
    if asked not in layers:
        raise ValueError(f"config, saliency.layer: {asked!r} must be one of {', '.join(layers)}")
    shown, signals = config["figures"]["comparison"], config["classes"][1:]
    if shown not in signals:
        raise ValueError(
            f"config, figures.comparison: {shown!r} is no signal class; one of {', '.join(signals)}"
        )
    low, high = config["datasets"]["validation_band"]
    loudness = config["figures"]["gallery_snr"]
    if not low <= loudness <= high:
        raise ValueError(
            f"config, figures.gallery_snr: {loudness:g} must lie in datasets.validation_band "
            f"([{low:g}, {high:g}]), because the gallery shows samples of the validation set"
        )
    explained, there = config["saliency"]["per_class"], config["datasets"]["test_per_class"]
    if explained > there:
        raise ValueError(
            f"config, saliency.per_class: {explained} must be at most datasets.test_per_class "
            f"({there})"
        )


def _check_detection(config: Config) -> None:
    """Check that the chosen rate is one of the rates, and that windows can show a probability."""
    block = config["detection"]
    if block["rate"] not in block["rates"]:
        names = ", ".join(block["rates"])
        raise ValueError(
            f"config, detection.rate: {block['rate']!r} is not in detection.rates ({names}); "
            "take one of these, or add it there"
        )
    windows, most = block["noise_windows"], max(block["probabilities"])
    if windows * most < 1:
        raise ValueError(
            f"config, detection.noise_windows: {windows} windows cannot show a false-alarm "
            f"probability of {most:g}: take at least {math.ceil(1 / most)}"
        )


def _check_moment(config: Config) -> None:
    """Check that a moment of strain has a folder if it needs one, and fits into a piece."""
    block, longest = config["moment"], config["noise"]["segment_duration"]
    if (block["source"] == "files") != (block["folder"] is not None):
        raise ValueError("config, moment.folder: set a folder if source is files, and only then")
    if block["folder"] is not None and not Path(block["folder"]).is_dir():
        raise ValueError(f"config, moment.folder: there is no folder {block['folder']}")
    needed = block["span"] + config["whitening"]["filter_duration"]
    if needed > longest:
        raise ValueError(
            f"config, moment.span: {block['span']:g} s plus whitening.filter_duration is longer "
            f"than noise.segment_duration ({longest} s): shorten the span"
        )
    if block["table"] is not None:
        if not is_file(block["table"]):
            raise ValueError(f"config, moment.table: there is no file {block['table'][:200]}")
        moment_table.read_table(block["table"])


def _check_scan(config: Config) -> None:
    """Check that the ranges of a scan rise and hold windows."""
    for start, end in config["scan"]["ranges"]:
        schema.must_span("scan.ranges", (start, end), SHORTEST_SCAN)
