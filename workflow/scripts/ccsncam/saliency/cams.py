"""Class activation maps: each method is a function of a network, a batch of images and targets.

The defaults are the choices of the paper; the choices of other implementations are switches. Each
function takes tensors of images (n, frequency, time, detector) and of target classes (n,), and
gives maps (n, height, width) without negative values, at the resolution of the explained layer.
`ccsncam.saliency.maps.explainer` compiles them.
"""

from ccsncam.network.backend import tf
from ccsncam.network.chain import Network


def _output(network: Network, images: tf.Tensor, post_relu: bool) -> tf.Tensor:
    """Output A of the layer, or its positive part."""
    maps = network.head(images)
    return tf.nn.relu(maps) if post_relu else maps


def _slopes(
    network: Network, images: tf.Tensor, target: tf.Tensor, post_relu: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Output A of the layer and the slope of the target's logit, equation (6)."""
    maps, beside = _output(network, images, post_relu), network.beside(images)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        score = tf.gather(network.tail(maps, beside), target, batch_dims=1)
    return maps, tape.gradient(score, maps)


def _combine(weights: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
    """ReLU of the weighted sum of maps, equations (7), (10), (12)."""
    return tf.nn.relu(tf.einsum("nk,nhwk->nhw", weights, maps))


def grad_cam(
    network: Network, images: tf.Tensor, target: tf.Tensor, post_relu: bool = False
) -> tf.Tensor:
    """Grad-CAM, equations (6) and (7)."""
    maps, slope = _slopes(network, images, target, post_relu)
    return _combine(tf.reduce_mean(slope, axis=(1, 2)), maps)


def grad_cam_pp(
    network: Network,
    images: tf.Tensor,
    target: tf.Tensor,
    post_relu: bool = False,
    normalise_alpha: bool = False,
    epsilon: float = 0.0,
) -> tf.Tensor:
    """Grad-CAM++, equations (8) to (10).

    A network of ReLUs has no second derivative, and equation (9) is 0/0. As in Chattopadhay et
    al. (2018) the score is therefore exp(logit), with derivatives exp(S) g² and exp(S) g³. Its
    positive factor exp(S) changes no map and is left out. α is 0 where g is 0. On a signed A,
    before the ReLU, α = 1/(2 + g ΣA) has a pole and may be negative; ``post_relu`` keeps α
    positive where g is positive.

    Parameters
    ----------
    network, images, target
        As in all methods of this module.
    post_relu : bool
        Take the positive part of A.
    normalise_alpha : bool
        α sums to 1 over the cells of positive slope, as in the authors' code.
    epsilon : float
        Small number that is added to the denominator, as in other libraries.
    """
    maps, slope = _slopes(network, images, target, post_relu)
    total = tf.reduce_sum(maps, axis=(1, 2), keepdims=True)
    square = slope**2
    alpha = tf.math.divide_no_nan(square, 2 * square + total * square * slope + epsilon)
    if normalise_alpha:
        alpha = tf.where(slope > 0, alpha, 0.0)
        alpha = tf.math.divide_no_nan(alpha, tf.reduce_sum(alpha, axis=(1, 2), keepdims=True))
    return _combine(tf.reduce_sum(alpha * tf.nn.relu(slope), axis=(1, 2)), maps)


def score_cam(
    network: Network,
    images: tf.Tensor,
    target: tf.Tensor,
    post_relu: bool = False,
    channel_softmax: bool = False,
    score: str = "probability",
    alignment: str = "image",
) -> tf.Tensor:
    """Score-CAM, equations (11) and (12).

    The baseline is a black image. A constant channel is no mask of anything, so its H is 0. Masks
    hide cells only: numbers that ride with an image stay.

    Parameters
    ----------
    network, images, target
        As in all methods of this module.
    post_relu : bool
        Take the positive part of A.
    channel_softmax : bool
        Weights are the softmax of the scores over the channels, without the baseline.
    score : str
        ``probability`` or ``logit``.
    alignment : str
        How masks are brought to the size of the image, see `Network.stretch`.
    """
    maps = _output(network, images, post_relu)
    rows, columns = network.stretch(alignment)
    masks = tf.einsum("fh,nhwk,tw->nkft", rows, maps, columns)
    low = tf.reduce_min(masks, axis=(2, 3), keepdims=True)
    high = tf.reduce_max(masks, axis=(2, 3), keepdims=True)
    masks = tf.math.divide_no_nan(masks - low, high - low)
    count, size = maps.shape[-1], tf.shape(images)[0]
    masked = network.hold(images[:, None] * masks[..., None], images[:, None])
    masked = tf.reshape(masked, (-1, *network.shape))
    weights = tf.gather(network.scores(masked, score), tf.repeat(target, count), batch_dims=1)
    weights = tf.reshape(weights, (size, count))
    if channel_softmax:
        weights = tf.nn.softmax(weights)
    else:
        black = network.scores(network.black(images), score)
        black = tf.broadcast_to(black, (size, black.shape[-1]))
        weights -= tf.gather(black, target, batch_dims=1)[:, None]
    return _combine(weights, maps)


def hires_cam(
    network: Network, images: tf.Tensor, target: tf.Tensor, post_relu: bool = False
) -> tf.Tensor:
    """HiResCAM (Draelos & Carin 2020): slope times A, summed over channels, the positive part."""
    maps, slope = _slopes(network, images, target, post_relu)
    return tf.nn.relu(tf.reduce_sum(slope * maps, axis=-1))


def layer_cam(
    network: Network, images: tf.Tensor, target: tf.Tensor, post_relu: bool = False
) -> tf.Tensor:
    """LayerCAM (Jiang et al. 2021): HiResCAM with the positive part of the slope."""
    maps, slope = _slopes(network, images, target, post_relu)
    return tf.nn.relu(tf.reduce_sum(tf.nn.relu(slope) * maps, axis=-1))


def eigen_cam(
    network: Network,
    images: tf.Tensor,
    target: tf.Tensor,
    post_relu: bool = False,
    centred: bool = False,
) -> tf.Tensor:
    """Eigen-CAM (Muhammad & Yeasin 2020): A along its first principal direction.

    The map is the same for every class. The sign of a principal direction is arbitrary, so it is
    chosen to make the cell of largest magnitude positive.

    Parameters
    ----------
    network, images, target
        As in all methods of this module.
    post_relu : bool
        Take the positive part of A.
    centred : bool
        Subtract the mean of each channel first, as pytorch-grad-cam does.
    """
    maps = _output(network, images, post_relu)
    height, width, count = maps.shape[1:]
    flat = tf.reshape(maps, (-1, height * width, count))
    if centred:
        flat -= tf.reduce_mean(flat, axis=1, keepdims=True)
    _, vectors = tf.linalg.eigh(tf.matmul(flat, flat, transpose_a=True))
    values = tf.squeeze(tf.matmul(flat, vectors[..., -1:]), -1)
    low, high = tf.reduce_min(values, axis=1), tf.reduce_max(values, axis=1)
    values *= tf.where(high >= -low, 1.0, -1.0)[:, None]
    return tf.nn.relu(tf.reshape(values, (-1, height, width)))


def ablation_cam(
    network: Network, images: tf.Tensor, target: tf.Tensor, post_relu: bool = False
) -> tf.Tensor:
    """Ablation-CAM (Desai & Ramaswamy 2020): a weight is what the logit loses without the channel.

    The authors divide by the logit itself. This divisor is left out: where it is positive, it
    scales the whole map of a sample, and where it is negative, it would invert the map.
    """
    maps = _output(network, images, post_relu)
    height, width, count = maps.shape[1:]
    beside = network.beside(images)
    whole = tf.gather(network.tail(maps, beside), target, batch_dims=1)
    keep = (1 - tf.eye(count))[:, None, None, :]
    ablated = tf.reshape(maps[:, None] * keep, (-1, height, width, count))
    same = None if beside is None else tf.repeat(beside, count, axis=0)
    without = tf.gather(network.tail(ablated, same), tf.repeat(target, count), batch_dims=1)
    return _combine(whole[:, None] - tf.reshape(without, (-1, count)), maps)
