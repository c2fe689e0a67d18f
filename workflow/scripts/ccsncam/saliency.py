"""Where a network looks: class activation maps and two controls that are none.

Each method is one function of a batch, compiled once. TensorFlow is imported when it is needed;
`ccsncam.classifier.prepare` comes first. The choices of the paper are the defaults; what other
implementations do is a switch.
"""

from functools import cache, cached_property
from itertools import pairwise

import h5py
import numpy as np
import scipy.special

from ccsncam import classifier, methods

# Samples a call, in SHARDS parts that are computed side by side. Fixed, so that results depend
# neither on the machine nor on how a data set is cut.
BATCH, SHARDS = 200, 4
# Steps of the path of integrated gradients; copies and noise of SmoothGrad, as a share of the
# image's range (Smilkov et al. 2017: 10 to 20 %).
STEPS, COPIES, SPREAD = 16, 16, 0.15


class Network:
    """A trained chain of layers, cut behind one of them.

    Parameters
    ----------
    model : keras.Model
        A chain of layers from images (n, frequency, time, detector) to logits, its last layer.
    layer : str
        The layer whose output is explained. ``conv2`` is the paper's: the last convolution,
        before pooling and ReLU.

    Raises
    ------
    ValueError
        If the model has no such layer, or is not a chain.
    """

    def __init__(self, model, layer="conv2"):
        import keras

        chain = [one for one in model.layers if not isinstance(one, keras.layers.InputLayer)]
        names = [one.name for one in chain]
        if layer not in names:
            raise ValueError(f"layer {layer!r}: the network has {', '.join(names)}")
        for before, after in pairwise(chain):
            if after.input is not before.output:
                raise ValueError(f"layer {after.name!r}: the network is not a chain of layers")
        cut = names.index(layer) + 1
        self.model, self.layer = model, layer
        self._head, self._tail = chain[:cut], chain[cut:]
        self.shape = tuple(model.input.shape[1:])
        self.map_shape = tuple(chain[cut - 1].output.shape[1:3])

    def head(self, images):
        """Output A of the layer, shape (n, height, width, channel)."""
        for one in self._head:
            images = one(images)
        return images

    def tail(self, maps):
        """Logits of outputs of the layer, shape (n, class)."""
        for one in self._tail:
            maps = one(maps)
        return maps

    def logits(self, images):
        """Logits of images, shape (n, class)."""
        return self.tail(self.head(images))

    def scores(self, images, kind="probability"):
        """Score of every class, its ``probability`` or its ``logit``, shape (n, class)."""
        import tensorflow as tf

        logits = self.logits(images)
        return tf.nn.softmax(logits) if kind == "probability" else logits

    @cached_property
    def forward(self):
        """Compiled `logits`, of a batch and targets that it does not need."""
        import tensorflow as tf

        @tf.function(reduce_retracing=True)
        def compiled(images, target):
            return tf.concat([self.logits(part) for part in tf.split(images, SHARDS)], axis=0)

        return compiled

    def positions(self):
        """Step and centre of the first cell of the layer's receptive fields, by axis [pixels]."""
        step, first = [1.0, 1.0], [0.0, 0.0]
        for one in self._head:
            size = getattr(one, "kernel_size", None) or getattr(one, "pool_size", None)
            if size is None:
                continue
            if one.padding != "valid":
                raise ValueError(f"layer {one.name!r}: padding must be valid")
            for axis in range(2):
                first[axis] += step[axis] * (size[axis] - 1) / 2
                step[axis] *= one.strides[axis]
        return list(zip(step, first, strict=True))

    def stretch(self, alignment="image"):
        """Matrices that up-sample a map bilinearly to the image, one an axis.

        Parameters
        ----------
        alignment : str
            ``image`` stretches the map over the image, as the paper and most CAM libraries do;
            ``corners`` so that the centres of the corner cells meet.
            ``field`` puts each cell at the centre of its receptive field, and holds it beyond the
            outermost centres: without padding the two differ by up to 3 bins and 3.7 frames (48 Hz
            and 0.12 s) at the edges of the paper's network. ``reach`` does the same, but falls to 0
            one step beyond the outermost centres, where the map says nothing (the last frame is not
            even seen: pooling leaves it out), so that every cell has the same weight.

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
                step, first = (out - 1) / max(size - 1, 1), 0.0
            at = (np.arange(out) - first) / step
            if alignment != "reach":
                at = np.clip(at, 0, size - 1)
            tent = 1 - np.abs(at[:, None] - np.arange(size))
            matrices.append(np.clip(tent, 0, 1).astype(np.float32))
        return matrices


def upsample(maps, matrices):
    """Maps at the size of the image.

    Parameters
    ----------
    maps : numpy.ndarray
        Shape (n, height, width).
    matrices : list of numpy.ndarray
        From `Network.stretch`.

    Returns
    -------
    numpy.ndarray
        Shape (n, frequency, time), float32; unchanged where it has that size already.
    """
    rows, columns = matrices
    if maps.shape[1:] == (len(rows), len(columns)):
        return maps
    return rows @ maps @ columns.T


def scaled(maps):
    """Maps divided by their maxima, in [0, 1]; a map of zeros stays one."""
    top = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, top, out=np.zeros_like(maps), where=top > 0)


def _output(network, images, post_relu):
    """Output A of the layer, or its positive part."""
    import tensorflow as tf

    maps = network.head(images)
    return tf.nn.relu(maps) if post_relu else maps


def _slopes(network, images, target, post_relu):
    """Output A of the layer and the slope of the class's logit, equation (6)."""
    import tensorflow as tf

    maps = _output(network, images, post_relu)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        score = tf.gather(network.tail(maps), target, batch_dims=1)
    return maps, tape.gradient(score, maps)


