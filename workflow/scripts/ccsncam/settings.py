"""Checks of a configuration: the schema, and what a schema cannot say."""

import copy
import difflib
import math
from itertools import combinations, pairwise
from pathlib import Path

import jsonschema
import numpy as np

from ccsncam import classifier, gwosc, resources, spectrogram, strain, surrogate, waveform


def check(config, schema, surrogates):
    """Check a configuration before any job.

    Parameters
    ----------
    config : dict
        The whole configuration.
    schema : dict
        The JSON schema.
    surrogates : path
        The table of surrogates' modes.

    Raises
    ------
    ValueError
        One line: which key, what is wrong, what to do.
    """
    validator = jsonschema.Draft202012Validator(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(config))
    if error is not None:
        where = ".".join(map(str, error.absolute_path)) or "the top level"
        hint = "; config/README.md lists every key"
        if error.validator == "type" and _is_number(error.instance):
            hint = "; write 5.0e-4, not 5e-4, and numbers inside a block in a file, not by --config"
        elif error.validator in ("pattern", "type", "enum") and "description" in error.schema:
            hint = f" ({error.schema['description']})" + hint
        elif error.validator == "additionalProperties":
            known = error.schema["properties"]
            meant = [
                f"; did you mean {near!r}?"
                for name in error.instance
                if name not in known
                for near in difflib.get_close_matches(name, known, 1)
            ]
            hint = "".join(meant) + hint
        raise ValueError(f"config, {where}: {error.message}{hint}")
    _check_names(config, surrogates)
    _check_bands(config)
    _check_ranges(config["noise"])
    _check_noise(config)
    _check_network(config)
    _check_saliency(config)
    _check_classify(config)


def check_files(config):
    """Check the waveforms' rows, and that files of waveforms and strain are there, before any job.

    Parameters
    ----------
    config : dict
        A configuration that `check` accepts.

    Raises
    ------
    ValueError
        One line: what is missing, where it is looked for, where it comes from.
    """
    table, problems = waveforms_of(config), []
    for name in waveform.models(table, config["classes"][1:]):
        try:
            waveform.inputs(table.loc[name], config["waveforms"])
            waveform.entry(table.loc[name], resources.path("surrogates.tsv"))
        except ValueError as error:
            problems.append((name, str(error)))
    if problems:
        known = {row["model"] for row in surrogate.read_table(resources.path("surrogates.tsv"))}
        embedded = [
            name
            for name, _ in problems
            if name in known and table.at[name, "source"] == "numerical"
        ]
        names = ", ".join([*config["surrogates"], *embedded])
        choice = (
            f"surrogates: [{names}] in the config (those of them that you have no file of) takes "
            "embedded surrogates in their place"
        )
        lines = [line for _, line in problems] + [choice] * bool(embedded)
        raise ValueError("\n".join(lines))
    strain_files(config)
    if config["noise"]["source"] == "gwosc":
        _check_pieces(config)


def waveforms_of(config):
    """The waveform table of a run, with the surrogates that the config chooses.

    Parameters
    ----------
    config : dict

    Returns
    -------
    pandas.DataFrame
        As of `waveform.read_table`.

    Raises
    ------
    ValueError
        As `waveform.read_table` and `waveform.substitute`.
    """
    table = waveform.read_table(config["waveforms"])
    return waveform.substitute(table, config["surrogates"], resources.path("surrogates.tsv"))


def warnings(config):
    """What a configuration is silent about, in lines for the log.

    Parameters
    ----------
    config : dict
        A configuration that `check` accepts.

    Returns
    -------
    list of str
    """
    noise = config["noise"]
    if noise["source"] == "simulated" or not noise["events"]["catalogs"]:
        return []
    known = _events_of(noise, [[0, math.inf]])
    searched = [
        (run.start, run.end)
        for run in gwosc.runs()
        if any(run.start <= begin < run.end for begin, _, _ in known)
    ]
    return [
        f"noise.ranges.{split}: [{begin}, {end}]: resources/events.tsv has no event of that time "
        "in noise.events.catalogs, so a merger there is not left out: name it in noise.exclude"
        for split, ranges in noise["ranges"].items()
        for begin, end in ranges
        if not any(first <= begin and end <= last for first, last in searched)
    ]


