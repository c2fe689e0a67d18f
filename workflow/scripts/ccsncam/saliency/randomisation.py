"""Networks whose weights are randomised layer by layer (Adebayo et al. 2018)."""

from collections.abc import Iterator

import numpy as np

from ccsncam.network.backend import keras, tf
from ccsncam.network.layers import with_kernels

# Draws of the random weights. Maps differ more between draws than between samples.
DRAWS = 5
# Width of the windows of the structural similarity [cells].
WINDOW = 11


def layers(model: keras.Model) -> list[str]:
    """Names of the layers that `randomise` randomises, in its order.

    Layers that normalise a batch keep their means and variances.
    """
    return [layer.name for layer in reversed(with_kernels(model))]


def randomise(model: keras.Model, seed: int) -> Iterator[str]:
    """Randomise one more layer of a network at each step, from the top, as before a training.

    Parameters
    ----------
    model : keras.Model
        It is changed in place.
    seed : int

    Yields
    ------
    str
        Name of the layer that was randomised last.
    """
    for number, layer in enumerate(reversed(with_kernels(model))):
        draw = keras.initializers.GlorotUniform(seed=1000 * seed + number)
        layer.kernel.assign(draw(layer.kernel.shape))
        layer.bias.assign(keras.ops.zeros(layer.bias.shape))
        yield layer.name


def similarity(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Structural similarity (Wang et al. 2004) of maps in [0, 1] per sample.

    Its windows are 11 cells wide and high. Of maps of one row they are 11 cells wide.

    Parameters
    ----------
    one, other : numpy.ndarray
        Shape (n, frequency, time).

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    if one.shape[1] == 1:
        # In rows that are all alike, a window has the moments of one of them.
        one, other = (np.repeat(maps, WINDOW, axis=1) for maps in (one, other))
    return tf.image.ssim(one[..., None], other[..., None], max_val=1.0, filter_size=WINDOW).numpy()
