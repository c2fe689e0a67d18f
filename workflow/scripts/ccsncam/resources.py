"""Small tables that ship with the workflow, in the folder ``resources`` of the repository.

Scripts find them beside the library, and the params of rules hold their digests. They are no input
files of rules: Snakemake would record their absolute paths, and make results again after a move.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.text import check_cells, content

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
        found.update("\n".join(line for _, line in content(path(name))).encode())
    return found.hexdigest()[:12]


def read(table: PathLike, numbers: Sequence[str], texts: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table of tab-separated columns in which ``#`` begins a comment line.

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
        In one line with file and line number, when there is no row, a column or a cell is missing,
        or a value is no number.
    """
    numbered = [(number, line.split("\t")) for number, line in content(table)]
    if not numbered:
        raise ValueError(f"{table}:1: the table is empty; restore it")
    first, header = numbered[0]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ValueError(f"{table}:{first}: column {twice[0]!r} occurs twice; remove one")
    missing = [name for name in (*texts, *numbers) if name not in header]
    if missing:
        raise ValueError(
            f"{table}:{first}: no column {', '.join(missing)}; add it, separated by a tab"
        )
    for number, cells in numbered[1:]:
        check_cells(f"{table}:{number}", cells, header)
    if len(numbered) == 1:
        raise ValueError(f"{table}:{first}: the table has no row; restore it")
    index = pd.Index([number for number, _ in numbered[1:]])
    rows = pd.DataFrame([cells for _, cells in numbered[1:]], index, header, dtype=str)
    for name in numbers:
        values = pd.to_numeric(rows[name], errors="coerce")
        finite = np.isfinite(values)
        if not finite.all():
            at = int(np.argmin(finite))
            raise ValueError(
                f"{table}:{numbered[at + 1][0]}: {name} = {rows[name].iloc[at]!r} is not a number; "
                "correct the cell"
            )
        rows[name] = values.astype(np.float64)
    return rows
