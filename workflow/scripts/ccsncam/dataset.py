"""Data sets of labelled spectrograms: draw, inject, transform, write and read them."""

import dataclasses
import importlib.metadata
import json

import h5py
import numpy as np
import scipy.fft

from ccsncam import injection, network, seeds, spectrogram, strain, waveform

# Large enough to hide the cost of a call to PyCBC. Fixed: the last bit
# of a matrix product may depend on the shape of the batch.
BATCH = 100
DRAWN = ("theta", "phi", "ra", "dec", "psi", "bounce_time")
PLACES = ("waveform", "gps_start", "noise_piece", "noise_offset")


@dataclasses.dataclass
class Inputs:
    """What samples are made of.

    Attributes
    ----------
    waveforms : list of ccsncam.waveform.Waveform
        In the order of the labels 1, 2, …; a class may have several, its realisations.
    noise : list of ccsncam.strain.Noise
        One a detector.
    pieces : list of numpy.ndarray
        The noise pieces of each detector that may be drawn.
    filters : list of numpy.ndarray
        Frequency response of each piece's whitening filter, shape (piece, frequency), float32.
    """

    waveforms: list
    noise: list
    pieces: list
    filters: list
    settings: dict

    @property
    def detectors(self):
        """Names of the detectors."""
        return [noise.detector for noise in self.noise]

    @property
    def classes(self):
        """Names of the classes, noise first."""
        return ["noise", *dict.fromkeys(model.class_name for model in self.waveforms)]


def load(waveforms, noise, settings):
    """Read the inputs of a data set.

    Parameters
    ----------
    waveforms, noise : list of path
        Files of the waveforms and of the detectors, each in the order of the config.
    settings : dict
        The config's blocks ``signal``, ``noise`` and ``spectrogram``.

    Returns
    -------
    Inputs
    """
    noises = [strain.read_noise(path) for path in noise]
    if settings["noise"]["coincident"]:
        pieces = strain.common_pieces([item.gps_start for item in noises])
    else:
        pieces = [np.arange(len(item.gps_start)) for item in noises]
    # The filter is no longer than the buffer less the sample, so that the product of spectra on
    # the buffer's grid is its linear convolution with the signal.
    filters = [
        item.whitening[:, :: round(1 / (injection.BUFFER * item.delta_f))] for item in noises
    ]
    models = [waveform.Waveform.read(path) for path in waveforms]
    return Inputs(models, noises, pieces, filters, settings)


def draw(inputs, seed, dataset, label, first, count):
    """What is drawn for samples of a class: source, bounce time and noise window.

    Parameters
    ----------
    inputs : Inputs
    seed : int
        Seed of the run.
    dataset : str
        Name of the data set.
    label : int
        0 is noise.
    first, count : int
        Index in the class of the first sample, and how many.

    Returns
    -------
    dict of numpy.ndarray
        ``theta phi ra dec psi`` [rad], ``bounce_time`` [s], ``uniform`` (for the SNR), ``waveform``
        (place in `Inputs.waveforms`, -1 for noise: a class's realisations take turns), each of
        shape (n,); ``noise_piece``, ``noise_offset`` [samples], ``gps_start`` [s] of shape
        (n, detector).
    """
    settings, detectors = inputs.settings["signal"], len(inputs.noise)
    rate = settings["sample_rate"]
    name = inputs.classes[label]
    u = seeds.uniforms(seed, dataset, name, first, count, 7 + 2 * detectors)
    low, high = settings["bounce_window"]
    table = {
        "theta": np.arccos(1 - 2 * u[:, 0]),
        "phi": 2 * np.pi * u[:, 1],
        "ra": 2 * np.pi * u[:, 2],
        "dec": np.arcsin(2 * u[:, 3] - 1),
        "psi": np.pi * u[:, 4],
        "bounce_time": low + (high - low) * u[:, 5],
        "uniform": u[:, 6],
    }
    own = [k for k, model in enumerate(inputs.waveforms) if model.class_name == name] or [-1]
    table["waveform"] = np.take(own, (first + np.arange(count)) % len(own))
    windows = u[:, 7:].reshape(count, detectors, 2)
    if inputs.settings["noise"]["coincident"]:
        windows = np.repeat(windows[:, :1], detectors, axis=1)
    table["noise_piece"] = np.empty((count, detectors), np.int32)
    table["noise_offset"] = np.empty((count, detectors), np.int32)
    table["gps_start"] = np.empty((count, detectors))
    for d, (noise, pieces) in enumerate(zip(inputs.noise, inputs.pieces, strict=True)):
        edge = round(noise.corrupted * rate)
        choices = noise.whitened.shape[1] - 2 * edge - rate + 1
        piece = pieces[(windows[:, d, 0] * len(pieces)).astype(int)]
        offset = edge + (windows[:, d, 1] * choices).astype(int)
        table["noise_piece"][:, d], table["noise_offset"][:, d] = piece, offset
        table["gps_start"][:, d] = noise.gps_start[piece] + offset / rate
    return table


