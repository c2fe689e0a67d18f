"""Files of strain in a folder, chosen by their names alone."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ccsncam.aliases import PathLike, Ranges
from ccsncam.paths import check_path

Plain = Mapping[str, Mapping[str, Any]]

_NAME = re.compile(
    r"^(?P<site>[A-Z])-(?P<detector>[A-Z][0-9])_[^-]*-(?P<start>\d+)-(?P<duration>\d+)"
    r"\.(?P<kind>hdf5|h5|gwf)$",
    re.ASCII,
)


class StrainName(NamedTuple):
    """What a name such as ``H-H1_…-1238233088-4096.hdf5`` says.

    ``start`` is the GPS time [s], ``duration`` is in s, and ``kind`` is ``hdf5``, ``h5`` or
    ``gwf``.
    """

    detector: str
    start: int
    duration: int
    kind: str


def parse(name: str) -> StrainName | None:
    """Read the name of a file of strain; None if the name does not follow LIGO's convention."""
    match = _NAME.match(name)
    if match is None:
        return None
    return StrainName(match["detector"], int(match["start"]), int(match["duration"]), match["kind"])


def check_name(path: PathLike) -> None:
    """Check that the path of a file of strain contradicts neither itself nor Snakemake.

    Parameters
    ----------
    path : path

    Raises
    ------
    ValueError
        In one line, if the letter of the site is not that of the detector, or if Snakemake would
        take a part of the path for a wildcard.
    """
    match = _NAME.match(os.path.basename(path))
    if match is not None and match["site"] != match["detector"][0]:
        raise ValueError(
            f"{path}: the name says site {match['site']} and detector {match['detector']}: rename "
            "it to what it holds"
        )
    check_path(path)


def files_for(
    folder: PathLike | None, detector: str, ranges: Ranges, plain: Plain | None = None
) -> list[Path]:
    """List the files of a folder that hold strain of a detector in some ranges.

    Names follow LIGO's convention, ``H-H1_…-START-DURATION.hdf5`` (or ``.h5``, ``.gwf``). A file
    that ``plain`` lists may have any name. Where it ends is not known, so it is listed when it
    starts before the end of a range.

    Parameters
    ----------
    folder : path
    detector : str
    ranges : list of [start, end]
        GPS times [s].
    plain : dict, optional
        Maps a file name to ``{"detector", "start", "dataset"}`` and, if the file does not say it,
        ``sample_rate``.

    Returns
    -------
    list of pathlib.Path
        Sorted by start, then by name.

    Raises
    ------
    ValueError
        If the folder does not exist, a file of ``plain`` is not in it, or no file overlaps.
    """
    found = files_at(folder, detector, ranges, plain)
    if not found:
        assert folder is not None
        raise ValueError(
            f"{folder}: no file of {detector} strain overlaps the ranges {show(ranges)}; it holds "
            f"{held(folder, [detector], plain)}"
        )
    return found


def files_at(
    folder: PathLike | None,
    detector: str,
    ranges: Ranges,
    plain: Plain | None = None,
    block: str = "noise.files",
) -> list[Path]:
    """List files as `files_for` does, but return an empty list if no file overlaps.

    Parameters
    ----------
    folder, detector, ranges, plain
        As in `files_for`.
    block : str
        The block of the configuration that names the folder; errors mention it.

    Raises
    ------
    ValueError
        If the folder does not exist, a file of ``plain`` is not in it, or as `check_name`.
    """
    if not folder or not os.path.isdir(folder):
        raise ValueError(
            f"{block}.folder: {folder!s} is not a folder: name one that holds {detector} strain"
        )
    plain = plain or {}
    names = set(os.listdir(folder))
    found: list[tuple[float, str]] = []
    for name, entry in plain.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{block}.plain: there is no file {name!r} in {folder}{meant}")
        if entry["detector"] == detector and any(entry["start"] < end for _, end in ranges):
            found.append((entry["start"], name))
    for name in names - set(plain):
        said = parse(name)
        if said is None or said.detector != detector:
            continue
        end = said.start + said.duration
        if any(said.start < stop and begin < end for begin, stop in ranges):
            found.append((said.start, name))
    paths = [Path(folder) / name for _, name in sorted(found)]
    for path in paths:
        check_name(path)
    return paths


def may_hold(path: PathLike, start: float, end: float, plain: Plain) -> bool:
    """Say whether a file may hold strain of a stretch, without opening it.

    Parameters
    ----------
    path : path
        One of those that `files_at` lists.
    start, end : float
        GPS times [s].
    plain : dict
        As in `files_for`. Where such a file ends is not known.
    """
    name = os.path.basename(path)
    if name in plain:
        return bool(plain[name]["start"] < end)
    said = parse(name)
    return said is None or (said.start < end and start < said.start + said.duration)


def held(folder: PathLike, detectors: Iterable[str], plain: Plain | None = None) -> str:
    """Say in words which time the files of a folder hold, by their names.

    Parameters
    ----------
    folder : path
    detectors : list of str
    plain : dict, optional
        As in `files_for`. Where such a file ends is not known.

    Returns
    -------
    str
    """
    spans: dict[str, list[tuple[float, str]]] = {name: [] for name in detectors}
    for name in sorted(os.listdir(folder)):
        said = parse(name)
        if said is not None and said.detector in spans:
            spans[said.detector].append((said.start, f"to {said.start + said.duration}"))
    for entry in (plain or {}).values():
        if entry["detector"] in spans:
            spans[entry["detector"]].append((entry["start"], "on"))
    words = []
    for name, own in spans.items():
        if not own:
            continue
        # The two ends of a long list are enough.
        short = len(own) < 5
        shown = sorted(own) if short else [min(own), max(own)]
        between = ", " if short else f", … ({len(own)} files) …, "
        words.append(f"{name} {between.join(f'{start:.15g} {end}' for start, end in shown)}")
    known = "; ".join(words)
    return f"GPS of {known}" if known else "no file with a name such as H-H1_…-1238233088-4096.hdf5"


def show(ranges: Ranges) -> str:
    """Write GPS ranges for a message, such as ``[0, 64], [100, 164]``."""
    return ", ".join(f"[{begin}, {end}]" for begin, end in ranges)
