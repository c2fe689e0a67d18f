"""Files of waveforms: which ones a row of the table needs, and their digest."""

import hashlib
import os
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.text import is_file
from ccsncam.waveforms.cells import UNSEEN, VIEWS

# The component that only the cross polarisation of a view holds.
_ONLY = {"x": "yz", "y": "xz", "z": "xy"}
# A grid of more directions than this is a mistaken pattern.
MOST_FILES = 10_000


def files_of(row: pd.Series, table_path: PathLike) -> list[Path]:
    """List the files that a row of the waveform table needs.

    Parameters
    ----------
    row : pandas.Series
        From `ccsncam.waveforms.table.read_table`.
    table_path : path
        Relative paths in the table start at its folder.

    Returns
    -------
    list of pathlib.Path
        Sorted; empty for a surrogate.

    Raises
    ------
    ValueError
        If files are missing, if cells still hold ``?``, or if the format is of no use.
    """
    if row["format"] == "surrogate":
        return []
    if row["format"] == "single" and row["role"] != UNSEEN:
        raise ValueError(
            f"{row['where']}: {row.name} is known in one direction only (format single) and cannot "
            "be seen from random directions; give tensor components, a grid or three views (format "
            "views: both polarisations along x, y and z), or set its role to unseen: it is then "
            "scored, but not trained (docs/unseen.md)"
        )
    path = Path(os.path.normpath(Path(table_path).parent / row["path"]))
    if row["format"] in ("tensor", "single"):
        files = [path]
    elif row["format"] == "views":
        files = [Path(str(path).replace("{view}", view)) for view in VIEWS]
    else:
        wanted = re.sub(r"\{\w+\}", "*", row["pattern"])
        files = sorted(islice(path.glob(wanted), MOST_FILES + 1))
        if len(files) > MOST_FILES:
            raise ValueError(
                f"{row['where']}: more than {MOST_FILES} files {row['pattern']} in {path}; correct "
                "the pattern"
            )
        if not files:
            raise ValueError(f"{row['where']}: no file {row['pattern']} in {path}{_hint(row)}")
    for file in files:
        if os.path.isdir(file):
            raise ValueError(f"{row['where']}: {file} is a folder; name the file in it")
        if not is_file(file):
            lost = _lost(file, files) if row["format"] == "views" else ""
            raise ValueError(f"{row['where']}: no file {file}{lost}{_hint(row)}")
    if row["unknown"]:
        known = f"; the sha256 is {digest(files)}" if "sha256" in row["unknown"] else ""
        raise ValueError(
            f"{row['where']}: {row.name}: replace each ? by what the files say: "
            f"{', '.join(row['unknown'])}{known}"
        )
    return files


def _lost(file: Path, views: Sequence[Path]) -> str:
    """Say why a missing view cannot be replaced, if the other two are there."""
    if sum(map(is_file, views)) != len(views) - 1:
        return ""
    view, component = list(_ONLY.items())[views.index(file)]
    return (
        f", the view along {view}: its plus follows from the other two views, but its cross, the "
        f"component {component} of the tensor, is in no other file; one view alone can be a row of "
        "format single and role unseen"
    )


def _hint(row: pd.Series) -> str:
    """Say where missing files come from."""
    if row["url"] is None:
        return "; put it there, or correct the path"
    return f"; get it from {row['url']} and put it there"


def digest(files: Sequence[PathLike]) -> str:
    """Give the SHA-256 of a file; for several files, that of their sorted digests, one per line.

    Parameters
    ----------
    files : list of path

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    each = sorted(map(_digest_of, files))
    if len(each) == 1:
        return each[0]
    return hashlib.sha256("".join(f"{one}\n" for one in each).encode()).hexdigest()


def _digest_of(path: PathLike) -> str:
    """SHA-256 of a file, which is not held in memory."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
