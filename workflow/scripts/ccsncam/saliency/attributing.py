"""Attribution of saliency to modes, for some samples of a data set."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.config.saliency import Saliency
from ccsncam.network.chain import Network
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.maps import maps, upsample
from ccsncam.saliency.modes import agreement, occluded, on_regions, regions, removal, share_on
from ccsncam.saliency.names import NAMES
from ccsncam.saliency.scores import logits
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import Parts


def attribute(
    network: Network,
    dataset: DataSet,
    parts: Parts,
    methods: Sequence[str],
    saliency: Saliency,
    seed: int,
    progress: Progress = silent,
) -> Attribution:
    """Compare where maps lie with what the network says when modes are taken away.

    Parameters
    ----------
    network : Network
    dataset : DataSet
    parts : Parts
        Parts of the samples that are looked at.
    methods : list of str
        Keys of `ccsncam.saliency.names.NAMES`.
    saliency : Saliency
    seed : int
        Seed of the network, which is also that of random maps.
    progress : callable, optional
        Wraps the methods, such as `ccsncam.joblog.progress`.

    Returns
    -------
    Attribution
    """
    columns = dataset.columns(("label", "network_snr", "distance_kpc"), parts.rows)
    images = dataset.images(parts.rows)
    prediction = logits(network, images).argmax(axis=1)
    target = columns["label"] if saliency.target == "label" else prediction
    signal = parts.signal_power.sum(axis=-1)
    cells = regions(signal, parts.mode_power.sum(axis=-1))
    matrices = network.stretch("reach")
    flat = upsample(np.ones((1, *network.map_shape), np.float32), matrices)
    # No map reaches the first frames, so a region that lies wholly there is left out.
    cells &= (share_on(flat, cells) > 0)[..., None, None]
    by_power, area = share_on(signal, cells), share_on(np.ones_like(flat), cells)
    for name, without in (
        ("mode", parts.without),
        ("mode_fixed_scale", parts.without_fixed),
        ("detector", occluded(images, parts.silent, len(parts.detectors))),
    ):
        both = removal(network, images, target, without)
        columns[f"{name}_change"], columns[f"{name}_prediction"] = both
    change = columns["mode_change"]
    found = {}
    for method in progress(methods, label="methods", unit="methods"):
        options = saliency.of_method(method)
        own = maps(network, method, images, target, seed, **options)
        flat = upsample(np.ones_like(own[:1]), matrices)
        share, pointing = on_regions(upsample(own, matrices), cells)
        found[method] = _ranked(NAMES[method], share, pointing, share_on(flat, cells), change)
    unknown = np.full_like(by_power, np.nan)
    found["power"] = _ranked("signal power", by_power, unknown, area, change)
    return Attribution(
        row=parts.rows,
        prediction=prediction,
        target=target,
        power=by_power,
        **columns,
        methods=found,
        classes=parts.classes,
        detectors=parts.detectors,
        modes=parts.modes,
        dataset=parts.dataset,
        origin=parts.origin,
        seed=seed,
    )


def _ranked(
    name: str, share: np.ndarray, pointing: np.ndarray, area: np.ndarray, change: np.ndarray
) -> dict[str, Any]:
    """The arrays of a method, and how well it ranks the modes as their removal does."""
    values: dict[str, Any] = {"name": name, "share": share, "pointing": pointing, "area": area}
    for key, shares in (("share", share), ("density", share / area)):
        tau, top, chance = agreement(shares[:, 1:], change)
        values |= {f"tau_{key}": tau, f"top_{key}": top, "chance": chance}
    return values