def _combine(weights, maps):
    """ReLU of the weighted sum of maps, equations (7), (10), (12)."""
    import tensorflow as tf

    return tf.nn.relu(tf.einsum("nk,nhwk->nhw", weights, maps))


def grad_cam(network, images, target, post_relu=False):
    """Equations (6) and (7)."""
    import tensorflow as tf

    maps, slope = _slopes(network, images, target, post_relu)
    return _combine(tf.reduce_mean(slope, axis=(1, 2)), maps)


def grad_cam_pp(network, images, target, post_relu=False, normalise_alpha=False, epsilon=0.0):
    """Equations (8) to (10).

    A network of ReLUs has no second derivative, and equation (9) is 0/0; as in Chattopadhay et
    al. (2018) the score is exp(logit), with derivatives exp(S) g² and exp(S) g³. Its positive
    factor exp(S) changes no map and is left out; α is 0 where g is. On a signed A, before the
    ReLU, α = 1/(2 + g ΣA) has a pole and may be negative: ``post_relu`` keeps it positive where
    g is.

    ``normalise_alpha``: α sums to 1 over the cells of positive slope, as in their code.
    ``epsilon``: added to the denominator, as others do.
    """
    import tensorflow as tf

    maps, slope = _slopes(network, images, target, post_relu)
    total = tf.reduce_sum(maps, axis=(1, 2), keepdims=True)
    square = slope**2
    alpha = tf.math.divide_no_nan(square, 2 * square + total * square * slope + epsilon)
    if normalise_alpha:
        alpha = tf.where(slope > 0, alpha, 0.0)
        alpha = tf.math.divide_no_nan(alpha, tf.reduce_sum(alpha, axis=(1, 2), keepdims=True))
    return _combine(tf.reduce_sum(alpha * tf.nn.relu(slope), axis=(1, 2)), maps)


