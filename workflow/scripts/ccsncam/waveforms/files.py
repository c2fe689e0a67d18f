"""Files of waveforms: which ones a row of the table needs, and their digest."""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.waveforms.cells import VIEWS


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
    if row["format"] == "single":
        raise ValueError(
            f"{row['where']}: {row.name} is known in one direction only (format single) and cannot "
            "be seen from random directions; give tensor components, a grid or three views"
        )
    path = Path(os.path.normpath(Path(table_path).parent / row["path"]))
    if row["format"] == "tensor":
        files = [path]
    elif row["format"] == "views":
        files = [Path(str(path).replace("{view}", view)) for view in VIEWS]
    else:
        files = sorted(path.glob(re.sub(r"\{\w+\}", "*", row["pattern"])))
        if not files:
            raise ValueError(f"{row['where']}: no file {row['pattern']} in {path}{_hint(row)}")
    for file in files:
        if not file.is_file():
            raise ValueError(f"{row['where']}: no file {file}{_hint(row)}")
    if row["unknown"]:
        known = f"; the sha256 is {digest(files)}" if "sha256" in row["unknown"] else ""
        raise ValueError(
            f"{row['where']}: {row.name}: replace each ? by what the files say: "
            f"{', '.join(row['unknown'])}{known}"
        )
    return files


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
    each = sorted(hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files)
    if len(each) == 1:
        return each[0]
    return hashlib.sha256("".join(f"{one}\n" for one in each).encode()).hexdigest()
