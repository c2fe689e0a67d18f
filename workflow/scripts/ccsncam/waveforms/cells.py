"""Cells of a row of the waveform table: which columns there are, and what they may hold."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

# Light speed [cm/s], constant of gravitation and the nominal solar mass parameter of the IAU (2015
# resolution B3) in cgs units. G M☉ is known much better than G.
_LIGHT = 2.99792458e10
_NEWTON = 6.6743e-8
_SOLAR_GM = 1.3271244e26

# Unit of a tensor → (factor to cm after two derivatives, number of derivatives already taken).
UNITS = {
    "cm": (1.0, 2),
    "Msun cm2": (_SOLAR_GM / _LIGHT**4, 0),
    "Msun cm2/s": (_SOLAR_GM / _LIGHT**4, 1),
    "Msun cm2/s2": (_SOLAR_GM / _LIGHT**4, 2),
    "g cm2": (_NEWTON / _LIGHT**4, 0),
    "g cm2/s": (_NEWTON / _LIGHT**4, 1),
    "g cm2/s2": (_NEWTON / _LIGHT**4, 2),
}
STRAIN_UNITS = ("cm", "strain")

# What each format needs beside name, source and format.
NEEDS = {
    "surrogate": ("duration_s",),
    "tensor": ("path", "columns", "unit", "derivative", "sha256", "bounce_time_s"),
    "grid": ("path", "pattern", "unit", "sha256", "bounce_time_s"),
    "views": ("path", "unit", "sha256", "bounce_time_s"),
    "single": ("path", "unit", "sha256", "bounce_time_s"),
}
# Only the files can tell what belongs in these cells, so "?" may stand in them.
FILLED_IN = ("columns", "sha256", "bounce_time_s")
NUMBERS = ("derivative", "sample_rate_hz", "distance_kpc", "duration_s", "bounce_time_s")
# Least and greatest value of each number.
_BOUNDS = {
    "derivative": (0, 2),
    "sample_rate_hz": (1000, 1e7),
    "distance_kpc": (1e-3, 1e6),
    "duration_s": (1e-3, 60),
    "bounce_time_s": (-60, 60),
}
TEXTS = (
    "class",
    "role",
    "family",
    "path",
    "pattern",
    "grid",
    "columns",
    "unit",
    "sha256",
    "tracks",
    "url",
    "reference",
    "licence",
)
ROW = ("name", "source", "format")
# What a row is for: to be trained and tested where its class is in the config, or to be scored by
# networks that have not seen it. The first is the default.
TRAIN, UNSEEN = ROLES = ("train", "unseen")
# Kinds of emission that the column ``family`` may name (docs/unseen.md).
FAMILIES = ("g-mode", "g-mode+SASI", "bounce", "phase-transition")
# Words that stand beside classes in results.
RESERVED = ("noise", "all")
# What is noted about a row, beside its cells: file and line, and the columns that hold "?".
NOTES = ("where", "unknown")
# The highest frequency of data at 4096 Hz.
HIGHEST = 2048
# Views along x, y and z of the format `views`, as directions (θ, φ) of the observer.
VIEWS = {"x": (np.pi / 2, 0.0), "y": (np.pi / 2, np.pi / 2), "z": (0.0, np.pi / 2)}

# Formats whose columns have a usual order.
_COLUMNS = {"views": "t=0 plus=1 cross=2", "grid": "h=0", "single": "t=0 plus=1 cross=2"}
# Real and imaginary parts of the discrete Fourier transform (numpy.fft.rfft) of a single direction.
SPECTRUM = ("plus_re", "plus_im", "cross_re", "cross_im")
# Columns that files of a format may have, and those that they must have.
_KNOWN: dict[str, tuple[set[str], set[str]]] = {
    "tensor": ({a + b for a in "xyz" for b in "xyz"}, {"xx", "yy", "zz", "xy", "xz", "yz"}),
    "views": ({"plus", "cross"}, {"plus", "cross"}),
    "grid": ({"h"}, {"h"}),
    "single": ({"plus", "cross"}, {"plus"}),
    "spectrum": (set(SPECTRUM), set(SPECTRUM)),
}

Row = dict[str, Any]
# A row that was checked: a dict from `check_row`, or a row of the table.
CheckedRow = Mapping[str, Any] | pd.Series
Track = tuple[np.ndarray, np.ndarray, float]


def check_row(cells: Mapping[str, str], where: str) -> Row:
    """Check the cells of a row, and give them their types.

    Parameters
    ----------
    cells : mapping of str to str
        Text of each cell, by column.
    where : str
        File and line, for messages.

    Returns
    -------
    dict
        Texts or None, numbers or NaN, and the notes ``where`` and ``unknown``.

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    cells = {key: value.strip() for key, value in cells.items()}
    unknown = [key for key in cells if cells[key] == "?"]
    strange = sorted(set(unknown) - set(FILLED_IN))
    if strange:
        raise ValueError(f"{where}: {strange[0]} cannot be ?; {', '.join(FILLED_IN)} can")
    cells |= dict.fromkeys(unknown, "-")
    row: Row = {
        key: None if cells.get(key, "-") in ("-", "") else cells[key] for key in (*ROW, *TEXTS)
    }
    row |= {"where": where, "unknown": unknown}
    _check_identity(row, cells)
    for key in NUMBERS:
        row[key] = _number(key, cells.get(key, "-"), where)
    # A single direction that is not unseen is refused when it is used, in words about that.
    needed = ("path",) if _useless(row) else NEEDS[row["format"]]
    empty = [key for key in needed if row[key] is None or row[key] != row[key]]
    missing = [key for key in empty if key not in unknown]
    if missing:
        raise ValueError(f"{where}: format {row['format']} needs {', '.join(missing)}")
    _check_unit(row)
    _check_paths(row)
    if row["sha256"] is not None and not re.fullmatch(r"[0-9a-f]{64}", row["sha256"]):
        raise ValueError(f"{where}: sha256 must be 64 hexadecimal digits")
    if "columns" not in unknown:
        column_map(row)
    if row["tracks"] is not None and row["format"] == "surrogate":
        raise ValueError(f"{where}: tracks: those of a surrogate are in resources/surrogates.tsv")
    tracks(row)
    return row


