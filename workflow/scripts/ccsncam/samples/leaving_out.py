"""Leave a mode out of each signal of a training, so that its network does not rely on one mode.

Which mode a signal may lose is drawn once, and whether it does is drawn anew in each epoch.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.fft

from ccsncam import seeds
from ccsncam.aliases import PathLike, Progress, silent
from ccsncam.samples import injection, spectrogram
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.rests import Rest, Rests
from ccsncam.samples.synthesis import Inputs, whitened_signal
from ccsncam.waveforms.model import Waveform

# Signals per batch. The number is fixed, because the last bit of a matrix product may depend on it.
BATCH = 100
# Least share of a signal's SNR that is left without the mode. A mode that holds nearly all of the
# signal is never left out: to make the rest as loud would show little but errors of its waveform.
LEAST = 0.3


def leave_out(
    path: PathLike,
    inputs: Inputs,
    datasets: Sequence[DataSet],
    seed: int,
    progress: Progress = silent,
) -> None:
    """Write the signals of a training without one of their modes.

    Parameters
    ----------
    path : path
        The HDF5 file to write; `Rests.read` reads it.
    inputs : Inputs
        Those from which the data sets were made.
    datasets : list of DataSet
        The training sets.
    seed : int
        Seed of the run.
    progress : callable, optional
        Wraps the training sets, such as `joblog.progress`.

    Raises
    ------
    ValueError
        If no signal can lose a mode.
    """
    modes = list(dict.fromkeys(mode for model in inputs.waveforms for mode in model.modes))
    left = False
    with Rests.create(path, modes) as writer, scipy.fft.set_workers(1):
        for dataset in progress(datasets, label="rests", unit="data sets"):
            one = rest_of(inputs, dataset, modes, seed)
            writer.write(one)
            left |= bool((one.mode >= 0).any())
        if not left:
            raise ValueError(
                "classifier.mixing.mode_dropout: no waveform has two modes of which one can be "
                "left out; set it to 0, or give waveforms with modes (docs/waveforms.md)"
            )


def rest_of(inputs: Inputs, dataset: DataSet, modes: Sequence[str], seed: int) -> Rest:
    """Leave a mode out of each signal of a data set, where more than `LEAST` of its SNR is left.

    Parameters
    ----------
    inputs : Inputs
        Those from which the data set was made.
    dataset : DataSet
    modes : list of str
        Names of all modes; their order gives them their numbers.
    seed : int
        Seed of the run. The mode is drawn for (seed, data set, class, index).
    """
    columns = dataset.columns(("label", "waveform", "noise_piece", *DRAWN))
    rows = np.flatnonzero(columns["label"])
    chance = np.empty(len(rows))
    for label in np.unique(columns["label"][rows]):
        own = np.flatnonzero(columns["label"][rows] == label)
        name = f"{inputs.classes[label]}, mode"
        chance[own] = seeds.uniforms(seed, dataset.name, name, 0, len(own), 1)[:, 0]
    empty = np.zeros((len(inputs.noise), inputs.rate), np.float32)
    one = spectrogram.rows(empty, inputs.sampling.spectrogram, inputs.rate)
    spectra = np.zeros((len(rows), *one.shape), one.dtype)
    lost = np.full(len(rows), -1)
    which = columns["waveform"][rows]
    for number, model in enumerate(inputs.waveforms):
        own = np.flatnonzero(which == number)
        if len(model.modes) < 2:
            continue
        for first in range(0, len(own), BATCH):
            places = own[first : first + BATCH]
            table = {name: values[rows[places]] for name, values in columns.items()}
            left, rests = _rests(inputs, model, table, chance[places])
            there, numbers = left >= 0, np.array([modes.index(mode) for mode in model.modes])
            lost[places[there]] = numbers[left[there]]
            spectra[places[there]] = rests[there]
    return Rest(dataset.name, lost, spectra)


def _rests(
    inputs: Inputs, model: Waveform, table: dict[str, np.ndarray], chance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mode that each signal of a waveform loses (-1 for none), and the spectrum of the rest."""
    whole = whitened_signal(inputs, injection.spectra(model), table)[1]
    loudness = np.sqrt(np.sum(whole**2, axis=1))
    signals, shares = [], []
    for part in model.modes.values():
        rest = replace(model, quadrupole=model.quadrupole - part, modes={})
        signal, near = whitened_signal(inputs, injection.spectra(rest), table)
        own = np.sqrt(np.sum(near**2, axis=1))
        signals.append(signal / own[:, None, None].astype(np.float32))
        shares.append(own / loudness)
    able = np.stack(shares, axis=1) >= LEAST
    # The able mode whose turn it is: chance in [0, 1) times their number.
    turn = (chance * able.sum(axis=1)).astype(int)
    order = np.cumsum(able, axis=1) - 1
    chosen = (able & (order == turn[:, None])).argmax(axis=1)
    chosen = np.where(able.any(axis=1), chosen, -1)
    series = np.stack(signals)[chosen, np.arange(len(chosen))]
    block = inputs.sampling.spectrogram
    return chosen, spectrogram.rows(series, block, inputs.rate)
