"""Saliency maps of many samples: seven CAMs, two gradient methods, and three controls."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import scipy.special

from ccsncam.aliases import Progress, silent
from ccsncam.config.saliency import Saliency
from ccsncam.network.backend import tf
from ccsncam.network.chain import SHARDS, Network
from ccsncam.saliency import cams, gradients
from ccsncam.saliency.names import NAMES, PAPER
from ccsncam.saliency.scores import ImageSequence, logits, run
from ccsncam.saliency.shown import Explanation, NoSample, ShownSample, ShownSamples
from ccsncam.samples.dataset import DataSet

METHODS: dict[str, Callable[..., tf.Tensor]] = {
    "grad-cam": cams.grad_cam,
    "grad-cam++": cams.grad_cam_pp,
    "score-cam": cams.score_cam,
    "hires-cam": cams.hires_cam,
    "layer-cam": cams.layer_cam,
    "eigen-cam": cams.eigen_cam,
    "ablation-cam": cams.ablation_cam,
    "integrated-gradients": gradients.integrated_gradients,
    "smooth-grad": gradients.smooth_grad,
}


def upsample(maps: np.ndarray, matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Bring maps to the size of the image.

    Parameters
    ----------
    maps : numpy.ndarray
        Shape (n, height, width).
    matrices : list of numpy.ndarray
        From `Network.stretch`.

    Returns
    -------
    numpy.ndarray
        Shape (n, frequency, time), float32; the maps themselves where they have that size already.
    """
    rows, columns = matrices
    if maps.shape[1:] == (len(rows), len(columns)):
        return maps
    return rows @ maps @ columns.T


def scaled(maps: np.ndarray) -> np.ndarray:
    """Divide maps (n, height, width) by their maxima; a map of zeros stays a map of zeros."""
    top = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, top, out=np.zeros_like(maps), where=top > 0)


@cache
def explainer(network: Network, method: str, **options: Any) -> Callable[..., tf.Tensor]:
    """Compile a method; a second call with the same arguments gives the same function.

    Parameters
    ----------
    network : Network
        Its weights may change later; a call uses those of that moment.
    method : str
        A key of `METHODS`.
    **options
        Switches of the method.

    Returns
    -------
    callable
        From images (n, frequency, time, detector) and targets (n,) to maps (n, height, width),
        not negative, at the method's own resolution. n must be a multiple of `SHARDS`.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    if method not in METHODS:
        raise ValueError(f"saliency method {method!r}: known are {', '.join(METHODS)}")
    function = METHODS[method]

    @tf.function(reduce_retracing=True)
    def compiled(images: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        parts = zip(tf.split(images, SHARDS), tf.split(target, SHARDS), strict=True)
        return tf.concat([function(network, *part, **options) for part in parts], axis=0)

    return compiled


def maps(
    network: Network,
    method: str,
    images: ImageSequence,
    target: np.ndarray,
    seed: int = 0,
    progress: Progress = silent,
    **options: Any,
) -> np.ndarray:
    """Compute the saliency maps of many samples.

    Parameters
    ----------
    network : Network
    method : str
        A key of `METHODS`, or one of `ccsncam.saliency.names.CONTROLS`: ``random`` (uniform random
        cells at the layer's resolution), ``ones``, ``input`` (mean of the image over detectors).
    images : ImageSequence
        Shape (n, frequency, time, detector).
    target : numpy.ndarray of int
        The class that is explained, shape (n,).
    seed : int
        Seed of random maps.
    progress : callable, optional
        Wraps the batches, such as `ccsncam.joblog.progress`.
    **options
        Switches of the method.

    Returns
    -------
    numpy.ndarray
        Shape (n, height, width), float32, not negative.

    Raises
    ------
    ValueError
        If there is no such method.
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


def explain(
    network: Network,
    image: np.ndarray,
    label: int,
    saliency: Saliency,
    shown: Sequence[str] = PAPER,
    seed: int = 0,
) -> Explanation:
    """Explain one sample, to be shown.

    Parameters
    ----------
    network : Network
    image : numpy.ndarray
        Shape (1, frequency, time, detector).
    label : int
        True class.
    saliency : Saliency
    shown : list of str
        Methods.
    seed : int
        Seed of random maps.

    Returns
    -------
    Explanation
        Its maps have each cell at the centre of its receptive field.
    """
    values = logits(network, image)
    prediction = int(values.argmax())
    target = np.array([label if saliency.target == "label" else prediction])
    matrices, large = network.stretch("reach"), {}
    for method in shown:
        found = maps(network, method, image, target, seed, **saliency.of_method(method))
        large[method] = scaled(upsample(found, matrices))[0]
    return Explanation(
        image=image[0],
        maps=large,
        names={method: NAMES[method] for method in shown},
        prediction=prediction,
        target=int(target[0]),
        probability=scipy.special.softmax(values[0]),
    )


def explain_row(
    network: Network,
    dataset: DataSet,
    row: int,
    saliency: Saliency,
    shown: Sequence[str] = PAPER,
    rule: str | None = None,
) -> ShownSample:
    """Explain one sample of a data set, to be shown.

    Parameters
    ----------
    network : Network
    dataset : DataSet
    row : int
    saliency : Saliency
    shown : list of str
        Methods.
    rule : str, optional
        How the sample was picked.
    """
    described = dataset.columns(("label", "network_snr", "snr", "distance_kpc"), row)
    found = explain(network, dataset.images([row]), described["label"], saliency, shown)
    return ShownSample(**vars(found), **described, row=row, rule=rule)


def shown_samples(samples: Mapping[str, ShownSample | NoSample], dataset: DataSet) -> ShownSamples:
    """Collect samples for a file, with the description of their data set.

    Parameters
    ----------
    samples : mapping of str to ShownSample or NoSample
        By panel.
    dataset : DataSet
        The data set of the samples; the first one if they come from several.
    """
    return ShownSamples(
        samples=samples,
        classes=dataset.classes,
        detectors=dataset.detectors,
        dataset=dataset.name,
        frequencies=dataset.frequencies,
        times=dataset.times,
        origin=dataset.origin,
    )