def _check_identity(row: Row, cells: Mapping[str, str]) -> None:
    """Check name, class, role, family, source and format.

    A row without a class gets its name as class, and a row without a role that of training.
    """
    where = row["where"]
    row["class"] = row["class"] or row["name"]
    row["role"] = row["role"] or TRAIN
    for key, known in (("role", ROLES), ("family", (None, *FAMILIES))):
        if row[key] not in known:
            names = ", ".join(filter(None, known))
            raise ValueError(f"{where}: {key} {row[key][:80]!r} must be one of {names}, or empty")
    for key in ("name", "class"):
        if row[key] is None or not re.fullmatch(r"[A-Za-z0-9_][\w.+-]{0,63}", row[key], re.ASCII):
            raise ValueError(
                f"{where}: {key} {str(row[key])[:80]!r} must be letters, digits and . _ + -, first "
                "a letter, a digit or _, at most 64"
            )
        if row[key] in RESERVED:
            raise ValueError(
                f"{where}: {key} {row[key]!r} is taken for something else in results; take "
                "another one"
            )
    if row["source"] not in ("surrogate", "numerical"):
        raise ValueError(f"{where}: source {cells['source']!r} must be surrogate or numerical")
    if row["format"] not in NEEDS:
        raise ValueError(f"{where}: format {cells['format']!r} must be one of {', '.join(NEEDS)}")
    if (row["source"] == "surrogate") != (row["format"] == "surrogate"):
        raise ValueError(
            f"{where}: source {row['source']} and format {row['format']} do not go together"
        )


def _number(key: str, text: str, where: str) -> float:
    """Read a number; NaN for an empty cell."""
    try:
        value = np.nan if text in ("-", "") else float(text)
    except ValueError:
        raise ValueError(f"{where}: {key} {text!r} is not a number") from None
    low, high = _BOUNDS[key]
    if text not in ("-", "") and not low <= value <= high:
        raise ValueError(f"{where}: {key} {text!r} must be a number from {low:g} to {high:g}")
    return value


def _check_unit(row: Row) -> None:
    """Check that the format has the unit, and that the cells that the unit needs agree with it."""
    where = row["where"]
    if row["format"] in ("grid", "views", "single") and not _useless(row):
        if row["unit"] not in STRAIN_UNITS:
            raise ValueError(f"{where}: unit {row['unit']!r} must be {' or '.join(STRAIN_UNITS)}")
        if row["unit"] == "strain" and np.isnan(row["distance_kpc"]):
            raise ValueError(f"{where}: unit strain needs distance_kpc")
    if row["format"] == "tensor":
        if row["unit"] not in UNITS:
            raise ValueError(f"{where}: unit {row['unit']!r} must be one of {', '.join(UNITS)}")
        if row["derivative"] != UNITS[row["unit"]][1]:
            raise ValueError(
                f"{where}: unit {row['unit']} means derivative {UNITS[row['unit']][1]}, "
                f"not {row['derivative']:g}"
            )


