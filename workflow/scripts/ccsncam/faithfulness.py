"""Is a saliency map true? What the score does when the map hides or shows parts of the image.

Every function is per sample; means and intervals are taken by `ccsncam.evaluation`.
"""

import numpy as np
import scipy.linalg
import scipy.ndimage
import scipy.stats

from ccsncam import saliency

# Width of the blurred baseline [pixels], and shares of the pixels at which curves are taken.
BLUR = 5.0
FRACTIONS = np.linspace(0, 1, 21)
# ROAD: shares of the pixels that are removed, and the noise on what is put in their place.
REMOVED, NOISE = (0.2, 0.4, 0.6, 0.8), 0.01
DIRECT, DIAGONAL = 1 / 6, 1 / 12
# Draws of the weights of a randomised network: maps differ more between draws than samples.
DRAWS = 5
BASELINES = ("black", "blurred", "noise")


def explanation(images, maps):
    """The image seen through the map, equation (13).

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    maps : numpy.ndarray
        In [0, 1], at the size of the images, shape (n, frequency, time).

    Returns
    -------
    numpy.ndarray
        Shape of the images.
    """
    return images * maps[..., None]


def drop(before, after):
    """Fall of the score as a share of it, in %, the terms of equation (14).

    Parameters
    ----------
    before, after : numpy.ndarray
        Logarithm of the probability of the class, for the image and through the map.
    """
    return 100 * np.maximum(0, -np.expm1(after - before))


def increase(before, after):
    """1 where the score rises, else 0, the terms of equation (15) less its factor 100."""
    return (after > before).astype(float)


def complexity(maps):
    """Mean of a map in [0, 1] (Poppi et al. 2021)."""
    return maps.mean(axis=(1, 2))


def coherency(maps, again):
    """Correlation of a map with the map of its own explanation, brought to [0, 1].

    Poppi et al. 2021; 0.5 where a map is constant, for it correlates with nothing.
    """
    return (_pearson(maps, again) + 1) / 2


def _pearson(one, other):
    a, b = (x.reshape(len(x), -1).astype(float) for x in (one, other))
    a -= a.mean(axis=1, keepdims=True)
    b -= b.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products = np.sum(a * b, axis=1)
    return np.divide(products, scale, out=np.zeros_like(scale), where=scale > 0)


def adcc(drops, coherencies, complexities):
    """Harmonic mean of coherency, 1 - complexity and 1 - drop (Poppi et al. 2021).

    Parameters
    ----------
    drops : numpy.ndarray
        From `drop` [%].
    coherencies, complexities : numpy.ndarray

    Returns
    -------
    numpy.ndarray
        In [0, 1]; 0 where one of the three is 0.
    """
    parts = np.stack([coherencies, 1 - complexities, 1 - drops / 100])
    with np.errstate(divide="ignore"):
        return np.where((parts > 0).all(axis=0), 3 / np.sum(1 / parts, axis=0), 0.0)


def ranks(maps, seed):
    """Place of each pixel from the most salient, 0, on; ties, as zeros are, in random order.

    Parameters
    ----------
    maps : numpy.ndarray
        Shape (n, frequency, time).
    seed : int

    Returns
    -------
    numpy.ndarray of int
        Shape of the maps.
    """
    flat = maps.reshape(len(maps), -1)
    shuffled = np.random.default_rng(seed).permuted(
        np.broadcast_to(np.arange(flat.shape[1]), flat.shape), axis=1
    )
    order = np.lexsort((shuffled, -flat), axis=1)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(flat.shape[1])[None], axis=1)
    return places.reshape(maps.shape)


def baseline(kind, images, noise):
    """What takes the place of a pixel: ``black``, ``blurred``, or the sample's own ``noise``."""
    if kind == "black":
        return np.zeros_like(images)
    if kind == "blurred":
        return scipy.ndimage.gaussian_filter(images, BLUR, axes=(1, 2))
    return noise


def _probability(network, images, target):
    return np.exp(saliency.log_probability(saliency.logits(network, images), target))