def strain_files(config):
    """All files of strain of a run, of which those of GWOSC may have to be fetched.

    Parameters
    ----------
    config : dict
        A configuration that `check` accepts.

    Returns
    -------
    set of pathlib.Path

    Raises
    ------
    ValueError
        One line: what is missing, or which range holds no strain.
    """
    noise = config["noise"]
    return {
        path
        for split in noise["ranges"]
        for detector in config["detectors"]
        for path in strain_of(config, split, detector)
    }


def strain_of(config, split, detector):
    """Files of strain of a split and detector.

    Parameters
    ----------
    config : dict
    split, detector : str

    Returns
    -------
    list of pathlib.Path
        None for simulated noise.

    Raises
    ------
    ValueError
        As `strain_files`.
    """
    noise = config["noise"]
    ranges = noise["ranges"][split]
    if noise["source"] == "gwosc":
        files = gwosc.files_for(detector, ranges)
        return gwosc.paths_of(files, noise["gwosc"], f"{config['run']}/noise")
    if noise["source"] == "files":
        files = noise["files"]
        return strain.files_for(files["folder"], detector, ranges, files["plain"])
    return []


def noise_of(noise, split, detector):
    """What the noise of a split and detector depends on, in the form of the block itself.

    Parameters
    ----------
    noise : dict
        The config's ``noise`` block.
    split, detector : str

    Returns
    -------
    dict
        A part of it, with the windows of those events that lie in the split's ranges: a change
        elsewhere is no reason to make this noise again.
    """
    part = {key: noise[key] for key in ("source", "segment_duration")}
    part["ranges"] = {split: noise["ranges"][split]}
    if noise["source"] != "simulated":
        files, part["exclude"] = noise["files"], noise["exclude"]
        part["events"] = _events_of(noise, noise["ranges"][split])
        plain = files["plain"].items() if noise["source"] == "files" else ()
        part["files"] = {key: files[key] for key in ("channel", "quality", "injections")}
        part["files"]["plain"] = {
            name: entry for name, entry in plain if entry["detector"] == detector
        }
        return part
    simulated = noise["simulated"]
    part["simulated"] = {key: simulated[key] for key in ("lines", "glitch_kinds", "glitch_snr")}
    for key in ("psd", "glitches"):
        part["simulated"][key] = {detector: simulated[key][detector]}
    part["simulated"]["live_time"] = {split: {detector: simulated["live_time"][split][detector]}}
    return part


def _events_of(noise, ranges):
    """Windows of the catalogued events in some ranges."""
    events = strain.read_events(resources.path("events.tsv"))
    return strain.event_windows(events, **noise["events"], ranges=ranges)


def _check_names(config, surrogates):
    if config["classes"][0] != "noise":
        raise ValueError("config, classes: the first class must be noise")
    table = waveforms_of(config)
    missing = sorted(set(config["classes"][1:]) - set(table["class"]))
    if missing:
        raise ValueError(
            f"config, classes: {', '.join(missing)} not in {config['waveforms']}; add rows"
        )
    rows = table.loc[waveform.models(table, config["classes"][1:])]
    known = {row["model"] for row in surrogate.read_table(surrogates)}
    for name in rows.index[rows["format"] == "surrogate"]:
        if name not in known:
            raise ValueError(
                f"{rows.loc[name, 'where']}: {name} is a surrogate, but "
                f"resources/{Path(surrogates).name} has no modes of it; add them there"
            )


