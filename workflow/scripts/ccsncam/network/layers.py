"""Layers of the networks that Keras does not have.

The attribute ``role`` tells `ccsncam.network.chain` that a layer scales the images before the first
weights (``scaling``), or that it leads past the chain to the features (``beside``). The attribute
``carries`` tells it that numbers ride with the images; see `ccsncam.samples.beside`.
"""

from typing import Any

from ccsncam.network.architecture import KERNEL
from ccsncam.network.backend import keras, tf

# Shape of maps: (n, height, width, channel); n is None.
Shape = tuple[Any, int, int, int]
# Highest power of a cell that counts, in mean powers; one cell of noise in 8000 is louder.
LOUD = 9.0
# Largest strain that counts, in standard deviations of white noise. That of a detector is larger
# once in 34 hours.
LARGEST = 6.0
# Share of the old running mean and variance that a part of a batch (``shards``) leaves.
MOMENTUM = 0.99
# A scale counts as no less than this: white noise has a mean power of 1, and a black detector
# would have no logarithm.
FAINTEST = 1e-3


@keras.saving.register_keras_serializable("ccsncam")
class Standardise(keras.layers.Layer):
    """Powers of the cells of an image, relative to the mean power of their detector.

    The images of a data set run from 0 to 1, so that a loud cell darkens all others. Here noise has
    a mean of 0 and a variance of about 1, whatever the loudest cell is. Cells of more than `LOUD`
    mean powers count as `LOUD`, so that a glitch does not outweigh the rest.
    """

    role = "scaling"

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Scale images of amplitudes, shape (n, frequency, time, detector); same shape."""
        power = tf.square(images)
        mean = tf.reduce_mean(power, axis=(1, 2), keepdims=True)
        return tf.minimum(power / (mean + keras.config.epsilon()), LOUD) - 1.0


@keras.saving.register_keras_serializable("ccsncam")
class Bounded(keras.layers.Layer):
    """Strain within ±`LARGEST`, so that a glitch does not outweigh the rest."""

    role = "scaling"

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Bound images of strain, shape (n, 1, time, detector); same shape."""
        return tf.clip_by_value(images, -LARGEST, LARGEST)


@keras.saving.register_keras_serializable("ccsncam")
class Unit(keras.layers.Layer):
    """Images whose detectors run from 0 to 1 each, as ``normalisation: detector`` makes them."""

    role = "scaling"

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Scale images, shape (n, frequency, time, detector); a constant detector becomes 0."""
        low = tf.reduce_min(images, axis=(1, 2), keepdims=True)
        high = tf.reduce_max(images, axis=(1, 2), keepdims=True)
        return tf.math.divide_no_nan(images - low, high - low)


@keras.saving.register_keras_serializable("ccsncam")
class Scales(keras.layers.Layer):
    """Logarithms of the minimum and of the maximum of each detector: what `Unit` throws away.

    Parameters
    ----------
    channels : int
        How many channels are of detectors; there may be one more, see `Coherence`.
    """

    role = "beside"

    def __init__(self, channels: int, **named: Any) -> None:
        super().__init__(**named)
        self.channels = channels

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Measure images (n, frequency, time, channel); shape (n, 2 · detector), minima first."""
        images = images[..., : self.channels]
        low, high = tf.reduce_min(images, axis=(1, 2)), tf.reduce_max(images, axis=(1, 2))
        return tf.math.log(tf.maximum(tf.concat([low, high], axis=1), FAINTEST))

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable("ccsncam")
class Picture(keras.layers.Layer):
    """The channels of the detectors, without the one behind them; see `Coherence`."""

    role = "scaling"
    carries = True

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Cut off the last channel of images, shape (n, frequency, time, channel)."""
        return images[..., :-1]


@keras.saving.register_keras_serializable("ccsncam")
class Coherence(keras.layers.Layer):
    """Logarithms of the coherence of each pair of detectors, which rides with the image.

    It stands in the first cells of the last channel; see `ccsncam.samples.beside.join`. The
    largest of many lags is beyond one standard deviation in any noise, so less counts as one.

    Parameters
    ----------
    pairs : int
    """

    role = "beside"

    def __init__(self, pairs: int, **named: Any) -> None:
        super().__init__(**named)
        self.pairs = pairs

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Read the numbers of images (n, frequency, time, channel); shape (n, pair)."""
        return tf.math.log(tf.maximum(images[:, 0, : self.pairs, -1], 1.0))

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "pairs": self.pairs}