def curves(network, images, places, target, other):
    """Deletion and insertion (Petsiuk et al. 2018).

    Parameters
    ----------
    network : saliency.Network
    images, other : numpy.ndarray
        Samples and their baseline, shape (n, frequency, time, detector).
    places : numpy.ndarray of int
        From `ranks`.
    target : numpy.ndarray of int
        Shape (n,).

    Returns
    -------
    deletion, insertion : numpy.ndarray
        Probability of the class against FRACTIONS of the pixels, the most salient first, removed
        from the image or put into the baseline; shape (n, fraction).
    """
    pixels = places[0].size
    both = []
    for start, end in ((images, other), (other, images)):
        values = np.empty((len(images), len(FRACTIONS)))
        for k, fraction in enumerate(FRACTIONS):
            mixed = np.where((places < round(fraction * pixels))[..., None], end, start)
            values[:, k] = _probability(network, mixed, target)
        both.append(values)
    return tuple(both)


def impute(images, removed, seed):
    """Noisy linear imputation (Rong et al. 2022): a removed pixel is the weighted mean of its
    neighbours, 1/6 for the four that touch it and 1/12 for the four across, plus noise.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    removed : numpy.ndarray of bool
        Shape (n, frequency, time); at least one pixel of each stays.
    seed : int
        Of the noise.

    Returns
    -------
    numpy.ndarray
        Shape of the images.
    """
    count, height, width, channels = images.shape
    pixels = height * width
    offsets = {1: (0, 1, DIRECT), width: (1, 0, DIRECT)}
    offsets |= {width + 1: (1, 1, DIAGONAL), width - 1: (1, -1, DIAGONAL)}
    weights = {}
    for step, (down, right, weight) in offsets.items():
        inside = np.zeros((height, width), bool)
        first, last = max(0, -right), width - max(0, right)
        inside[: height - down, first:last] = True
        weights[step] = np.where(inside.ravel()[: pixels - step], weight, 0.0)
    # Each pixel is the mean of the neighbours that it has: rows of the system sum to 0.
    diagonal = np.zeros(pixels)
    for step, weight in weights.items():
        diagonal[: pixels - step] += weight
        diagonal[step:] += weight
    out = images.copy()
    noise = np.random.default_rng(seed).standard_normal(images.shape, np.float32)
    for index in range(count):
        gone = removed[index].ravel()
        image = images[index].reshape(pixels, channels).astype(float)
        known = np.where(gone[:, None], 0.0, image)
        bands = np.zeros((width + 2, pixels))
        bands[0] = np.where(gone, diagonal, 1.0)
        right = known.copy()
        for step, weight in weights.items():
            bands[step, : pixels - step] = np.where(gone[:-step] & gone[step:], -weight, 0.0)
            right[step:] += (gone[step:] * weight)[:, None] * known[:-step]
            right[:-step] += (gone[:-step] * weight)[:, None] * known[step:]
        solved = scipy.linalg.solveh_banded(bands, right, lower=True, check_finite=False)
        filled = solved + NOISE * noise[index].reshape(pixels, channels)
        out[index] = np.where(gone[:, None], filled, image).reshape(images.shape[1:])
    return out


def road(network, images, places, target, seed):
    """ROAD, combined (Rong et al. 2022): half of what removing the least salient pixels leaves
    above what removing the most salient ones leaves, mean over REMOVED; higher is better.

    Parameters
    ----------
    network : saliency.Network
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    places : numpy.ndarray of int
        From `ranks`.
    target : numpy.ndarray of int
    seed : int

    Returns
    -------
    numpy.ndarray
        Shape (n,), in [-0.5, 0.5].
    """
    pixels, total = places[0].size, np.zeros(len(images))
    for share in REMOVED:
        cut = round(share * pixels)
        for removed, sign in ((places >= pixels - cut, 0.5), (places < cut, -0.5)):
            filled = impute(images, removed, seed)
            total += sign * _probability(network, filled, target)
    return total / len(REMOVED)


def randomise(model, seed):
    """Randomise a network layer by layer from the top, as it is drawn before training.

    Adebayo et al. 2018, cascading. The model is changed in place.

    Parameters
    ----------
    model : keras.Model
    seed : int

    Yields
    ------
    str
        Name of the layer that was randomised last.
    """
    import keras

    for number, name in enumerate(layers(model)):
        layer = model.get_layer(name)
        draw = keras.initializers.GlorotUniform(seed=1000 * seed + number)
        layer.kernel.assign(draw(layer.kernel.shape))
        layer.bias.assign(keras.ops.zeros(layer.bias.shape))
        yield name


def rank_correlation(one, other):
    """Spearman's correlation of maps (n, …), a sample; NaN where one of them is constant."""
    a, b = (scipy.stats.rankdata(x.reshape(len(x), -1), axis=1) for x in (one, other))
    constant = (np.ptp(a, axis=1) == 0) | (np.ptp(b, axis=1) == 0)
    return np.where(constant, np.nan, _pearson(a, b))