def whitened_signal(inputs, spectrum, table):
    """Whitened signals of a class at 1 kpc and their SNR.

    Parameters
    ----------
    inputs : Inputs
    spectrum : numpy.ndarray
        From `injection.spectra`.
    table : dict
        From `draw`.

    Returns
    -------
    whitened : numpy.ndarray
        Shape (n, detector, time), float32.
    snr : numpy.ndarray
        At 1 kpc, shape (n, detector).
    """
    signal = inputs.settings["signal"]
    rate = signal["sample_rate"]
    response = network.response(
        inputs.detectors, table["ra"], table["dec"], table["psi"], table["gps_start"][:, 0]
    )
    strains = injection.project(
        spectrum, table["theta"], table["phi"], response, table["bounce_time"], rate
    )
    filters = np.stack(
        [inputs.filters[d][piece] for d, piece in enumerate(table["noise_piece"].T)], axis=1
    )
    return injection.whiten(strains, filters, (signal["f_min"], signal["f_max"]), rate)


def noise_windows(inputs, table):
    """The whitened noise that was drawn, shape (n, detector, time), float32."""
    rate = inputs.settings["signal"]["sample_rate"]
    windows = np.empty((*table["noise_piece"].shape, rate), np.float32)
    for d, noise in enumerate(inputs.noise):
        view = np.lib.stride_tricks.sliding_window_view(noise.whitened, rate, axis=1)
        windows[:, d] = view[table["noise_piece"][:, d], table["noise_offset"][:, d]]
    return windows


def mixed(inputs, spectra, table, scaling):
    """`samples` where each has a waveform of its own.

    Parameters
    ----------
    spectra : list of numpy.ndarray
        From `injection.spectra`, of each of `Inputs.waveforms`.
    inputs, table, scaling
        As in `samples`.

    Returns
    -------
    image, snr, distance : numpy.ndarray
        As `samples` gives them.
    """
    groups = [np.flatnonzero(table["waveform"] == k) for k in np.unique(table["waveform"])]
    parts = []
    for rows in groups:
        own = {name: values[rows] for name, values in table.items()}
        number = own["waveform"][0]
        parts.append(samples(inputs, spectra[number] if number >= 0 else None, own, scaling))
    order = np.argsort(np.concatenate(groups))
    return tuple(np.concatenate(values)[order] for values in zip(*parts, strict=True))


def samples(inputs, spectrum, table, scaling):
    """Spectrograms of samples, and how loud and how far they are.

    Parameters
    ----------
    inputs : Inputs
    spectrum : numpy.ndarray or None
        From `injection.spectra`; None for noise.
    table : dict
        From `draw`.
    scaling : callable
        From (table, SNR at 1 kpc of shape (n, detector)) to distances [kpc], shape (n,).

    Returns
    -------
    image : numpy.ndarray
        Shape (n, frequency, time, detector), float32, in [0, 1].
    snr : numpy.ndarray
        Shape (n, detector); zero for noise.
    distance : numpy.ndarray
        [kpc], shape (n,); NaN for noise.
    """
    settings = inputs.settings["spectrogram"]
    data = noise_windows(inputs, table)
    snr, distance = np.zeros(data.shape[:2]), np.full(len(data), np.nan)
    if spectrum is not None:
        signal, near = whitened_signal(inputs, spectrum, table)
        distance = scaling(table, near)
        snr = near / distance[:, None]
        data += signal / distance[:, None, None].astype(np.float32)
    image = spectrogram.magnitude(data, settings, inputs.settings["signal"]["sample_rate"])
    return np.moveaxis(spectrogram.normalise(image, settings), 1, -1), snr, distance


def by_snr(low, high):
    """Scaling to a network SNR uniform between ``low`` and ``high``, equations (3) and (4)."""

    def scaling(table, near):
        target = low + (high - low) * table["uniform"]
        return np.sqrt(np.sum(near**2, axis=1)) / target

    return scaling


def by_distance(distance):
    """Scaling to one distance [kpc]."""

    def scaling(table, near):
        return np.full(len(near), float(distance))

    return scaling


