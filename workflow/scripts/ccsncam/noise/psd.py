"""Spectra of simulated noise: measured curves, design curves of PyCBC, and spectral lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pycbc.psd

from ccsncam import resources
from ccsncam.aliases import PathLike
from ccsncam.noise import asd, psd_names

_NUMBERS = ["frequency_hz", "rms_strain", "width_hz"]


@dataclass(frozen=True)
class Spectrum:
    """A smooth curve and the spectral lines on top of it.

    Attributes
    ----------
    name : str
        As `smooth_psd` takes it.
    lines : pandas.DataFrame, optional
        Rows of one detector, from `read_lines`.
    """

    name: str
    lines: pd.DataFrame | None = None

    def psd(self, frequencies: np.ndarray) -> np.ndarray:
        """One-sided PSD on a grid of frequencies; see `noise_psd`."""
        return noise_psd(self.name, frequencies, self.lines)


def smooth_psd(name: str, frequencies: Sequence[float] | np.ndarray) -> np.ndarray:
    """Compute a PSD without lines, by interpolation of logarithms.

    Outside its own range the curve keeps its first or last value, so that no value is zero or
    infinite.

    Parameters
    ----------
    name : str
        A measured curve of `ccsncam.noise.asd.shipped`, such as ``O3-H1``; a text file of an
        amplitude spectral density (`ccsncam.noise.asd.read_file`); or a design curve of
        `ccsncam.noise.psd_names`, such as ``aLIGOO3LowT1800545``.
    frequencies : array (n,)
        In Hz, evenly spaced from 0.

    Returns
    -------
    array (n,), float64
        One-sided, in 1/Hz.

    Raises
    ------
    ValueError
        If the name is unknown, or the file cannot be read.
    """
    frequencies = np.asarray(frequencies, dtype=np.float64)
    if asd.names_file(name) or name in asd.shipped():
        at, density = asd.read(name)
        curve = density**2
    elif name in psd_names.ANALYTICAL:
        step = 0.25
        curve = pycbc.psd.from_string(name, int(frequencies[-1] / step) + 1, step, 10.0).numpy()
        given = np.flatnonzero((curve > 0) & np.isfinite(curve))
        at, curve = given * step, curve[given]
    else:
        raise ValueError(
            f"noise.simulated.psd: {name!r} is unknown: give one of {', '.join(asd.shipped())}, "
            "the path of a text file of an amplitude spectral density, or a PSD of PyCBC, such as "
            "aLIGOO3LowT1800545"
        )
    # A grid begins at 0 Hz, which has no logarithm.
    wanted = np.log(np.maximum(frequencies, at[0]))
    return np.exp(np.interp(wanted, np.log(at), np.log(curve)))


def noise_psd(
    name: str, frequencies: Sequence[float] | np.ndarray, lines: pd.DataFrame | None = None
) -> np.ndarray:
    """Compute the PSD that noise is coloured with: a smooth curve, and lines.

    Parameters
    ----------
    name, frequencies
        As `smooth_psd`.
    lines : pandas.DataFrame, optional
        ``frequency_hz``, ``rms_strain`` and ``width_hz`` of each line. A line is a Gaussian, and
        ``width_hz`` its full width at half maximum. Its mean square is the same on any grid.

    Returns
    -------
    array (n,), float64
        One-sided, in 1/Hz.

    Raises
    ------
    ValueError
        As `smooth_psd`.
    """
    frequencies = np.asarray(frequencies, dtype=np.float64)
    psd = smooth_psd(name, frequencies)
    if lines is None:
        return psd
    delta_f = frequencies[1] - frequencies[0]
    for middle, rms, width in lines[_NUMBERS].to_numpy().tolist():
        # A line narrower than the grid could fall between two bins.
        sigma = max(width / np.sqrt(8 * np.log(2)), delta_f / 2)
        near = np.abs(frequencies - middle) < 6 * sigma
        shape = np.exp(-0.5 * ((frequencies[near] - middle) / sigma) ** 2)
        if near.any():
            psd[near] += rms**2 * shape / (shape.sum() * delta_f)
    return psd


def read_lines(path: PathLike, detector: str) -> pd.DataFrame:
    """Read the spectral lines of one detector from ``resources/spectral_lines.tsv``.

    Returns
    -------
    pandas.DataFrame
        ``frequency_hz``, ``rms_strain`` and ``width_hz``; empty if the table has no line of the
        detector, such as K1.
    """
    table = resources.read(path, _NUMBERS, texts=["detector", "source"])
    return table[table["detector"] == detector].reset_index(drop=True)
