"""Readers of published waveforms: tensors, three views, grids of directions, single directions.

Each reader takes a row of the waveform table and the files that the row names, and returns a `Raw`.
It raises ValueError, with the row or the file, if the files do not belong to one symmetric,
trace-free tensor or do not determine it.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.interpolate import make_interp_spline

from ccsncam.waveforms.cells import SPECTRUM, UNITS, VIEWS, column_map
from ccsncam.waveforms.columns import FEWEST, SHORTEST, read_columns, times_of
from ccsncam.waveforms.model import KPC_IN_CM, components, polarisation_weights

# The largest share of the signal that may contradict a trace-free, symmetric tensor.
RESIDUAL_LIMIT = 1e-2
# Numbers whose squares a float can hold.
_FLOATS = (1e-100, 1e100)
# The most angles of one axis in the cell ``grid``.
_MOST_ANGLES = 10_000


class Raw(NamedTuple):
    """A waveform as its files have it.

    Attributes
    ----------
    time : numpy.ndarray
        Time of each sample in the file [s], shape (m,).
    components : numpy.ndarray
        xx, yy, xy, xz, yz, shape (5, m); in cm once the derivatives are taken.
    derivatives : int
        Number of time derivatives that are still to be taken.
    residual : float
        See `ccsncam.waveforms.model.Waveform`.
    """

    time: np.ndarray
    components: np.ndarray
    derivatives: int
    residual: float


def _scale(row: pd.Series) -> float:
    """Give the factor from the unit of a file to cm."""
    if row["unit"] == "strain":
        return row["distance_kpc"] * KPC_IN_CM
    return UNITS[row["unit"]][0]


def check_peak(row: pd.Series, values: np.ndarray, low: float, high: float) -> None:
    """Refuse values whose peak lies outside of what a waveform can have.

    Parameters
    ----------
    row : pandas.Series
        From `ccsncam.waveforms.table.read_table`.
    values : numpy.ndarray
        D h or components of the tensor, in cm once their derivatives are taken.
    low, high : float
        Bounds of the peak.

    Raises
    ------
    ValueError
        In one line that begins with the row.
    """
    peak = np.abs(values).max()
    if not low <= peak <= high:
        raise ValueError(
            f"{row['where']}: the peak of {row.name} (distance times strain) is {peak:.3g} cm, but "
            f"a core collapse has {low:g} to {high:g} cm; correct unit, distance_kpc or columns"
        )


def _check_varies(row: pd.Series, series: np.ndarray) -> None:
    """Refuse series that hold no signal, and numbers whose squares have no room in a float."""
    if not np.ptp(series, axis=-1).any():
        raise ValueError(
            f"{row['where']}: {row.name} is zero everywhere, or constant; check the columns"
        )
    check_peak(row, series, *_FLOATS)


def read_tensor(row: pd.Series, files: Sequence[Path]) -> Raw:
    """Read components of the quadrupole from the columns of one file."""
    columns = read_columns(files[0], column_map(row))
    time = times_of(row, columns, files[0])
    full = np.empty((3, 3, len(time)))
    for i, a in enumerate("xyz"):
        for j, b in enumerate("xyz"):
            # Files with all nine components are symmetric only within rounding.
            full[i, j] = columns.get(a + b, columns.get(b + a))
    _check_varies(row, _scale(row) * full)
    residual = _rms(full - full.swapaxes(0, 1)) / _rms(full)
    if not residual < RESIDUAL_LIMIT:
        raise ValueError(
            f"{row['where']}: the tensor of {row.name} is not symmetric: xy - yx and so on are "
            f"{residual:.2g} of it, the limit is {RESIDUAL_LIMIT:g}; check the columns"
        )
    full = (full + full.swapaxes(0, 1)) / 2
    full -= np.trace(full) / 3 * np.eye(3)[..., None]
    order = 2 - UNITS[row["unit"]][1]
    twice = any({pair, pair[::-1]} <= set(columns) for pair in ("xy", "xz", "yz"))
    return Raw(time, _scale(row) * components(full), order, residual if twice else np.nan)


def read_views(row: pd.Series, files: Sequence[Path]) -> Raw:
    """Read both polarisations along x, y and z, with one file for each direction.

    A file that was cut differently is brought to the times of the first. The five components follow
    from the six series by least squares.
    """
    views = [read_columns(file, column_map(row)) for file in files]
    times = [times_of(row, view, file) for view, file in zip(views, files, strict=True)]
    # The three files come from one simulation. A file that was cut differently is brought to the
    # times of the first.
    begin, end = max(time[0] for time in times), min(time[-1] for time in times)
    time = times[0][(times[0] >= begin) & (times[0] <= end)]
    if len(time) < FEWEST or time[-1] - time[0] < SHORTEST:
        raise ValueError(f"{row['where']}: the three views share less than {SHORTEST} s")
    both = []
    for own, view in zip(times, views, strict=True):
        pair = np.stack([view["plus"], view["cross"]])
        if len(own) == len(time) and np.array_equal(own, time):
            both.append(pair)
        else:
            both.append(make_interp_spline(own, pair, k=5, axis=-1)(time))
    measured = _scale(row) * np.stack(both)  # view, polarisation, sample
    _check_varies(row, measured)
    x, y, z = measured[:, 0]
    series = np.stack([x - y + z, x, y, z], axis=-1)
    trend = np.polynomial.polynomial.polyfit(time, series, 1)
    series -= np.polynomial.polynomial.polyval(time, trend).T
    residual = _rms(series[:, 0]) / _rms(series[:, 1:])
    if not residual < RESIDUAL_LIMIT:
        raise ValueError(
            f"{row['where']}: the views of {row.name} do not belong to one trace-free tensor: "
            f"h+(x) - h+(y) + h+(z) is {residual:.2g} of the signal, the limit {RESIDUAL_LIMIT:g}"
        )
    weights = polarisation_weights(*np.transpose(list(VIEWS.values()))).reshape(6, 5)
    five = np.linalg.lstsq(weights, measured.reshape(6, -1))[0]
    return Raw(time, five, 0, residual)


def read_grid(row: pd.Series, files: Sequence[Path]) -> Raw:
    """Read one polarisation in one direction from each file, with the angles in its name.

    All files must have the same times. The five components follow by least squares.
    """
    expression = re.escape(row["pattern"])
    for part, body in (
        ("phi", r"-?[\d.]+"),
        ("theta", r"-?[\d.]+"),
        ("polarisation", r"h?(?:plus|cross)"),
    ):
        expression = expression.replace(re.escape(f"{{{part}}}"), f"(?P<{part}>{body})")
    names = []
    for file in files:
        name = re.fullmatch(expression, file.name)
        if name is None:
            raise ValueError(f"{row['where']}: {file} does not read as {row['pattern']}")
        names.append(name)
    try:
        theta = np.array([float(name["theta"]) for name in names])
        phi = np.array([float(name["phi"]) for name in names])
    except ValueError as error:
        raise ValueError(
            f"{row['where']}: an angle in the names of files {row['pattern']} is no number "
            f"({error}); rename the file, or correct the pattern"
        ) from None
    if row["grid"]:
        theta, phi = _exact(row, theta, phi)
    cross = np.array(["cross" in name["polarisation"] for name in names]).astype(int)
    columns = [read_columns(file, column_map(row)) for file in files]
    time = times_of(row, columns[0], files[0])
    for file, own in zip(files, columns, strict=True):
        last = len(own["h"])
        if last != len(time):
            raise ValueError(f"{file}:{last}: {last} samples, but {files[0]} has {len(time)}")
        if "t" in own and not np.array_equal(own["t"], time):
            raise ValueError(f"{file}: its times are not those of {files[0]}")
    measured = _scale(row) * np.stack([own["h"] for own in columns])
    _check_varies(row, measured)
    weights = polarisation_weights(theta, phi)[np.arange(len(files)), cross]
    five, _, rank, _ = np.linalg.lstsq(weights, measured)
    if rank < 5:
        raise ValueError(
            f"{row['where']}: the {len(files)} files of {row.name} do not determine the whole "
            "tensor; add more directions or the other polarisation"
        )
    residual = _rms(measured - weights @ five) / _rms(measured)
    if not residual < RESIDUAL_LIMIT:
        raise ValueError(
            f"{row['where']}: the directions of {row.name} do not belong to one trace-free tensor: "
            f"the residual is {residual:.2g} of the signal, the limit {RESIDUAL_LIMIT:g}; check "
            "the angles"
        )
    return Raw(time, five, 0, residual)


def read_single(row: pd.Series, files: Sequence[Path]) -> Raw:
    """Read one or both polarisations in one direction from a file of a series, or of its spectrum.

    The tensor that is returned gives the file's polarisations to an observer at θ = φ = 0, and says
    nothing of other directions: see `ccsncam.waveforms.model.Waveform.one_direction`. A cross
    polarisation that the file lacks is zero, as for an axisymmetric source.
    """
    columns = read_columns(files[0], column_map(row))
    if set(SPECTRUM) <= set(columns):
        size = 2 * (len(columns["plus_re"]) - 1)
        columns = {
            name: np.fft.irfft(columns[f"{name}_re"] + 1j * columns[f"{name}_im"], size)
            for name in ("plus", "cross")
        }
    time = times_of(row, columns, files[0])
    plus = _scale(row) * columns["plus"]
    cross = _scale(row) * columns.get("cross", np.zeros_like(columns["plus"]))
    _check_varies(row, np.stack([plus, cross]))
    silent = np.zeros_like(plus)
    return Raw(time, np.stack([plus / 2, -plus / 2, cross / 2, silent, silent]), 0, np.nan)


def _exact(row: pd.Series, theta: np.ndarray, phi: np.ndarray) -> list[np.ndarray]:
    """Replace angles that are rounded in file names with those of the table's exact grid."""
    axes: dict[str, np.ndarray] = {}
    for item in row["grid"].split():
        match = re.fullmatch(r"(phi|theta|costheta)=linspace\(([^,]+),([^,]+),(\d+)\)", item)
        try:
            if match is None:
                raise ValueError(item)
            begin, end = (_number(text) for text in (match[2], match[3]))
            if not 1 <= int(match[4]) <= _MOST_ANGLES:
                raise ValueError(item)
        except ValueError:
            raise ValueError(
                f"{row['where']}: grid: {item!r} must read like phi=linspace(0,2pi,10), for phi, "
                "theta or costheta"
            ) from None
        axes[match[1]] = np.linspace(begin, end, int(match[4]))
    if "costheta" in axes:
        axes["theta"] = np.arccos(np.clip(axes.pop("costheta"), -1, 1))
    exact = []
    for key, rounded in (("theta", theta), ("phi", phi)):
        if key not in axes:
            exact.append(rounded)
            continue
        nearest = axes[key][np.abs(rounded[:, None] - axes[key]).argmin(axis=1)]
        worst = np.abs(nearest - rounded).argmax()
        if abs(nearest[worst] - rounded[worst]) > 6e-3:
            raise ValueError(
                f"{row['where']}: grid: it has no {key} near {rounded[worst]:g}, which is in the "
                "name of a file"
            )
        exact.append(nearest)
    return exact


def _number(text: str) -> float:
    """Read a number, or a multiple of pi such as 2pi."""
    match = re.fullmatch(r"\s*(-?[\d.]*)(pi)?\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is not a number")
    factor = {"": 1.0, "-": -1.0}.get(match[1]) if match[2] else None
    return (float(match[1]) if factor is None else factor) * (np.pi if match[2] else 1.0)


def _rms(values: np.ndarray) -> float:
    """Give the root mean square of an array."""
    return np.sqrt(np.mean(values**2))
