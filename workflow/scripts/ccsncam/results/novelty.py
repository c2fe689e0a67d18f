"""How well novelty scores tell unseen waveforms from known ones of the same loudness."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import rankdata

from ccsncam.detection.names import ALL
from ccsncam.detection.novelty import Mahalanobis, energy
from ccsncam.network.evaluation import Evaluation
from ccsncam.results.rates import LEVEL, wilson
from ccsncam.results.tables import SNR_BINS

# Edges of bins of SNR. There is no open bin, in which the louder of two classes would look novel.
EDGES = np.array([*SNR_BINS, 300, 500, 1000], float)
# The share of known signals that a threshold on the score calls novel.
ALARMS = 0.05
# A bin of SNR has a row if it holds so many unseen signals, and as many known ones.
LEAST = 5
# Known signals that the threshold of novelty takes: with fewer, more than `ALARMS` would exceed it.
LEAST_FLAGGED = 100


class Scored(NamedTuple):
    """Signals of a data set: class and SNR, shape (n,), and their scores by name."""

    label: np.ndarray
    snr: np.ndarray
    scores: Mapping[str, np.ndarray]


def fitted(evaluation: Evaluation, known: Sequence[str]) -> Mahalanobis:
    """Fit the features of the classes that a network knows, noise included.

    Parameters
    ----------
    evaluation : Evaluation
        Of the validation set: the network was not trained on it.
    known : list of str
        Classes of the network.
    """
    own = evaluation.label < len(known)
    return Mahalanobis.fit(evaluation.embedding[own], evaluation.label[own])


def scored(evaluation: Evaluation, fit: Mahalanobis) -> Scored:
    """Give the novelty of each signal of a data set.

    Parameters
    ----------
    evaluation : Evaluation
    fit : Mahalanobis
        From `fitted`.
    """
    rows = evaluation.label > 0
    scores = {
        "energy": energy(evaluation.logits[rows]),
        "mahalanobis": fit.score(evaluation.embedding[rows]),
    }
    return Scored(evaluation.label[rows], evaluation.network_snr[rows], scores)


def novelty(parts: Sequence[Scored], known: Sequence[str], classes: Sequence[str]) -> pd.DataFrame:
    """Compare unseen with known signals in bins of network SNR.

    Parameters
    ----------
    parts : list of Scored
        One for each data set of one network.
    known : list of str
        Classes of the network.
    classes : list of str
        Those, and then the unseen ones.

    Returns
    -------
    pandas.DataFrame
        docs/tables.md explains the columns. One row for each score, unseen class and bin; the
        class ``all`` has all unseen ones.
    """
    label, snr = (np.concatenate([getattr(one, key) for one in parts]) for key in ("label", "snr"))
    place = np.digitize(snr, EDGES) - 1
    rows = []
    for score in parts[0].scores:
        values = np.concatenate([one.scores[score] for one in parts])
        for name, inside in _unseen(label, known, classes):
            for number in np.unique(place[inside & (place < len(EDGES) - 1)]):
                there = place == number
                found = values[there & inside]
                usual = values[there & (label < len(known))]
                if min(len(found), len(usual)) >= LEAST:
                    key = {"score": score, "class": name}
                    key |= {"snr_low": EDGES[number], "snr_high": EDGES[number + 1]}
                    rows.append(key | _compared(usual, found))
    keys = ["score", "class", "snr_low", "snr_high", "n", "known"]
    columns = [*keys, *(f"{one}{end}" for one in ("auroc", "flagged") for end in _ENDS)]
    return pd.DataFrame(rows, columns=[*columns, "median", "known_median"])


_ENDS = ("", "_low", "_high")


def _unseen(
    label: np.ndarray, known: Sequence[str], classes: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and rows of each unseen class, and of all if there are several."""
    for number in range(len(known), len(classes)):
        yield classes[number], label == number
    if len(classes) - len(known) > 1:
        yield ALL, label >= len(known)


def _compared(usual: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """Area under the ROC, and the share of unseen signals above what few known ones reach."""
    areas = dict(zip((f"auroc{end}" for end in _ENDS), roc_area(usual, found), strict=True))
    shares = dict.fromkeys((f"flagged{end}" for end in _ENDS), np.nan)
    if len(usual) >= LEAST_FLAGGED:
        hits = int((found > np.quantile(usual, 1 - ALARMS, method="higher")).sum())
        low, high = map(float, wilson(hits, len(found)))
        shares = {"flagged": hits / len(found), "flagged_low": low, "flagged_high": high}
    medians = {"median": np.median(found), "known_median": np.median(usual)}
    return {"n": len(found), "known": len(usual)} | areas | shares | medians


def roc_area(usual: np.ndarray, found: np.ndarray) -> tuple[float, float, float]:
    """Area under the ROC, with its 95 % interval.

    Parameters
    ----------
    usual, found : numpy.ndarray
        Scores of known and of unseen samples, shapes (m,) and (n,).

    Returns
    -------
    area, low, high : float
        The chance that an unseen sample scores above a known one, ties counting one half. The
        interval is method 5 of Newcombe 2006 (Stat. Med. 25, 559), which does as Wilson's does for
        a rate: it has a width also where the area is 0 or 1.
    """
    sizes = len(usual), len(found)
    ranks = rankdata(np.concatenate([usual, found]))[sizes[0] :]
    area = float((ranks.sum() - sizes[1] * (sizes[1] + 1) / 2) / (sizes[0] * sizes[1]))
    quantile, half = ndtri((1 + LEVEL) / 2), sum(sizes) / 2 - 1

    def beyond(value: float) -> float:
        spread = 1 + half * (1 - value) / (2 - value) + half * value / (1 + value)
        variance = value * (1 - value) * spread / (sizes[0] * sizes[1])
        return (value - area) ** 2 - quantile**2 * variance

    tiny = 1e-12
    low = 0.0 if area <= tiny else float(brentq(beyond, 0.0, min(area, 1 - tiny)))
    high = 1.0 if area >= 1 - tiny else float(brentq(beyond, max(area, tiny), 1.0))
    return area, low, high
