"""Samples: what is drawn for them, and how their signals and noise become images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ccsncam import seeds
from ccsncam.aliases import PathLike
from ccsncam.config.blocks import Sampling, Spectrogram
from ccsncam.noise.store import Noise, common_pieces
from ccsncam.origin import Origin
from ccsncam.samples import antenna, beside, coherence, injection, spectrogram
from ccsncam.samples.dataset import DataSet
from ccsncam.waveforms.model import Waveform

# The nearest star that may end in a core collapse is Spica, at 0.077 kpc; Betelgeuse and Antares
# are at 0.15 to 0.2 kpc (Mukhopadhyay et al. 2020, ApJ 899, 153). This is a little below [kpc].
NEAREST = 0.05

# The columns that `draw` gives for samples, by name.
Drawn = Mapping[str, np.ndarray]
# A function of whitened strain, block and sample rate, such as `spectrogram.magnitude`.
Magnitude = Callable[[np.ndarray, Spectrogram, int], np.ndarray]
# A function of what was drawn and of the SNR at 1 kpc (n, detector), to distances (n,) [kpc].
Scaling = Callable[[Drawn, np.ndarray], np.ndarray]


@dataclass
class Inputs:
    """What samples are made from.

    Attributes
    ----------
    waveforms : list of Waveform
        In the order of the labels 1, 2, …; a class may have several, its realisations.
    noise : list of Noise
        One per detector.
    pieces : list of numpy.ndarray
        The noise pieces of each detector that may be drawn.
    filters : list of numpy.ndarray
        Frequency response of each piece's whitening filter, shape (piece, frequency), float32.
    sampling : Sampling
    magnitude : callable
        How strain is transformed: `spectrogram.magnitude`, or `ccsncam.samples.kept.Kept`.
    """

    waveforms: list[Waveform]
    noise: list[Noise]
    pieces: list[np.ndarray]
    filters: list[np.ndarray]
    sampling: Sampling
    magnitude: Magnitude = spectrogram.magnitude

    @classmethod
    def read(
        cls,
        waveforms: Sequence[PathLike],
        noise: Sequence[PathLike],
        sampling: Sampling,
        magnitude: Magnitude = spectrogram.magnitude,
    ) -> "Inputs":
        """Read waveforms and noise.

        Parameters
        ----------
        waveforms, noise : list of path
            Files of the waveforms and of the detectors, each in the order of the configuration.
        sampling : Sampling
        magnitude : callable, optional
            See `Inputs`.

        Raises
        ------
        ValueError
            If detectors draw the same second of noise and have no piece in common.
        """
        noises = [Noise.read(path) for path in noise]
        if sampling.coincident:
            pieces = common_pieces([item.gps_start for item in noises])
        else:
            pieces = [np.arange(len(item.gps_start)) for item in noises]
        # The filter is no longer than the buffer minus the sample, so the product of spectra on
        # the buffer's grid is its linear convolution with the signal.
        filters = [
            item.whitening[:, :: round(1 / (injection.BUFFER * item.delta_f))] for item in noises
        ]
        models = [Waveform.read(path) for path in waveforms]
        return cls(models, noises, pieces, filters, sampling, magnitude)

    @property
    def detectors(self) -> list[str]:
        """Names of the detectors."""
        return [noise.detector for noise in self.noise]

    @property
    def classes(self) -> list[str]:
        """Names of the classes, noise first."""
        return ["noise", *dict.fromkeys(model.class_name for model in self.waveforms)]

    @property
    def rate(self) -> int:
        """Sample rate [Hz]."""
        return self.sampling.signal.sample_rate

    @property
    def origin(self) -> Origin:
        """Sources of the noise and of each waveform."""
        return Origin(
            "+".join(sorted({noise.source for noise in self.noise})),
            {model.name: model.source for model in self.waveforms},
        )


def draw(
    inputs: Inputs, seed: int, dataset: str, label: int, first: int, count: int
) -> dict[str, np.ndarray]:
    """Draw source, bounce time and noise window for samples of a class.

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
        Index of the first sample in its class, and the number of samples.

    Returns
    -------
    dict of numpy.ndarray
        ``theta phi ra dec psi`` [rad], ``bounce_time`` [s], ``uniform`` (for the SNR) and
        ``waveform`` (index in `Inputs.waveforms`, -1 for noise; the realisations of a class take
        turns) have shape (n,); ``theta`` and ``phi`` are 0 for a waveform that is known in one
        direction; ``noise_piece``, ``noise_offset`` [samples] and
        ``noise_gps_start`` [s] have shape (n, detector). ``gps_start`` [s], shape (n,), is the
        time of the sample, for antenna patterns and delays: that of the first detector's noise.
    """
    detectors, rate = len(inputs.noise), inputs.rate
    name = inputs.classes[label]
    u = seeds.uniforms(seed, dataset, name, first, count, 7 + 2 * detectors)
    low, high = inputs.sampling.signal.bounce_window
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
    for k, model in enumerate(inputs.waveforms):
        if model.one_direction:
            # No other direction of it is known. The angle psi turns it around the line of sight.
            for angle in ("theta", "phi"):
                table[angle][table["waveform"] == k] = 0.0
    windows = u[:, 7:].reshape(count, detectors, 2)
    if inputs.sampling.coincident:
        windows = np.repeat(windows[:, :1], detectors, axis=1)
    table["noise_piece"] = np.empty((count, detectors), np.int32)
    table["noise_offset"] = np.empty((count, detectors), np.int32)
    table["noise_gps_start"] = np.empty((count, detectors))
    for d, (noise, pieces) in enumerate(zip(inputs.noise, inputs.pieces, strict=True)):
        edge = round(noise.corrupted * rate)
        choices = noise.whitened.shape[1] - 2 * edge - rate + 1
        piece = pieces[(windows[:, d, 0] * len(pieces)).astype(int)]
        offset = edge + (windows[:, d, 1] * choices).astype(int)
        table["noise_piece"][:, d], table["noise_offset"][:, d] = piece, offset
        table["noise_gps_start"][:, d] = noise.gps_start[piece] + offset / rate
    table["gps_start"] = table["noise_gps_start"][:, 0]
    return table


def whitened_signal(
    inputs: Inputs, spectrum: np.ndarray, table: Drawn
) -> tuple[np.ndarray, np.ndarray]:
    """Project and whiten a class's signals at 1 kpc, and compute their SNR.

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
    response = antenna.response(
        inputs.detectors, table["ra"], table["dec"], table["psi"], table["gps_start"]
    )
    strains = injection.project(
        spectrum, table["theta"], table["phi"], response, table["bounce_time"], inputs.rate
    )
    filters = np.stack(
        [inputs.filters[d][piece] for d, piece in enumerate(table["noise_piece"].T)], axis=1
    )
    return injection.whiten(strains, filters, inputs.sampling.signal.band)


