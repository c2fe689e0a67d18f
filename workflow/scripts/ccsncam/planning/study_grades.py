"""What variants are graded by beside the comparison of all: which files, and which rules."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Config = Mapping[str, Any]
REMOVAL, DELETION, UNSEEN = "removal", "deletion", "unseen"
# Rules that only these grades need.
RULES = {
    "take_apart": (REMOVAL, DELETION),
    "attribute": (REMOVAL,),
    "explain": (DELETION,),
    "make_unseen_waveform": (UNSEEN,),
    "build_unseen": (UNSEEN,),
    "evaluate_unseen": (UNSEEN,),
    "search_unseen": (UNSEEN,),
}


def names_of(
    where: str, config: Config, grades: Iterable[str], unseen: Sequence[str]
) -> dict[str, list[str]]:
    """Names of the files that each grade of a variant reads.

    Parameters
    ----------
    where : str
        Place in the configuration, for messages.
    config : mapping
        That of the variant, whole and checked, with the block ``study`` of the run.
    grades : iterable of str
    unseen : list of str
        Unseen waveforms of the variant.

    Returns
    -------
    dict of list of str
        As `ccsncam.planning.study_files.graded` takes them, by grade.

    Raises
    ------
    ValueError
        In one line, if there are no unseen waveforms, or found signals are not compared.
    """
    saliency, found = config["saliency"], {}
    for grade in grades:
        if grade == REMOVAL:
            found[grade] = [f"test-{distance:g}kpc" for distance in saliency["distances"]]
        elif grade == DELETION:
            dataset = f"test-{saliency['distance']:g}kpc"
            found[grade] = [f"{dataset}/{method}" for method in (*saliency["methods"], "random")]
        else:
            if not config["study"]["detection"]:
                raise ValueError(
                    f"{where}: {grade} counts what is found at a rate of false alarms: set "
                    "study.detection to true"
                )
            if not unseen:
                raise ValueError(
                    f"{where}: {grade}: no row of {config['waveforms']} has the role unseen: add "
                    "one (docs/unseen.md)"
                )
            distances = config["unseen"]["distances"] or config["datasets"]["distances"]
            found[grade] = [f"test-unseen-{distance:g}kpc" for distance in distances]
    return found