def score_cam(
    network,
    images,
    target,
    post_relu=False,
    channel_softmax=False,
    score="probability",
    alignment="image",
):
    """Equations (11) and (12): black baseline, and no softmax over the channels.

    A channel that is constant masks nothing in or out: its H is 0.
    """
    import tensorflow as tf

    maps = _output(network, images, post_relu)
    rows, columns = network.stretch(alignment)
    masks = tf.einsum("fh,nhwk,tw->nkft", rows, maps, columns)
    low = tf.reduce_min(masks, axis=(2, 3), keepdims=True)
    high = tf.reduce_max(masks, axis=(2, 3), keepdims=True)
    masks = tf.math.divide_no_nan(masks - low, high - low)
    count, size = maps.shape[-1], tf.shape(images)[0]
    masked = tf.reshape(images[:, None] * masks[..., None], (-1, *network.shape))
    weights = tf.gather(network.scores(masked, score), tf.repeat(target, count), batch_dims=1)
    weights = tf.reshape(weights, (size, count))
    if channel_softmax:
        weights = tf.nn.softmax(weights)
    else:
        black = network.scores(tf.zeros((1, *network.shape)), score)[0]
        weights -= tf.gather(black, target)[:, None]
    return _combine(weights, maps)


def hires_cam(network, images, target, post_relu=False):
    """Draelos & Carin 2020: the sum over channels of slope times A, positive part."""
    import tensorflow as tf

    maps, slope = _slopes(network, images, target, post_relu)
    return tf.nn.relu(tf.reduce_sum(slope * maps, axis=-1))


def layer_cam(network, images, target, post_relu=False):
    """Jiang et al. 2021: the sum over channels of positive slope times A, positive part."""
    import tensorflow as tf

    maps, slope = _slopes(network, images, target, post_relu)
    return tf.nn.relu(tf.reduce_sum(tf.nn.relu(slope) * maps, axis=-1))


def eigen_cam(network, images, target, post_relu=False, centred=False):
    """Muhammad & Yeasin 2020: A along its first principal direction; the same for every class.

    The sign of a principal direction is free: the cell of largest magnitude is positive.
    ``centred`` takes the mean of each channel away first, as pytorch-grad-cam does.
    """
    import tensorflow as tf

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


def ablation_cam(network, images, target, post_relu=False):
    """Desai & Ramaswamy 2020: a channel's weight is the fall of the logit without it.

    Their divisor, the logit itself, is a positive constant of a sample where it is positive, and
    is left out: it would turn the map round where it is negative.
    """
    import tensorflow as tf

    maps = _output(network, images, post_relu)
    height, width, count = maps.shape[1:]
    whole = tf.gather(network.tail(maps), target, batch_dims=1)
    keep = (1 - tf.eye(count))[:, None, None, :]
    ablated = tf.reshape(maps[:, None] * keep, (-1, height, width, count))
    without = tf.gather(network.tail(ablated), tf.repeat(target, count), batch_dims=1)
    return _combine(whole[:, None] - tf.reshape(without, (-1, count)), maps)


def _image_slope(network, images, target):
    """Slope of the logit by the pixels of the image."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(images)
        score = tf.gather(network.logits(images), target, batch_dims=1)
    return tape.gradient(score, images)


def integrated_gradients(network, images, target, signed=False, steps=STEPS):
    """Sundararajan et al. 2017, from a black image, by the midpoint rule; no CAM.

    The positive part of the sum over detectors; ``signed`` gives every detector its signed
    contribution, shape (n, frequency, time, detector): they add up to the change of the logit.
    """
    import tensorflow as tf

    total = tf.zeros_like(images)
    for step in tf.range(steps):
        part = (tf.cast(step, tf.float32) + 0.5) / steps
        total += _image_slope(network, images * part, target)
    contribution = images * total / steps
    return contribution if signed else tf.nn.relu(tf.reduce_sum(contribution, axis=-1))


def smooth_grad(network, images, target, copies=COPIES, spread=SPREAD):
    """Smilkov et al. 2017: magnitude of the mean slope under noise, summed over detectors; no CAM.

    The same copies of noise serve every sample, so a map does not depend on its neighbours.
    """
    import tensorflow as tf

    noise = np.random.default_rng(copies).standard_normal((copies, *network.shape), np.float32)
    span = tf.reduce_max(images, axis=(1, 2, 3), keepdims=True)
    span -= tf.reduce_min(images, axis=(1, 2, 3), keepdims=True)
    total = tf.zeros_like(images)
    for copy in tf.constant(noise):
        total += _image_slope(network, images + spread * span * copy, target)
    return tf.reduce_sum(tf.abs(total / copies), axis=-1)


METHODS = {
    "grad-cam": grad_cam,
    "grad-cam++": grad_cam_pp,
    "score-cam": score_cam,
    "hires-cam": hires_cam,
    "layer-cam": layer_cam,
    "eigen-cam": eigen_cam,
    "ablation-cam": ablation_cam,
    "integrated-gradients": integrated_gradients,
    "smooth-grad": smooth_grad,
}


@cache
def explainer(network, method, **options):
    """Compile a method, once: its weights are those of the network at the call.

    Parameters
    ----------
    network : Network
    method : str
        A key of `METHODS`.
    **options
        Its switches.

    Returns
    -------
    callable
        From images (n, frequency, time, detector) and targets (n,) to maps (n, height, width),
        not negative, at the method's own resolution.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    import tensorflow as tf

    if method not in METHODS:
        raise ValueError(f"saliency method {method!r}: known are {', '.join(METHODS)}")
    function = METHODS[method]

    @tf.function(reduce_retracing=True)
    def compiled(images, target):
        parts = zip(tf.split(images, SHARDS), tf.split(target, SHARDS), strict=True)
        return tf.concat([function(network, *part, **options) for part in parts], axis=0)

    return compiled