def _check_bands(config):
    sets = config["datasets"]
    for key, bands in (
        ("train_bands", sets["train_bands"]),
        ("validation_band", [sets["validation_band"]]),
        ("bounce_window", [config["signal"]["bounce_window"]]),
    ):
        for low, high in bands:
            if low >= high:
                raise ValueError(f"config, {key}: [{low}, {high}] must rise")
    for one, other in combinations(sets["train_bands"], 2):
        if max(one[0], other[0]) < min(one[1], other[1]):
            raise ValueError(f"config, datasets.train_bands: {one} and {other} overlap")
    for key, values in (
        ("train_bands", [f"{low:g}-{high:g}" for low, high in sets["train_bands"]]),
        ("distances", [f"{distance:g}" for distance in sets["distances"]]),
    ):
        # They name files.
        twice = sorted({name for name in values if values.count(name) > 1 or "e" in name})
        if twice:
            raise ValueError(
                f"config, datasets.{key}: {twice[0]}: take numbers that six digits tell apart, "
                "from 0.0001 to 999999"
            )
    stages, epochs = len(sets["train_bands"]), len(config["classifier"]["epochs"])
    if stages != epochs:
        raise ValueError(
            f"config, classifier.epochs: {epochs} numbers, datasets.train_bands: {stages} bands"
        )
    signal = config["signal"]
    if signal["f_min"] >= signal["f_max"]:
        raise ValueError("config, signal.f_min must be below signal.f_max")
    maps = config["saliency"]
    for key, distances in (
        ("figures.distances", config["figures"]["distances"]),
        ("saliency.distances", maps["distances"]),
        ("saliency.distance", [maps["distance"]]),
    ):
        strange = set(distances) - set(sets["distances"])
        if strange:
            raise ValueError(f"config, {key}: {sorted(strange)} not in datasets.distances")


def _check_ranges(noise):
    flat = []
    for split, ranges in noise["ranges"].items():
        for start, end in ranges:
            if start >= end:
                raise ValueError(f"config, noise.ranges.{split}: [{start}, {end}] must rise")
            flat.append((start, end, split))
        longest = max(end - start for start, end in ranges)
        if longest < noise["segment_duration"]:
            raise ValueError(
                f"config, noise.ranges.{split}: the longest range is {longest} s, a piece "
                f"(noise.segment_duration) {noise['segment_duration']} s: take longer ranges or "
                "shorter pieces"
            )
    flat.sort()
    for (a, b, one), (c, d, other) in pairwise(flat):
        if c < b:
            raise ValueError(
                f"config, noise.ranges: [{a}, {b}] of {one} and [{c}, {d}] of {other} overlap"
            )


def _check_noise(config):
    noise, whitening = config["noise"], config["whitening"]
    shortest = 2 * whitening["psd_duration"] + whitening["filter_duration"] + 1
    if noise["segment_duration"] < shortest:
        raise ValueError(
            f"config, noise.segment_duration: {noise['segment_duration']} s is too short for "
            f"whitening.psd_duration and filter_duration; at least {shortest} s"
        )
    _events_of(noise, [pair for ranges in noise["ranges"].values() for pair in ranges])
    if noise["source"] == "files" and noise["files"]["folder"] is None:
        raise ValueError("config, noise.files.folder: name the folder of the strain files")
    if noise["source"] != "simulated":
        return
    simulated = noise["simulated"]
    for split, ranges in noise["ranges"].items():
        room = sum(
            (end - start) // noise["segment_duration"] * noise["segment_duration"]
            for start, end in ranges
        )
        for detector in config["detectors"]:
            for key in ("psd", "glitches"):
                if detector not in simulated[key]:
                    raise ValueError(f"config, noise.simulated.{key}: no entry for {detector}")
            live = simulated["live_time"][split].get(detector)
            if live is None:
                raise ValueError(
                    f"config, noise.simulated.live_time.{split}: no entry for {detector}"
                )
            if not noise["segment_duration"] <= live <= room:
                raise ValueError(
                    f"config, noise.simulated.live_time.{split}.{detector}: {live} s is not "
                    f"between a piece ({noise['segment_duration']} s) and what the ranges hold "
                    f"({room} s)"
                )


