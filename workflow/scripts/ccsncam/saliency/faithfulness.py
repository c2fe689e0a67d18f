"""How faithful saliency maps are: the score when a map hides or shows parts of the image.

Every function gives one value per sample; `ccsncam.results` takes means and intervals.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.config.saliency import Saliency
from ccsncam.network.chain import Network
from ccsncam.saliency.curves import BASELINES, FRACTIONS, baseline, curves, ranks
from ccsncam.saliency.explained import Explained
from ccsncam.saliency.imputation import road
from ccsncam.saliency.maps import maps as maps_of
from ccsncam.saliency.maps import scaled, upsample
from ccsncam.saliency.measures import (
    adcc,
    coherency,
    complexity,
    drop,
    explanation,
    increase,
    rank_correlation,
    ranked,
)
from ccsncam.saliency.names import NAMES, variants
from ccsncam.saliency.randomisation import DRAWS, layers, randomise, similarity
from ccsncam.saliency.scores import log_probability, logits
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import Parts

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Judged:
    """Samples whose maps are judged.

    Attributes
    ----------
    images, noise : numpy.ndarray
        Samples, and the same without the signal, shape (n, frequency, time, detector).
    maps : numpy.ndarray
        Maps of the method that is judged, shape (n, height, width).
    target : numpy.ndarray of int
        The class that is explained, shape (n,).
    before : numpy.ndarray
        Logarithm of its probability, shape (n,).
    """

    images: np.ndarray
    noise: np.ndarray
    maps: np.ndarray
    target: np.ndarray
    before: np.ndarray


def explain_dataset(
    network: Network,
    method: str,
    dataset: DataSet,
    parts: Parts,
    values: np.ndarray,
    saliency: Saliency,
    seed: int,
    progress: Progress = silent,
) -> Explained:
    """Explain all samples of a data set by one method, and judge the maps.

    Parameters
    ----------
    network : Network
        Its weights are randomised, and put back.
    method : str
        A key of `ccsncam.saliency.names.NAMES`.
    dataset : DataSet
    parts : Parts
        Parts of some samples of the data set: all measures are taken for these samples.
    values : numpy.ndarray
        From `ccsncam.saliency.scores.logits`: the network's logits for each sample of the data
        set, shape (n, class).
    saliency : Saliency
    seed : int
        Seed of the network, which is also that of all random numbers here.
    progress : callable, optional
        Such as `ccsncam.joblog.progress`.

    Returns
    -------
    Explained
    """
    images, label = dataset.images(), dataset.column("label")
    target = label if saliency.target == "label" else values.argmax(axis=1).astype("i4")
    before = log_probability(values, target)
    options = saliency.of_method(method)
    maps = maps_of(network, method, images, target, seed, progress, **options)
    columns = through(network, images, maps, target, before)
    logger.info("%s: drop %.2f %%", method, columns["drop"][label > 0].mean())
    other = {}
    for name, (switches, alignment) in variants(method, options).items():
        own = maps
        if switches:
            own = maps_of(network, method, images, target, seed, **{**options, **switches})
        other[name] = through(network, images, own, target, before, alignment)
    rows = parts.rows
    judged = Judged(images[rows], parts.noise, maps[rows], target[rows], before[rows])
    subset = judge(network, method, judged, seed, progress, **options)
    black = logits(network, np.zeros_like(images[:1]))
    return Explained(
        map=maps,
        target=target,
        label=label,
        **columns,
        row=rows,
        subset=subset,
        variants=other,
        method=method,
        name=NAMES[method],
        layers=layers(network.model),
        fractions=FRACTIONS,
        black=np.exp(black - np.logaddexp.reduce(black, axis=1))[0],
        classes=dataset.classes,
        dataset=dataset.name,
        origin=dataset.origin,
        seed=seed,
    )


def through(
    network: Network,
    images: np.ndarray,
    maps: np.ndarray,
    target: np.ndarray,
    before: np.ndarray,
    alignment: str = "image",
) -> dict[str, np.ndarray]:
    """What the network says of images seen through their maps, equations (13) to (15).

    Parameters
    ----------
    network : Network
    images : numpy.ndarray
        Shape (n, frequency, time, detector).
    maps : numpy.ndarray
        From `ccsncam.saliency.maps.maps`, shape (n, height, width).
    target : numpy.ndarray of int
        Shape (n,).
    before : numpy.ndarray
        Logarithm of the probability of the target for the images themselves, shape (n,).
    alignment : str
        How maps are brought to the size of the image, see `Network.stretch`.

    Returns
    -------
    dict of numpy.ndarray
        ``before`` and ``after`` (logarithm of the probability), ``drop`` [%], ``increase`` and
        ``empty`` (the map is zero everywhere), each of shape (n,).
    """
    matrices = network.stretch(alignment)
    after, empty = np.empty(len(images)), np.empty(len(images), bool)
    # A thousand samples at a time: the explanations of a whole test set take much memory.
    for rows in np.array_split(np.arange(len(images)), max(1, len(images) // 1000)):
        large = scaled(upsample(maps[rows], matrices))
        shown = network.hold(explanation(images[rows], large), images[rows])
        seen = logits(network, shown)
        after[rows] = log_probability(seen, target[rows])
        empty[rows] = large.max(axis=(1, 2)) == 0
    return {
        "before": before,
        "after": after,
        "drop": drop(before, after),
        "increase": increase(before, after),
        "empty": empty,
    }


def judge(
    network: Network,
    method: str,
    samples: Judged,
    seed: int,
    progress: Progress = silent,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Take every measure of a method's maps, with each cell at its receptive field.

    Parameters
    ----------
    network : Network
        Its weights are randomised, and put back.
    method : str
        A key of `ccsncam.saliency.names.NAMES`.
    samples : Judged
    seed : int
        Seed of all random numbers.
    progress : callable, optional
        Such as `ccsncam.joblog.progress`.
    **options
        Switches of the method.

    Returns
    -------
    dict of numpy.ndarray
        What `through` gives; ``complexity``, ``coherency``, ``adcc``, ``road``, shape (n,);
        ``deletion_…`` and ``insertion_…`` for each of `curves.BASELINES`, shape (n, fraction);
        ``randomised_correlation`` and ``randomised_ssim``, shape (n, layer, draw).
    """
    images, target = samples.images, samples.target
    matrices = network.stretch("field")
    large = scaled(upsample(samples.maps, matrices))
    out = through(network, images, samples.maps, target, samples.before, "field")
    out["complexity"] = complexity(large)
    seen = network.hold(explanation(images, large), images)
    again = maps_of(network, method, seen, target, seed + 1, **options)
    out["coherency"] = coherency(large, scaled(upsample(again, matrices)))
    out["adcc"] = adcc(out["drop"], out["coherency"], out["complexity"])
    places = ranks(large, seed)
    for kind in progress(BASELINES, label=f"{method}: curves", unit="baselines"):
        other = network.hold(baseline(kind, images, samples.noise), images)
        both = curves(network, images, places, target, other)
        out[f"deletion_{kind}"], out[f"insertion_{kind}"] = both
    out["road"] = road(network, images, places, target, seed)
    return out | _randomised(network, method, samples, large, seed, progress, **options)


def _randomised(
    network: Network,
    method: str,
    samples: Judged,
    large: np.ndarray,
    seed: int,
    progress: Progress,
    **options: Any,
) -> dict[str, np.ndarray]:
    """How alike the maps ``large`` and those of the network are while it is randomised in steps."""
    matrices = network.stretch("field")
    kept, steps = network.model.get_weights(), layers(network.model)
    shape = len(samples.images), len(steps), DRAWS
    correlation, ssim = np.empty(shape), np.empty(shape)
    last, alike = None, (np.empty(0), np.empty(0))
    own = ranked(large)
    for draw in progress(range(DRAWS), label=f"{method}: randomised", unit="draws"):
        for step, _ in enumerate(randomise(network.model, DRAWS * seed + draw)):
            other = maps_of(network, method, samples.images, samples.target, seed, **options)
            other = scaled(upsample(other, matrices))
            # Maps that do not depend on the network, as the controls, are compared once.
            if last is None or not np.array_equal(other, last):
                last = other
                alike = rank_correlation(own, ranked(other)), similarity(large, other)
            correlation[:, step, draw], ssim[:, step, draw] = alike
        network.model.set_weights(kept)
    return {"randomised_correlation": correlation, "randomised_ssim": ssim}
