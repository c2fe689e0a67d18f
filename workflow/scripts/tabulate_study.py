"""Comparison of the variants of a study, and of other runs, as tidy tables."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ccsncam import joblog
from ccsncam.network.evaluation import Evaluation
from ccsncam.planning.study_files import check_classes, files_of, graded
from ccsncam.results import study_costs, study_data, study_grades, study_outcomes, study_tables
from ccsncam.results.study_data import Answers, Networks, Point
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained

COLUMNS = ("label", "prediction", "network_snr")
PLACES = ("label", "network_snr", "distance_kpc")


def main(job: Any) -> None:
    """Run the rule ``tabulate_study``."""
    logger = joblog.start(job.log[0], job.rule)
    params, block = job.params, job.params.study
    asked = study_data.points(params.rates, params.probabilities)
    seeds = dict.fromkeys(block["variants"].values(), block["seeds"]) | block["others"]
    named = block["variants"] | {folder: folder for folder in block["others"]}
    networks, words = {}, {}
    for name, folder in named.items():
        networks[name], evaluation = _networks(folder, seeds[folder], block, asked, job.input)
        for grade, files in block["grades"].get(name, {}).items():
            for seed, answers in networks[name].items():
                answers |= graded_by(grade, files, folder, seed, asked)
        check_classes(folder, evaluation.classes, params.classes)
        words[name] = evaluation.origin.words
    variants = [networks[name] for name in block["variants"]]
    point = study_data.chosen(variants, asked, params.rate)
    if block["detection"] and (point is None or point.criterion != params.rate):
        criterion = "nothing" if point is None else point.criterion
        logger.warning(
            "noise is too short for %s in some variant: found signals are compared at %s",
            params.rate,
            criterion,
        )
    table = study_tables.study(networks, block["against"], asked, point)
    table["inputs"] = table["variant"].map(words)
    table.to_csv(job.output["study"], index=False, float_format="%.6g")
    costs = study_costs.costs(params.costs, block["seeds"])
    costs.to_csv(job.output["costs"], index=False, float_format="%.6g")


def _networks(
    folder: str, seeds: list[int], block: dict, asked: list[Point], files: Collection[str]
) -> tuple[Networks, Evaluation]:
    """Read the networks of a run, by seed; and one of their evaluations."""
    networks = {}
    for seed in seeds:
        evaluations = {
            distance: Evaluation.read(
                f"{folder}/evaluation/seed-{seed}/test-{distance:g}kpc.h5", COLUMNS
            )
            for distance in block["distances"]
        }
        answers = study_outcomes.classified(evaluations)
        searched = files_of(folder, [seed], block["distances"], detection=True)
        if block["detection"] and set(searched) <= set(map(str, files)):
            tests = [Path(path).stem for path in searched if "/evaluation/" in path]
            answers |= study_outcomes.read_search(folder, seed, tests, asked)
        networks[seed] = answers
    return networks, next(iter(evaluations.values()))


def graded_by(grade: str, names: list[str], folder: str, seed: int, asked: list[Point]) -> Answers:
    """Read what a grade of one network is made of."""
    paths = graded(folder, seed, grade, names)
    if grade == "removal":
        return study_grades.without_modes([Attribution.read(path) for path in paths])
    if grade == "unseen":
        return study_grades.of_unseen(study_outcomes.read_search(folder, seed, names, asked))
    maps = [Explained.read(path, maps=False) for path in paths]
    own = f"{folder}/evaluation/seed-{seed}/{maps[0].dataset}.h5"
    return study_grades.deleted(maps, Evaluation.read(own, PLACES))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
