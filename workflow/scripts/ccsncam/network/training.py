"""Training of the network through a curriculum of data sets, epoch by epoch."""

import functools
import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ccsncam.aliases import PathLike, Progress, silent
from ccsncam.config.classifier import Classifier
from ccsncam.network.backend import keras, tf
from ccsncam.network.classifier import FORWARD, build
from ccsncam.network.state import State
from ccsncam.samples.dataset import DataSet

logger = logging.getLogger(__name__)

HISTORY = ["epoch", "stage", "loss", "accuracy", "validation_loss", "validation_accuracy"]


class Material(Protocol):
    """Samples of a training, epoch by epoch; see `ccsncam.network.material`.

    Attributes
    ----------
    hard : numpy.ndarray of int
        Hard negatives, which belong to the state of a training.
    """

    hard: np.ndarray

    def fingerprint(self) -> Iterable[bytes]:
        """Give bytes that tell these samples from others."""

    def begin(self, number: int, model: keras.Model) -> None:
        """Make ready for an epoch; ``number`` counts from 1."""

    def run(
        self, epoch: Callable[..., tf.Tensor], number: int, order: np.random.Generator
    ) -> tuple[float, float]:
        """Train for one epoch in an order that is drawn; mean loss and accuracy during it.

        ``epoch`` is that of `steps`.
        """


@dataclass(frozen=True)
class Curriculum:
    """What a training learns from.

    Attributes
    ----------
    stages : list of str
        Names of the stages, as the history shows them.
    material : Material
        Samples of all stages.
    validation : DataSet
        The same for all stages.
    """

    stages: Sequence[str]
    material: Material
    validation: DataSet


@dataclass(frozen=True)
class Outputs:
    """Files of a training.

    Attributes
    ----------
    best, last : path
        Weights of the epoch with the lowest validation loss, and of the last epoch (HDF5 of Keras).
    history : path
        Loss and accuracy of each epoch (CSV).
    state : path
        Folder of the state after each epoch, which is removed at the end.
    """

    best: PathLike
    last: PathLike
    history: PathLike
    state: PathLike


def train(
    block: Classifier,
    curriculum: Curriculum,
    outputs: Outputs,
    seed: int,
    code: str = "",
    progress: Progress = silent,
) -> None:
    """Train the network through its curriculum, and write weights and history.

    A training that was killed resumes after its last complete epoch, and gives the same bytes.

    Parameters
    ----------
    block : Classifier
    curriculum : Curriculum
    outputs : Outputs
    seed : int
        Seed of the initial weights and of the order of the samples.
    code : str
        Digest of the code. A training that was begun with other code or another TensorFlow starts
        anew.
    progress : callable, optional
        Wraps the epochs, such as `ccsncam.joblog.bar`.

    Raises
    ------
    ValueError
        If the network has other numbers of parameters and features than the block says, or if a
        loss is not finite.
    """
    images, labels = curriculum.validation.images(), curriculum.validation.column("label")
    shown = curriculum.validation
    model = build(block, images.shape[1:], len(shown.classes), seed, shown.pairs)
    optimizer = keras.optimizers.Adam(block.learning_rate, weight_decay=block.weight_decay or None)
    if block.mixed_precision:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(model.trainable_weights)
    epoch_of, validate = steps(model, optimizer, block)
    validation = tf.constant(images), tf.constant(labels)
    material = curriculum.material
    state = State(outputs.state, _digest(block, curriculum, seed, code), model, optimizer)
    best, history, hard = state.restore()
    material.hard = material.hard if hard is None else hard
    began, first, last = time.monotonic(), len(history), sum(block.epochs)
    label = f"training, seed {seed}"
    for number in progress(range(first + 1, last + 1), label=label, unit="epochs"):
        if _waited_enough(block, history):
            break
        started = time.monotonic()
        optimizer.learning_rate = learning_rate(block, number)
        material.begin(number, model)
        order = np.random.default_rng([seed, number])
        loss, accuracy = material.run(epoch_of, number, order)
        score = [float(value) / len(labels) for value in validate(*validation)]
        stage = curriculum.stages[block.stage_of(number)]
        history.append([number, stage, loss, accuracy, *score])
        if not np.isfinite([loss, score[0]]).all():
            raise ValueError(
                f"classifier: epoch {number}, stage {stage}: the loss is not "
                f"finite; lower classifier.learning_rate ({block.learning_rate:g})"
            )
        if score[0] <= min(row[4] for row in history):
            best = [weight.numpy() for weight in model.weights]
        state.save(best, history, material.hard)
        now = time.monotonic()
        left = (now - began) / (number - first) * (last - number)
        _log_epoch(history[-1], last, now - started, left)
    model.save_weights(outputs.last)
    for weight, value in zip(model.weights, best, strict=True):
        weight.assign(value)
    model.save_weights(outputs.best)
    pd.DataFrame(history, columns=HISTORY).to_csv(outputs.history, index=False)
    state.remove()


def learning_rate(block: Classifier, number: int) -> float:
    """Learning rate of an epoch (from 1): constant, or down to zero along half a cosine."""
    if block.schedule == "constant":
        return block.learning_rate
    share = (number - 1) / sum(block.epochs)
    return block.learning_rate * (1 + math.cos(math.pi * share)) / 2


def _waited_enough(block: Classifier, history: Sequence[Sequence[Any]]) -> bool:
    """Whether the last stage has seen ``patience`` epochs since its lowest validation loss."""
    own = [row[4] for row in history[sum(block.epochs[:-1]) :]]
    if block.patience is None or not own:
        return False
    waited = len(own) - 1 - int(np.argmin(own))
    if waited >= block.patience:
        logger.info(
            "stopping after epoch %d: no lower validation loss for %d epochs", len(history), waited
        )
    return waited >= block.patience


