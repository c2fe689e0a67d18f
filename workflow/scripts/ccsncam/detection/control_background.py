"""Background of excess power: the same noise, slides and clusters as those of the network."""

import numpy as np

from ccsncam.detection import controls
from ccsncam.detection.clusters import loudest
from ccsncam.detection.names import names_with_rates
from ccsncam.detection.plan import About, Plan, background_of, clusters_at
from ccsncam.detection.store import Background, Clusters, joined, no_clusters
from ccsncam.origin import Origin
from ccsncam.samples.spectrogram import cell_power


def search(plan: Plan, origin: Origin) -> dict[str, Background]:
    """Search the noise of a plan with excess power.

    Parameters
    ----------
    plan : Plan
        Powers are those of the paper's spectrogram, whatever ``sampling.spectrogram.kind`` is.
    origin : Origin

    Returns
    -------
    dict of Background
        By control. They have no classes, and so no logits.
    """
    detectors = len(plan.noise)
    sums = [
        [_sums(plan, one.whitened[row]) for row in rows]
        for one, rows in zip(plan.noise, plan.rows, strict=True)
    ]
    found = {}
    for name in names_with_rates(detectors):
        parts = [_stretch(plan, sums, number, name) for number in range(len(plan.slides))]
        clusters = joined(parts).loudest_first()
        floor = float(clusters.statistic[plan.keep - 1]) if len(clusters) > plan.keep else -np.inf
        none = no_clusters(0, detectors)
        about = About([], origin, 0)
        kept = clusters.loudest_first(plan.keep)
        found[name] = background_of(plan, kept, none, floor, about)
    return found


def _sums(plan: Plan, whitened: np.ndarray) -> np.ndarray:
    """Running sum over frames of the excess power of the whole part of a piece, from 0."""
    whole = np.asarray(whitened[plan.edge : len(whitened) - plan.edge])
    power = cell_power(whole, plan.sampling.spectrogram, plan.sampling.signal.sample_rate)
    return np.concatenate([[0.0], np.cumsum(controls.excess(power))])


def _stretch(plan: Plan, sums: list[list[np.ndarray]], number: int, name: str) -> Clusters:
    """Clusters of a stretch."""
    stretches, layout = plan.slides, plan.layout
    steps = layout.stride * np.arange(stretches.windows[number])
    each = np.empty((len(steps), len(sums)))
    for detector, own in enumerate(sums):
        first = steps + stretches.frame[number, detector]
        running = own[stretches.piece[number, detector]]
        each[:, detector] = running[first + layout.width] - running[first]
    values = controls.combined(each, name)
    peaks = loudest(values, plan.width)
    logits = np.zeros((len(values), 0), np.float32)
    return clusters_at(plan, stretches, number, peaks, values, logits)
