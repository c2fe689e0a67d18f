"""Surrogate waveforms: stochastic modes along the tracks of a table, one realisation a model."""

import csv
import re
from pathlib import Path

import numpy as np

from ccsncam import waveform

TEXTS = ("model", "component", "source")
KNOTS = ("times_s", "frequencies_hz", "amplitudes")
NUMBERS = ("seed", "bandwidth_hz", "rms_cm")
COLUMNS = (*TEXTS[:2], "seed", *KNOTS, *NUMBERS[1:], TEXTS[2])

# The series begins before bounce so that the taper of its first samples spares what follows bounce.
LEAD = 0.1

# Orthonormal basis of the symmetric trace-free tensors: independent coefficients of equal variance
# on it have no preferred direction.
BASIS = np.array(
    [
        np.array([[1, 0, 0], [0, -1, 0], [0, 0, 0]]) / np.sqrt(2),
        np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]) / np.sqrt(2),
        np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]]) / np.sqrt(2),
        np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0]]) / np.sqrt(2),
        np.array([[-1, 0, 0], [0, -1, 0], [0, 0, 2]]) / np.sqrt(6),
    ]
)


def read_table(path):
    """Read and check a table of surrogates.

    Parameters
    ----------
    path : str or path
        Tab-separated, one row a model and component, ``#`` begins a comment line. Columns: model,
        component, seed, times_s, frequencies_hz, amplitudes (knots, comma-separated; times from
        bounce), bandwidth_hz (full width at half maximum), rms_cm (of D h per polarisation,
        averaged over directions and over the span of the knots), source.

    Returns
    -------
    list of dict
        Numbers as int or float, knots as arrays, and ``where``: file and line.

    Raises
    ------
    ValueError
        One line with file and line number.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: no such table of surrogates")
    lines = Path(path).read_text().splitlines()
    kept = [
        (number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")
    ]
    cells = list(csv.reader((line for _, line in kept), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not cells or sorted(cells[0]) != sorted(COLUMNS):
        raise ValueError(f"{path}: the columns must be {', '.join(COLUMNS)}")
    rows, seen = [], set()
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


def _convert(row):
    """Text to numbers, in place, or ValueError."""
    where = row["where"]
    if not re.fullmatch(r"[a-z_]+", row["component"]):
        raise ValueError(f"{where}: component {row['component']!r} must be small letters and _")
    for key in (*NUMBERS, *KNOTS):
        try:
            row[key] = np.array([float(text) for text in row[key].split(",")])
        except ValueError:
            raise ValueError(f"{where}: {key} {row[key]!r} must be numbers, by commas") from None
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
        raise ValueError(f"{where}: {', '.join(KNOTS)} must have as many knots, two or more")
    if (np.diff(row["times_s"]) <= 0).any() or row["times_s"][0] < -LEAD:
        raise ValueError(f"{where}: times_s must rise, from {-LEAD:g} s at the earliest")
    if (row["frequencies_hz"] <= 0).any() or (row["amplitudes"] < 0).any():
        raise ValueError(f"{where}: frequencies_hz must be above 0, amplitudes not below 0")
    if not row["amplitudes"].any():
        raise ValueError(f"{where}: amplitudes are all 0")


def realise(table, name, sample_rate):
    """The surrogate of one model: always the same realisation, not yet conditioned.

    Parameters
    ----------
    table : str or path
        Table of surrogates, see `read_table`.
    name : str
        Model.
    sample_rate : int
        Hz. The realisation does not depend on it.

    Returns
    -------
    waveform.Waveform
        With its modes; from 0.1 s before bounce to the last knot.

    Raises
    ------
    ValueError
        If the table is bad or does not hold the model.
    """
    rows = [row for row in read_table(table) if row["model"] == name]
    if not rows:
        raise ValueError(f"{table}: no row for the model {name}")
    end = max(row["times_s"][-1] for row in rows)
    first = -round(LEAD * sample_rate)
    time = np.arange(first, int(np.floor(end * sample_rate + 1e-6)) + 1) / sample_rate
    modes = {row["component"]: _mode(row, time) for row in rows}
    return waveform.Waveform(
        name=name,
        quadrupole=sum(modes.values()),
        sample_rate=sample_rate,
        start=first / sample_rate,
        source="surrogate",
        reference="; ".join(dict.fromkeys(row["source"] for row in rows)),
        residual=np.nan,
        modes=modes,
    )


def _mode(row, time):
    """(G/c⁴) Q̈ of one mode [cm], shape (3, 3, n)."""
    from scipy.interpolate import PchipInterpolator

    knots = row["times_s"]
    inside = (time >= knots[0]) & (time <= knots[-1])
    within = time[inside]
    envelope = PchipInterpolator(knots, row["amplitudes"])(within)
    phase = 2 * np.pi * PchipInterpolator(knots, row["frequencies_hz"]).antiderivative()(within)
    span = knots[-1] - knots[0]
    base = _baseband(row["seed"], within - knots[0], span, row["bandwidth_hz"])
    series = np.zeros((5, len(time)))
    series[:, inside] = envelope * (base * np.exp(1j * phase)).real
    # A fifth of ‖A‖² per coefficient; the mean of (D h)² over directions and both polarisations is
    # 2/5 of ‖A‖².
    scale = np.sqrt(2 / 5 * np.mean(np.sum(series[:, inside] ** 2, axis=0)))
    return row["rms_cm"] / scale * np.einsum("kij,kt->ijt", BASIS, series)


def _baseband(seed, time, span, bandwidth):
    """Five complex Gaussian series of a Gaussian spectrum, shape (5, n).

    They are sums of a fixed set of Fourier modes, and so the same at every sample rate.
    """
    # Longer than the span by some correlation times, for the sum is periodic.
    period = span + 4 / bandwidth
    width = bandwidth / np.sqrt(8 * np.log(2))
    top = int(np.ceil(5 * width * period))
    frequency = np.arange(-top, top + 1) / period
    normal = np.random.default_rng(seed).standard_normal((5, len(frequency), 2))
    # The power spectrum has the given width; its amplitude is √2 wider.
    amplitude = np.exp(-(frequency**2) / (4 * width**2))
    coefficients = amplitude * (normal[..., 0] + 1j * normal[..., 1])
    return coefficients @ np.exp(2j * np.pi * frequency[:, None] * time)
