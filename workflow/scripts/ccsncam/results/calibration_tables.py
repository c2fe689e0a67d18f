"""How far the probabilities and the sets of classes of a network can be trusted, as tables."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ccsncam import seeds
from ccsncam.detection import calibration
from ccsncam.detection.calibration import BINS, Calibration
from ccsncam.detection.names import RAW, SCALED
from ccsncam.network.evaluation import Evaluation
from ccsncam.results.rates import wilson

# Resamples of a bootstrap over samples.
RESAMPLES = 200


def calibration_tables(
    evaluations: Iterable[Evaluation], calibrations: Iterable[Calibration]
) -> dict[str, pd.DataFrame]:
    """Calibration error, reliability and coverage of each network on each data set.

    Parameters
    ----------
    evaluations : iterable of Evaluation
        One per seed and data set.
    calibrations : iterable of Calibration
        One per seed.

    Returns
    -------
    dict of pandas.DataFrame
        ``calibration``, ``reliability`` and ``coverage``; docs/tables.md explains the columns. Of
        a validation set they see only the half that no temperature was fitted to. The coverage of
        that half holds by construction, because the quantiles come from it.
    """
    by_seed = {one.seed: one for one in calibrations}
    found: dict[str, list[dict[str, Any]]] = {"calibration": [], "reliability": [], "coverage": []}
    for one in evaluations:
        distance = np.unique(one.distance_kpc[one.label > 0])
        key = {
            "seed": one.seed,
            "dataset": one.dataset,
            "distance_kpc": float(distance[0]) if len(distance) == 1 else np.nan,
        }
        rows: Any = slice(None)
        if one.dataset.startswith("validation"):
            rows = ~calibration.first_half(one.label)
        logits, label, fitted = one.logits[rows], one.label[rows], by_seed[one.seed]
        for variant, temperature in ((RAW, 1.0), (SCALED, fitted.temperature)):
            own = {**key, "variant": variant, "temperature": temperature}
            found["calibration"].append(own | _error(logits, label, temperature, one))
            bins = _reliability(logits, label, temperature)
            found["reliability"] += [own | row for row in bins]
        sets = fitted.sets(logits)
        groups = {name: label == number for number, name in enumerate(one.classes)}
        groups["all signals"] = label > 0
        groups["signals not taken for noise"] = (label > 0) & (one.prediction[rows] > 0)
        own = {**key, "nominal": fitted.coverage}
        found["coverage"] += [own | row for row in _coverage(sets, label, groups)]
    return {name: pd.DataFrame(rows) for name, rows in found.items()}


def _error(
    logits: np.ndarray, label: np.ndarray, temperature: float, one: Evaluation
) -> dict[str, float]:
    """Calibration error with an interval from a bootstrap over samples."""
    confidence, right = _confidence(logits, label, temperature)
    random = seeds.generator(one.seed, "calibration", one.dataset)
    draws = (random.integers(len(label), size=len(label)) for _ in range(RESAMPLES))
    again = [
        calibration.expected_calibration_error(confidence[rows], right[rows]) for rows in draws
    ]
    low, high = np.quantile(again, [0.025, 0.975])
    return {
        "n": len(label),
        "accuracy": float(right.mean()),
        "confidence": float(confidence.mean()),
        "ece": calibration.expected_calibration_error(confidence, right),
        "ece_low": float(low),
        "ece_high": float(high),
        "cross_entropy": calibration.cross_entropy(logits, label, temperature),
    }


def _reliability(
    logits: np.ndarray, label: np.ndarray, temperature: float
) -> list[dict[str, float]]:
    """Accuracy in bins of confidence that hold samples."""
    confidence, right = _confidence(logits, label, temperature)
    bins = calibration.confidence_bins(confidence)
    rows = []
    for number in np.unique(bins):
        inside = bins == number
        count, hits = int(inside.sum()), int(right[inside].sum())
        low, high = wilson(hits, count)
        rows.append(
            {
                "confidence_low": number / BINS,
                "confidence_high": (number + 1) / BINS,
                "confidence": float(confidence[inside].mean()),
                "n": count,
                "right": hits,
                "accuracy": hits / count,
                "low": float(low),
                "high": float(high),
            }
        )
    return rows


def _confidence(
    logits: np.ndarray, label: np.ndarray, temperature: float
) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the predicted class, and whether it is the true one."""
    found = calibration.probabilities(logits, temperature)
    return found.max(axis=1), found.argmax(axis=1) == label


def _coverage(
    sets: np.ndarray, label: np.ndarray, groups: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """How often sets hold the true class, and how large they are, in groups of samples."""
    held = np.take_along_axis(sets, label[:, None], axis=1)[:, 0]
    rows = []
    for name, inside in groups.items():
        count, hits = int(inside.sum()), int(held[inside].sum())
        low, high = wilson(hits, count)
        size = sets[inside].sum(axis=1)
        rows.append(
            {
                "class": name,
                "n": count,
                "held": hits,
                "coverage": hits / count if count else np.nan,
                "low": float(low),
                "high": float(high),
                "size": float(size.mean()) if count else np.nan,
                "single": float((size == 1).mean()) if count else np.nan,
            }
        )
    return rows
