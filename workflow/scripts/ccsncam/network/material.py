"""What the epochs of a training are made of: images from files, or samples that are mixed anew."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import numpy as np

from ccsncam.config.classifier import Classifier
from ccsncam.network.backend import keras, tf
from ccsncam.network.classifier import predict
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.mixing import Mixer, Plan

# One epoch of training over some images; see `ccsncam.network.training.steps`.
Epoch = Callable[..., tf.Tensor]
# Batches that are mixed at a time: while TensorFlow trains on them, the next ones are mixed.
AHEAD = 16
# Share of the windows which the network has judged that become hard negatives.
LOUDEST = 0.01


class Stored:
    """Images of the data sets, as they are in their files.

    Parameters
    ----------
    train : list of DataSet
        One per stage.
    block : Classifier
    """

    def __init__(self, train: Sequence[DataSet], block: Classifier) -> None:
        self._train, self._block = train, block
        self._stage: int | None = None
        self._data: Any = None
        self.hard = np.empty((0, 0), np.int64)

    def fingerprint(self) -> Iterator[bytes]:
        """Give bytes that tell these images from others."""
        return chain.from_iterable(one.fingerprint() for one in self._train)

    def begin(self, number: int, model: keras.Model) -> None:
        """Read the images of the stage of an epoch, if the stage is a new one."""
        stage = self._block.stage_of(number)
        if stage != self._stage:
            # The images of the last stage are freed before those of this stage are read.
            self._stage, self._data = stage, None
            self._data = stage_data(self._train, stage, self._block.curriculum)

    def run(self, epoch: Epoch, number: int, order: np.random.Generator) -> tuple[float, float]:
        """Train for one epoch; see `ccsncam.network.training.Material`."""
        size, batch = self._data[1].shape[0], self._block.batch_size
        rows = order.permutation(size).astype(np.int32)
        total, right = epoch(*_cut(rows, batch), *self._data)
        return float(total) / size, float(right) / size


class Mixed:
    """Samples that are mixed anew for each epoch, while the network trains.

    Parameters
    ----------
    mixer : Mixer
    block : Classifier

    Attributes
    ----------
    hard : numpy.ndarray
        Hard negatives that were found until now: rows of the noise, shape (n, detector).
    """

    def __init__(self, mixer: Mixer, block: Classifier) -> None:
        self._mixer, self._block = mixer, block
        self.hard = np.empty((0, len(mixer.spectra.noise)), np.int64)
        last = block.epochs[-1]
        rounds = block.mixing.rounds if block.mixing.hard_negatives else 0
        # The rounds lie at even distances in the last stage.
        self._rounds = {
            sum(block.epochs) - last + 1 + last * (k + 1) // (rounds + 1): k for k in range(rounds)
        }
        self._masked = block.mask_penalty > 0
        shape = mixer.spectra.image_shape
        self._images = np.empty((AHEAD * block.batch_size, *shape), np.float32)

    def fingerprint(self) -> Iterator[bytes]:
        """Give bytes that tell these spectra from others."""
        spectra = self._mixer.spectra
        yield json.dumps([spectra.seed, [[one.name, one.band] for one in spectra.signals]]).encode()
        arrays = [one.spectra for one in spectra.signals] + [one.spectra for one in spectra.noise]
        yield from (array[::97].tobytes() for array in arrays)
        if self._mixer.rests is not None:
            yield from self._mixer.rests.fingerprint()

    def begin(self, number: int, model: keras.Model) -> None:
        """Look for hard negatives, if it is their turn."""
        if number not in self._rounds:
            return
        windows = self._mixer.windows(
            f"hard negatives {self._rounds[number]}", self._block.mixing.scored
        )
        plan, found = self._mixer.silence(windows), []
        for part in _parts(np.arange(len(windows)), len(self._images)):
            images = self._mixer.images(plan, part, self._images)
            logits = predict(model, images)[1].astype(np.float64)
            found.append(np.logaddexp.reduce(logits[:, 1:], axis=1) - logits[:, 0])
        kept = math.ceil(LOUDEST * len(windows))
        loudest = np.argsort(-np.concatenate(found), kind="stable")[:kept]
        self.hard = np.concatenate([self.hard, windows[loudest]])

    def run(self, epoch: Epoch, number: int, order: np.random.Generator) -> tuple[float, float]:
        """Train for one epoch; see `ccsncam.network.training.Material`."""
        stage = self._block.stage_of(number)
        bands = list(range(0 if self._block.curriculum == "accumulate" else stage, stage + 1))
        plan = self._mixer.plan(bands, number, self._block.mixing, self.hard)
        size, batch = len(plan.label), self._block.batch_size
        parts = _parts(order.permutation(size), len(self._images))
        sums = []
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(self._mix, plan, parts[0])
            for here, after in zip(parts, [*parts[1:], None], strict=True):
                # TensorFlow takes a copy, so the array can be filled again.
                images, *masks = map(tf.constant, ahead.result())
                data = images, tf.constant(plan.label[here]), *masks
                if after is not None:
                    ahead = pool.submit(self._mix, plan, after)
                rows = np.arange(len(here), dtype=np.int32)
                sums.append(epoch(*_cut(rows, batch), *data).numpy())
        total, right = np.stack(sums).sum(axis=0, dtype=np.float64)
        return float(total) / size, float(right) / size

    def _mix(self, plan: Plan, which: np.ndarray) -> tuple[np.ndarray, ...]:
        """Images of samples, and their masks if the loss asks for them."""
        images = self._mixer.images(plan, which, self._images)
        return (images, self._mixer.masks(plan, which)) if self._masked else (images,)


def stage_data(
    train: Sequence[DataSet], stage: int, curriculum: str
) -> tuple[tf.Tensor, tf.Tensor]:
    """Read the images and labels of a stage.

    Parameters
    ----------
    train : list of DataSet
        One per stage.
    stage : int
        Number of the stage, from 0.
    curriculum : str
        ``replace`` takes the data set of the stage alone; ``accumulate`` adds those before it.

    Returns
    -------
    images, labels : tensorflow.Tensor
    """
    parts = [
        (one.images(), one.column("label"))
        for one in train[0 if curriculum == "accumulate" else stage : stage + 1]
    ]
    images, labels = (
        tf.constant(np.concatenate(column) if len(column) > 1 else column[0])
        for column in zip(*parts, strict=True)
    )
    return images, labels


def _cut(rows: np.ndarray, batch: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Cut row numbers into full batches, shape (batch, sample), and those left over."""
    full = len(rows) // batch * batch
    return tf.constant(rows[:full].reshape(-1, batch)), tf.constant(rows[full:])


def _parts(values: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut values into parts of ``size``; the last one may be smaller."""
    return [values[first : first + size] for first in range(0, len(values), size)]
