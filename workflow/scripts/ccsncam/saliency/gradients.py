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


def _sum_of_slopes(
    network: Network,
    images: tf.Tensor,
    target: tf.Tensor,
    pictures: tf.Tensor,
    hidden: Callable[[tf.Tensor], tf.Tensor],
    count: int,
) -> tf.Tensor:
    """Add up the slopes of the target's logit with respect to each pixel, at several points.

    The front of the network is affine, so its own slope is the same at every point. The slopes
    with respect to its output are added up, and are brought to the picture together.

    Parameters
    ----------
    network, images, target
        As in all methods of this module.
    pictures : tensorflow.Tensor
        The images as `Network.picture` scales them: slopes are those of its pixels.
    hidden : callable
        Takes the number of a point, and gives the output of the front there.
    count : int
        Number of points.
    """
    beside = network.beside(images)

    def slope(number: tf.Tensor) -> tf.Tensor:
        values = hidden(number)
        with tf.GradientTape() as tape:
            tape.watch(values)
            score = tf.gather(network.behind(values, beside), target, batch_dims=1)
        return tape.gradient(score, values)

    with tf.GradientTape() as tape:
        tape.watch(pictures)
        front = network.front(pictures)
    _, total = tf.while_loop(
        lambda number, _: number < count,
        lambda number, total: (number + 1, total + slope(number)),
        (tf.constant(0), tf.zeros_like(front)),
    )
    return tape.gradient(front, pictures, output_gradients=total)


def integrated_gradients(
    network: Network, images: tf.Tensor, target: tf.Tensor, signed: bool = False, steps: int = STEPS
) -> tf.Tensor:
    """Integrated Gradients (Sundararajan et al. 2017), from a black image, by the midpoint rule.

    A network that scales its images itself sees the same picture in a darker image. The path
    therefore leads from the picture of a black image to that of the image.

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
    pictures, dark = network.picture(images), network.picture(tf.zeros_like(images[:1]))
    black = network.front(dark)
    way = network.front(pictures) - black

    def hidden(step: tf.Tensor) -> tf.Tensor:
        return black + way * ((tf.cast(step, tf.float32) + 0.5) / steps)

    slopes = _sum_of_slopes(network, images, target, pictures, hidden, steps)
    contribution = (pictures - dark) * slopes / steps
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
    pictures = network.picture(images)
    shape = copies, *pictures.shape[1:]
    noise = np.random.default_rng(copies).standard_normal(shape, np.float32)
    span = tf.reduce_max(pictures, axis=(1, 2, 3), keepdims=True)
    span -= tf.reduce_min(pictures, axis=(1, 2, 3), keepdims=True)
    front = network.front(pictures)
    noises = network.front(tf.constant(noise)) - network.front(tf.zeros_like(pictures[:1]))

    def hidden(copy: tf.Tensor) -> tf.Tensor:
        return front + spread * span * noises[copy]

    total = _sum_of_slopes(network, images, target, pictures, hidden, copies)
    return tf.reduce_sum(tf.abs(total / copies), axis=-1)
