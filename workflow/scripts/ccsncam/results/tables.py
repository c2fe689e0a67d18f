"""How well the classifiers of a run do, and on what, as tidy tables."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ccsncam.network.evaluation import Evaluation
from ccsncam.noise.store import NoiseHeader
from ccsncam.results.rates import Mean, by_pieces, wilson
from ccsncam.samples.dataset import DataSet

# Length of a sample [s].
LENGTH = 1.0
NOISE = "noise"
SNR_BINS = (0, 5, 8, 12, 16, 20, 25, 30, 40, 50, 75, 100, 200)


def confusion(label: np.ndarray, prediction: np.ndarray, classes: int) -> np.ndarray:
    """Count the pairs of true and predicted class.

    Parameters
    ----------
    label, prediction : numpy.ndarray of int
        Shape (n,), from 0.
    classes : int
        Number of classes.

    Returns
    -------
    numpy.ndarray of int
        Shape (classes, classes); a row holds one true class.
    """
    flat = np.bincount(label * classes + prediction, minlength=classes**2)
    return flat.reshape(classes, classes)


class NoiseOf(NamedTuple):
    """The noise of the samples of a data set.

    ``pieces`` has the shape (n, detector); ``seconds`` is the time that samples of its split are
    drawn from, in the detector with the least [s].
    """

    pieces: np.ndarray
    seconds: float


def _with_rate(table: pd.DataFrame, hits: str, trials: str, name: str) -> pd.DataFrame:
    """Add the rate of two columns of counts, and its 95 % Wilson interval, to a table."""
    table[name] = table[hits] / table[trials]
    table["low"], table["high"] = wilson(table[hits], table[trials])
    return table


def _distance(one: Evaluation) -> float:
    """The distance of all signals [kpc]; NaN where it is not the same for all."""
    distance = np.unique(one.distance_kpc[one.label > 0])
    return float(distance[0]) if len(distance) == 1 else np.nan


def rate_tables(
    evaluations: Iterable[Evaluation], noise: Mapping[str, NoiseOf] | None = None
) -> dict[str, pd.DataFrame]:
    """Accuracy, true positive rates and confusion matrices.

    Parameters
    ----------
    evaluations : iterable of Evaluation
        One per seed and data set.
    noise : mapping of str to NoiseOf, optional
        By data set. With it, the intervals of the class noise in ``tpr`` and ``confusion`` are
        those of `ccsncam.results.rates.by_pieces`.

    Returns
    -------
    dict of pandas.DataFrame
        ``accuracy`` has one row per seed and data set. ``tpr`` has one for each class of these,
        and ``confusion`` one for each pair of true and predicted class. All have counts, rate and
        95 % interval: Wilson's, which does not count that samples share noise, but for the class
        noise (see ``noise``). ``distance_kpc`` is NaN for a data set that was scaled by SNR.
    """
    accuracy, matrices, ends = [], [], []
    for one in evaluations:
        key = {"seed": one.seed, "dataset": one.dataset, "distance_kpc": _distance(one)}
        correct = int(np.sum(one.label == one.prediction))
        accuracy.append({**key, "n": len(one.label), "correct": correct})
        counts = confusion(one.label, one.prediction, len(one.classes))
        matrices += [
            {**key, "true": true, "predicted": other, "n": counts[i].sum(), "count": counts[i, j]}
            for i, true in enumerate(one.classes)
            for j, other in enumerate(one.classes)
        ]
        if noise is not None:
            silent = one.label == 0
            said, own = one.prediction[silent], noise[one.dataset].pieces[silent]
            seconds = noise[one.dataset].seconds
            ends += [by_pieces(said == j, own, seconds) for j in range(len(one.classes))]
    matrix = _with_rate(pd.DataFrame(matrices), "count", "n", "fraction")
    if ends:
        matrix.loc[matrix["true"] == NOISE, ["low", "high"]] = ends
    tpr = matrix[matrix["true"] == matrix["predicted"]].drop(columns="predicted")
    return {
        "accuracy": _with_rate(pd.DataFrame(accuracy), "correct", "n", "accuracy"),
        "tpr": tpr.rename(columns={"true": "class", "count": "correct", "fraction": "tpr"}),
        "confusion": matrix,
    }


def false_alarms(evaluations: Iterable[Evaluation], noise: Mapping[str, NoiseOf]) -> pd.DataFrame:
    """How often noise is taken for a signal, in all test sets together.

    Parameters
    ----------
    evaluations : iterable of Evaluation
        One per seed and data set.
    noise : mapping of str to NoiseOf
        By data set.

    Returns
    -------
    pandas.DataFrame
        One row per seed: ``n`` samples of noise, of which ``taken`` are taken for a signal, the
        ``fraction`` with its 95 % interval over pieces of noise, and the same as alarms per hour
        of seconds that do not overlap.
    """
    found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    seconds = np.inf
    for one in evaluations:
        if np.isfinite(_distance(one)):
            silent = one.label == 0
            own = noise[one.dataset]
            row = one.prediction[silent] > 0, own.pieces[silent]
            found.setdefault(one.seed, []).append(row)
            seconds = min(seconds, own.seconds)
    rows = []
    for seed, parts in found.items():
        hits, pieces = (np.concatenate(part) for part in zip(*parts, strict=True))
        ends = Mean(hits.mean(), *by_pieces(hits, pieces, seconds / LENGTH), len(hits))
        rows.append(
            {"seed": seed, "n": len(hits), "taken": int(hits.sum())}
            | ends.columns("fraction")
            | ends.columns("alarms_per_hour", 3600 / LENGTH)
        )
    return pd.DataFrame(rows)


def accuracy_by_snr(evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """Accuracy of signals in bins of network SNR, per seed, with all data sets pooled.

    Parameters
    ----------
    evaluations : iterable of Evaluation
        One per seed and data set.

    Returns
    -------
    pandas.DataFrame
        ``seed``, ``network_snr_low``, ``network_snr_high`` (the edges of a bin; the last one is
        open), ``correct``, ``n``, ``accuracy``, ``low``, ``high``.
    """
    rows = []
    for one in evaluations:
        signal = one.label > 0
        right = (one.prediction == one.label)[signal]
        signals = pd.DataFrame({"snr": one.network_snr[signal], "correct": right})
        rows.append(signals.assign(seed=one.seed))
    table = pd.concat(rows)
    table["bin"] = np.digitize(table["snr"], SNR_BINS)
    table = table.groupby(["seed", "bin"])["correct"].agg(["sum", "size"]).reset_index()
    edges = np.array([*SNR_BINS, np.inf])
    table.insert(1, "network_snr_low", edges[table["bin"] - 1])
    table.insert(2, "network_snr_high", edges[table["bin"]])
    table = table.drop(columns="bin").rename(columns={"sum": "correct", "size": "n"})
    return _with_rate(table, "correct", "n", "accuracy")


def snr_table(datasets: Iterable[DataSet]) -> pd.DataFrame:
    """Quantiles (5, 50, 95 %) of the network SNR of each signal class.

    Parameters
    ----------
    datasets : iterable of DataSet

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``distance_kpc``, ``class``, ``network_snr_5``, ``network_snr_50``,
        ``network_snr_95``.
    """
    rows = []
    for data in datasets:
        columns = data.columns(("label", "network_snr"))
        label, snr = columns["label"], columns["network_snr"]
        for number, name in enumerate(data.classes):
            if number:
                low, median, high = np.quantile(snr[label == number], [0.05, 0.5, 0.95])
                rows.append(
                    {
                        "dataset": data.name,
                        "distance_kpc": data.distance,
                        "class": name,
                        "network_snr_5": low,
                        "network_snr_50": median,
                        "network_snr_95": high,
                    }
                )
    return pd.DataFrame(rows)


def noise_table(
    noise: Iterable[NoiseHeader],
    datasets: Iterable[DataSet],
    starts: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Live time, samples and reuse factor of each split and detector.

    The reuse factor is the time of samples (1 s each), divided by the time that they are drawn
    from. It is given for all samples of the split, and for those of one class, which is how often
    the class noise sees a second.

    Parameters
    ----------
    noise : iterable of NoiseHeader
        One per split and detector.
    datasets : iterable of DataSet
    starts : mapping of str to array, optional
        GPS starts of the pieces that samples of each split are drawn from
        (`ccsncam.noise.store.common_starts`); by default all pieces.

    Returns
    -------
    pandas.DataFrame
        Times [s] and glitches are those of the pieces that samples are drawn from.
    """
    samples: dict[str, np.ndarray] = {}
    for data in datasets:
        silent = int(np.sum(data.column("label") == 0))
        samples[data.split] = samples.get(data.split, 0) + np.array([data.size, silent])
    return pd.DataFrame([_noise_row(one, samples[one.split], starts or {}) for one in noise])