def _useless(row: CheckedRow) -> bool:
    """True for a single direction that a network would be trained on."""
    return row["format"] == "single" and row["role"] != UNSEEN


def _check_paths(row: Row) -> None:
    """Check that path and pattern name the parts that the format needs."""
    where = row["where"]
    if row["format"] == "views" and "{view}" not in row["path"]:
        raise ValueError(f"{where}: path {row['path']!r} must hold {{view}}, for x, y and z")
    if row["format"] == "grid":
        parts = ("{phi}", "{theta}", "{polarisation}")
        for part in parts:
            if row["pattern"].count(part) != 1:
                raise ValueError(f"{where}: pattern {row['pattern']!r} must hold {part} once")
        if re.search(r"[/\\*?\[\]{}]", re.sub("|".join(map(re.escape, parts)), "", row["pattern"])):
            raise ValueError(
                f"{where}: pattern {row['pattern']!r} must be the name of a file without / * ? [ ] "
                f"and other braces than {', '.join(parts)}; folders belong in path"
            )


def column_map(row: CheckedRow) -> dict[str, int]:
    """Find the columns of the files of a row: name → position, counted from 0.

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    text = row["columns"] or _COLUMNS.get(row["format"], "")
    found: dict[str, int] = {}
    for item in text.split():
        match = re.fullmatch(r"(\w+)=(\d{1,4})", item, re.ASCII)
        if not match or match[1] in found:
            raise ValueError(
                f"{row['where']}: columns: {item!r} must be name=number, each name once, "
                "as in t=0 xx=1 xy=2 (counted from 0)"
            )
        if int(match[2]) in found.values():
            raise ValueError(
                f"{row['where']}: columns: {item!r} takes column {int(match[2])} once more; give "
                "each name a column of its own (counted from 0)"
            )
        found[match[1]] = int(match[2])
    known, needed = (set(found), set()) if _useless(row) else _known(row["format"], found)
    strange, absent = sorted(set(found) - known - {"t"}), sorted(needed - set(found))
    if strange or absent:
        problem = f"unknown {strange[0]!r}" if strange else f"no {absent[0]!r}"
        raise ValueError(f"{row['where']}: columns: {problem} for format {row['format']}")
    if set(found) & set(SPECTRUM) and "t" in found:
        raise ValueError(
            f"{row['where']}: columns: a spectrum has no 't'; give sample_rate_hz, that of the "
            "series in time"
        )
    if needed and "t" not in found and np.isnan(row["sample_rate_hz"]):
        raise ValueError(f"{row['where']}: columns: no 't' and no sample_rate_hz")
    return found


def _known(kind: str, found: Mapping[str, int]) -> tuple[set[str], set[str]]:
    """Columns that files of a format may have, and those that they must have."""
    if kind == "single" and set(found) & set(SPECTRUM):
        return _KNOWN["spectrum"]
    return _KNOWN.get(kind, (set(), set()))


def tracks(row: CheckedRow) -> dict[str, Track]:
    """Find the tracks of the modes of a row: name → (times [s], frequencies [Hz], half width [Hz]).

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    found: dict[str, Track] = {}
    for item in (row["tracks"] or "").split():
        match = re.fullmatch(r"([a-z_]+)=([^~]+)~([\d.]+)", item)
        try:
            if match is None:
                raise ValueError(item)
            knots = np.array([list(map(float, knot.split(":"))) for knot in match[2].split(",")])
            times, frequencies = knots.T
            width = float(match[3])
        except ValueError:
            raise ValueError(
                f"{row['where']}: tracks: {item!r} must read like g_mode=0.1:300,0.5:700~100 "
                "(s:Hz from bounce, two or more, then ~ and the half width in Hz)"
            ) from None
        rise = len(times) > 1 and (np.diff(times) > 0).all() and np.abs(times).max() <= 60
        if not rise or not all(0 < value <= HIGHEST for value in (*frequencies, width)):
            raise ValueError(
                f"{row['where']}: tracks: {item!r}: give two or more rising times within 60 s of "
                f"bounce, and frequencies and a width from 0 to {HIGHEST} Hz"
            )
        if match[1] in found:
            raise ValueError(f"{row['where']}: tracks: {match[1]!r} occurs twice")
        found[match[1]] = times, frequencies, width
    return found
