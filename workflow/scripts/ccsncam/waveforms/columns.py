"""Columns of text files: their numbers, and what is wrong with them."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.text import DAMAGED, check_size, numbered_lines

# The shortest waveform [s], and the least number of its samples.
SHORTEST, FEWEST = 0.1, 100
# A step in time is a gap if it is so much longer than most, and longer than this [s]: a spline
# would swing across it. Two samples are one if the step is so much shorter than most.
WIDE, LEAST_GAP, NARROW = 10, 1e-3, 1e-3

Columns = dict[str, np.ndarray]


def read_columns(path: PathLike, wanted: Mapping[str, int]) -> Columns:
    """Read columns of a text file.

    Parameters
    ----------
    path : path
    wanted : mapping
        Name → position, counted from 0.

    Returns
    -------
    dict of numpy.ndarray
        By name, each of shape (sample,).

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    check_size(path)
    if next(_data_lines(path), None) is None:
        raise ValueError(f"{path}:1: no line of data")
    values: np.ndarray | None
    try:
        values = np.loadtxt(
            path, usecols=list(wanted.values()), ndmin=2, comments="#", encoding="utf-8-sig"
        ).T
    except (ValueError, *DAMAGED):
        values = None
    if values is None or not np.isfinite(values).all():
        raise ValueError(_complaint(path, wanted))
    return dict(zip(wanted, values, strict=True))


def _data_lines(path: PathLike) -> Iterator[tuple[int, list[str]]]:
    """Give line number and cells of each line of data."""
    for number, line in numbered_lines(path):
        cells = line.split("#")[0].split()
        if cells:
            yield number, cells


def _complaint(path: PathLike, wanted: Mapping[str, int]) -> str:
    """Say in one line what is wrong with a file."""
    for number, cells in _data_lines(path):
        for name, column in wanted.items():
            if column >= len(cells):
                return (
                    f"{path}:{number}: {len(cells)} columns, but {name} is column {column} "
                    "(counted from 0); correct the columns in the waveform table, or the file"
                )
            try:
                finite = np.isfinite(float(cells[column]))
            except ValueError:
                return f"{path}:{number}: {name} is {cells[column][:40]!r}, not a number"
            if not finite:
                return f"{path}:{number}: {name} is {cells[column][:40]}; cut the file before it"
    return f"{path}: not a table of numbers"


def times_of(row: pd.Series, columns: Columns, path: PathLike) -> np.ndarray:
    """Check the time of each sample of a file, and give it [s].

    Raises
    ------
    ValueError
        In one line that begins with file and line, if time does not rise or is too short.
    """
    if "t" not in columns:
        size = len(next(iter(columns.values())))
        time = np.arange(size) / row["sample_rate_hz"]
    else:
        time = columns["t"]
        falls = np.flatnonzero(np.diff(time) <= 0)
        if len(falls):
            lines = [number for number, _ in _data_lines(path)]
            raise ValueError(
                f"{path}:{lines[falls[0] + 1]}: the time {time[falls[0] + 1]:g} s does not rise; "
                "remove the overlap, or correct t in columns if that is not the time"
            )
        _check_steps(row, time, path)
    if time[-1] - time[0] < SHORTEST or len(time) < FEWEST:
        last = [number for number, _ in _data_lines(path)][-1]
        raise ValueError(
            f"{path}:{last}: the data end after {time[-1] - time[0]:g} s and {len(time)} samples; "
            f"a waveform needs {SHORTEST} s and {FEWEST} samples"
        )
    return time


def _check_steps(row: pd.Series, time: np.ndarray, path: PathLike) -> None:
    """Refuse times with a gap before the row's end, or with two samples at nearly one time."""
    steps = np.diff(time)
    usual = np.median(steps) if len(steps) else 0.0
    end = row["bounce_time_s"] + row["duration_s"]
    used = time[:-1] < (np.inf if np.isnan(end) else end)
    gaps = np.flatnonzero(used & (steps > max(WIDE * usual, LEAST_GAP)))
    twins = np.flatnonzero(steps < NARROW * usual)
    if not len(gaps) and not len(twins):
        return
    lines = [number for number, _ in _data_lines(path)]
    if len(gaps):
        at = gaps[0]
        raise ValueError(
            f"{path}:{lines[at + 1]}: a gap of {steps[at]:.3g} s before the time {time[at + 1]:g} "
            f"s, while most steps are {usual:.3g} s; fill it, cut the file there, or end the row "
            "before it by duration_s"
        )
    at = twins[0]
    raise ValueError(
        f"{path}:{lines[at + 1]}: the time {time[at + 1]:.12g} s is nearly that of the line before "
        f"it, while most steps are {usual:.3g} s; remove one of the two"
    )