def run(compiled, images, target, progress=lambda x, **_: x, label=""):
    """Call a compiled function batch by batch.

    Parameters
    ----------
    compiled : callable
        From `explainer`, or `Network.forward`.
    images : numpy.ndarray or h5py.Dataset
        Shape (n, frequency, time, detector).
    target : numpy.ndarray of int
        Shape (n,).
    progress : callable, optional
        Wraps the batches, such as `joblog.progress`.
    label : str
        For the progress.

    Returns
    -------
    numpy.ndarray
        What the function gives, shape (n, …); allocated once.
    """
    size, out = len(target), None
    target = np.asarray(target, np.int32)
    for first in progress(range(0, size, BATCH), label=label, unit="batches"):
        rows = slice(first, min(first + BATCH, size))
        image, aim = np.asarray(images[rows], np.float32), target[rows]
        # The last batch is filled with its first sample: one shape, one compilation.
        fill = np.arange(BATCH) * (np.arange(BATCH) < len(aim))
        part = compiled(image[fill], aim[fill]).numpy()[: len(aim)]
        if out is None:
            out = np.empty((size, *part.shape[1:]), part.dtype)
        out[rows] = part
    return out


def maps(network, method, images, target, seed=0, progress=lambda x, **_: x, **options):
    """Maps of many samples.

    Parameters
    ----------
    network : Network
    method : str
        A key of `METHODS`, or one of `methods.CONTROLS`: ``random`` (uniform cells of the layer's
        resolution), ``ones``, ``input`` (the mean image over the detectors).
    images : numpy.ndarray or h5py.Dataset
        Shape (n, frequency, time, detector).
    target : numpy.ndarray of int
        The class that is explained, shape (n,).
    seed : int
        Of random maps.
    progress : callable, optional
        Wraps the batches, such as `joblog.progress`.
    **options
        Switches of the method.

    Returns
    -------
    numpy.ndarray
        Shape (n, height, width), float32, not negative.
    """
    size = len(target)
    if method == "random":
        return np.random.default_rng(seed).random((size, *network.map_shape), np.float32)
    if method == "ones":
        return np.ones((size, *network.map_shape), np.float32)
    if method == "input":
        return np.asarray(images[:], np.float32).mean(axis=-1)
    compiled = explainer(network, method, **options)
    return run(compiled, images, target, progress, method)


def logits(network, images):
    """Logits of many images.

    Parameters
    ----------
    network : Network
    images : numpy.ndarray or h5py.Dataset
        Shape (n, frequency, time, detector).

    Returns
    -------
    numpy.ndarray
        Shape (n, class), float64.
    """
    return run(network.forward, images, np.zeros(len(images))).astype(float)


