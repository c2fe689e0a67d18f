"""The networks, and what a trained one says of images."""

import math
from collections.abc import Sequence

import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.config.classifier import Classifier
from ccsncam.network.architecture import LATE, PLAIN, SERIAL, kernel_of, pool_of
from ccsncam.network.backend import keras, tf
from ccsncam.network.chain import Network
from ccsncam.network.evaluation import Evaluation
from ccsncam.network.layers import (
    MOMENTUM,
    Bounded,
    Branches,
    Coherence,
    Picture,
    Residual,
    Scales,
    Standardise,
    Unit,
)
from ccsncam.samples.dataset import DataSet, Images

# Samples per forward pass without gradients. The number is fixed, so that results do not depend on
# the machine.
FORWARD = 250
NAMES = {"paper": "sasaoka2023"}


def build(
    block: Classifier, shape: Sequence[int], classes: int, seed: int = 0, pairs: int = 0
) -> keras.Model:
    """Build the network of Sasaoka et al. (2023), or another one of `architecture.NETWORKS`.

    The paper's network has two blocks of convolution 3×3, pooling 2×2 and ReLU, then dense layers.

    Parameters
    ----------
    block : Classifier
    shape : tuple of int
        Shape of the input: frequency, time, detector.
    classes : int
        Number of classes.
    seed : int
        Seed of the initial weights.
    pairs : int
        Pairs of detectors whose coherence rides in the last channel of the input, if the block
        asks for it.

    Returns
    -------
    keras.Model
        From images (n, frequency, time, detector) to the features (n, features) and the logits
        (n, classes). The last convolution, before pooling and ReLU, is the layer ``conv2``.

    Raises
    ------
    ValueError
        If the network has other numbers of parameters and features than the block says.
    """
    keras.utils.set_random_seed(seed)
    layers, kind = keras.layers, block.network
    image = x = keras.Input(tuple(shape), name="spectrogram")
    if "coherence" in block.extra:
        x = Picture(name="picture", dtype="float32")(x)
    channels = x.shape[-1]
    if "scales" in block.extra:
        x = Unit(name="unit", dtype="float32")(x)
    x = _convolutions(block, x, channels)
    if block.extra:
        # In one order, whatever that of the block is.
        made = [Scales(channels, name="scales", dtype="float32")] if "scales" in block.extra else []
        if "coherence" in block.extra:
            made.append(Coherence(pairs, name="coherence", dtype="float32"))
        flat = layers.Flatten(name="flat")(x)
        x = features = layers.Concatenate(name="features")([flat, *(one(image) for one in made)])
    else:
        x = features = layers.Flatten(name="features")(x)
    for number, units in enumerate(block.dense, 1):
        if block.dropout:
            x = layers.Dropout(block.dropout, seed=seed, name=f"dropout{number}")(x)
        if kind in PLAIN:
            x = layers.Dense(units, activation="relu", name=f"dense{number}")(x)
        else:
            x = layers.Dense(units, name=f"dense{number}")(x)
            x = layers.BatchNormalization(momentum=MOMENTUM, name=f"dense_norm{number}")(x)
            x = layers.ReLU(name=f"dense_relu{number}")(x)
    logits = layers.Dense(classes, dtype="float32", name="logits")(x)
    model = keras.Model(image, [features, logits], name=NAMES.get(kind, kind))
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    counts = trainable, features.shape[-1]
    if counts != (block.parameters, block.features):
        raise ValueError(
            f"config, classifier: the network has {counts[0]} parameters and {counts[1]} features, "
            f"but parameters is {block.parameters} and features is {block.features}; correct them"
        )
    return model


def _convolutions(block: Classifier, x: keras.KerasTensor, detectors: int) -> keras.KerasTensor:
    """Add the layers before the dense ones; see `architecture.layers_of`."""
    layers, kind = keras.layers, block.network
    if kind in SERIAL:
        x = Bounded(name="bounded", dtype="float32")(x)
    elif kind not in PLAIN:
        x = Standardise(name="standardise", dtype="float32")(x)
    pool = pool_of(kind)
    pooling = layers.MaxPooling2D if kind in (*PLAIN, *SERIAL) else layers.AveragePooling2D
    for number, filters in enumerate(block.filters, 1):
        if kind == "residual" and number > 1:
            x = Residual(filters, name=f"block{number}")(x)
            x = pooling(pool, name=f"pool{number}")(x)
            continue
        if kind in LATE:
            shared = kind == "late-shared"
            x = Branches(filters, detectors, shared, name=f"conv{number}")(x)
        else:
            x = layers.Conv2D(filters, kernel_of(kind, x.shape[1:3]), name=f"conv{number}")(x)
        if pool != (1, 1):
            x = pooling(pool, name=f"pool{number}")(x)
        if kind not in PLAIN:
            x = layers.BatchNormalization(momentum=MOMENTUM, name=f"norm{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    return x


def load_model(block: Classifier, weights: PathLike, dataset: DataSet) -> keras.Model:
    """Build a trained network and load its weights.

    Parameters
    ----------
    block : Classifier
    weights : path
        Weights that a training has saved.
    dataset : DataSet
        Any data set that has the network's image shape and classes.
    """
    model = build(block, dataset.input_shape, len(dataset.classes), pairs=dataset.pairs)
    model.load_weights(weights)
    return model


def load_network(block: Classifier, layer: str, weights: PathLike, dataset: DataSet) -> Network:
    """Load a trained network and cut it behind the layer that is explained.

    Parameters
    ----------
    block : Classifier
    layer : str
        Name of the layer, such as ``conv2``.
    weights, dataset
        As for `load_model`.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If the network has no such layer.
    """
    return Network(load_model(block, weights, dataset), layer)


def predict(
    model: keras.Model, images: np.ndarray | Images
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute features, logits and probabilities.

    Parameters
    ----------
    model : keras.Model
        From `build`.
    images : numpy.ndarray or Images
        Shape (n, frequency, time, detector). Images of a data set are read batch by batch.

    Returns
    -------
    features : numpy.ndarray
        Shape (n, features), float32.
    logits, probability : numpy.ndarray
        Shape (n, classes), float32. Where a probability rounds to 0 or 1, the logits still say
        how sure the network is.
    """

    @tf.function(reduce_retracing=True, autograph=False)
    def forward(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        features, logits = model(batch, training=False)
        return features, logits, tf.nn.softmax(logits)

    size = len(images)
    features, logits = (np.empty((size, out.shape[-1]), np.float32) for out in model.outputs)
    probability = np.empty_like(logits)
    for first in range(0, size, FORWARD):
        rows = slice(first, min(first + FORWARD, size))
        parts = (part.numpy() for part in forward(images[rows]))
        features[rows], logits[rows], probability[rows] = parts
    return features, logits, probability


def evaluate(model: keras.Model, dataset: DataSet, seed: int) -> Evaluation:
    """Evaluate a network on every sample of a data set.

    Parameters
    ----------
    model : keras.Model
        From `load_model`.
    dataset : DataSet
    seed : int
        Seed of the network.
    """
    features, logits, probability = predict(model, dataset.spectrograms)
    return Evaluation(
        **dataset.columns(("label", "network_snr", "distance_kpc")),
        prediction=probability.argmax(axis=1).astype("i4"),
        logits=logits,
        probability=probability,
        embedding=features,
        classes=dataset.classes,
        dataset=dataset.name,
        origin=dataset.origin,
        seed=seed,
    )