def noise_of(datasets: Iterable[DataSet], table: pd.DataFrame) -> dict[str, NoiseOf]:
    """The noise of each data set, for intervals of rates.

    Parameters
    ----------
    datasets : iterable of DataSet
    table : pandas.DataFrame
        From `noise_table`.
    """
    least = table.groupby("split")["usable_time_s"].min()
    return {
        data.name: NoiseOf(data.column("noise_piece"), float(least[data.split]))
        for data in datasets
    }


def _noise_row(
    noise: NoiseHeader, samples: np.ndarray, starts: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    duration = noise.duration
    drawn = np.sort(starts.get(noise.split, noise.gps_start))
    live = float(duration * len(drawn))
    # The whitening filter spoils both ends of a piece, so no sample is drawn from there.
    usable = live - 2 * noise.corrupted * len(drawn)
    glitches = noise.glitches["gps"].to_numpy()
    before = drawn[np.maximum(np.searchsorted(drawn, glitches, side="right") - 1, 0)]
    inside = (glitches >= before) & (glitches < before + duration)
    return {
        "split": noise.split,
        "detector": noise.detector,
        "source": noise.source,
        "live_time_s": live,
        "glitches": int(inside.sum()),
        "samples": int(samples[0]),
        "samples_of_noise": int(samples[1]),
        "usable_time_s": usable,
        "reuse": samples[0] / usable,
        "reuse_by_noise": samples[1] / usable,
    }
