"""Files of runs that a study compares; jobs import this module, too, so it needs no schema."""

from collections.abc import Iterable, Sequence

# Folder of the files of a grade.
FOLDERS = {"removal": "attribution", "deletion": "saliency", "unseen": "detection"}


def files_of(
    folder: str, seeds: Iterable[int], distances: Iterable[float], detection: bool
) -> list[str]:
    """Files of a run that a comparison reads.

    Parameters
    ----------
    folder : str
        Results of the run.
    seeds : iterable of int
    distances : iterable of float
        Those of the test sets [kpc].
    detection : bool
        Whether the search of noise and of samples is among them.

    Returns
    -------
    list of str
    """
    tests = [f"test-{distance:g}kpc" for distance in distances]
    found = []
    for seed in seeds:
        found += [f"{folder}/evaluation/seed-{seed}/{test}.h5" for test in tests]
        if detection:
            found.append(f"{folder}/background/seed-{seed}.h5")
            found += [f"{folder}/detection/seed-{seed}/{name}.h5" for name in (*tests, "noise")]
    return found


def graded(folder: str, seed: int, grade: str, names: Iterable[str]) -> list[str]:
    """Files that a grade of one network reads.

    Parameters
    ----------
    folder : str
        Results of the run.
    seed : int
    grade : str
        One of `FOLDERS`.
    names : iterable of str
        Of data sets, or ``<data set>/<method>`` of maps.

    Returns
    -------
    list of str
    """
    return [f"{folder}/{FOLDERS[grade]}/seed-{seed}/{name}.h5" for name in names]


def check_classes(folder: str, found: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse to compare a run with other classes.

    Parameters
    ----------
    folder : str
        Results of that run.
    found, wanted : list of str
        Its classes, and those of the study, in the order of their labels.

    Raises
    ------
    ValueError
        In one line with both.
    """
    if list(found) != list(wanted):
        raise ValueError(
            f"config, study.compare: {folder}: its classes are {', '.join(found)}, and those of "
            f"this study {', '.join(wanted)}: only runs with the same classes can be compared"
        )
