"""Spectra of simulated noise: design curves of PyCBC, and spectral lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pycbc.psd

from ccsncam import resources
from ccsncam.aliases import PathLike

_NUMBERS = ["frequency_hz", "rms_strain", "width_hz"]


@dataclass(frozen=True)
class Spectrum:
    """A design curve and the spectral lines on top of it.

    Attributes
    ----------
    name : str
        A name of ``pycbc.psd.get_psd_model_list()``, such as ``aLIGOO3LowT1800545``.
    lines : pandas.DataFrame, optional
        Rows of one detector, from `read_lines`.
    """

    name: str
    lines: pd.DataFrame | None = None

    def psd(self, frequencies: np.ndarray) -> np.ndarray:
        """One-sided PSD on a grid of frequencies; see `design_psd`."""
        return design_psd(self.name, frequencies, self.lines)


def design_psd(
    name: str, frequencies: Sequence[float] | np.ndarray, lines: pd.DataFrame | None = None
) -> np.ndarray:
    """Compute the PSD that noise is coloured with: a design curve of PyCBC, and lines.

    Outside its own range the curve keeps its first or last value, so that no value is zero or
    infinite.

    Parameters
    ----------
    name : str
        A name of ``pycbc.psd.get_psd_model_list()``, such as ``aLIGOO3LowT1800545``.
    frequencies : array (n,)
        In Hz, evenly spaced from 0.
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
        If PyCBC does not know the name.
    """
    if name not in pycbc.psd.get_psd_model_list():
        close = [known for known in pycbc.psd.get_lalsim_psd_list() if "O3" in known]
        raise ValueError(
            f"noise.simulated.psd: {name!r} is not a PSD that PyCBC knows; those of O3 are "
            f"{', '.join(close)}"
        )
    frequencies = np.asarray(frequencies, dtype=np.float64)
    step, top = 0.25, frequencies[-1]
    curve = pycbc.psd.from_string(name, int(top / step) + 1, step, 10.0).numpy()
    given = np.flatnonzero((curve > 0) & np.isfinite(curve))
    at = np.log(np.maximum(frequencies, step))
    psd = np.exp(np.interp(at, np.log(given * step), np.log(curve[given])))
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
