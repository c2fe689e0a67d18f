"""What a network and excess power find at their operating points, as tables."""

from typing import Any

import numpy as np
import pandas as pd

from ccsncam.detection.names import ARGMAX, MISSED, NETWORK, SINGLE
from ccsncam.detection.operating import crossing, crossing_of
from ccsncam.results.rates import sum_of, wilson
from ccsncam.results.searches import Samples

SNR_BINS = (
    *(0, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 25, 30, 40, 50, 75, 100, 200),
    np.inf,
)
# Width of the bins in which SNR50 is looked for.
FINE = 0.5
SHARES = {"d50_kpc": 0.5, "d90_kpc": 0.9}


def efficiency(samples: Samples) -> pd.DataFrame:
    """Share of signals that are found, by distance and by network SNR.

    Parameters
    ----------
    samples : Samples

    Returns
    -------
    pandas.DataFrame
        docs/tables.md explains the columns. A row has a distance or a bin of SNR. Intervals are
        Wilson's of 95 %, and have the number of signals only; ``efficiency_at_threshold_low`` and
        ``…_high`` are the shares at the ends of the threshold's interval.
    """
    edges = np.array(SNR_BINS)
    places = np.digitize(samples.snr, edges) - 1
    rows = []
    for values in samples.found:
        hits, ends = values.hits, values.at_ends
        for name, inside in samples.by_class():
            own = {"seed": samples.seed, **values.point.names, "class": name}
            groups = [
                ({"distance_kpc": distance}, inside & (samples.distance == distance))
                for distance in np.unique(samples.distance[inside])
            ]
            groups += [
                (
                    {"snr_low": edges[number], "snr_high": edges[number + 1]},
                    inside & (places == number),
                )
                for number in np.unique(places[inside])
            ]
            for where, there in groups:
                counts = {"n": int(there.sum()), "found": int(hits[there].sum())}
                shares = {f"efficiency{end}": float(one[there].mean()) for end, one in ends.items()}
                rows.append({**own, **where} | counts | shares)
    table = pd.DataFrame(rows)
    table["efficiency"] = table["found"] / table["n"]
    table["low"], table["high"] = wilson(table["found"], table["n"])
    order = ["seed", "statistic", "rule", "criterion", "class", "distance_kpc", "snr_low"]
    order += ["snr_high", "n", "found", "efficiency", "low", "high"]
    return table[[*order, *(f"efficiency{end}" for end in ends)]]


def reach(samples: Samples) -> pd.DataFrame:
    """Distances at which half and nine tenths of the signals are found, and SNR of one half.

    Parameters
    ----------
    samples : Samples

    Returns
    -------
    pandas.DataFrame
        ``d50_kpc``, ``d90_kpc`` and ``snr50``, each with its interval, see
        `ccsncam.detection.operating.crossing`, and with its values at the ends of the threshold's
        interval. Infinity: beyond the farthest test set, or the loudest signal. 0: nearer than the
        nearest, or below the faintest.
    """
    fine = np.floor(samples.snr / FINE).astype(int)
    rows = []
    for values in samples.found:
        for name, inside in samples.by_class():
            row = {"seed": samples.seed, **values.point.names, "class": name}
            row |= {"n": int(inside.sum())}
            distances, number = np.unique(samples.distance[inside], return_inverse=True)
            sums = np.bincount(fine[inside], samples.snr[inside])
            trials = np.bincount(fine[inside])
            means = sums / np.maximum(trials, 1)
            looked_at = {name: (distances, number, level, False) for name, level in SHARES.items()}
            looked_at["snr50"] = means, fine[inside], 0.5, True
            for column, (places, group, level, rising) in looked_at.items():
                trials = np.bincount(group)
                counted = np.bincount(group, values.hits[inside]).astype(int)
                found = crossing(places, counted, trials, level, rising=rising)
                row |= _ends(column, found)
                there = trials > 0
                for end, hits in values.at_ends.items():
                    counted = np.bincount(group, hits[inside]).astype(int)
                    row[f"{column}{end}"] = crossing_of(
                        places[there], counted[there], trials[there], level, rising=rising
                    )
            rows.append(row)
    return pd.DataFrame(rows)


def detected(samples: Samples) -> pd.DataFrame:
    """Which class the found signals are taken for, at each operating point of the network.

    Parameters
    ----------
    samples : Samples

    Returns
    -------
    pandas.DataFrame
        One row for each operating point, distance, true and predicted class: the most probable
        signal class in the window that the statistic is from, or ``not found``.
    """
    rows: list[dict[str, Any]] = []
    for values in samples.found:
        if values.point.statistic != NETWORK:
            continue
        hits = values.hits
        said = np.where(hits, values.said, 0)
        for distance in np.unique(samples.distance):
            for label, true in list(enumerate(samples.classes))[1:]:
                own = (samples.label == label) & (samples.distance == distance)
                names = {"seed": samples.seed, **values.point.names, "distance_kpc": distance}
                counts = {"n": int(own.sum()), "found": int(hits[own].sum())}
                for number, other in enumerate((MISSED, *samples.classes[1:])):
                    row = names | {"true": true, "predicted": other} | counts
                    rows.append(row | {"count": int((said[own] == number).sum())})
    return pd.DataFrame(rows).drop(columns="statistic")


def recognised(samples: Samples) -> pd.DataFrame:
    """Accuracy at the operating points of the network, and what it costs in noise.

    Parameters
    ----------
    samples : Samples

    Returns
    -------
    pandas.DataFrame
        One row for each operating point and distance. ``recognised`` is the share of signals that
        are found and taken for their class, with Wilson's interval and its values at the ends of
        the threshold's interval. ``false_alarm`` is the share of single windows of test noise that
        are taken for a signal. ``accuracy`` counts noise as one of the classes, each with the same
        weight, as in a test set; its interval is that of a sum of two independent shares. Both are
        empty at a rate, which is no share of windows.
    """
    rows = []
    kinds = len(samples.classes)
    for values in samples.found:
        if values.point.statistic != NETWORK:
            continue
        right = values.said == samples.label
        of_windows = values.point.rule in (SINGLE, ARGMAX)
        noise = [values.point.row[name] for name in ("test", "test_low", "test_high")]
        for distance in np.unique(samples.distance):
            own = samples.distance == distance
            count, trials = int((values.hits & right)[own].sum()), int(own.sum())
            low, high = map(float, wilson(count, trials))
            share = count / trials, low, high
            row = {"seed": samples.seed, **values.point.names, "distance_kpc": distance}
            row |= {"n": trials, "right": count} | _ends("recognised", share)
            for end, hits in values.at_ends.items():
                row[f"recognised{end}"] = float((hits & right)[own].mean())
            if of_windows:
                row |= {"noise_windows": values.point.row["test_windows"]}
                row |= _ends("false_alarm", noise)
                quiet = 1 - noise[0], 1 - noise[2], 1 - noise[1]
                row |= _ends("accuracy", sum_of((share, quiet), (1 - 1 / kinds, 1 / kinds)))
            rows.append(row)
    return pd.DataFrame(rows).drop(columns="statistic")


def _ends(name: str, values: Any) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
