"""How true the saliency maps are, and what they lie on, as tidy tables with intervals."""

import warnings
from functools import cache
from itertools import product

import h5py
import numpy as np
import pandas as pd

from ccsncam.evaluation import mean_of, over_seeds

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
# Samples whose waveform has a g-mode and a SASI mode, as a class.
BOTH = "g-mode and SASI"
# The row of Table I that the paper's numbers stand beside.
CONFIGURED = "as configured"
# Saliency on a mode is ranked by its share of the map, and by that over the mode's share of cells.
# Resamples of a bootstrap.
RESAMPLES = 2000
AGREEMENT = ("tau_density", "top_density", "tau_share", "top_share", "chance")


def _named(prefix, values, factor=1, rate=False, bounded=False):
    """Columns ``prefix``, ``prefix_low``, ``prefix_high`` of one mean."""
    found = bootstrap(values) if bounded else mean_of(values, rate)
    ends = {"": "mean", "_low": "low", "_high": "high"}
    return {f"{prefix}{end}": factor * found[key] for end, key in ends.items()}


def bootstrap(values):
    """Mean with its 95 % interval as `ccsncam.evaluation.mean_of`, but one seed's by bootstrap.

    Student's interval of shares and rank correlations leaves their range where they are near its
    ends; percentiles of resampled means (Efron 1979) do not.

    Parameters
    ----------
    values : list of numpy.ndarray
        One a seed; NaN is left out.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high`` and ``n``.
    """
    found, one = mean_of(values), np.asarray(values[0])
    one = one[np.isfinite(one)]
    if len(values) == 1 and len(one) > 1:
        ends = np.quantile(_draws(len(one)) @ one / len(one), [0.025, 0.975])
        found |= {"low": float(ends[0]), "high": float(ends[1])}
    return found


@cache
def _draws(count):
    """How often each of the samples is drawn in each resample."""
    random = np.random.default_rng(count)
    return random.multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)


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
            one["variants"] = {
                name: {key: group[key][signal] for key in ("drop", "increase", "empty")}
                for name, group in file["variants"].items()
            }
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
        Over the signals of the whole test set, in %; ``variant`` is one of `methods.VARIANTS`, or
        CONFIGURED; ``empty_maps`` counts maps of zeros, of all seeds; ``…_by_seed`` are the values
        of each seed.
    """
    rows = []
    for (key, name), seeds in _explained(paths).items():
        found = {CONFIGURED: seeds}
        found |= {k: [one["variants"][k] for one in seeds] for k in seeds[0]["variants"]}
        for variant, values in found.items():
            rows.append({"key": key, "method": name, "variant": variant} | _drop(values))
    return pd.DataFrame(rows)


def _drop(seeds):
    row = {}
    for column, factor, rate in (("drop", 1, False), ("increase", 100, True)):
        values = [one[column] for one in seeds]
        row |= _named(f"average_{column}_percent", values, factor, rate)
        row[f"{column}_by_seed"] = " ".join(f"{factor * np.mean(one):.6g}" for one in values)
    row["n"] = len(seeds[0]["drop"])
    row["empty_maps"] = int(sum(one["empty"].sum() for one in seeds))
    return row


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
                    | _named("probability", [one[:, k] for one in values], bounded=True)
                    | {"n": len(values[0])}
                    for k, fraction in enumerate(fractions)
                ]
                values = [area(one, fractions) for one in values]
            row = _named("mean", values) | {"n": len(values[0]), "unit": unit}
            tables["measures"].append(who | {"measure": measure} | row)
        for step, layer in enumerate(seeds[0]["layers"]):
            row = {"step": step + 1, "layer": layer}
            for measure in ("correlation", "ssim"):
                values = [one[f"subset/randomised_{measure}"][:, step] for one in seeds]
                row |= _of_draws(measure, values)
            row |= {"n": len(values[0]), "draws": sum(one.shape[1] for one in values)}
            tables["randomisation"].append(who | row)
    found = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return found | {"black": _black(paths)}


def _of_draws(measure, seeds):
    """Mean over samples, with its interval over the draws of random weights of all seeds."""
    with warnings.catch_warnings():
        # A map that is the same everywhere correlates with nothing: NaN in all samples.
        warnings.simplefilter("ignore", RuntimeWarning)
        means = np.concatenate([np.nanmean(one, axis=0) for one in seeds])
    return _named(measure, [means])


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
        or a detector), ``agreement`` (distance, outcome, method). A group of no samples has no row,
        and ``agreement`` none at all where no waveform has two modes.
    """
    by_dataset = {}
    for path in paths:
        with h5py.File(path) as file:
            by_dataset.setdefault(file.attrs["dataset"], []).append(_read(file))
    tables = {"attribution": [], "removal": [], "agreement": []}
    for seeds in by_dataset.values():
        classes = seeds[0]["classes"]
        groups = product(("all", BOTH, *classes[1:]), ("all", "right", "wrong"))
        for name, outcome in groups:
            chosen = [_chosen(one, name, outcome) for one in seeds]
            if not all(rows.any() for rows in chosen):
                continue
            key = {"distance_kpc": seeds[0]["distance"], "class": name, "outcome": outcome}
            tables["attribution"] += _on_regions(key, seeds, chosen)
            tables["removal"] += _removed(key, seeds, chosen)
            tables["agreement"] += _agreement(key, seeds, chosen)
    tables = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    if tables["agreement"].empty:
        tables["agreement"] = tables["attribution"].iloc[:0, :5]
    return tables


def _read(file):
    keys = ["label", "prediction", "power"]
    for kind in ("mode", "mode_fixed_scale", "detector"):
        keys += [f"{kind}_change", f"{kind}_prediction"]
    one = {key: file[key][()] for key in keys}
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
    if name == BOTH:
        modes = [one["modes"].index(mode) for mode in ("g_mode", "sasi") if mode in one["modes"]]
        rows &= (len(modes) == 2) & np.isfinite(one["mode_change"][:, modes]).all(axis=1)
    elif name != "all":
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
            area = [one[:, k] for one in _of_method(seeds, chosen, method, "area")]
            power = [one["power"][rows_, k] for one, rows_ in zip(seeds, chosen, strict=True)]
            area, power = (np.mean([np.nanmean(one) for one in each]) for each in (area, power))
            row = _named("share", share, bounded=True)
            row |= _named("pointing", pointing, bounded=True)
            row |= {"share_by_chance": area, "share_by_power": power, "n": int(known.sum())}
            rows.append(key | {"key": method, "method": found["name"], "region": region} | row)
    return rows


def _removed(key, seeds, chosen):
    rows = []
    modes, detectors = seeds[0]["modes"], seeds[0]["detectors"]
    for kind, parts in (("mode", modes), ("mode_fixed_scale", modes), ("detector", detectors)):
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
                row |= _named(measure, values[measure], bounded=True)
            above = [
                one - power
                for one, power in zip(
                    values["tau_density"],
                    _of_method(seeds, chosen, "power", "tau_density"),
                    strict=True,
                )
            ]
            row |= _named("tau_above_power", above, bounded=True)
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
        own = table["variant"] == CONFIGURED
        table.insert(2 + k, f"paper_{name}_percent", np.where(own, paper, np.nan))
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
        for _, row in table[table["variant"] == CONFIGURED].iterrows()
    }
