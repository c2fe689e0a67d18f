"""Saliency maps from the slope of the logit at each pixel; these methods are no CAMs.

Each function takes tensors of images (n, frequency, time, detector) and of target classes (n,), and
gives maps at the size of the image. `ccsncam.saliency.maps.explainer` compiles them.
"""

from collections.abc import Callable

import numpy as np

from ccsncam.network.backend import tf
from ccsncam.network.chain import Network

# Integrated Gradients: steps of the path. SmoothGrad: noisy copies, and the spread of their noise
# as a share of the image's range (Smilkov et al. 2017: 10 to 20 %).
STEPS, COPIES, SPREAD = 16, 16, 0.15


def _slope(network: Network, images: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Derivative of the target's logit with respect to each pixel of the image."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        score = tf.gather(network.logits(images), target, batch_dims=1)
    return tape.gradient(score, images)


def _sum(term: Callable[[tf.Tensor], tf.Tensor], count: int, images: tf.Tensor) -> tf.Tensor:
    """Add up ``term(0)`` to ``term(count - 1)``, one after the other, each of the images' shape."""
    _, total = tf.while_loop(
        lambda number, _: number < count,
        lambda number, total: (number + 1, total + term(number)),
        (tf.constant(0), tf.zeros_like(images)),
    )
    return total


def integrated_gradients(
    network: Network, images: tf.Tensor, target: tf.Tensor, signed: bool = False, steps: int = STEPS
) -> tf.Tensor:
    """Integrated Gradients (Sundararajan et al. 2017), from a black image, by the midpoint rule.

    Parameters
    ----------
    network, images, target
        As in all methods of this module.
    signed : bool
        Give the signed contribution of every detector, shape (n, frequency, time, detector);
        contributions add up to the change of the logit. By default the map is the positive part
        of their sum over detectors, shape (n, frequency, time).
    steps : int
        Steps of the path.
    """

    def slope(step: tf.Tensor) -> tf.Tensor:
        part = (tf.cast(step, tf.float32) + 0.5) / steps
        return _slope(network, images * part, target)

    contribution = images * _sum(slope, steps, images) / steps
    return contribution if signed else tf.nn.relu(tf.reduce_sum(contribution, axis=-1))


def smooth_grad(
    network: Network,
    images: tf.Tensor,
    target: tf.Tensor,
    copies: int = COPIES,
    spread: float = SPREAD,
) -> tf.Tensor:
    """SmoothGrad (Smilkov et al. 2017): magnitude of the mean slope under noise.

    Magnitudes are summed over detectors. All samples share the same copies of noise, so that a map
    does not depend on its neighbours in the batch.

    Parameters
    ----------
    network, images, target
        As in all methods of this module.
    copies : int
        Copies of the noise.
    spread : float
        Standard deviation of the noise, as a share of the image's range.
    """
    noise = np.random.default_rng(copies).standard_normal((copies, *network.shape), np.float32)
    span = tf.reduce_max(images, axis=(1, 2, 3), keepdims=True)
    span -= tf.reduce_min(images, axis=(1, 2, 3), keepdims=True)
    noises = tf.constant(noise)

    def slope(copy: tf.Tensor) -> tf.Tensor:
        return _slope(network, images + spread * span * noises[copy], target)

    return tf.reduce_sum(tf.abs(_sum(slope, copies, images) / copies), axis=-1)
