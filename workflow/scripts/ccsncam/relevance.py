"""How true the saliency maps are, and what they lie on, as tidy tables with intervals."""

from itertools import product

import h5py
import numpy as np
import pandas as pd

from ccsncam.evaluation import mean_of, over_seeds

MEASURES = {
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
# Saliency on a mode is ranked by its share of the map, and by that over the mode's share of cells.
AGREEMENT = ("tau_density", "top_density", "tau_share", "top_share", "chance")


def _named(prefix, values, factor=1, rate=False):
    """Columns ``prefix``, ``prefix_low``, ``prefix_high`` of one mean."""
    found = mean_of(values, rate)
    ends = {"": "mean", "_low": "low", "_high": "high"}
    return {f"{prefix}{end}": factor * found[key] for end, key in ends.items()}


def area(curve, fractions):
    """Area under curves (…, fraction), by the trapezoidal rule."""
    return np.trapezoid(curve, fractions, axis=-1)


def _explained(paths):
    """Files of ``explain`` by method, one a seed: ((key, name), list of open groups' values)."""
    methods = {}
    for path in paths:
        with h5py.File(path) as file:
            signal = file["label"][()] > 0
            one = {name: file[name][signal] for name in ("drop", "increase", "empty")}
            one |= {f"subset/{name}": values[()] for name, values in file["subset"].items()}
            one |= {name: list(file.attrs[name]) for name in ("layers", "fractions")}
            methods.setdefault((file.attrs["method"], file.attrs["name"]), []).append(one)
    return methods


def drops(paths):
    """Average drop and average increase of each method, equations (14) and (15).

    Parameters
    ----------
    paths : list of path
        Of ``explain``, one a seed and method.

    Returns
    -------
    pandas.DataFrame
        Over the signals of the whole test set, in %; ``empty_maps`` counts maps of zeros, of all
        seeds; ``…_by_seed`` are the values of each seed.
    """
    rows = []
    for (key, name), seeds in _explained(paths).items():
        row = {"key": key, "method": name}
        for column, factor, rate in (("drop", 1, False), ("increase", 100, True)):
            values = [one[column] for one in seeds]
            row |= _named(f"average_{column}_percent", values, factor, rate)
            row[f"{column}_by_seed"] = " ".join(f"{factor * np.mean(one):.6g}" for one in values)
        row["n"] = len(seeds[0]["drop"])
        row["empty_maps"] = int(sum(one["empty"].sum() for one in seeds))
        rows.append(row)
    return pd.DataFrame(rows)


def faithfulness(paths):
    """The other measures of each method, curves and randomisation.

    Parameters
    ----------
    paths : list of path
        Of ``explain``, one a seed and method.

    Returns
    -------
    dict of pandas.DataFrame
        ``measures`` (areas under the curves among them), ``curves``, ``randomisation``, and
        ``black``, what the network says of a black image.
    """
    tables = {"measures": [], "curves": [], "randomisation": []}
    for (key, name), seeds in _explained(paths).items():
        who, fractions = {"key": key, "method": name}, seeds[0]["fractions"]
        for measure, unit in MEASURES.items():
            values = [one[f"subset/{measure}"] for one in seeds]
            if values[0].ndim == 2:
                tables["curves"] += [
                    who
                    | {"curve": measure, "fraction": fraction}
                    | _named("probability", [one[:, k] for one in values])
                    for k, fraction in enumerate(fractions)
                ]
                values = [area(one, fractions) for one in values]
            row = _named("mean", values) | {"n": len(values[0]), "unit": unit}
            tables["measures"].append(who | {"measure": measure} | row)
        for step, layer in enumerate(seeds[0]["layers"]):
            row = {"step": step + 1, "layer": layer}
            for measure in ("correlation", "ssim"):
                values = [one[f"subset/randomised_{measure}"][:, step] for one in seeds]
                row |= _named(measure, values)
            tables["randomisation"].append(who | row)
    found = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return found | {"black": _black(paths)}


def _black(paths):
    rows = []
    for path in paths:
        with h5py.File(path) as file:
            pairs = zip(file.attrs["classes"], file.attrs["black"], strict=True)
            seed = int(file.attrs["seed"])
            rows += [{"seed": seed, "class": name, "probability": p} for name, p in pairs]
    return pd.DataFrame(rows).drop_duplicates(["seed", "class"])


def attribution(paths):
    """Saliency on each mode, what its removal does, and whether the two agree.

    Parameters
    ----------
    paths : list of path
        Of ``attribute``, one a seed and data set.

    Returns
    -------
    dict of pandas.DataFrame
        ``attribution`` (distance, class, outcome, method, region), ``removal`` (… , part: a mode
        or a detector), ``agreement`` (distance, outcome, method). A group of no samples has no row.
    """
    by_dataset = {}
    for path in paths:
        with h5py.File(path) as file:
            by_dataset.setdefault(file.attrs["dataset"], []).append(_read(file))
    tables = {"attribution": [], "removal": [], "agreement": []}
    for seeds in by_dataset.values():
        classes = seeds[0]["classes"]
        groups = product(("all", *classes[1:]), ("all", "right", "wrong"))
        for name, outcome in groups:
            chosen = [_chosen(one, name, outcome) for one in seeds]
            if not all(rows.any() for rows in chosen):
                continue
            key = {"distance_kpc": seeds[0]["distance"], "class": name, "outcome": outcome}
            tables["attribution"] += _on_regions(key, seeds, chosen)
            tables["removal"] += _removed(key, seeds, chosen)
            tables["agreement"] += _agreement(key, seeds, chosen)
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}


