"""Search samples as noise is searched for the background, and look at windows of noise."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.config.blocks import Spectrogram
from ccsncam.detection import controls
from ccsncam.detection.names import names
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.windows import in_batches
from ccsncam.network.evaluation import Evaluation
from ccsncam.samples import beside
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.spectrogram import normalise

# Samples in a batch. The number is fixed, so that results do not depend on the machine.
BATCH = 250
Score = Callable[[np.ndarray], np.ndarray]


class Around(Protocol):
    """What is asked of `ccsncam.detection.stretches.Stretches`."""

    starts: np.ndarray
    block: Spectrogram
    needed: list[str]

    def noise(self, table: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Noise of stretches, and which windows are inside."""

    def signal(self, table: Mapping[str, np.ndarray]) -> np.ndarray:
        """Signals of stretches."""

    def power(self, whitened: np.ndarray) -> np.ndarray:
        """Power in the cells of stretches."""

    def windows(self, whitened: np.ndarray, power: np.ndarray) -> Iterator[np.ndarray]:
        """Magnitudes of the windows."""

    def coherence(self, whitened: np.ndarray) -> np.ndarray | None:
        """Coherence of the windows."""


def search(
    score: Score,
    stretch: Around,
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
    stretch : ccsncam.detection.stretches.Stretches
        Made for the inputs of the data set.
    dataset : DataSet
    evaluation : Evaluation
        What the same network says of the data set. Its labels and classes are taken, because the
        network may not know those of the data set.
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
    columns = dataset.columns(stretch.needed, rows)
    frames = len(dataset.shown.times)
    parts = [slice(first, first + BATCH) for first in range(0, len(rows), BATCH)]
    found = [
        _batch(score, stretch, {name: values[part] for name, values in columns.items()}, frames)
        for part in progress(parts, label=dataset.name, unit="batches")
    ]
    logits, control = (np.concatenate(values) for values in zip(*found, strict=True))
    return Searched(
        logits=logits,
        own=evaluation.logits[rows],
        control=control,
        row=rows.astype(np.int32),
        label=evaluation.label[rows].astype(np.int32),
        network_snr=evaluation.network_snr[rows],
        distance_kpc=columns["distance_kpc"],
        starts=stretch.starts,
        controls=names(len(dataset.detectors)),
        classes=evaluation.classes,
        dataset=dataset.name,
        origin=dataset.origin,
        seed=evaluation.seed,
    )


def _batch(
    score: Score, stretch: Around, table: dict[str, np.ndarray], frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Logits and controls of all windows."""
    block = stretch.block
    first = (stretch.starts - stretch.starts[0]) // block.hop
    data, inside = stretch.noise(table)
    data += stretch.signal(table)
    power = stretch.power(data)
    image = images(stretch.windows(data, power), block)
    image = beside.join(image, stretch.coherence(data))
    found = in_batches(score, image.reshape(-1, *image.shape[2:]))
    logits = found.reshape(*inside.shape, -1)
    logits[~inside] = np.nan
    control = controls.sliding(power, first, frames)
    control[~inside] = -np.inf
    return logits, control


def look_at_noise(
    score: Score,
    batches: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]],
    block: Spectrogram,
    split: str,
    seconds: float,
) -> NoiseWindows:
    """Compute logits and controls of single windows of noise.

    Parameters
    ----------
    score : callable
        From `ccsncam.detection.windows.judge`.
    batches : iterable
        From `ccsncam.detection.stretches.single_windows`.
    block : Spectrogram
    split : str
    seconds : float
        See `NoiseWindows`.

    Returns
    -------
    NoiseWindows
    """
    found = []
    for seen, power, piece, numbers in batches:
        image = beside.join(images([seen], block)[:, 0], numbers)
        found.append((in_batches(score, image), controls.controls(power), piece))
    logits, control, piece = (np.concatenate(values) for values in zip(*found, strict=True))
    return NoiseWindows(logits, control, piece, seconds, names(piece.shape[1]), split)


def images(windows: Iterable[np.ndarray], block: Spectrogram) -> np.ndarray:
    """Make the network's inputs from the magnitudes of windows.

    Parameters
    ----------
    windows : iterable of numpy.ndarray
        From `ccsncam.detection.stretches.Stretches.windows`, each of shape
        (n, channel, frequency, time).
    block : Spectrogram

    Returns
    -------
    numpy.ndarray
        Shape (n, window, frequency, time, channel), float32, each image scaled as
        `ccsncam.samples.spectrogram.normalise` does.
    """
    return np.stack([np.moveaxis(normalise(seen, block), 1, -1) for seen in windows], axis=1)