def log_probability(values, target):
    """Logarithm of the probability of one class a sample.

    From the logits: at 1 kpc many a probability is 1 in float32.

    Parameters
    ----------
    values : numpy.ndarray
        From `logits`, shape (n, class).
    target : numpy.ndarray of int
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    return -np.logaddexp(0, -log_odds(values, target))


def log_odds(values, target):
    """Logarithm of p/(1-p) of one class a sample; parameters as `log_probability`."""
    others = np.where(np.arange(values.shape[1]) == np.asarray(target)[:, None], -np.inf, values)
    return _of(values, target) - scipy.special.logsumexp(others, axis=1)


def _of(values, target):
    return np.take_along_axis(values, np.asarray(target)[:, None], 1)[:, 0]


def explain(network, image, label, settings, shown=methods.PAPER, seed=0):
    """Maps of one sample, to be shown.

    Parameters
    ----------
    network : Network
    image : numpy.ndarray
        Shape (1, frequency, time, detector).
    label : int
        True class.
    settings : dict
        The config's ``saliency`` block: ``target`` (predicted or label), ``options``.
    shown : list of str
        Methods.
    seed : int
        Of random maps.

    Returns
    -------
    dict
        ``maps`` (by method, in [0, 1] at the size of the image, each cell at its receptive field),
        ``prediction``, ``target``, ``probability`` (of every class).
    """
    values = logits(network, image)
    prediction = int(values.argmax())
    target = np.array([label if settings["target"] == "label" else prediction])
    matrices, large = network.stretch("reach"), {}
    for method in shown:
        options = settings["options"].get(method, {})
        found = maps(network, method, image, target, seed, **options)
        large[method] = scaled(upsample(found, matrices))[0]
    return {
        "maps": large,
        "prediction": prediction,
        "target": int(target[0]),
        "probability": scipy.special.softmax(values[0]),
    }


def load(settings, saliency, weights, dataset):
    """A trained network, cut at the layer that is explained.

    Parameters
    ----------
    settings, saliency : dict
        The config's ``classifier`` and ``saliency`` blocks.
    weights, dataset : path
        Files of the network and of a data set that fits it.

    Returns
    -------
    Network
    """
    with h5py.File(dataset) as file:
        shape, classes = file["spectrogram"].shape[1:], len(file.attrs["classes"])
    model = classifier.build(settings, shape, classes)
    model.load_weights(weights)
    return Network(model, saliency["layer"])


def row_of(dataset, name, index):
    """Row in a data set of a class's sample ``index``, or ValueError."""
    with h5py.File(dataset) as file:
        classes = list(file.attrs["classes"])
        if name not in classes:
            raise ValueError(f"{dataset}: no class {name!r}; it has {', '.join(classes)}")
        rows = np.flatnonzero(file["label"][()] == classes.index(name))
    if not index < len(rows):
        raise ValueError(f"{dataset}: {name} has {len(rows)} samples, 0 to {len(rows) - 1}")
    return int(rows[index])


def write_sample(group, network, dataset, row, settings, shown=methods.PAPER):
    """Image, maps and description of one sample, to a group of an HDF5 file; see `explain`."""
    with h5py.File(dataset) as data:
        image = data["spectrogram"][[row]]
        carried = ("label", "network_snr", "snr", "distance_kpc")
        described = {name: data[name][row] for name in carried}
    found = explain(network, image, described["label"], settings, shown)
    write_explained(group, image[0], found)
    group.attrs.update(described | {"row": row})


def write_explained(group, image, found):
    """Image (frequency, time, detector) and what `explain` found, to a group of an HDF5 file."""
    for method, one in found["maps"].items():
        group.create_dataset(f"maps/{method}", data=one, track_times=False)
        group[f"maps/{method}"].attrs["name"] = methods.NAMES[method]
    group.create_dataset("image", data=image, track_times=False)
    group.attrs.update({name: value for name, value in found.items() if name != "maps"})


def describe(file, dataset):
    """Carry over what a data set says of itself, to a file of maps."""
    with h5py.File(dataset) as data:
        for name in ("classes", "detectors", "dataset", "frequencies", "times", "inputs"):
            file.attrs[name] = data.attrs[name]
