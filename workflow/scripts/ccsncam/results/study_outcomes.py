"""What the networks of a study make of samples: what they get right, and what they find."""

from collections.abc import Mapping, Sequence

import numpy as np

from ccsncam.detection import far
from ccsncam.detection.names import LOUDEST, SET
from ccsncam.detection.operating import window_threshold
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.store import Background
from ccsncam.network.evaluation import Evaluation
from ccsncam.results.study_data import ACCURACY, EFFICIENCY, FALSE_ALARMS, Answers, Outcome, Point


def classified(evaluations: Mapping[float, Evaluation]) -> Answers:
    """Which test samples are classified correctly, and which of noise are taken for a signal.

    Parameters
    ----------
    evaluations : mapping of float to Evaluation
        Of one network, by the distance of the test set [kpc].
    """
    parts = list(evaluations.values())
    label, prediction, snr = (
        np.concatenate([getattr(one, name) for one in parts])
        for name in ("label", "prediction", "network_snr")
    )
    distance = np.repeat(list(evaluations), [len(one.label) for one in parts])
    whole = Outcome(prediction == label, label, distance, snr)
    # Noise has no SNR. That of the signals of its test set hangs on the noise, and tells whether
    # two variants have seen the same.
    loudness = [one.network_snr[one.label > 0].mean() for one in parts]
    of_set = np.repeat(loudness, [len(one.label) for one in parts])
    noise = Outcome(prediction > 0, label, distance, of_set).part(label == 0)
    return {(ACCURACY, ""): whole, (FALSE_ALARMS, ""): noise}


def found(
    asked: Sequence[Point],
    background: Background,
    windows: NoiseWindows,
    searched: Sequence[Searched],
) -> Answers:
    """Which signals are found at each operating point that the noise of a network reaches.

    Parameters
    ----------
    asked : list of Point
    background, windows
        Of the split that thresholds are taken from (`ccsncam.detection.names.SET`).
    searched : list of Searched
        One for each test set.

    Returns
    -------
    dict
        Points are missing for which noise is too short; no threshold is extrapolated.
    """
    label, distance, snr = (
        np.concatenate([getattr(one, name) for one in searched])
        for name in ("label", "distance_kpc", "network_snr")
    )
    loudest = np.concatenate([one.statistic.max(axis=1) for one in searched])
    middle = np.concatenate([one.statistic[:, one.middle] for one in searched])
    answers = {}
    for point in asked:
        if point.rule == LOUDEST:
            threshold = far.threshold(background, 1 / point.asked)
            values = loudest
        else:
            threshold, values = window_threshold(windows.values(), point.asked), middle
        if threshold.reached:
            whole = Outcome(values >= threshold.value, label, distance, snr)
            answers[EFFICIENCY, point.criterion] = whole.part(label > 0)
    return answers


def read_search(folder: str, seed: int, tests: Sequence[str], asked: Sequence[Point]) -> Answers:
    """Read what the search of a run found, as `found` gives it.

    Parameters
    ----------
    folder : str
        Results of the run.
    seed : int
        That of the network.
    tests : list of str
        Names of the test sets.
    asked : list of Point
    """
    below = f"{folder}/detection/seed-{seed}"
    return found(
        asked,
        Background.read(f"{folder}/background/seed-{seed}.h5", SET),
        NoiseWindows.read(f"{below}/noise.h5", SET),
        [Searched.read(f"{below}/{test}.h5") for test in tests],
    )
