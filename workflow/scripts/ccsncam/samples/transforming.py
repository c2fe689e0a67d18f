"""Whiten and transform the signals and the noise of a training once, for it to mix samples.

Only what is linear in a transform can be done before samples are mixed; see `spectrogram.rows`.
"""

from collections.abc import Sequence

import numpy as np
import scipy.fft

from ccsncam.aliases import PathLike, Progress, silent
from ccsncam.samples import injection, spectrogram
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.grid import cells
from ccsncam.samples.spectra import NoiseFrames, Signals, Spectra
from ccsncam.samples.synthesis import Inputs, whitened_signal

# Signals per batch. The number is fixed, because the last bit of a matrix product may depend on it.
BATCH = 100
# A window of noise has a glitch if the power of one of its cells is above this many mean powers.
# Of Gaussian noise, one window in a thousand million is so loud.
LOUD = 30.0


def transform(
    path: PathLike,
    inputs: Inputs,
    datasets: Sequence[DataSet],
    bands: Sequence[tuple[float, float]],
    seed: int,
    progress: Progress = silent,
) -> None:
    """Write the spectra of the signals and of the noise of a training.

    Parameters
    ----------
    path : path
        The HDF5 file to write; `Spectra.read` reads it.
    inputs : Inputs
        Those from which the data sets were made.
    datasets : list of DataSet
        The training sets.
    bands : list of tuple
        Their bands of network SNR.
    seed : int
        Seed of the run.
    progress : callable, optional
        Wraps the training sets, such as `joblog.progress`.
    """
    pairs = list(zip(datasets, bands, strict=True))
    block, coincident = inputs.sampling.spectrogram, inputs.sampling.coincident
    with (
        Spectra.create(path, inputs.classes, block, coincident, seed) as writer,
        scipy.fft.set_workers(1),
    ):
        for number, _ in enumerate(inputs.noise):
            writer.noise(noise_frames(inputs, number))
        for dataset, band in progress(pairs, label="signals", unit="data sets"):
            writer.signals(signals_of(inputs, dataset, band))


def signals_of(inputs: Inputs, dataset: DataSet, band: tuple[float, float]) -> Signals:
    """Project, whiten and transform the signals of a data set again, from what was drawn for them.

    Parameters
    ----------
    inputs : Inputs
        Those from which the data set was made.
    dataset : DataSet
    band : tuple of float
        Its band of network SNR.
    """
    columns = dataset.columns(("label", "waveform", "noise_piece", *DRAWN))
    rows = np.flatnonzero(columns["label"])
    block = inputs.sampling.spectrogram
    empty = np.zeros((len(inputs.noise), inputs.rate), np.float32)
    one = spectrogram.rows(empty, block, inputs.rate)
    spectra = np.empty((len(rows), *one.shape), one.dtype)
    which = columns["waveform"][rows]
    for number, model in enumerate(inputs.waveforms):
        own = np.flatnonzero(which == number)
        spectrum = injection.spectra(model)
        for first in range(0, len(own), BATCH):
            places = own[first : first + BATCH]
            table = {name: values[rows[places]] for name, values in columns.items()}
            signal, near = whitened_signal(inputs, spectrum, table)
            signal /= np.sqrt(np.sum(near**2, axis=1))[:, None, None].astype(np.float32)
            spectra[places] = spectrogram.rows(signal, block, inputs.rate)
    return Signals(dataset.name, band, columns["label"][rows], spectra)


def noise_frames(inputs: Inputs, number: int) -> NoiseFrames:
    """Transform the noise of a detector: all pieces that samples may be drawn from.

    A window has a glitch if the noise file says so, as that of simulated noise does, or if it has a
    cell of more than `LOUD` mean powers.

    Parameters
    ----------
    inputs : Inputs
    number : int
        Number of the detector.
    """
    block, rate = inputs.sampling.spectrogram, inputs.rate
    noise, pieces = inputs.noise[number], inputs.pieces[number]
    edge = round(noise.corrupted * rate)
    inside = slice(edge, noise.whitened.shape[1] - edge)
    strain = [noise.whitened[piece, inside] for piece in pieces]
    spectra = np.stack([spectrogram.rows(one, block, rate) for one in strain])
    if spectrogram.slides(block):
        power = (spectra.real**2 + spectra.imag**2).max(axis=-1)
    else:
        power = np.stack([spectrogram.cell_power(one, block, rate).max(axis=0) for one in strain])
    frames = len(cells(block, rate).times)
    windows = np.lib.stride_tricks.sliding_window_view(power, frames, axis=1)
    glitchy = windows.max(axis=-1) > LOUD
    starts = np.arange(glitchy.shape[1])
    begin = noise.gps_start[pieces][:, None] + (edge + starts * block.hop) / rate
    for gps in noise.glitches["gps"]:
        glitchy |= (begin < gps) & (gps < begin + 1)
    first = np.arange(len(spectra))[:, None] * spectra.shape[1] + starts
    return NoiseFrames(spectra.reshape(-1, spectra.shape[-1]), first.ravel(), glitchy.ravel())