def build(path, inputs, seed, dataset, per_class, scaling, run, progress=lambda x, **_: x):
    """Make a data set and write it, class by class.

    Parameters
    ----------
    path : path
        The HDF5 file.
    inputs : Inputs
    seed : int
        Seed of the run.
    dataset, run : str
        Names.
    per_class : int
        Samples a class.
    scaling : callable
        `by_snr` or `by_distance`.
    progress : callable, optional
        Wraps the batches, such as `joblog.progress`.
    """
    spectra = [injection.spectra(model) for model in inputs.waveforms]
    batches = [
        (label, first, min(BATCH, per_class - first))
        for label in range(len(inputs.classes))
        for first in range(0, per_class, BATCH)
    ]
    with h5py.File(path, "w") as file, scipy.fft.set_workers(1):
        _create(file, inputs, per_class)
        _describe(file, inputs, seed, dataset, run)
        for label, first, count in progress(batches, label=dataset, unit="batches"):
            table = draw(inputs, seed, dataset, label, first, count)
            image, snr, distance = mixed(inputs, spectra, table, scaling)
            rows = slice(label * per_class + first, label * per_class + first + count)
            file["spectrogram"][rows] = image
            file["label"][rows] = label
            file["snr"][rows], file["distance_kpc"][rows] = snr, distance
            file["network_snr"][rows] = np.sqrt(np.sum(snr**2, axis=1))
            for name in (*DRAWN, *PLACES):
                file[name][rows] = table[name]


def _create(file, inputs, per_class):
    grid = spectrogram.grid(
        inputs.settings["spectrogram"], inputs.settings["signal"]["sample_rate"]
    )
    n, detectors = per_class * len(inputs.classes), len(inputs.noise)
    image = (n, len(grid.frequencies), len(grid.times), detectors)
    shapes = {"spectrogram": (image, "f4"), "label": ((n,), "i4"), "waveform": ((n,), "i4")}
    shapes |= {name: ((n,), "f8") for name in ("network_snr", "distance_kpc", *DRAWN)}
    shapes |= {name: ((n, detectors), "f8") for name in ("snr", "gps_start")}
    shapes |= {name: ((n, detectors), "i4") for name in ("noise_piece", "noise_offset")}
    for name, (shape, kind) in shapes.items():
        file.create_dataset(name, shape, kind, track_times=False)
    file.attrs["frequencies"], file.attrs["times"] = grid


def _describe(file, inputs, seed, dataset, run):
    sources = {
        "noise": "+".join(sorted({noise.source for noise in inputs.noise})),
        "waveforms": {model.name: model.source for model in inputs.waveforms},
    }
    versions = {
        name: importlib.metadata.version(name) for name in ("numpy", "scipy", "pycbc", "h5py")
    }
    file.attrs.update(
        {
            "classes": inputs.classes,
            "waveforms": [model.name for model in inputs.waveforms],
            "detectors": inputs.detectors,
            "sample_rate": inputs.settings["signal"]["sample_rate"],
            "run": run,
            "dataset": dataset,
            "seed": seed,
            "inputs": json.dumps(sources),
            "settings": json.dumps(inputs.settings, sort_keys=True),
            "versions": json.dumps(versions),
        }
    )


def polar_examples(path, inputs, seed, detector, snr, bounce_time, run):
    """One sample a class, seen from the pole, at a given SNR in one detector (Figure 2).

    Parameters
    ----------
    path : path
        The HDF5 file, of the layout of `build`.
    inputs : Inputs
    seed : int
        Seed of the run.
    detector : str
        The detector that the SNR is for.
    snr : float
        Optimal SNR in this detector.
    bounce_time : float
        Arrival of the bounce in this detector [s from the start of the sample].
    run : str
        Name of the run.
    """
    at = inputs.detectors.index(detector)
    with h5py.File(path, "w") as file:
        _create(file, inputs, 1)
        _describe(file, inputs, seed, "examples", run)
        spectra = [injection.spectra(model) for model in inputs.waveforms]
        for label in range(len(inputs.classes)):
            table = draw(inputs, seed, "examples", label, 0, 1)
            table["theta"], table["phi"] = np.zeros(1), np.zeros(1)
            where = table["ra"], table["dec"], table["psi"], table["gps_start"][:, 0]
            table["bounce_time"] = bounce_time - network.response([detector], *where).delay[:, 0]
            image, loudness, distance = mixed(
                inputs, spectra, table, lambda _, near: near[:, at] / snr
            )
            file["spectrogram"][label], file["label"][label] = image[0], label
            file["snr"][label], file["distance_kpc"][label] = loudness[0], distance[0]
            file["network_snr"][label] = np.sqrt(np.sum(loudness**2))
            for name in (*DRAWN, *PLACES):
                file[name][label] = table[name][0]


