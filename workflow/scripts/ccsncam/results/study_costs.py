"""What the variants of a study cost, from Snakemake's benchmark files."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

_SEED = re.compile(r"\bseed-(\d+)\b")


def costs(
    folders: Mapping[str, Mapping[str, Sequence[str]]], seeds: Collection[int]
) -> pd.DataFrame:
    """Seconds of each step of each variant.

    Parameters
    ----------
    folders : mapping
        By variant and step: the folders that may hold its benchmark files. A step that several
        variants share has the same folders in all of them; the latest files count.
    seeds : collection of int
        Seeds of the networks of the study. A folder may hold files of other ones.

    Returns
    -------
    pandas.DataFrame
        ``variant``, ``step``, ``seconds`` (NaN if no file is there) and ``variants``, the number of
        variants that share the step.
    """
    shared = Counter((step, *where) for steps in folders.values() for step, where in steps.items())
    rows = [
        {
            "variant": variant,
            "step": step,
            "seconds": _seconds(where, seeds),
            "variants": shared[(step, *where)],
        }
        for variant, steps in folders.items()
        for step, where in steps.items()
    ]
    return pd.DataFrame(rows)


def _seconds(folders: Sequence[str], seeds: Collection[int]) -> float:
    """Running time of the jobs of a step [s]."""
    found = [list(_files(folder, seeds)) for folder in folders]
    found = [files for files in found if files]
    if not found:
        return np.nan
    latest = max(found, key=lambda files: max(path.stat().st_mtime for path in files))
    return float(sum(pd.read_csv(path, sep="\t")["s"].sum() for path in latest))


def _files(folder: str, seeds: Collection[int]) -> list[Path]:
    """Benchmark files of a step, of these seeds if they are of one."""
    found = []
    for path in sorted(Path(folder).rglob("*.tsv")):
        seed = _SEED.search(str(path.relative_to(folder)))
        if seed is None or int(seed[1]) in seeds:
            found.append(path)
    return found


def totals(table: pd.DataFrame) -> dict[str, float]:
    """What a study cost, and what its variants would cost as runs of their own.

    Parameters
    ----------
    table : pandas.DataFrame
        From `costs`.

    Returns
    -------
    dict
        ``study``: each step once; ``runs``: each variant on its own; ``common``: the steps that all
        variants share; ``bound``: the runs without all but one of the common parts. In s.
    """
    count = table["variant"].nunique()
    common = table[table["variants"] == count].drop_duplicates("step")["seconds"].sum()
    runs = table["seconds"].sum()
    return {
        "study": float((table["seconds"] / table["variants"]).sum()),
        "runs": float(runs),
        "common": float(common),
        "bound": float(runs - (count - 1) * common),
    }


def of_variants(table: pd.DataFrame) -> pd.DataFrame:
    """Seconds of training, of everything else that is a variant's alone, and of what it shares.

    Parameters
    ----------
    table : pandas.DataFrame
        From `costs`.

    Returns
    -------
    pandas.DataFrame
        Columns ``training``, ``other steps`` and ``shared``, indexed by variant in their order.
    """
    kind = np.where(
        table["step"] == "train",
        "training",
        np.where(table["variants"] > 1, "shared", "other steps"),
    )
    found = table.assign(kind=kind).pivot_table(
        index="variant", columns="kind", values="seconds", aggfunc="sum", sort=False
    )
    order = list(dict.fromkeys(table["variant"]))
    return found.reindex(order, columns=["training", "other steps", "shared"]).fillna(0.0)
