"""Small tables that ship with the workflow, in the folder ``resources`` of the repository.

Scripts find them beside the library, and the params of rules hold their digests. They are no input
files of rules: Snakemake would record their absolute paths, and make results again after a move.
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.text import numbered_lines

# An installed package carries the tables inside itself; in a checkout they lie at its top.
_INSTALLED = Path(__file__).parent / "shipped"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[3] / "resources"


def path(name: str) -> Path:
    """Path of a shipped table."""
    return FOLDER / name


def digest(*names: str) -> str:
    """Digest of what shipped tables say; comments and empty lines do not count."""
    found = hashlib.sha256()
    for name in names:
        lines = path(name).read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.strip() and not line.startswith("#")]
        found.update("\n".join(kept).encode())
    return found.hexdigest()[:12]


def read(table: PathLike, numbers: Sequence[str], texts: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table of tab-separated columns in which ``#`` begins a comment.

    Parameters
    ----------
    table : path
    numbers, texts : list of str
        Columns that it must have; ``numbers`` become float64.

    Returns
    -------
    pandas.DataFrame
        All columns of the table; those that are not in ``numbers`` are text. Its index is the
        number of each line.

    Raises
    ------
    ValueError
        In one line with file and line number, when a column is missing or a value is no number.
    """
    kept = [(number, line) for number, line in numbered_lines(table) if line.strip(" \t")]
    kept = [(number, line) for number, line in kept if not line.startswith("#")]
    text = io.StringIO("\n".join(line for _, line in kept))
    rows = pd.read_csv(text, sep="\t", dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE)
    rows.index = pd.Index([number for number, _ in kept[1:]])
    missing = [name for name in (*texts, *numbers) if name not in rows]
    if missing:
        raise ValueError(f"{table}:{kept[0][0]}: no column {', '.join(missing)}")
    for name in numbers:
        values = pd.to_numeric(rows[name], errors="coerce")
        finite = np.isfinite(values)
        if not finite.all():
            number = rows.index[int(np.argmin(finite))]
            raise ValueError(f"{table}:{number}: {name} = {rows.at[number, name]!r} is no number")
        rows[name] = values.astype(np.float64)
    return rows
