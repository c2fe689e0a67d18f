"""Surrogate waveforms: stochastic modes along the tracks of a table, one realisation per model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from ccsncam.aliases import PathLike
from ccsncam.waveforms.model import Waveform
from ccsncam.waveforms.surrogate_table import LEAD, read_surrogates

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


def realise(table: PathLike, name: str, sample_rate: int) -> Waveform:
    """Make the surrogate of one model: always the same realisation, not yet conditioned.

    Parameters
    ----------
    table : path
        Table of surrogates, see `ccsncam.waveforms.surrogate_table.read_surrogates`.
    name : str
        Name of the model.
    sample_rate : int
        Hz. The realisation does not depend on it.

    Returns
    -------
    Waveform
        With its modes, from 0.1 s before bounce to the last knot.

    Raises
    ------
    ValueError
        If the table is not valid, or does not hold the model.
    """
    rows = [row for row in read_surrogates(table) if row["model"] == name]
    if not rows:
        raise ValueError(f"{table}: no row for the model {name}")
    end = max(row["times_s"][-1] for row in rows)
    first = -round(LEAD * sample_rate)
    time = np.arange(first, int(np.floor(end * sample_rate + 1e-6)) + 1) / sample_rate
    modes = {row["component"]: _mode(row, time) for row in rows}
    return Waveform(
        name=name,
        quadrupole=sum(modes.values(), start=np.zeros(())),
        sample_rate=sample_rate,
        start=first / sample_rate,
        source="surrogate",
        reference="; ".join(dict.fromkeys(row["source"] for row in rows)),
        residual=np.nan,
        modes=modes,
    )


def _mode(row: Mapping[str, Any], time: np.ndarray) -> np.ndarray:
    """Give (G/c⁴) Q̈ of one mode [cm], shape (3, 3, n)."""
    knots = row["times_s"]
    inside = (time >= knots[0]) & (time <= knots[-1])
    within = time[inside]
    envelope = PchipInterpolator(knots, row["amplitudes"])(within)
    phase = 2 * np.pi * PchipInterpolator(knots, row["frequencies_hz"]).antiderivative()(within)
    span = knots[-1] - knots[0]
    base = _baseband(row["seed"], within - knots[0], span, row["bandwidth_hz"])
    series = np.zeros((5, len(time)))
    series[:, inside] = envelope * (base * np.exp(1j * phase)).real
    # Each coefficient has a fifth of ‖A‖². The mean of (D h)² over directions and both
    # polarisations is 2/5 of ‖A‖².
    scale = np.sqrt(2 / 5 * np.mean(np.sum(series[:, inside] ** 2, axis=0)))
    return row["rms_cm"] / scale * np.einsum("kij,kt->ijt", BASIS, series)


def _baseband(seed: int, time: np.ndarray, span: float, bandwidth: float) -> np.ndarray:
    """Draw five complex Gaussian series with a Gaussian spectrum, shape (5, n).

    They are sums of a fixed set of Fourier modes, so they are the same at every sample rate.
    """
    # The sum is periodic, so its period is longer than the span by some correlation times.
    period = span + 4 / bandwidth
    width = bandwidth / np.sqrt(8 * np.log(2))
    top = int(np.ceil(5 * width * period))
    frequency = np.arange(-top, top + 1) / period
    normal = np.random.default_rng(seed).standard_normal((5, len(frequency), 2))
    # The power spectrum has the given width; the spectrum of the amplitude is √2 times as wide.
    amplitude = np.exp(-(frequency**2) / (4 * width**2))
    coefficients = amplitude * (normal[..., 0] + 1j * normal[..., 1])
    return coefficients @ np.exp(2j * np.pi * frequency[:, None] * time)
