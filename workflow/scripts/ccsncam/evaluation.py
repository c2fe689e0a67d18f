"""How well a classifier does: rates with their intervals, as tidy tables."""

import json

import h5py
import numpy as np
import pandas as pd
from scipy import stats

LEVEL = 0.95
NOISE = {"simulated": "simulated noise", "files": "strain files", "gwosc": "strain of GWOSC"}
SNR_BINS = (0, 5, 8, 12, 16, 20, 25, 30, 40, 50, 75, 100, 200)


def wilson(hits, trials, level=LEVEL):
    """Wilson score interval of a rate.

    Parameters
    ----------
    hits, trials : array_like of int
    level : float
        Confidence.

    Returns
    -------
    low, high : numpy.ndarray
        NaN where there are no trials.

    Raises
    ------
    ValueError
        If there are more hits than trials, or fewer than none.

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22, 209.
    """
    hits, trials = np.asarray(hits, float), np.asarray(trials, float)
    if np.any((hits < 0) | (hits > trials)):
        raise ValueError("hits must lie between 0 and the number of trials: check the counts")
    z = stats.norm.ppf((1 + level) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = hits / trials
        centre = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
        half = z / (1 + z**2 / trials)
        half = half * np.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    # The ends are exactly 0 and 1 there, but for rounding.
    low = np.where((hits == 0) & (trials > 0), 0.0, centre - half)
    high = np.where((hits == trials) & (trials > 0), 1.0, centre + half)
    return low, high


def confusion(label, prediction, classes):
    """Counts of (true, predicted).

    Parameters
    ----------
    label, prediction : numpy.ndarray of int
        Shape (n,), from 0.
    classes : int
        Number of classes.

    Returns
    -------
    numpy.ndarray of int
        Shape (classes, classes), rows the true class.
    """
    flat = np.bincount(label * classes + prediction, minlength=classes**2)
    return flat.reshape(classes, classes)


def _rates(table, hits, trials, name):
    table[name] = table[hits] / table[trials]
    table["low"], table["high"] = wilson(table[hits], table[trials])
    return table


def tables(paths):
    """Accuracy, true positive rates and confusion matrices of evaluations.

    Parameters
    ----------
    paths : list of path
        Evaluations, one a seed and data set.

    Returns
    -------
    dict of pandas.DataFrame
        ``accuracy`` (a seed and data set), ``tpr`` (and class), ``confusion`` (and predicted
        class), each with counts, rate and 95 % Wilson interval; ``distance_kpc`` is NaN for a
        data set scaled by SNR.
    """
    accuracy, matrices = [], []
    for path in paths:
        with h5py.File(path) as file:
            label, prediction = file["label"][()], file["prediction"][()]
            distance = np.unique(file["distance_kpc"][label > 0])
            key = {
                "seed": int(file.attrs["seed"]),
                "dataset": file.attrs["dataset"],
                "distance_kpc": distance[0] if len(distance) == 1 else np.nan,
            }
            classes = list(file.attrs["classes"])
        accuracy.append({**key, "n": len(label), "correct": int(np.sum(label == prediction))})
        counts = confusion(label, prediction, len(classes))
        matrices += [
            {**key, "true": one, "predicted": other, "n": counts[i].sum(), "count": counts[i, j]}
            for i, one in enumerate(classes)
            for j, other in enumerate(classes)
        ]
    matrix = _rates(pd.DataFrame(matrices), "count", "n", "fraction")
    tpr = matrix[matrix["true"] == matrix["predicted"]].drop(columns="predicted")
    return {
        "accuracy": _rates(pd.DataFrame(accuracy), "correct", "n", "accuracy"),
        "tpr": tpr.rename(columns={"true": "class", "count": "correct", "fraction": "tpr"}),
        "confusion": matrix,
    }


def by_snr(paths):
    """Accuracy of signal samples in bins of network SNR, data sets pooled, a seed."""
    rows = []
    for path in paths:
        with h5py.File(path) as file:
            signal = file["label"][()] > 0
            right = (file["prediction"][()] == file["label"][()])[signal]
            table = pd.DataFrame({"snr": file["network_snr"][()][signal], "correct": right})
            rows.append(table.assign(seed=int(file.attrs["seed"])))
    table = pd.concat(rows)
    table["bin"] = np.digitize(table["snr"], SNR_BINS)
    table = table.groupby(["seed", "bin"])["correct"].agg(["sum", "size"]).reset_index()
    edges = np.array([*SNR_BINS, np.inf])
    table.insert(1, "network_snr_low", edges[table["bin"] - 1])
    table.insert(2, "network_snr_high", edges[table["bin"]])
    table = table.drop(columns="bin").rename(columns={"sum": "correct", "size": "n"})
    return _rates(table, "correct", "n", "accuracy")


def snr_table(paths):
    """Quantiles (5, 50, 95 %) of the network SNR of each signal class in data sets."""
    rows = []
    for path in paths:
        with h5py.File(path) as file:
            label, snr = file["label"][()], file["network_snr"][()]
            distance = np.unique(file["distance_kpc"][label > 0])
            for number, name in enumerate(file.attrs["classes"]):
                if number:
                    low, median, high = np.quantile(snr[label == number], [0.05, 0.5, 0.95])
                    rows.append(
                        {
                            "dataset": file.attrs["dataset"],
                            "distance_kpc": distance[0] if len(distance) == 1 else np.nan,
                            "class": name,
                            "network_snr_5": low,
                            "network_snr_50": median,
                            "network_snr_95": high,
                        }
                    )
    return pd.DataFrame(rows)


def common_starts(paths):
    """GPS starts of the pieces that all detectors of a split have.

    Parameters
    ----------
    paths : list of path
        Noise files of one or more splits.

    Returns
    -------
    dict of array (piece,)
        By split, rising.
    """
    found = {}
    for path in paths:
        with h5py.File(path) as file:
            split, starts = file.attrs["split"], file["gps_start"][()]
        found[split] = np.intersect1d(found.get(split, starts), starts)
    return found


def noise_table(noise, datasets, coincident=False):
    """Live time, samples and reuse factor of each split and detector.

    The reuse factor is the time of all samples of the split (1 s each) over the time that they
    are drawn from.

    Parameters
    ----------
    noise, datasets : list of path
    coincident : bool
        Whether samples are drawn from the pieces that all detectors have alone.

    Returns
    -------
    pandas.DataFrame
        Times [s] and glitches are those of the pieces that samples are drawn from.
    """
    common = common_starts(noise) if coincident else {}
    samples = {}
    for path in datasets:
        with h5py.File(path) as file:
            split = file.attrs["dataset"].split("-")[0]
            samples[split] = samples.get(split, 0) + len(file["label"])
    rows = []
    for path in noise:
        with h5py.File(path) as file:
            split, starts = file.attrs["split"], file["gps_start"][()]
            duration = file.attrs["live_time"] / len(starts)
            starts = np.sort(common.get(split, starts))
            live = float(duration * len(starts))
            # The filter spoils both ends of a piece: no sample is drawn from there.
            usable = live - 2 * file.attrs["corrupted"] * len(starts)
            glitches = file["glitches/gps"][()]
            before = starts[np.maximum(np.searchsorted(starts, glitches, side="right") - 1, 0)]
            inside = (glitches >= before) & (glitches < before + duration)
            rows.append(
                {
                    "split": split,
                    "detector": file.attrs["detector"],
                    "source": file.attrs["source"],
                    "live_time_s": live,
                    "glitches": int(inside.sum()),
                    "samples": samples[split],
                    "usable_time_s": usable,
                    "reuse": samples[split] / usable,
                }
            )
    return pd.DataFrame(rows)


def sources(path):
    """What made a data set: {"noise": …, "waveforms": {class: …}}."""
    with h5py.File(path) as file:
        return json.loads(file.attrs["inputs"])


def over_seeds(values):
    """One value a seed: the value itself, or the mean with its 95 % Student-t interval."""
    values = [float(value) for value in values]
    if len(values) == 1:
        return values[0]
    mean, error = np.mean(values), stats.sem(values)
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * error
    return {"mean": mean, "low": mean - half, "high": mean + half, "values": values}


def mean_of(values, rate=False):
    """Mean of a value a sample with its 95 % interval, over samples or over seeds.

    Parameters
    ----------
    values : list of numpy.ndarray
        One a seed; NaN is left out.
    rate : bool
        The values are zeros and ones.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high`` and ``n``. One seed: Student's interval over its samples, or
        Wilson's for a rate. Several: Student's interval over the means of
        the seeds, for all see the same samples.
    """
    known = [one[np.isfinite(one)] for one in map(np.asarray, values)]
    found = {"mean": np.nan, "low": np.nan, "high": np.nan, "n": sum(map(len, known))}
    if not all(map(len, known)):
        return found
    found["mean"] = float(np.mean([np.mean(one) for one in known]))
    if len(known) > 1:
        found |= {key: over_seeds(map(np.mean, known))[key] for key in ("low", "high")}
    elif rate:
        found["low"], found["high"] = map(float, wilson(known[0].sum(), len(known[0])))
    elif len(known[0]) > 1:
        found |= {key: over_seeds(known[0])[key] for key in ("low", "high")}
    return found


def paper_numbers(accuracy, tpr, snr, noise, settings, seeds, inputs):
    """The numbers that a paper would print.

    Parameters
    ----------
    accuracy, tpr, snr, noise : pandas.DataFrame
        From `tables`, `snr_table` and `noise_table`.
    settings : dict
        The config's ``classifier`` block.
    seeds : list of int
    inputs : dict
        From `sources`.

    Returns
    -------
    dict
        Rates in [0, 1]; distances [kpc] as keys; the noise false alarm over all test sets.
    """
    test = accuracy.dropna(subset="distance_kpc")
    signal = tpr[tpr["class"] != "noise"].dropna(subset="distance_kpc")
    silent = tpr[tpr["class"] == "noise"].dropna(subset="distance_kpc")
    alarms = silent.groupby("seed")[["correct", "n"]].sum()
    validation = accuracy[accuracy["dataset"].str.startswith("validation")]
    return {
        "parameters": settings["parameters"],
        "features": settings["features"],
        "validation_accuracy": over_seeds(validation["accuracy"]),
        "accuracy": {
            f"{d:g}": over_seeds(rows["accuracy"]) for d, rows in test.groupby("distance_kpc")
        },
        "mean_tpr": {
            f"{d:g}": over_seeds(rows.groupby("seed")["tpr"].mean())
            for d, rows in signal.groupby("distance_kpc")
        },
        "tpr": _by_class(signal, "tpr"),
        "noise_false_alarm": over_seeds(1 - alarms["correct"] / alarms["n"]),
        "median_network_snr": _by_class(snr.dropna(subset="distance_kpc"), "network_snr_50"),
        "reuse": {
            split: dict(zip(rows["detector"], rows["reuse"], strict=True))
            for split, rows in noise.groupby("split")
        },
        "inputs": inputs,
        "seeds": seeds,
    }


def _by_class(table, column):
    return {
        name: {f"{d:g}": over_seeds(one[column]) for d, one in rows.groupby("distance_kpc")}
        for name, rows in table.groupby("class", sort=False)
    }


def intervals(accuracy, tpr):
    """Wilson intervals of the rates of one network, by their names in `comparison`.

    A mean over classes has none: it is not a rate of counts.
    """
    rates = {}
    for row in accuracy.itertuples():
        if np.isfinite(row.distance_kpc):
            rates[f"accuracy, {row.distance_kpc:g} kpc"] = row.low, row.high
        elif row.dataset.startswith("validation"):
            rates["validation_accuracy"] = row.low, row.high
    test = tpr.dropna(subset="distance_kpc")
    columns = (test[name] for name in ("class", "distance_kpc", "low", "high"))
    for name, distance, low, high in zip(*columns, strict=True):
        rates[f"tpr, {name}, {distance:g} kpc"] = low, high
    silent = test[test["class"] == "noise"]
    total = silent["n"].sum()
    rates["noise_false_alarm"] = wilson(total - silent["correct"].sum(), total)
    return rates


def comparison(numbers, published, rates, prefix=""):
    """The published values beside those of a run.

    Parameters
    ----------
    numbers : dict
        From `paper_numbers`.
    published : dict
        The same keys, each leaf ``value``, ``unit``, ``where``.
    rates : dict
        From `intervals` for one network, empty for several.
    prefix : str
        Keys above, with a comma after each.

    Returns
    -------
    list of dict
        ``quantity``, ``paper``, ``here``, ``low``, ``high``, ``interval``, ``unit``, ``where``;
        ``here`` is None where the run has no such value.
    """
    rows = []
    for key, entry in published.items():
        if key == "source":
            continue
        name = f"{prefix}{key}{' kpc' if key.isdigit() else ''}"
        here = numbers.get(key)
        if "value" not in entry:
            rows += comparison(here or {}, entry, rates, f"{name}, ")
            continue
        row = {"quantity": name, "paper": entry["value"], "here": here}
        row |= {"low": None, "high": None, "interval": None}
        if isinstance(here, dict):
            row |= {"here": here["mean"], "low": here["low"], "high": here["high"]}
            row["interval"] = "95 % over seeds"
        elif here is not None and name in rates:
            row["low"], row["high"] = map(float, rates[name])
            row["interval"] = "95 % Wilson"
        rows.append({**row, "unit": entry["unit"], "where": entry["where"]})
    return rows


def describe(inputs):
    """One line that says what inputs made a result."""
    kinds = sorted(set(inputs["waveforms"].values()))
    return f"{' and '.join(kinds)} waveforms, {NOISE[inputs['noise']]}"