def _read(file):
    keys = ("label", "prediction", "area", "power", "mode_change", "mode_prediction")
    one = {key: file[key][()] for key in (*keys, "detector_change", "detector_prediction")}
    one["distance"] = float(np.unique(file["distance_kpc"][()])[0])
    for key in ("classes", "detectors", "modes"):
        one[key] = list(file.attrs[key])
    one["methods"] = {
        key: {name: values[()] for name, values in group.items()} | {"name": group.attrs["name"]}
        for key, group in file["methods"].items()
    }
    return one


def _chosen(one, name, outcome):
    rows = np.full(len(one["label"]), True)
    if name != "all":
        rows &= one["label"] == one["classes"].index(name)
    if outcome != "all":
        rows &= (one["label"] == one["prediction"]) == (outcome == "right")
    return rows


def _of_method(seeds, chosen, method, name):
    """The chosen samples' values of a method, one array a seed."""
    pairs = zip(seeds, chosen, strict=True)
    return [one["methods"][method][name][rows] for one, rows in pairs]


def _on_regions(key, seeds, chosen):
    rows = []
    regions = ["signal", *seeds[0]["modes"]]
    for method, found in seeds[0]["methods"].items():
        for k, region in enumerate(regions):
            share, pointing = (
                [one[:, k] for one in _of_method(seeds, chosen, method, name)]
                for name in ("share", "pointing")
            )
            known = np.isfinite(share[0])
            if not known.any():
                continue
            area, power = (
                np.nanmean(
                    [
                        np.nanmean(one[name][rows_, k])
                        for one, rows_ in zip(seeds, chosen, strict=True)
                    ]
                )
                for name in ("area", "power")
            )
            row = _named("share", share) | _named("pointing", pointing)
            row |= {"share_by_chance": area, "share_by_power": power, "n": int(known.sum())}
            rows.append(key | {"key": method, "method": found["name"], "region": region} | row)
    return rows


def _removed(key, seeds, chosen):
    rows = []
    for kind, parts in (("mode", seeds[0]["modes"]), ("detector", seeds[0]["detectors"])):
        for k, part in enumerate(parts):
            change, flipped = [], []
            for one, rows_ in zip(seeds, chosen, strict=True):
                instead = one[f"{kind}_prediction"][rows_, k]
                moved = (instead != one["prediction"][rows_]).astype(float)
                change.append(one[f"{kind}_change"][rows_, k])
                flipped.append(np.where(instead < 0, np.nan, moved))
            known = int(np.isfinite(change[0]).sum())
            if known:
                row = _named("log_odds_change", change) | _named("flipped", flipped, rate=True)
                rows.append(key | {"kind": kind, "part": part} | row | {"n": known})
    return rows


def _agreement(key, seeds, chosen):
    rows = []
    for method, found in seeds[0]["methods"].items():
        values = {name: _of_method(seeds, chosen, method, name) for name in AGREEMENT}
        known = int(np.isfinite(values["chance"][0]).sum())
        if known:
            row = {}
            for measure in AGREEMENT[:-1]:
                row |= _named(measure, values[measure], rate=measure.startswith("top"))
            row |= {"top_by_chance": float(np.nanmean(values["chance"][0])), "n": known}
            rows.append(key | {"key": method, "method": found["name"]} | row)
    return rows


def table1(drop, published):
    """Table I: average drop and increase of each method, the paper's beside them.

    Parameters
    ----------
    drop : pandas.DataFrame
        From `drops`.
    published : dict
        ``table1`` of resources/published.json.

    Returns
    -------
    pandas.DataFrame
    """
    table = drop.drop(columns="key")
    for k, name in enumerate(("average_drop", "average_increase")):
        paper = [
            published.get(method, {}).get(name, {}).get("value", np.nan)
            for method in table["method"]
        ]
        table.insert(1 + k, f"paper_{name}_percent", paper)
    return table


def numbers(table):
    """Average drop and increase [%] by method, as `ccsncam.evaluation.over_seeds` gives them.

    Parameters
    ----------
    table : pandas.DataFrame
        From `table1`.
    """
    return {
        row["method"]: {
            f"average_{name}": over_seeds(str(row[f"{name}_by_seed"]).split())
            for name in ("drop", "increase")
        }
        for _, row in table.iterrows()
    }
