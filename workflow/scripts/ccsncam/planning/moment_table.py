"""The table of moments (``moment.table``), which is read when Snakemake starts."""

import math
from typing import NamedTuple

from ccsncam.aliases import PathLike
from ccsncam.text import check_cells, content

COLUMNS = ("gps", "name")
# GPS times that files of strain may have [s].
LATEST = 99_999_999_999
LONGEST_NAME = 100


class Row(NamedTuple):
    """A moment: its GPS time as its page is called, its name, and where the table says so."""

    gps: str
    name: str
    where: str


def read_table(path: PathLike) -> list[Row]:
    """Read a table of moments.

    Parameters
    ----------
    path : path
        Columns ``gps`` and, optionally, ``name``, separated by tabs.

    Returns
    -------
    list of Row

    Raises
    ------
    ValueError
        In one line that begins with file and line: what is wrong, and what to do.
    """
    lines = [(f"{path}:{number}", line.split("\t")) for number, line in content(path)]
    if not lines:
        raise ValueError(f"{path}:1: the table of moments is empty; give it a column gps, and rows")
    where, header = lines[0]
    for name in header:
        if name not in COLUMNS:
            raise ValueError(
                f"{where}: unknown column {name!r}; the columns are gps and, for names, name, "
                "separated by tabs"
            )
        if header.count(name) > 1:
            raise ValueError(f"{where}: column {name!r} occurs twice; remove one")
    if "gps" not in header:
        raise ValueError(f"{where}: no column 'gps'; add it")
    if len(lines) == 1:
        raise ValueError(f"{where}: the table of moments has no row; add a GPS time below gps")
    rows, seen = [], dict[str, str]()
    for where, cells in lines[1:]:
        check_cells(where, cells, header)
        row = dict(zip(header, cells, strict=True))
        gps = _gps(row["gps"], where)
        if gps in seen:
            raise ValueError(f"{where}: gps {gps} is that of {seen[gps]}, too; remove one")
        seen[gps] = where
        rows.append(Row(gps, _name(row.get("name", ""), where), where))
    return rows


def _gps(cell: str, where: str) -> str:
    """GPS time of a cell, as the name of a page."""
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f"{where}: gps {cell!r} is not a number; give seconds") from None
    # Comparisons with nan are false.
    if not 1 <= value <= LATEST or not math.isfinite(value):
        raise ValueError(f"{where}: gps {cell!r} must be a GPS time from 1 to {LATEST} s")
    return f"{value:.15g}"


def _name(cell: str, where: str) -> str:
    """Check a name, which is shown only."""
    if len(cell) > LONGEST_NAME or not cell.isprintable():
        raise ValueError(
            f"{where}: name {cell[:LONGEST_NAME]!r} must be at most {LONGEST_NAME} printable signs"
        )
    return cell
