"""Search samples as noise is searched for the background, and look at windows of noise."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.detection import controls, stretches
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.stretches import NEEDED, Stretches
from ccsncam.detection.windows import in_batches
from ccsncam.network.evaluation import Evaluation
from ccsncam.samples import spectrogram
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.grid import grid
from ccsncam.samples.synthesis import Inputs, draw, noise_windows

# Samples, and windows of noise, in a batch. The numbers are fixed, so that results do not depend on
# the machine.
BATCH, NOISE_BATCH = 250, 500
Score = Callable[[np.ndarray], np.ndarray]


def search(
    score: Score,
    stretch: Stretches,
    dataset: DataSet,
    evaluation: Evaluation,
    per_class: int,
    progress: Progress = silent,
) -> Searched:
    """Search the first samples of each signal class of a data set.

    Parameters
    ----------
    score : callable
        From `ccsncam.detection.windows.judge`.
    stretch : Stretches
        Made for the inputs of the data set.
    dataset : DataSet
    evaluation : Evaluation
        What the same network says of the data set.
    per_class : int
    progress : callable, optional
        Wraps the batches, such as `joblog.progress`.

    Returns
    -------
    Searched
    """
    label = dataset.column("label")
    rows = np.concatenate(
        [np.flatnonzero(label == k)[:per_class] for k in range(1, len(dataset.classes))]
    )
    columns = dataset.columns(list(NEEDED), rows)
    parts = [slice(first, first + BATCH) for first in range(0, len(rows), BATCH)]
    found = [
        _batch(score, stretch, {name: values[part] for name, values in columns.items()})
        for part in progress(parts, label=dataset.name, unit="batches")
    ]
    logits, excess, control = (np.concatenate(values) for values in zip(*found, strict=True))
    return Searched(
        logits=logits,
        own=evaluation.logits[rows],
        excess=excess,
        control=control,
        row=rows.astype(np.int32),
        label=label[rows],
        network_snr=evaluation.network_snr[rows],
        distance_kpc=columns["distance_kpc"],
        starts=stretch.starts,
        controls=controls.names(len(dataset.detectors)),
        classes=dataset.classes,
        dataset=dataset.name,
        origin=dataset.origin,
        seed=evaluation.seed,
    )


def _batch(
    score: Score, stretch: Stretches, table: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits and excess power of all windows, and controls of those in the middle."""
    block, rate = stretch.inputs.sampling.spectrogram, stretch.inputs.rate
    frames = len(grid(block, rate).times)
    first = (stretch.starts - stretch.starts[0]) // block.hop
    data, inside = stretch.noise(table)
    data += stretch.signal(table)
    power = stretch.power(data)
    image = stretches.images(power, first, frames, block)
    found = in_batches(score, image.reshape(-1, *image.shape[2:]))
    logits = found.reshape(*inside.shape, -1)
    logits[~inside] = np.nan
    sums = np.cumsum(controls.excess(power), axis=2)
    sums = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=2)
    excess = np.moveaxis(sums[..., first + frames] - sums[..., first], 1, 2)
    excess[~inside] = -np.inf
    middle = first[len(first) // 2]
    return logits, excess, controls.controls(power[..., middle : middle + frames])


def look_at_noise(score: Score, inputs: Inputs, seed: int, split: str, count: int) -> NoiseWindows:
    """Draw single windows of the noise of a split, as the class noise draws them.

    Parameters
    ----------
    score : callable
        From `ccsncam.detection.windows.judge`.
    inputs : Inputs
        With the noise of the split; waveforms are not needed.
    seed : int
        Seed of the run.
    split : str
    count : int
        Number of windows.

    Returns
    -------
    NoiseWindows
    """
    found = list(_noise_batches(score, inputs, seed, split, count))
    logits, control, piece = (np.concatenate(values) for values in zip(*found, strict=True))
    usable = [
        len(pieces) * (noise.duration - 2 * noise.corrupted)
        for noise, pieces in zip(inputs.noise, inputs.pieces, strict=True)
    ]
    return NoiseWindows(
        logits, control, piece, float(min(usable)), controls.names(len(inputs.noise)), split
    )


def _noise_batches(
    score: Score, inputs: Inputs, seed: int, split: str, count: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    block, rate = inputs.sampling.spectrogram, inputs.rate
    frames = len(grid(block, rate).times)
    powers = replace(block, scale="power")
    for first in range(0, count, NOISE_BATCH):
        size = min(NOISE_BATCH, count - first)
        table = draw(inputs, seed, f"{split}-windows", 0, first, size)
        power = spectrogram.magnitude(noise_windows(inputs, table), powers, rate)
        image = stretches.images(power, np.zeros(1, int), frames, block)[:, 0]
        yield in_batches(score, image), controls.controls(power), table["noise_piece"]
