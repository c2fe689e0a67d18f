"""A trained network as a chain of layers that is cut behind the layer to be explained."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise, takewhile
from typing import Any

import numpy as np

from ccsncam.network.backend import keras, tf

# Parts of a batch that are computed side by side. The number is fixed, so that results depend
# neither on the machine nor on how a data set is cut into batches.
SHARDS = 4


class Network:
    """A trained chain of layers, cut behind one of them.

    Parameters
    ----------
    model : keras.Model
        A chain of layers from images (n, frequency, time, detector) to logits, its last layer.
        Numbers from layers such as `ccsncam.network.layers.Scales` may join it; see `beside`.
    layer : str
        The layer whose output is explained. ``conv2`` is the paper's: the last convolution,
        before pooling and ReLU.

    Attributes
    ----------
    shape : tuple of int
        Shape of an image: frequency, time, detector.
    map_shape : tuple of int
        Height and width of the output of the layer.

    Raises
    ------
    ValueError
        If the model has no such layer, or is not a chain.
    """

    def __init__(self, model: keras.Model, layer: str = "conv2") -> None:
        layers = [one for one in model.layers if not isinstance(one, keras.layers.InputLayer)]
        chain = [one for one in layers if _role(one) != "beside"]
        names = [one.name for one in chain]
        if layer not in names:
            raise ValueError(f"saliency.layer: no layer {layer!r}; choose from {', '.join(names)}")
        for before, after in pairwise(chain):
            given = after.input if isinstance(after.input, list) else [after.input]
            if given[0] is not before.output:
                raise ValueError(f"layer {after.name!r}: the network is not a chain of layers")
        cut = names.index(layer) + 1
        self.model, self.layer = model, layer
        self._head, self._tail = chain[:cut], chain[cut:]
        self._scaling = list(takewhile(lambda one: _role(one) == "scaling", chain))
        seeing = chain[len(self._scaling) :]
        affine = isinstance(seeing[0], keras.layers.Conv2D)
        affine = affine and seeing[0].activation is keras.activations.linear
        self._front, self._behind = (seeing[:1], seeing[1:]) if affine else ([], seeing)
        self._beside = [one for one in layers if _role(one) == "beside"]
        self._carries = any(getattr(one, "carries", False) for one in self._scaling)
        self.shape: tuple[int, ...] = tuple(model.input.shape[1:])
        self.map_shape: tuple[int, ...] = tuple(chain[cut - 1].output.shape[1:3])

    def beside(self, images: tf.Tensor) -> tf.Tensor | None:
        """Compute the numbers that join the features, shape (n, number); None without any."""
        found = [one(images) for one in self._beside]
        return tf.concat(found, axis=1) if found else None

    def head(self, images: tf.Tensor) -> tf.Tensor:
        """Compute the output A of the layer, shape (n, height, width, channel)."""
        return _through(self._head, images, self.beside(images))

    def tail(self, maps: tf.Tensor, beside: tf.Tensor | None = None) -> tf.Tensor:
        """Compute logits, shape (n, class), from outputs of the layer and from `beside`."""
        return _through(self._tail, maps, beside)

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """Compute logits, shape (n, class), from images."""
        return self.tail(self.head(images), self.beside(images))

    def picture(self, images: tf.Tensor) -> tf.Tensor:
        """Scale images as the network itself does, before its first layer with weights.

        The paper's network takes images as they are.
        """
        return _through(self._scaling, images, None)

    def hold(self, images: Any, of: Any) -> Any:
        """Give images the numbers that ride with others; see `ccsncam.network.layers.Coherence`.

        Parameters
        ----------
        images : numpy.ndarray or tensorflow.Tensor
            Images that were changed, shape (n, frequency, time, channel).
        of : numpy.ndarray or tensorflow.Tensor
            The images that they were, of a shape that broadcasts to this.

        Returns
        -------
        numpy.ndarray or tensorflow.Tensor
            The images themselves, if no numbers ride with them.
        """
        if not self._carries:
            return images
        if isinstance(images, np.ndarray):
            numbers = np.broadcast_to(of[..., -1:], (*images.shape[:-1], 1))
            return np.concatenate([images[..., :-1], numbers], axis=-1)
        numbers = tf.broadcast_to(of[..., -1:], tf.shape(images[..., -1:]))
        return tf.concat([images[..., :-1], numbers], axis=-1)

    def black(self, images: tf.Tensor) -> tf.Tensor:
        """Make black images with the numbers that ride with others; one if there are none."""
        if not self._carries:
            return tf.zeros((1, *self.shape))
        return self.hold(tf.zeros_like(images), images)

    def seen(self, images: np.ndarray) -> np.ndarray:
        """Channels of the detectors, for readers and for what is measured on the images alone."""
        return images[..., :-1] if self._carries else images

    def front(self, pictures: tf.Tensor) -> tf.Tensor:
        """Compute the output of the first layer behind `picture`, if it is linear.

        That is a convolution without activation, so its output is an affine function of the
        pictures. Any other network has no such front, and the pictures themselves come back.
        """
        return _through(self._front, pictures, None)

    def behind(self, hidden: tf.Tensor, beside: tf.Tensor | None) -> tf.Tensor:
        """Compute logits, shape (n, class), from outputs of `front` and from `beside`."""
        return _through(self._behind, hidden, beside)

    def scores(self, images: tf.Tensor, kind: str = "probability") -> tf.Tensor:
        """Compute the score of every class, shape (n, class).

        Parameters
        ----------
        images : tensorflow.Tensor
        kind : str
            The score is the ``probability`` or the ``logit``.
        """
        logits = self.logits(images)
        return tf.nn.softmax(logits) if kind == "probability" else logits

    @cached_property
    def forward(self) -> Callable[[np.ndarray, np.ndarray], tf.Tensor]:
        """Compile `logits` as a function of images and targets, as saliency methods are.

        The targets have no effect.
        """

        @tf.function(reduce_retracing=True, autograph=False)
        def compiled(images: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
            return tf.concat([self.logits(part) for part in tf.split(images, SHARDS)], axis=0)

        return compiled

    def positions(self) -> list[tuple[float, float]]:
        """Find where the receptive fields of the layer's cells lie, in pixels of the image.

        Returns
        -------
        list of tuple
            For each axis, frequency and time: the step from cell to cell, and the centre of the
            first cell's field.

        Raises
        ------
        ValueError
            If a layer pads its input and takes steps.
        """
        step, first = [1.0, 1.0], [0.0, 0.0]
        for one in self._head:
            size = getattr(one, "kernel_size", None) or getattr(one, "pool_size", None)
            if size is None:
                continue
            if one.padding == "same" and max(one.strides) == 1 and size[0] % 2 and size[1] % 2:
                continue
            if one.padding != "valid":
                raise ValueError(f"layer {one.name!r}: padding must be valid")
            for axis in range(2):
                first[axis] += step[axis] * (size[axis] - 1) / 2
                step[axis] *= one.strides[axis]
        return list(zip(step, first, strict=True))

    def stretch(self, alignment: str = "image") -> list[np.ndarray]:
        """Make the matrices that up-sample a map bilinearly to the size of the image.

        Parameters
        ----------
        alignment : str
            ``image`` stretches the map over the image, as the paper and most CAM libraries do.
            ``corners`` stretches it so that the centres of the corner cells meet those of the
            corner pixels.
            ``field`` puts each cell at the centre of its receptive field, and holds the value of
            the outermost cells beyond their centres. The network does not pad. For the paper's
            network, ``field`` and ``image`` therefore differ by up to 3 bins and 3.7 frames (48 Hz
            and 0.12 s) at the edges.
            ``reach`` does the same as ``field``, but falls to 0 one step beyond the outermost
            centres, where the map says nothing. Every cell then has the same weight. (The network
            does not even see the last frame, because pooling leaves it out.)

        Returns
        -------
        list of numpy.ndarray
            Shapes (frequency, height) and (time, width), float32.
        """
        matrices = []
        for out, size, (step, first) in zip(
            self.shape[:2], self.map_shape, self.positions(), strict=True
        ):
            if alignment == "image":
                step = out / size
                first = (step - 1) / 2
            elif alignment == "corners":
                step, first = (out - 1) / max(size - 1, 1) or 1.0, 0.0
            at = (np.arange(out) - first) / step
            if alignment != "reach":
                at = np.clip(at, 0, size - 1)
            tent = 1 - np.abs(at[:, None] - np.arange(size))
            matrices.append(np.clip(tent, 0, 1).astype(np.float32))
        return matrices


def _role(layer: keras.layers.Layer) -> str | None:
    """What a layer of `ccsncam.network.layers` is to a chain, if it is more than a link."""
    return getattr(layer, "role", None)


def _through(
    layers: Sequence[keras.layers.Layer], values: tf.Tensor, beside: tf.Tensor | None
) -> tf.Tensor:
    """Send values through some layers, one after the other; ``beside`` joins where it is due."""
    for layer in layers:
        joined = isinstance(layer, keras.layers.Concatenate)
        values = layer([values, beside] if joined else values)
    return values