class _Nested(keras.layers.Layer):
    """A layer made of layers, which is one link of a chain; see `ccsncam.network.chain`.

    ``kernel_size``, ``strides`` and ``padding`` are those of a convolution with the same cells.
    """

    kernel_size = (KERNEL, KERNEL)
    strides = (1, 1)
    padding = "valid"


@keras.saving.register_keras_serializable("ccsncam")
class Branches(_Nested):
    """A convolution for each detector alone; the channels of a detector lie side by side.

    Parameters
    ----------
    filters : int
        Channels of a detector.
    detectors : int
    shared : bool
        Whether all detectors have the same weights.
    """

    def __init__(self, filters: int, detectors: int, shared: bool, **named: Any) -> None:
        super().__init__(**named)
        self.filters, self.detectors, self.shared = filters, detectors, shared
        self.convolutions = [
            keras.layers.Conv2D(filters, KERNEL, name=f"{self.name}_{number}")
            for number in range(1 if shared else detectors)
        ]

    def build(self, shape: Shape) -> None:
        """Make the weights for maps of a shape (n, height, width, channel)."""
        for one in self.convolutions:
            one.build((*shape[:3], shape[3] // self.detectors))

    def call(self, maps: tf.Tensor) -> tf.Tensor:
        """Convolve maps (n, height, width, channel)."""
        parts = tf.split(maps, self.detectors, axis=-1)
        each = self.convolutions * self.detectors if self.shared else self.convolutions
        return tf.concat([one(part) for one, part in zip(each, parts, strict=True)], axis=-1)

    def compute_output_shape(self, shape: Shape) -> Shape:
        """Shape of what comes out."""
        one = self.convolutions[0].compute_output_shape((*shape[:3], shape[3] // self.detectors))
        return one[0], one[1], one[2], self.filters * self.detectors

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        own = {"filters": self.filters, "detectors": self.detectors, "shared": self.shared}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("ccsncam")
class Residual(_Nested):
    """Two convolutions that keep the size of the maps, and a way around them (He et al. 2016).

    Each convolution is normalised over a batch. The way around is a convolution 1×1 where the
    number of channels changes.

    Parameters
    ----------
    filters : int
        Channels.
    """

    padding = "same"

    def __init__(self, filters: int, **named: Any) -> None:
        super().__init__(**named)
        layers, self.filters = keras.layers, filters
        self.first, self.second = (
            layers.Conv2D(filters, KERNEL, padding="same", name=f"{self.name}_conv{number}")
            for number in (1, 2)
        )
        self.norms = [
            layers.BatchNormalization(momentum=MOMENTUM, name=f"{self.name}_norm{number}")
            for number in (1, 2)
        ]
        self.around: keras.layers.Layer | None = None

    def build(self, shape: Shape) -> None:
        """Make the weights for maps of a shape (n, height, width, channel)."""
        inner = (*shape[:3], self.filters)
        self.first.build(shape)
        self.second.build(inner)
        for norm in self.norms:
            norm.build(inner)
        if shape[3] != self.filters:
            self.around = keras.layers.Conv2D(self.filters, 1, name=f"{self.name}_around")
            self.around.build(shape)

    def call(self, maps: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Compute maps of the same height and width, not negative."""
        inner = tf.nn.relu(self.norms[0](self.first(maps), training=training))
        inner = self.norms[1](self.second(inner), training=training)
        return tf.nn.relu(inner + (maps if self.around is None else self.around(maps)))

    def compute_output_shape(self, shape: Shape) -> Shape:
        """Shape of what comes out."""
        return *shape[:3], self.filters

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "filters": self.filters}


def with_kernels(model: keras.Model) -> list[keras.layers.Layer]:
    """Layers of a network that have a kernel, from the first; those inside of layers too."""
    found = []
    for layer in model.layers:
        own = layer._flatten_layers() if isinstance(layer, _Nested) else [layer]
        found += [one for one in own if hasattr(one, "kernel")]
    return found
