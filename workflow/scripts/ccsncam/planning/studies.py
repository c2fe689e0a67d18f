"""Studies: variants of a run, what they share, and where each of them reads and writes."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccsncam import environment
from ccsncam.config import schema
from ccsncam.origin import VARIANT
from ccsncam.planning import coherence, costs, inputs, study_checks, study_grades
from ccsncam.planning.study_files import files_of, graded
from ccsncam.waveforms import table

Config = Mapping[str, Any]
# Blocks that only matter once networks are trained.
_AFTER = ("run", "study", "detection", "saliency", "figures", "moment", "scan")
_OF_NOISE = ("noise", "whitening", "seed", "detectors")
_OF_WAVEFORMS = ("waveforms", "surrogates", "classes")
_OF_SAMPLES = ("spectrogram", "datasets", "classifier")
# What variants can share, each in a folder of this name, and the blocks of the configuration on
# which it does not depend. A new block counts until it is named here: a block too many makes
# something again, and one too few would mix variants up.
LEVELS = {
    "waveforms": (*_AFTER, *_OF_NOISE, *_OF_SAMPLES, "unseen"),
    "noise": (*_AFTER, *_OF_WAVEFORMS, *_OF_SAMPLES, "unseen"),
    "datasets": (*_AFTER, "classifier"),
    "mixing": (*_AFTER, "classifier", "unseen"),
    "models": (*_AFTER, "unseen"),
}
# The keys of blocks on which a level does not depend.
_WITHOUT = {
    ("noise", "noise"): ("coincident", "gwosc"),
    ("models", "classifier"): ("seeds",),
}
# What the configuration of a variant says of studies.
_ALONE: dict[str, Any] = {
    **{"variants": {}, "against": {}, "grades": {}},
    **{"compare": [], "leave_out": []},
}
# The rules that make a level, and those that belong to a variant alone: whose time is its cost.
RULES = {
    "waveforms": ("make_waveform", "make_unseen_waveform"),
    "noise": ("select_noise",),
    "datasets": ("build_snr_dataset", "build_distance_dataset", "build_unseen"),
    "mixing": ("transform_training", "leave_out_modes"),
    "models": ("train",),
    "": (
        *("evaluate", "search_background", "background", "efficiency"),
        *("evaluate_unseen", "search_unseen", "take_apart", "explain", "attribute"),
    ),
}
# Those of these rules that only a search needs.
SEARCH = ("search_background", "background", "efficiency")


@dataclass(frozen=True, eq=False)
class Variant:
    """A variant of a run.

    Attributes
    ----------
    name : str
    config : dict
        A whole configuration, checked.
    results : str
        Folder of its own results.
    levels : dict of str
        Folder from which it reads each of `LEVELS`.
    made : tuple of str
        The levels that its rules make. Any other one is made by the run or an earlier variant.
    """

    name: str
    config: dict[str, Any]
    results: str
    levels: dict[str, str]
    made: tuple[str, ...]

    @property
    def module(self) -> str:
        """Name of its module; no variable of a workflow can have such a name."""
        return f"variant {self.name}"

    @property
    def prefix(self) -> str:
        """What the names of its rules begin with."""
        return f"{self.name}."

    @property
    def pathvars(self) -> dict[str, str]:
        """Values of the path variables of its module."""
        below = self.results.removeprefix("results/")
        found = {name: f"{name}/{below}" for name in ("results", "logs", "benchmarks")}
        made = {f"made_{level}": self.levels[level] for level in self.made}
        return found | self.levels | made


@dataclass(frozen=True, eq=False)
class Study:
    """A study: its variants in their order, and other runs that it compares them with.

    Attributes
    ----------
    run, name : str
    variants : list of Variant
        All, also those that are left out of the comparison.
    left_out : list of str
    against : dict of str
        The variant that a variant is compared with, where it is not the first.
    grades : dict of dict of list of str
        By variant and grade: the names that `graded` takes.
    others : dict of list of int
        Seeds of the networks of each finished run, by its folder.
    seeds, distances : list
        Seeds of the networks, and distances of the test sets [kpc].
    detection : bool
        Whether it is compared how many signals are found at rates of false alarms.
    warnings : list of str
        What the log says when Snakemake starts.
    """

    run: str
    name: str
    variants: list[Variant]
    left_out: list[str]
    against: dict[str, str]
    grades: dict[str, dict[str, list[str]]]
    others: dict[str, list[int]]
    seeds: list[int]
    distances: list[float]
    detection: bool
    warnings: list[str]

    @property
    def results(self) -> str:
        """Folder of the study."""
        return f"results/{self.name}"

    @property
    def compared(self) -> list[Variant]:
        """Variants that are compared."""
        return [variant for variant in self.variants if variant.name not in self.left_out]

    @property
    def bases(self) -> dict[str, str]:
        """What each variant and other run is compared with, by name; the first is the default."""
        names = [variant.name for variant in self.compared]
        return {name: self.against.get(name, names[0]) for name in [*names, *self.others]}

    @property
    def words(self) -> str:
        """Where the results of a call of Snakemake go."""
        own = f"results/{self.run}/"
        return f"{own} and {self.results}/" if self.variants else own

    def files(self) -> list[str]:
        """Files that the comparison reads, of variants and of other runs."""
        found = []
        for variant in self.compared:
            found += self._files(variant)
        for folder, seeds in self.others.items():
            for wanted in [False, True] if self.detection else [False]:
                some = files_of(folder, seeds, self.distances, wanted)
                found += [path for path in some if Path(path).is_file() and path not in found]
        return found

    def _files(self, variant: Variant) -> list[str]:
        """Files of a variant that the comparison reads."""
        found = files_of(variant.results, self.seeds, self.distances, self.detection)
        for grade, names in self.grades.get(variant.name, {}).items():
            for seed in self.seeds:
                found += graded(variant.results, seed, grade, names)
        return found

    def advice(self) -> str | None:
        """What to do if some variants have failed and others are complete; None otherwise."""
        lacking = [
            variant.name
            for variant in self.compared
            if not all(Path(path).is_file() for path in self._files(variant))
        ]
        if not lacking or len(lacking) == len(self.compared):
            return None
        keys: dict[str, Any] = {"leave_out": self.left_out + lacking}
        left = [variant.name for variant in self.compared if variant.name not in lacking]
        alone = [name for name in left if self.against.get(name) in lacking]
        if alone:
            keys["against"] = dict.fromkeys(alone, left[0])
        return (
            f"Study {self.name}: {', '.join(lacking)} could not be finished. To compare the others,"
            f' add --config study="{keys}", or set {" and ".join(f"study.{key}" for key in keys)}.'
        )

    def settings(self) -> dict[str, Any]:
        """What the jobs of the comparison are told: plain values for the params of rules."""
        return {
            "name": self.name,
            "variants": {variant.name: variant.results for variant in self.compared},
            "left_out": self.left_out,
            "against": self.bases,
            "grades": self.grades,
            "others": self.others,
            "seeds": self.seeds,
            "distances": self.distances,
            "detection": self.detection,
        }

    def costs(self) -> dict[str, dict[str, list[str]]]:
        """Folders that may hold the benchmark files of each step of each compared variant.

        A shared step was done once, by the run or by any of the variants that share it.
        """
        return {
            variant.name: {
                rule: [f"benchmarks/{folder}/{rule}" for folder in self._makers(variant, level)]
                for level, rules in RULES.items()
                for rule in rules
                if self._takes(variant, rule)
            }
            for variant in self.compared
        }

    def _takes(self, variant: Variant, rule: str) -> bool:
        """Whether the comparison of a variant needs a rule."""
        mixing = variant.config["classifier"]["mixing"]
        if rule == "transform_training":
            return bool(mixing["anew"])
        if rule == "leave_out_modes":
            return mixing["mode_dropout"] > 0
        if rule in study_grades.RULES:
            own = self.grades.get(variant.name, {})
            return any(grade in own for grade in study_grades.RULES[rule])
        return self.detection or rule not in SEARCH

    def _makers(self, variant: Variant, level: str) -> list[str]:
        """The run, or the variants, that may have made a level of a variant."""
        if not level:
            return [f"{self.name}/{variant.name}"]
        folder = variant.levels[level]
        if folder == f"results/{self.run}/{level}":
            return [self.run]
        return [f"{self.name}/{one.name}" for one in self.variants if one.levels[level] == folder]


def plan(config: Config, complete: Callable[[dict[str, Any]], None]) -> Study:
    """Plan the study of a configuration.

    Parameters
    ----------
    config : mapping
        A configuration that was filled and checked.
    complete : callable
        Fills and checks the configuration of a variant in place.

    Returns
    -------
    Study
        A configuration without variants gives one without them.

    Raises
    ------
    ValueError
        In one line: which variant or other key of ``study`` is wrong, why, and what to do.
    """
    block = config["study"]
    study_checks.check_names(block, config["run"])
    names = list(block["variants"])
    known: set[str] = set()
    variants = []
    grades = {}
    warnings = dict.fromkeys(
        [*environment.warnings(), *inputs.warnings(config), *costs.warnings(config)]
    )
    for name in names:
        whole = _config_of(name, config, complete)
        levels = {}
        for level in LEVELS:
            other = difference(whole, config, level)
            shared = f"results/{block['name']}/shared/{level}-{other}"
            levels[level] = shared if other else f"results/{config['run']}/{level}"
        made = tuple(
            level
            for level, folder in levels.items()
            if folder not in known and folder != f"results/{config['run']}/{level}"
        )
        known |= set(levels.values())
        if name not in block["leave_out"]:
            costs.check_study(whole, f"config, study.variants.{name}")
        warnings |= dict.fromkeys([*inputs.warnings(whole), *costs.warnings(whole)])
        if name not in block["leave_out"] and block["grades"].get(name):
            own = {**whole, "study": block}
            where = f"config, study.grades.{name}"
            unseen = table.unseen(inputs.waveforms_of(whole))
            grades[name] = study_grades.names_of(where, own, block["grades"][name], unseen)
        variants.append(Variant(name, whole, f"results/{block['name']}/{name}", levels, made))
    return Study(
        run=config["run"],
        name=block["name"],
        variants=variants,
        left_out=block["leave_out"],
        against=block["against"],
        grades=grades,
        others={folder: study_checks.seeds_of(folder, config) for folder in block["compare"]},
        seeds=_seeds(config),
        distances=config["datasets"]["distances"],
        detection=block["detection"],
        warnings=list(warnings),
    )


def _seeds(config: Config) -> list[int]:
    """Seeds of the networks of each variant."""
    seeds = config["study"]["seeds"]
    return list(config["classifier"]["seeds"] if seeds is None else seeds)


def _config_of(
    name: str, config: Config, complete: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """The whole configuration of a variant, checked."""
    where, changes = f"config, study.variants.{name}", config["study"]["variants"][name] or {}
    study_checks.check_fixed(where, config, changes)
    whole = schema.merged(config, changes)
    own = changes.get("spectrogram")
    # The lags are those of the variant's own detectors.
    if not (isinstance(own, dict) and coherence.KEY in own):
        coherence.taken_out(whole)
    whole["study"] = {**whole["study"], **_ALONE}
    if isinstance(whole["classifier"], dict):
        # These numbers guard a run against a network that nobody wanted; a variant may want one.
        counted = dict.fromkeys(("parameters", "features"))
        asked = changes.get("classifier", {})
        whole["classifier"] |= counted | {key: asked[key] for key in counted if key in asked}
        whole["classifier"]["seeds"] = _seeds(config)
    try:
        complete(whole)
    except ValueError as error:
        lines = str(error).splitlines()
        raise ValueError(
            "\n".join(f"{where}: {line.removeprefix('config, ')}" for line in lines)
        ) from None
    # Figures and pages say which variant they show.
    whole[VARIANT] = f"{config['study']['name']}/{name}"
    return whole


def difference(config: Config, run: Config, level: str) -> str:
    """Name what a variant changes of the settings that a level depends on.

    What the run itself has does not enter. So a change of the run leaves folders where they are,
    and what is in them is made again only if a rule depends on the change.

    Parameters
    ----------
    config, run : mapping
        Whole configurations of the variant and of the run.
    level : str
        One of `LEVELS`.

    Returns
    -------
    str
        8 hexadecimal digits, or nothing where the variant changes nothing.
    """
    own, base = _settings(config, level), _settings(run, level)
    changed = {key: own.get(key) for key in {*own, *base} if own.get(key) != base.get(key)}
    if not changed:
        return ""
    text = json.dumps(changed, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _settings(config: Config, level: str) -> dict[str, Any]:
    """Single settings that a level depends on, by their place in the configuration."""
    found = {}
    for block in set(config) - {*LEVELS[level], VARIANT}:
        for key, value in _leaves(config[block], block):
            found[key] = value
        for name in _WITHOUT.get((level, block), ()):
            found = {key: one for key, one in found.items() if key.split(".")[:2] != [block, name]}
    if level not in ("waveforms", "noise"):
        # Figure 2 has samples of its own, which lie beside the data sets.
        found |= dict(_leaves(config["figures"]["examples"], "figures.examples"))
    return found


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Settings below a key, each with its place."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}")
    else:
        yield key, value
