"""The table of surrogates: tracks and loudness of the modes of each model."""

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.text import numbered_lines

TEXTS = ("model", "component", "source")
KNOTS = ("times_s", "frequencies_hz", "amplitudes")
NUMBERS = ("seed", "bandwidth_hz", "rms_cm")
COLUMNS = (*TEXTS[:2], "seed", *KNOTS, *NUMBERS[1:], TEXTS[2])

# The series begins this long before bounce [s], so that the taper of its first samples spares what
# follows bounce.
LEAD = 0.1


def read_surrogates(path: PathLike) -> list[dict[str, Any]]:
    """Read and check a table of surrogates.

    Parameters
    ----------
    path : path
        Separated by tabs, with one row per model and component; ``#`` begins a comment line.
        Columns: model, component, seed, times_s, frequencies_hz, amplitudes (knots, separated by
        commas; times from bounce), bandwidth_hz (full width at half maximum), rms_cm (of D h per
        polarisation, averaged over directions and over the span of the knots), source.

    Returns
    -------
    list of dict
        Numbers as int or float, knots as arrays, and ``where``, the file and line.

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: no such table of surrogates")
    kept = [
        (number, line) for number, line in numbered_lines(path) if line and not line.startswith("#")
    ]
    cells = list(csv.reader((line for _, line in kept), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not cells or sorted(cells[0]) != sorted(COLUMNS):
        raise ValueError(f"{path}: the columns must be {', '.join(COLUMNS)}")
    rows: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for (number, _), values in zip(kept[1:], cells[1:], strict=True):
        where = f"{path}:{number}"
        if len(values) != len(COLUMNS):
            raise ValueError(f"{where}: {len(values)} cells, the header has {len(COLUMNS)}")
        row = {**dict(zip(cells[0], values, strict=True)), "where": where}
        _convert(row)
        if (row["model"], row["component"]) in seen:
            raise ValueError(f"{where}: {row['model']} has two rows for {row['component']}")
        seen.add((row["model"], row["component"]))
        rows.append(row)
    return rows


def _convert(row: dict[str, Any]) -> None:
    """Turn the texts of a row into numbers, in place."""
    where = row["where"]
    if not re.fullmatch(r"[a-z_]+", row["component"]):
        raise ValueError(
            f"{where}: component {row['component']!r} must be lower-case letters and _"
        )
    for key in (*NUMBERS, *KNOTS):
        try:
            row[key] = np.array([float(text) for text in row[key].split(",")])
        except ValueError:
            raise ValueError(
                f"{where}: {key} {row[key]!r} must be numbers, separated by commas"
            ) from None
        if not np.isfinite(row[key]).all():
            raise ValueError(f"{where}: {key} must be finite")
    for key in NUMBERS:
        if len(row[key]) != 1 or not row[key][0] > 0:
            raise ValueError(f"{where}: {key} must be one number above 0")
        row[key] = float(row[key][0])
    if row["seed"] != int(row["seed"]):
        raise ValueError(f"{where}: seed must be a whole number")
    row["seed"] = int(row["seed"])
    sizes = {len(row[key]) for key in KNOTS}
    if len(sizes) != 1 or min(sizes) < 2:
        raise ValueError(f"{where}: {', '.join(KNOTS)} must have equally many knots, two or more")
    if (np.diff(row["times_s"]) <= 0).any() or row["times_s"][0] < -LEAD:
        raise ValueError(f"{where}: times_s must rise, and begin at {-LEAD:g} s or later")
    if (row["frequencies_hz"] <= 0).any() or (row["amplitudes"] < 0).any():
        raise ValueError(f"{where}: frequencies_hz must be above 0, and amplitudes 0 or more")
    if not row["amplitudes"].any():
        raise ValueError(f"{where}: amplitudes are all 0")