def _digest(block: Classifier, curriculum: Curriculum, seed: int, code: str) -> str:
    """Digest of all that a training depends on."""
    versions = [keras.__version__, tf.__version__]
    made_of = [asdict(block), list(curriculum.stages), seed, code, *versions]
    found = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode())
    for part in chain(curriculum.material.fingerprint(), curriculum.validation.fingerprint()):
        found.update(part)
    return found.hexdigest()


def _log_epoch(row: list[Any], epochs: int, took: float, left: float) -> None:
    """Log a row of the history, the duration of the epoch and the time until the end [s]."""
    number, stage, loss, accuracy, validation_loss, validation_accuracy = row
    logger.info(
        "epoch %d/%d, stage %s: loss %.4f, accuracy %.4f, validation loss %.4f, "
        "validation accuracy %.4f, %.1f s, %.0f s left",
        number,
        epochs,
        stage,
        loss,
        accuracy,
        validation_loss,
        validation_accuracy,
        took,
        left,
        extra={"progress": True},
    )


def steps(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, block: Classifier
) -> tuple[Callable[..., tf.Tensor], Callable[..., tuple[tf.Tensor, tf.Tensor]]]:
    """Compile one epoch of training, and the validation.

    Parameters
    ----------
    model : keras.Model
    optimizer : keras.optimizers.Optimizer
        Built for the model's trainable weights.
    block : Classifier

    Returns
    -------
    epoch : callable
        Takes four arrays: the row numbers of each full batch, shape (batch, sample), int32; the
        row numbers that are left over, shape (sample,), int32; and the images and the labels of
        the stage. With ``mask_penalty`` it takes a fifth, the masks of the images, shape
        (n, frequency, time, 1). Returns the sum of the losses and the number of right predictions,
        shape (2,).
    validate : callable
        Takes images and labels. Returns the same two sums, one after the other.
    """

    def losses(
        index: tf.Tensor, images: tf.Tensor, labels: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        _, logits = model(tf.gather(images, index), training=training)
        return of_logits(logits, tf.gather(labels, index), training)

    def of_logits(
        logits: tf.Tensor, truth: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        if training and block.label_smoothing:
            classes = logits.shape[1]
            share = block.label_smoothing / classes
            target = tf.one_hot(truth, classes) * (1 - block.label_smoothing) + share
            loss = tf.nn.softmax_cross_entropy_with_logits(target, logits)
        else:
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)
        hits = tf.argmax(logits, axis=1, output_type=tf.int32) == truth
        return tf.reduce_sum(loss), tf.reduce_sum(tf.cast(hits, tf.float32))

    def penalised(
        index: tf.Tensor, images: tf.Tensor, labels: tf.Tensor, masks: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        shown, truth = tf.gather(images, index), tf.gather(labels, index)
        with tf.GradientTape() as tape:
            tape.watch(shown)
            _, logits = model(shown, training=True)
            sure = tf.gather(tf.nn.log_softmax(logits), truth, batch_dims=1)
        beside = 1.0 - tf.cast(tf.gather(masks, index), tf.float32)
        slopes = tf.cast(tape.gradient(sure, shown), tf.float32)
        # The last channel may hold numbers, which are no cells.
        slopes = slopes[..., :-1] if "coherence" in block.extra else slopes
        square = tf.square(beside * slopes)
        loss, hits = of_logits(logits, truth, True)
        cells = tf.reduce_mean(square, axis=(1, 2, 3))
        return loss + block.mask_penalty * tf.reduce_sum(cells), hits

    weights = model.trainable_weights
    plain = functools.partial(losses, training=True)
    learn: Callable[..., tuple[tf.Tensor, tf.Tensor]] = penalised if block.mask_penalty else plain

    def step(index: tf.Tensor, *data: tf.Tensor) -> tf.Tensor:
        # Each shard is computed on its own, and the results are added in the order of the shards.
        # The bytes are then the same for any number of threads, and small operations share no
        # thread pool.
        gradients, sums = [], []
        for shard in tf.split(index, _shards(index.shape[0], block.shards)):
            with tf.GradientTape() as tape:
                loss, hits = learn(shard, *data)
                scaled = optimizer.scale_loss(loss / index.shape[0])
            gradients.append(tape.gradient(scaled, weights))
            sums.append([loss, hits])
        summed = [tf.add_n(parts) for parts in zip(*gradients, strict=True)]
        optimizer.apply(summed, weights)
        return tf.reduce_sum(tf.stack(sums), axis=0)

    @tf.function(jit_compile=block.xla)
    def epoch(order: tf.Tensor, rest: tf.Tensor, *data: tf.Tensor) -> tf.Tensor:
        # TensorFlow's graph optimiser would add up a running total in the order of arrival.
        sums = tf.TensorArray(tf.float32, order.shape[0] + 1, element_shape=(2,))
        for batch in tf.range(order.shape[0]):
            sums = sums.write(batch, step(order[batch], *data))
        last = step(rest, *data) if rest.shape[0] else tf.zeros(2)
        return tf.reduce_sum(sums.write(order.shape[0], last).stack(), axis=0)

    @tf.function
    def validate(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        parts = [
            losses(index, images, labels, False)
            for index in tf.split(
                tf.range(images.shape[0]), _shards(images.shape[0], -(-images.shape[0] // FORWARD))
            )
        ]
        return tf.add_n([loss for loss, _ in parts]), tf.add_n([hits for _, hits in parts])

    return epoch, validate


def _shards(size: int, count: int) -> list[int]:
    """Cut ``size`` into at most ``count`` parts, none of them empty, and give the part sizes."""
    return [len(part) for part in np.array_split(np.arange(size), min(count, size))]