def noise_windows(inputs: Inputs, table: Drawn) -> np.ndarray:
    """Cut out the whitened noise that was drawn, shape (n, detector, time), float32."""
    windows = np.empty((*table["noise_piece"].shape, inputs.rate), np.float32)
    for d, noise in enumerate(inputs.noise):
        view = np.lib.stride_tricks.sliding_window_view(noise.whitened, inputs.rate, axis=1)
        windows[:, d] = view[table["noise_piece"][:, d], table["noise_offset"][:, d]]
    return windows


def noise_peaks(inputs: Inputs, dataset: DataSet, row: int) -> np.ndarray:
    """Find the power of the loudest cell of a sample's noise in each detector.

    Parameters
    ----------
    inputs : Inputs
        Those from which the data set was made.
    dataset : DataSet
    row : int

    Returns
    -------
    numpy.ndarray
        Shape (detector,), in mean powers of white noise.
    """
    drawn = dataset.columns(("noise_piece", "noise_offset"), [row])
    power = spectrogram.cell_power(
        noise_windows(inputs, drawn), inputs.sampling.spectrogram, inputs.rate
    )
    return power[0].max(axis=(1, 2))


def samples(
    inputs: Inputs, spectrum: np.ndarray | None, table: Drawn, scaling: Scaling
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make images of samples of one waveform, and compute how loud and how far they are.

    Parameters
    ----------
    inputs : Inputs
    spectrum : numpy.ndarray or None
        From `injection.spectra`; None for noise.
    table : dict
        From `draw`.
    scaling : callable
        `by_snr` or `by_distance`; not called for noise.

    Returns
    -------
    image : numpy.ndarray
        Shape (n, frequency, time, channel), float32, in [0, 1]. If ``spectrogram.coherence`` is
        given, it rides behind the channels of the detectors; see `beside.join`.
    snr : numpy.ndarray
        Shape (n, detector); zero for noise.
    distance : numpy.ndarray
        [kpc], shape (n,); NaN for noise.

    Raises
    ------
    ValueError
        In one line that names the waveform, if `scaling` refuses it.
    """
    block = inputs.sampling.spectrogram
    data = noise_windows(inputs, table)
    snr, distance = np.zeros(data.shape[:2]), np.full(len(data), np.nan)
    if spectrum is not None:
        signal, near = whitened_signal(inputs, spectrum, table)
        try:
            distance = scaling(table, near)
        except ValueError as error:
            name = inputs.waveforms[table["waveform"][0]].name
            raise ValueError(f"waveform {name}: {error}") from None
        snr = near / distance[:, None]
        data += signal / distance[:, None, None].astype(np.float32)
    image = inputs.magnitude(data, block, inputs.rate)
    image = np.moveaxis(spectrogram.normalise(image, block), 1, -1)
    numbers = coherence.of_strain(data, block, inputs.rate)
    return beside.join(image, numbers), snr, distance


def mixed(
    inputs: Inputs, spectra: Sequence[np.ndarray], table: Drawn, scaling: Scaling
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make samples as `samples` does, each from a waveform of its own.

    Parameters
    ----------
    spectra : list of numpy.ndarray
        From `injection.spectra`, for each of `Inputs.waveforms`.
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
    image, snr, distance = (np.concatenate(values)[order] for values in zip(*parts, strict=True))
    return image, snr, distance


def by_snr(low: float, high: float) -> Scaling:
    """Scale to a network SNR that is uniform from ``low`` to ``high``, equations (3) and (4).

    Parameters
    ----------
    low, high : float
        Bounds of the network SNR.

    Returns
    -------
    callable
        It raises ValueError where a waveform is so quiet that half of its sources would be nearer
        than `NEAREST`.
    """

    def scaling(table: Drawn, near: np.ndarray) -> np.ndarray:
        target = low + (high - low) * table["uniform"]
        distance = np.sqrt(np.sum(near**2, axis=1)) / target
        # A single source may be near because the detectors hardly respond to its direction.
        usual = np.median(distance)
        if not usual >= NEAREST:
            raise ValueError(
                f"so quiet that a network SNR of {low:g} to {high:g} needs sources at "
                f"{usual:.2g} kpc, and no star that can collapse is nearer than {NEAREST:g} kpc; "
                "correct unit or distance_kpc in its row, lower datasets.train_bands and "
                "validation_band, or leave out its class"
            )
        return distance

    return scaling


def by_distance(distance: float) -> Scaling:
    """Scale to one distance [kpc]."""

    def scaling(table: Drawn, near: np.ndarray) -> np.ndarray:
        return np.full(len(near), float(distance))

    return scaling
