"""Checks of a study: its names, what variants may change, and runs that it is compared with."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccsncam import paths
from ccsncam.config.schema import merged
from ccsncam.planning.study_files import check_classes, files_of

Config = Mapping[str, Any]

# What a variant may not change, and why.
_PAIRED = "variants are compared on the same samples"
_SAME_RULE = "signals of all variants are found by the same rule"
FIXED = {
    "run": "what variants share belongs to this run",
    "seed": _PAIRED,
    "classes": "only accuracies for the same classes can be compared",
    "study": "a study has no studies",
    "datasets.distances": _PAIRED,
    "datasets.test_per_class": _PAIRED,
    "classifier.seeds": "all variants have the seeds of study.seeds",
    "detection.rates": _SAME_RULE,
    "detection.rate": _SAME_RULE,
    "detection.probabilities": _SAME_RULE,
    "detection.per_class": _PAIRED,
    "noise.gwosc": "strain is fetched once for all",
}
# Folders of a study that no variant may have as its own.
RESERVED = ("shared", "tables", "figures")


def check_fixed(where: str, config: Config, changes: Config) -> None:
    """Refuse a variant that changes what must be the same in all."""
    for path, reason in FIXED.items():
        base: Any = config
        own: Any = changes
        for key in path.split("."):
            if not isinstance(own, Mapping) or key not in own:
                break
            base, own = base[key], own[key]
        else:
            same = own == base
            if isinstance(own, Mapping) and isinstance(base, Mapping) and path != "study":
                same = merged(base, own) == base
            if not same:
                raise ValueError(
                    f"{where}: {path}: a variant cannot change it, because {reason}: change it "
                    "outside of study"
                )


def check_names(block: Config, run: str) -> None:
    """Refuse names that are no folders of their own, and comparisons of nothing."""
    if block["variants"] and block["name"].lower() == run.lower():
        raise ValueError(
            f"config, study.name: {block['name']} is the name of the run, whose results are in "
            f"results/{run}: give the study another name"
        )
    seen: dict[str, str] = {}
    for name in block["variants"]:
        if name.lower() in RESERVED:
            raise ValueError(
                f"config, study.variants: {name} is a folder of the study itself: take another name"
            )
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise ValueError(
                f"config, study.variants: {other} and {name} differ in capital letters only, which "
                "not all file systems tell apart: rename one"
            )
    strange = [name for name in block["leave_out"] if name not in block["variants"]]
    if strange:
        raise ValueError(
            f"config, study.leave_out: {strange[0]!r} is no variant; there are "
            f"{', '.join(block['variants']) or 'none'}"
        )
    if block["variants"] and len(block["leave_out"]) == len(block["variants"]):
        raise ValueError("config, study.leave_out: no variant is left: leave out fewer")
    _check_against(block)


def _check_against(block: Config) -> None:
    """Refuse to compare or grade what is no variant, and to compare with what is left out."""
    known = ", ".join(block["variants"]) or "none"
    for name, base in block["against"].items():
        for one in (name, base):
            if one not in block["variants"]:
                raise ValueError(
                    f"config, study.against: {name}: {one!r} is no variant; there are {known}"
                )
        left = [one for one in block["variants"] if one not in block["leave_out"]]
        if name == base and name != left[0]:
            raise ValueError(
                f"config, study.against: {name} is compared with itself; name another variant"
            )
    for name in block["grades"]:
        if name not in block["variants"]:
            raise ValueError(f"config, study.grades: {name!r} is no variant; there are {known}")
    lost = [
        name
        for name, base in block["against"].items()
        if base in block["leave_out"] and name not in block["leave_out"]
    ]
    if lost:
        base = block["against"][lost[0]]
        raise ValueError(
            f"config, study.leave_out: {', '.join(lost)} would have no {base} to be compared with: "
            f"leave out {', '.join(lost)}, too, or name another variant in study.against"
        )


def seeds_of(folder: str, config: Config) -> list[int]:
    """Seeds of the networks of a finished run, after a look at what it has."""
    where = f"config, study.compare: {folder}"
    paths.check_path(folder)
    own = [f"results/{config['run']}", f"results/{config['study']['name']}"]
    if any(_inside(folder, one) for one in own):
        raise ValueError(
            f"{where}: it belongs to this run and its study: give a variant without changes "
            "instead, such as base: {}"
        )
    if not Path(folder).is_dir():
        raise ValueError(f"{where}: there is no such folder of results")
    seeds = sorted(
        int(path.name.removeprefix("seed-"))
        for path in Path(folder, "evaluation").glob("seed-*")
        if path.name.removeprefix("seed-").isdigit()
    )
    if not seeds:
        raise ValueError(f"{where}: it has no evaluation/seed-<n>: finish that run first")
    for path in files_of(folder, seeds, config["datasets"]["distances"], detection=False):
        if not Path(path).is_file():
            raise ValueError(
                f"{where}: {path} is missing: its test sets must have the distances of this study"
            )
    table = Path(folder, "tables/tpr.csv")
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as file:
            found = list(dict.fromkeys(row["class"] for row in csv.DictReader(file)))
        check_classes(folder, found, config["classes"])
    return seeds


def _inside(folder: str, other: str) -> bool:
    one, two = Path(folder).resolve(), Path(other).resolve()
    return one == two or two in one.parents