def similarity(one, other):
    """Structural similarity (Wang et al. 2004) of maps (n, frequency, time) in [0, 1], a sample."""
    import tensorflow as tf

    return tf.image.ssim(one[..., None], other[..., None], max_val=1.0).numpy()


def through(network, images, maps, target, alignment="image"):
    """What the network says of images seen through their maps, equations (13) to (15).

    Parameters
    ----------
    network : saliency.Network
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    maps : numpy.ndarray
        From `saliency.maps`, shape (n, height, width).
    target : numpy.ndarray of int
        Shape (n,).
    alignment : str
        How maps are brought to the size of the image, see `saliency.Network.stretch`.

    Returns
    -------
    dict of numpy.ndarray
        A sample: ``before`` and ``after`` (logarithm of the probability), ``drop`` [%],
        ``increase``, ``empty`` (the map is zero everywhere).
    """
    matrices = network.stretch(alignment)
    before = saliency.log_probability(saliency.logits(network, images), target)
    after, empty = np.empty(len(images)), np.empty(len(images), bool)
    # In parts, for the memory of a whole test set's explanations.
    for rows in np.array_split(np.arange(len(images)), max(1, len(images) // 1000)):
        large = saliency.scaled(saliency.upsample(maps[rows], matrices))
        seen = saliency.logits(network, explanation(images[rows], large))
        after[rows] = saliency.log_probability(seen, target[rows])
        empty[rows] = large.max(axis=(1, 2)) == 0
    return {
        "before": before,
        "after": after,
        "drop": drop(before, after),
        "increase": increase(before, after),
        "empty": empty,
    }


def layers(model):
    """Names of the layers that `randomise` randomises, in its order."""
    return [layer.name for layer in reversed(model.layers) if layer.weights]


def judge(network, method, images, maps, noise, target, seed, progress=lambda x, **_: x, **options):
    """Every measure of a method's maps, a sample, each cell at its receptive field.

    Parameters
    ----------
    network : saliency.Network
        Its weights are randomised, and put back.
    method : str
        A key of `saliency.METHODS` or one of `methods.CONTROLS`.
    images, noise : numpy.ndarray
        Samples, and the same without the signal, shape (n, frequency, time, detector).
    maps : numpy.ndarray
        Of the method, shape (n, height, width).
    target : numpy.ndarray of int
        Shape (n,).
    seed : int
    progress : callable, optional
        Such as `joblog.progress`.
    **options
        Switches of the method.

    Returns
    -------
    dict of numpy.ndarray
        ``drop`` [%], ``increase``, ``complexity``, ``coherency``, ``adcc``, ``road``, shape (n,);
        ``deletion_…`` and ``insertion_…`` for each of BASELINES, shape (n, fraction);
        ``randomised_correlation`` and ``randomised_ssim``, shape (n, layer, draw).
    """
    matrices = network.stretch("field")
    large = saliency.scaled(saliency.upsample(maps, matrices))
    out = through(network, images, maps, target, "field")
    out["complexity"] = complexity(large)
    seen = explanation(images, large)
    again = saliency.maps(network, method, seen, target, seed + 1, **options)
    out["coherency"] = coherency(large, saliency.scaled(saliency.upsample(again, matrices)))
    out["adcc"] = adcc(out["drop"], out["coherency"], out["complexity"])
    places = ranks(large, seed)
    for kind in progress(BASELINES, label=f"{method}: curves", unit="baselines"):
        other = baseline(kind, images, noise)
        both = curves(network, images, places, target, other)
        out[f"deletion_{kind}"], out[f"insertion_{kind}"] = both
    out["road"] = road(network, images, places, target, seed)
    kept = network.model.get_weights()
    steps = layers(network.model)
    for name in ("correlation", "ssim"):
        out[f"randomised_{name}"] = np.empty((len(images), len(steps), DRAWS))
    for draw in progress(range(DRAWS), label=f"{method}: randomised", unit="draws"):
        for step, _ in enumerate(randomise(network.model, DRAWS * seed + draw)):
            other = saliency.maps(network, method, images, target, seed, **options)
            other = saliency.scaled(saliency.upsample(other, matrices))
            out["randomised_correlation"][:, step, draw] = rank_correlation(large, other)
            out["randomised_ssim"][:, step, draw] = similarity(large, other)
        network.model.set_weights(kept)
    return out
