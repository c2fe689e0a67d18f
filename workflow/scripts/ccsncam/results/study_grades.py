"""What networks of a study say without modes or salient pixels, and of unseen waveforms."""

from collections.abc import Iterable, Sequence

import numpy as np

from ccsncam.network.evaluation import Evaluation
from ccsncam.results.faithfulness_tables import area
from ccsncam.results.study_data import (
    DELETION,
    EFFICIENCY,
    LOST,
    RIGHT_WITHOUT,
    UNSEEN,
    Answers,
    Outcome,
)
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained

# Removed pixels are replaced by those of the noise alone, which networks know; black is no noise.
CURVE, RANDOM = "deletion_noise", "random"


def of_unseen(found: Answers) -> Answers:
    """Which unseen signals are found at each operating point.

    Parameters
    ----------
    found : dict
        From `ccsncam.results.study_outcomes.read_search`, of the test sets of unseen waveforms.
    """
    return {
        (UNSEEN, criterion): one
        for (quantity, criterion), one in found.items()
        if quantity == EFFICIENCY
    }


def without_modes(attributions: Iterable[Attribution]) -> Answers:
    """Whether the class of a signal is right without one of its modes, or is lost with the mode.

    Parameters
    ----------
    attributions : iterable of Attribution
        Of one network, one for each test set.

    Returns
    -------
    dict
        By mode: those signals that have it.
    """
    parts: dict[tuple[str, str], list[Outcome]] = {}
    for one in attributions:
        for k, mode in enumerate(one.modes):
            there = one.mode_prediction[:, k] >= 0
            right = one.mode_prediction[there, k] == one.label[there]
            before = one.prediction[there] == one.label[there]
            for quantity, hit in ((LOST, before & ~right), (RIGHT_WITHOUT, right)):
                places = (one.label[there], one.distance_kpc[there], one.network_snr[there])
                parts.setdefault((quantity, mode), []).append(Outcome(hit, *places))
    return {key: joined(some) for key, some in parts.items() if sum(len(x.hit) for x in some)}


def deleted(explained: Iterable[Explained], evaluation: Evaluation) -> Answers:
    """Area under the deletion curve of each signal, less that of a random map, by method.

    A network that is less sure of its answers has smaller areas with any map, so the area alone
    would reward it. The difference is in [-1, 1]; a map that knows what matters is below 0.

    Parameters
    ----------
    explained : iterable of Explained
        Of one network and data set, one for each method and one for the map `RANDOM`.
    evaluation : Evaluation
        Of this network and data set.
    """
    found: Answers = {}
    curves = {one.method: one for one in explained}
    chance = curves.pop(RANDOM)
    for one in curves.values():
        signal = evaluation.label[one.row] > 0
        rows = one.row[signal]
        each = (area(other.subset[CURVE], other.fractions) for other in (one, chance))
        value = np.subtract(*each)[signal]
        places = (evaluation.label[rows], evaluation.distance_kpc[rows])
        found[DELETION, one.method] = Outcome(value, *places, evaluation.network_snr[rows])
    return found


def joined(parts: Sequence[Outcome]) -> Outcome:
    """The samples of several outcomes."""
    names = ("hit", "label", "distance", "snr")
    return Outcome(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))
