"""Saliency maps of many samples: seven CAMs, two gradient methods, and three controls."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

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


class Picked(NamedTuple):
    """A sample of a data set, and how it was picked."""

    dataset: DataSet
    row: int
    rule: str | None = None


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

    # It is a function of its own, so that it is traced once and not once for each part.
    @tf.function(reduce_retracing=True, autograph=False)
    def of_part(images: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return function(network, images, target, **options)

    @tf.function(reduce_retracing=True, autograph=False)
    def compiled(images: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        parts = zip(tf.split(images, SHARDS), tf.split(target, SHARDS), strict=True)
        return tf.concat([of_part(*part) for part in parts], axis=0)

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
        cells at the layer's resolution), ``ones``, ``input`` (mean of the image over detectors,
        of strain that of its absolute value).
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
        seen = network.seen(np.asarray(images[:], np.float32))
        return np.abs(seen).mean(axis=-1)
    compiled = explainer(network, method, **options)
    return run(compiled, images, target, progress, method)


def explain(
    network: Network,
    images: np.ndarray,
    label: Sequence[int] | np.ndarray,
    saliency: Saliency,
    shown: Sequence[str] = PAPER,
    seed: int = 0,
) -> list[Explanation]:
    """Explain samples, to be shown.

    Parameters
    ----------
    network : Network
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    label : sequence of int
        True class of each.
    saliency : Saliency
    shown : list of str
        Methods.
    seed : int
        Seed of random maps.

    Returns
    -------
    list of Explanation
        One per sample. Its maps have each cell at the centre of its receptive field.
    """
    values = logits(network, images)
    prediction = values.argmax(axis=1)
    target = np.asarray(label) if saliency.target == "label" else prediction
    matrices, large = network.stretch("reach"), {}
    for method in shown:
        found = maps(network, method, images, target, seed, **saliency.of_method(method))
        large[method] = scaled(upsample(found, matrices))
    return [
        Explanation(
            image=network.seen(images[index]),
            maps={method: found[index] for method, found in large.items()},
            names={method: NAMES[method] for method in shown},
            prediction=int(prediction[index]),
            target=int(target[index]),
            probability=scipy.special.softmax(values[index]),
        )
        for index in range(len(images))
    ]


def explain_rows(
    network: Network,
    picked: Sequence[Picked],
    saliency: Saliency,
    shown: Sequence[str] = PAPER,
) -> list[ShownSample]:
    """Explain samples of data sets, to be shown.

    Parameters
    ----------
    network : Network
    picked : list of Picked
    saliency : Saliency
    shown : list of str
        Methods.

    Returns
    -------
    list of ShownSample
        In the order of ``picked``.
    """
    if not picked:
        return []
    columns = ("label", "network_snr", "snr", "distance_kpc")
    described = [one.dataset.columns(columns, one.row) for one in picked]
    images = np.stack([one.dataset.images([one.row])[0] for one in picked])
    found = explain(network, images, [one["label"] for one in described], saliency, shown)
    return [
        ShownSample(**vars(explanation), **values, row=one.row, rule=one.rule)
        for one, values, explanation in zip(picked, described, found, strict=True)
    ]


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
        frequencies=dataset.shown.frequencies,
        times=dataset.shown.times,
        origin=dataset.origin,
    )
