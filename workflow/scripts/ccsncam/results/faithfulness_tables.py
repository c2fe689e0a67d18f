"""How faithful the saliency maps are, as tidy tables with intervals."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ccsncam.results.rates import Mean, bootstrap, mean_of, over_seeds
from ccsncam.saliency.explained import Explained

# Measures of a map, and their units. Those of deletion and insertion are areas under curves.
MEASURES = {
    "drop": "%",
    "complexity": "1",
    "coherency": "1",
    "adcc": "1",
    "road": "probability",
    "deletion_black": "probability",
    "deletion_blurred": "probability",
    "deletion_noise": "probability",
    "insertion_black": "probability",
    "insertion_blurred": "probability",
    "insertion_noise": "probability",
}
# Table I shows the paper's numbers beside this variant.
CONFIGURED = "as configured"


def area(curve: np.ndarray, fractions: Sequence[float] | np.ndarray) -> np.ndarray:
    """Area under curves (…, fraction), by the trapezoidal rule."""
    return np.trapezoid(curve, fractions, axis=-1)


def _by_method(explained: Iterable[Explained]) -> dict[tuple[str, str], list[Explained]]:
    """Group the results of all seeds by key and name of the method."""
    found: dict[tuple[str, str], list[Explained]] = {}
    for one in explained:
        found.setdefault((one.method, one.name), []).append(one)
    return found


def drop_table(explained: Iterable[Explained]) -> pd.DataFrame:
    """Average drop and average increase of each method, equations (14) and (15).

    Parameters
    ----------
    explained : iterable of Explained
        One per seed and method.

    Returns
    -------
    pandas.DataFrame
        Over the signals of the whole test set, in %. ``variant`` is a key of
        `ccsncam.saliency.names.VARIANTS`, or `CONFIGURED`; ``empty_maps`` counts the maps of zeros
        of all seeds; ``drop_by_seed`` and ``increase_by_seed`` hold the value of each seed.
    """
    rows = []
    for (key, name), seeds in _by_method(explained).items():
        signal = [one.label > 0 for one in seeds]
        found: dict[str, list[Mapping[str, np.ndarray]]] = {
            CONFIGURED: [
                {"drop": one.drop, "increase": one.increase, "empty": one.empty} for one in seeds
            ]
        }
        for variant in seeds[0].variants:
            found[variant] = [one.variants[variant] for one in seeds]
        for variant, columns in found.items():
            row = {"key": key, "method": name, "variant": variant}
            rows.append(row | _drop(columns, signal))
    return pd.DataFrame(rows)


def _drop(
    seeds: Sequence[Mapping[str, np.ndarray]], signal: Sequence[np.ndarray]
) -> dict[str, Any]:
    """Average over the signals of each seed."""
    row: dict[str, Any] = {}
    for column, factor in (("drop", 1), ("increase", 100)):
        values = [one[column][rows] for one, rows in zip(seeds, signal, strict=True)]
        found = mean_of(values, rate=column == "increase")
        row |= found.columns(f"average_{column}_percent", factor)
        row[f"{column}_by_seed"] = " ".join(f"{factor * np.mean(one):.6g}" for one in values)
    row["n"] = int(signal[0].sum())
    empty = [one["empty"][rows].sum() for one, rows in zip(seeds, signal, strict=True)]
    row["empty_maps"] = int(sum(empty))
    return row


def add_published(drops: pd.DataFrame, published: Mapping[str, Any]) -> pd.DataFrame:
    """Make Table I: average drop and increase of each method, with the paper's beside them.

    Parameters
    ----------
    drops : pandas.DataFrame
        From `drop_table`.
    published : mapping
        ``table1`` of ``resources/published.json``.

    Returns
    -------
    pandas.DataFrame
    """
    table = drops.drop(columns="key")
    own = table["variant"] == CONFIGURED
    for k, name in enumerate(("average_drop", "average_increase")):
        paper = [
            published.get(method, {}).get(name, {}).get("value", np.nan)
            for method in table["method"]
        ]
        table.insert(2 + k, f"paper_{name}_percent", np.where(own, paper, np.nan))
    return table


def table1_numbers(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Average drop and increase [%] by method, as `ccsncam.results.rates.over_seeds` gives them.

    Parameters
    ----------
    table : pandas.DataFrame
        From `add_published`.
    """
    return {
        row["method"]: {
            f"average_{name}": over_seeds(map(float, str(row[f"{name}_by_seed"]).split()))
            for name in ("drop", "increase")
        }
        for _, row in table[table["variant"] == CONFIGURED].iterrows()
    }


def faithfulness_tables(explained: Sequence[Explained]) -> dict[str, pd.DataFrame]:
    """Make the tables of all measures that Table I does not have.

    Parameters
    ----------
    explained : list of Explained
        One per seed and method.

    Returns
    -------
    dict of pandas.DataFrame
        ``measures`` (including areas under the curves), ``curves``, ``randomisation`` (of the
        network's weights), and ``black`` (the network's answer to a black image).
    """
    measures, curves, randomisation = [], [], []
    for (key, name), seeds in _by_method(explained).items():
        who = {"key": key, "method": name}
        for measure, unit in MEASURES.items():
            values = [one.subset[measure] for one in seeds]
            if values[0].ndim == 2:
                curves += [who | row for row in _curve(measure, values, seeds[0].fractions)]
                values = [area(one, seeds[0].fractions) for one in values]
            row = mean_of(values).columns("mean") | {"n": len(values[0]), "unit": unit}
            measures.append(who | {"measure": measure} | row)
        for step, layer in enumerate(seeds[0].layers):
            row = {"step": step + 1, "layer": layer} | _randomised(seeds, step)
            randomisation.append(who | row)
    return {
        "measures": pd.DataFrame(measures),
        "curves": pd.DataFrame(curves),
        "randomisation": pd.DataFrame(randomisation),
        "black": _black(explained),
    }


def _curve(
    measure: str, seeds: Sequence[np.ndarray], fractions: Sequence[float] | np.ndarray
) -> list[dict[str, Any]]:
    """The mean probability after each fraction of a curve, one row per fraction."""
    return [
        {"curve": measure, "fraction": fraction}
        | bootstrap([one[:, k] for one in seeds]).columns("probability")
        | {"n": len(seeds[0])}
        for k, fraction in enumerate(fractions)
    ]


def _randomised(seeds: Sequence[Explained], step: int) -> dict[str, Any]:
    """How alike maps stay when the network's weights are random from one layer upwards."""
    row: dict[str, Any] = {}
    for measure in ("correlation", "ssim"):
        values = [one.subset[f"randomised_{measure}"][:, step] for one in seeds]
        row |= _over_draws(values).columns(measure)
    return row | {"n": len(values[0]), "draws": sum(one.shape[1] for one in values)}


def _over_draws(seeds: Sequence[np.ndarray]) -> Mean:
    """Mean over samples, with its interval over the draws of random weights of all seeds."""
    with warnings.catch_warnings():
        # Constant maps correlate with nothing, so all samples may be NaN, and NumPy would warn.
        warnings.simplefilter("ignore", RuntimeWarning)
        means = np.concatenate([np.nanmean(one, axis=0) for one in seeds])
    return mean_of([means])


def _black(explained: Iterable[Explained]) -> pd.DataFrame:
    """The probability of each class for a black image, by seed."""
    rows = []
    for one in explained:
        pairs = zip(one.classes, one.black, strict=True)
        rows += [{"seed": one.seed, "class": name, "probability": p} for name, p in pairs]
    return pd.DataFrame(rows).drop_duplicates(["seed", "class"])