def _check_pieces(config):
    """Refuse ranges of which science segments say, before any byte is fetched, that they fail."""
    noise = config["noise"]
    duration = noise["segment_duration"]
    for split, ranges in noise["ranges"].items():
        common = None
        for detector in config["detectors"]:
            own = gwosc.science_pieces(detector, ranges, duration)
            if not len(own):
                raise ValueError(
                    f"config, noise.ranges.{split}: no piece of {duration} s "
                    f"(noise.segment_duration) is science time of {detector}: take other ranges"
                )
            common = own if common is None else np.intersect1d(common, own)
        if noise["coincident"] and not len(common):
            raise ValueError(
                f"config, noise.coincident: in noise.ranges.{split} no piece of {duration} s is "
                f"science time of {', '.join(config['detectors'])} at once: set it to false, or "
                "take other ranges or fewer detectors"
            )


def fill(config, defaults):
    """Put defaults where a configuration has no value; maps are filled, lists are not.

    Parameters
    ----------
    config : dict
        Changed in place.
    defaults : dict
    """
    for key, value in defaults.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            fill(config[key], value)
        else:
            config.setdefault(key, copy.deepcopy(value))


def complete(config):
    """Put what the network has in place of ``classifier.parameters`` and ``features`` of null.

    Parameters
    ----------
    config : dict
        A configuration that `check` accepts; changed in place.
    """
    _, counts = _network_of(config)
    block = config["classifier"]
    block |= {key: counts[key] for key in counts if block[key] is None}


def _network_of(config):
    """Shape of the network's input, and what it has of ``parameters`` and ``features``."""
    grid = spectrogram.grid(config["spectrogram"], config["signal"]["sample_rate"])
    shape = (len(grid.frequencies), len(grid.times), len(config["detectors"]))
    counts = classifier.count_parameters(config["classifier"], shape, len(config["classes"]))
    return shape, dict(zip(("parameters", "features"), counts, strict=True))


def _check_network(config):
    block = config["spectrogram"]
    if block["normalisation"] == "fixed" and block["ceiling"] is None:
        raise ValueError("config, spectrogram.ceiling: fixed normalisation needs a number")
    shape, found = _network_of(config)
    counts = tuple(found.values())
    asked = tuple(config["classifier"][key] for key in found)
    if any(number not in (None, count) for number, count in zip(asked, counts, strict=True)):
        raise ValueError(
            f"config, classifier: parameters {asked[0]} and features {asked[1]}, but the network "
            f"of this config (input {' x '.join(map(str, shape))}, {len(config['classes'])} "
            f"classes) has {counts[0]} and {counts[1]}; set both keys to agree, or to null"
        )


def _check_saliency(config):
    count = len(config["classifier"]["filters"])
    layers = [f"{kind}{k}" for k in range(1, count + 1) for kind in ("conv", "pool", "relu")]
    asked = config["saliency"]["layer"]
    if asked not in layers:
        raise ValueError(f"config, saliency.layer: {asked!r} must be one of {', '.join(layers)}")
    shown, signals = config["figures"]["comparison"], config["classes"][1:]
    if shown not in signals:
        raise ValueError(
            f"config, figures.comparison: {shown!r} is no signal class; one of {', '.join(signals)}"
        )


def _check_classify(config):
    block, longest = config["classify"], config["noise"]["segment_duration"]
    if (block["source"] == "files") != (block["folder"] is not None):
        raise ValueError("config, classify.folder: source: files and a folder go together")
    needed = block["span"] + config["whitening"]["filter_duration"]
    if needed > longest:
        raise ValueError(
            f"config, classify.span: {block['span']:g} s and whitening.filter_duration are more "
            f"than a piece of noise.segment_duration ({longest} s): shorten the span"
        )


def _is_number(text):
    """True for a string that reads as a number."""
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return isinstance(text, str)