def take_apart(path, inputs, source, per_class, progress=lambda x, **_: x):
    """What the first samples of each signal class are made of: noise, signal and its modes.

    Parameters
    ----------
    path : path
        The HDF5 file to write: ``row`` of the sample in the data set, ``noise`` (the image without
        the signal, on the sample's scale), ``silent`` (the same on its own scale),
        ``signal_power`` and ``mode_power`` (of whitened strain without noise, a cell of white
        noise has 1; shapes (n, frequency, time, detector) and (n, mode, frequency, time,
        detector)) and ``without`` (the image as it would be without that mode, shape as
        ``mode_power``) and ``without_fixed`` (the same on the scale of the whole sample); NaN
        where a waveform has no such mode.
    inputs : Inputs
        Those of the data set.
    source : path
        A data set that `build` wrote.
    per_class : int
        Samples a class; at most as many as there are.

    Raises
    ------
    ValueError
        If the inputs are not those of the data set.
    """
    names = list(dict.fromkeys(mode for model in inputs.waveforms for mode in model.modes))
    with h5py.File(source) as data, h5py.File(path, "w") as file, scipy.fft.set_workers(1):
        labels = data["label"][()]
        rows = np.concatenate(
            [np.flatnonzero(labels == k)[:per_class] for k in range(1, len(inputs.classes))]
        )
        shape = (len(rows), *data["spectrogram"].shape[1:])
        many = (len(rows), len(names), *shape[1:])
        file.create_dataset("row", data=rows, track_times=False)
        for name, size in (
            *(("noise", shape), ("silent", shape), ("signal_power", shape)),
            *(("mode_power", many), ("without", many), ("without_fixed", many)),
        ):
            file.create_dataset(name, size, "f4", fillvalue=np.nan, track_times=False)
        for key, value in data.attrs.items():
            file.attrs[key] = value
        file.attrs["modes"] = names
        which = data["waveform"][()][rows]
        models = list(enumerate(inputs.waveforms))
        for number, model in progress(models, label="waveforms", unit="waveforms"):
            where = np.flatnonzero(which == number)
            if not len(where):
                continue
            stored = data["spectrogram"][rows[where]]
            parts = _anatomy(inputs, model, data, rows[where])
            if np.abs(parts.pop("whole") - stored).max() > 1e-3:
                raise ValueError(f"{source}: its {model.name} is not of these waveforms and noise")
            for name in ("noise", "silent", "signal_power"):
                file[name][where] = parts[name]
            for mode in model.modes:
                at = names.index(mode)
                for name, values in parts[mode].items():
                    file[name][where, at] = values


def _anatomy(inputs, model, data, rows):
    """Images and powers (n, frequency, time, detector) of samples of a class and of their parts."""
    rate, settings = inputs.settings["signal"]["sample_rate"], inputs.settings["spectrogram"]
    table = {
        name: data[name][rows] for name in (*DRAWN, "gps_start", "noise_piece", "noise_offset")
    }
    far = data["distance_kpc"][rows][:, None, None].astype(np.float32)

    def power(strain):
        squared = spectrogram.magnitude(strain, settings | {"scale": "power"}, rate)
        return np.moveaxis(squared, 1, -1)

    def picture(strain, bounds=None):
        image = spectrogram.magnitude(strain, settings, rate)
        return np.moveaxis(spectrogram.normalise(image, settings, bounds), 1, -1)

    noise = noise_windows(inputs, table)
    signal = whitened_signal(inputs, injection.spectra(model), table)[0] / far
    whole = noise + signal
    bounds = spectrogram.limits(spectrogram.magnitude(whole, settings, rate), settings)
    parts = {
        "whole": picture(whole),
        "noise": picture(noise, bounds),
        "silent": picture(noise),
        "signal_power": power(signal),
    }
    for name, quadrupole in model.modes.items():
        part = dataclasses.replace(model, quadrupole=quadrupole, modes={})
        alone = whitened_signal(inputs, injection.spectra(part), table)[0] / far
        parts[name] = {
            "mode_power": power(alone),
            "without": picture(whole - alone),
            "without_fixed": picture(whole - alone, bounds),
        }
    return parts


def noise_peaks(inputs, path, row):
    """Power of the loudest cell of a sample's noise in each detector, shape (detector,).

    Parameters
    ----------
    inputs : Inputs
        Those of the data set.
    path : path
        The data set.
    row : int

    Returns
    -------
    numpy.ndarray
        In mean powers of white noise.
    """
    with h5py.File(path) as file:
        drawn = {name: file[name][[row]] for name in ("noise_piece", "noise_offset")}
    settings = inputs.settings["spectrogram"] | {"scale": "power"}
    windows = noise_windows(inputs, drawn)
    rate = inputs.settings["signal"]["sample_rate"]
    return spectrogram.magnitude(windows, settings, rate)[0].max(axis=(1, 2))
