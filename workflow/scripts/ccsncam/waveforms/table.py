"""The waveform table: one row per waveform."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.text import check_cells, content, is_file
from ccsncam.waveforms.cells import (
    NOTES,
    NUMBERS,
    ROW,
    TEXTS,
    TRAIN,
    UNSEEN,
    Row,
    check_row,
)
from ccsncam.waveforms.surrogate_table import read_surrogates

# What says how a waveform is used, and changes nothing in its file.
_APART = ("role", "family")


def read_table(path: PathLike) -> pd.DataFrame:
    """Read and check a waveform table.

    Parameters
    ----------
    path : path
        Separated by tabs, with one row per waveform. ``#`` begins a comment line, ``-`` stands for
        an empty cell, and ``?`` for what is filled in once the files are at hand. The columns are
        name, source and format, and those of TEXTS and NUMBERS in `ccsncam.waveforms.cells` that
        the format needs.

    Returns
    -------
    pandas.DataFrame
        Indexed by name. A missing text is None, a missing number NaN. The column ``where`` holds
        file and line, and ``unknown`` the columns in which ``?`` stands.

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    if not is_file(path):
        raise ValueError(f"{path}: no such waveform table")
    numbered = [(number, line.split("\t")) for number, line in content(path)]
    if not numbered:
        raise ValueError(f"{path}: the waveform table is empty")
    first, header = numbered[0]
    _check_header(header, f"{path}:{first}")
    rows: dict[str, Row] = {}
    for number, cells in numbered[1:]:
        where = f"{path}:{number}"
        check_cells(where, cells, header)
        row = check_row(dict(zip(header, cells, strict=True)), where)
        same = [name for name in rows if name.lower() == row["name"].lower()]
        if same:
            how = "occurs twice" if same[0] == row["name"] else f"is that of {same[0]} but for case"
            raise ValueError(f"{where}: the name {row['name']!r} {how}; rename one of the two")
        rows[row["name"]] = row
    table = pd.DataFrame(list(rows.values()), columns=[*ROW, *TEXTS, *NUMBERS, *NOTES])
    return table.set_index("name")


def _check_header(header: list[str], where: str) -> None:
    """Check that the columns of a table are known, and that none is missing or repeated."""
    if len(header) == 1 and " " in header[0].strip():
        raise ValueError(f"{where}: columns must be separated by tabs, not by spaces")
    unknown = [name for name in header if name not in (*ROW, *TEXTS, *NUMBERS)]
    if unknown:
        raise ValueError(
            f"{where}: unknown column {unknown[0][:20]!r}; "
            f"known are {', '.join((*ROW, *TEXTS, *NUMBERS))}"
        )
    repeated = {name for name in header if header.count(name) > 1}
    if repeated:
        raise ValueError(f"{where}: column {sorted(repeated)[0]!r} occurs twice")
    absent = [name for name in ROW if name not in header]
    if absent:
        raise ValueError(f"{where}: no column {absent[0]!r}")


def substitute(table: pd.DataFrame, names: Iterable[str], surrogates: PathLike) -> pd.DataFrame:
    """Replace rows with the embedded surrogates of the same name.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`.
    names : list of str
        Names of the rows.
    surrogates : path
        Table of surrogates.

    Returns
    -------
    pandas.DataFrame
        The table, in which these rows are surrogates of the same name and class.

    Raises
    ------
    ValueError
        If there is no such row, or no surrogate for it.
    """
    table = table.copy()
    modes = read_surrogates(surrogates) if names else []
    for name in names:
        if name not in table.index:
            raise ValueError(
                f"config, surrogates: {name}: no row of the waveform table; its rows are "
                f"{', '.join(table.index)}"
            )
        if table.at[name, "source"] == "surrogate":
            continue
        ends = [mode["times_s"][-1] for mode in modes if mode["model"] == name]
        if not ends:
            known = sorted({mode["model"] for mode in modes} & set(table.index))
            raise ValueError(
                f"config, surrogates: {name}: {surrogates} has no surrogate for it, only for "
                f"{', '.join(known) or 'no row'}"
            )
        row = dict.fromkeys(table.columns) | dict.fromkeys(NUMBERS, np.nan)
        row |= {key: table.at[name, key] for key in ("class", "role", "family", "where")}
        row |= {"source": "surrogate", "format": "surrogate", "unknown": []}
        row |= {"duration_s": max(ends), "licence": "MIT"}
        row["reference"] = f"surrogate of {table.at[name, 'reference'] or name!s}"
        table.loc[name] = pd.Series(row)
    return table


def models(table: pd.DataFrame, classes: Iterable[str]) -> list[str]:
    """List the waveforms that train some classes, in the order of the classes, then of the table.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`.
    classes : list of str

    Returns
    -------
    list of str
    """
    trained = table[table["role"] == TRAIN]
    return [model for name in classes for model in trained.index[trained["class"] == name]]


def unseen(table: pd.DataFrame) -> list[str]:
    """List the waveforms that are scored and never trained, in the order of the table.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`.

    Returns
    -------
    list of str
    """
    return list(table.index[table["role"] == UNSEEN])


def families(table: pd.DataFrame, classes: Iterable[str]) -> dict[str, str]:
    """Find the family of each class that has one.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`.
    classes : list of str

    Returns
    -------
    dict of str
        By class.

    Raises
    ------
    ValueError
        In one line, if the rows of a class name two families, or have two roles.
    """
    found = {}
    for name in classes:
        rows = table[table["class"] == name]
        for key, what in (("role", "take"), ("family", "name")):
            known = list(dict.fromkeys(filter(None, rows[key])))
            if len(known) > 1:
                raise ValueError(
                    f"{rows['where'].iloc[-1]}: rows of the class {name} {what} the {key} "
                    f"{' and '.join(known)}; give all of them one, or some of them another class"
                )
            if known and key == "family":
                found[name] = known[0]
    return found


def row_of(table: pd.DataFrame, name: str) -> pd.Series:
    """Take the row of a waveform out of the table, by its name."""
    return cast("pd.Series", table.loc[name])


def entry(row: pd.Series, surrogates: PathLike) -> list[str]:
    """List what the tables say of a waveform.

    Parameters
    ----------
    row : pandas.Series
        From `read_table`.
    surrogates : path
        Table of surrogates, which is read only for a surrogate.

    Returns
    -------
    list
        Texts. They change if a cell of this waveform changes, and for no other reason.

    Raises
    ------
    ValueError
        If a surrogate does not last as long as its row says.
    """
    said = [f"{key}={value}" for key, value in row.items() if key not in (*NOTES, *_APART)]
    for mode in surrogate_modes(row, surrogates) if row["format"] == "surrogate" else []:
        cells = {key: np.asarray(value).tolist() for key, value in mode.items()}
        said.append(str({key: cells[key] for key in sorted(cells) if key != "where"}))
    return said


def surrogate_modes(row: pd.Series, surrogates: PathLike) -> list[dict[str, Any]]:
    """Find the modes of a surrogate, which must last as long as its row says.

    Parameters and errors are those of `entry`.
    """
    modes = [mode for mode in read_surrogates(surrogates) if mode["model"] == row.name]
    end = max((mode["times_s"][-1] for mode in modes), default=np.nan)
    # For a model without a mode ``end`` is NaN, which fails here, too.
    if not abs(end - row["duration_s"]) < 1e-3:
        raise ValueError(
            f"{row['where']}: duration_s {row['duration_s']:g}, but the tracks of {row.name} "
            f"in {surrogates} end at {end:g} s"
        )
    return modes
