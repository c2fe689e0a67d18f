"""Background of excess power: the same noise, slides and clusters as those of the network."""

import numpy as np

from ccsncam.aliases import Progress, silent
from ccsncam.detection import controls
from ccsncam.detection.clusters import loudest
from ccsncam.detection.names import names
from ccsncam.detection.pieces import Pieces
from ccsncam.detection.plan import About, Plan, background_of, clusters_at
from ccsncam.detection.store import Background, Loudest, no_clusters
from ccsncam.origin import Origin
from ccsncam.samples.spectrogram import cell_power


def search(plan: Plan, origin: Origin, progress: Progress = silent) -> dict[str, Background]:
    """Search the noise of a plan with excess power.

    Parameters
    ----------
    plan : Plan
        Powers are those of the paper's spectrogram, whatever ``sampling.spectrogram.kind`` is.
    origin : Origin
    progress : callable, optional
        Wraps the stretches, such as `ccsncam.joblog.progress`.

    Returns
    -------
    dict of Background
        By control. They have no classes, and so no logits.
    """
    detectors = len(plan.noise)

    def powers(whole: np.ndarray) -> np.ndarray:
        return cell_power(whole[0], plan.sampling.spectrogram, plan.sampling.signal.sample_rate)

    heard = [Pieces(plan, detector, powers) for detector in range(detectors)]
    # One more than is kept, which tells whether any was dropped.
    found = {name: Loudest(plan.keep + 1) for name in names(detectors)}
    for number in progress(range(len(plan.slides)), label="search", unit="stretches"):
        values = _stretch(plan, heard, number)
        logits = np.zeros((len(values), 0), np.float32)
        for own, kept in zip(values.T, found.values(), strict=True):
            peaks = loudest(own, plan.width)
            kept.add(clusters_at(plan, plan.slides, number, peaks, own, logits))
    about = About([], origin, 0)
    backgrounds = {}
    for name, kept in found.items():
        clusters = kept.clusters(detectors)
        floor = float(clusters.statistic[plan.keep - 1]) if len(clusters) > plan.keep else -np.inf
        none = no_clusters(0, detectors)
        whole = clusters.loudest_first(plan.keep)
        backgrounds[name] = background_of(plan, whole, none, floor, about)
    return backgrounds


def _stretch(plan: Plan, heard: list[Pieces[np.ndarray]], number: int) -> np.ndarray:
    """All controls of all windows of a stretch, shape (window, control)."""
    layout = plan.layout
    count = int(plan.slides.windows[number])
    span = layout.width + (count - 1) * layout.stride
    places = zip(heard, plan.slides.piece[number], plan.slides.frame[number], strict=True)
    power = np.stack([own[int(piece)][:, at : at + span] for own, piece, at in places])
    first = layout.stride * np.arange(count)
    return controls.sliding(power[None], first, layout.width)[0]
