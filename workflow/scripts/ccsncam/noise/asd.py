"""Measured amplitude spectral densities: those of O3 that ship with the workflow, and files."""

import math
from itertools import pairwise

import numpy as np

from ccsncam import resources
from ccsncam.aliases import PathLike
from ccsncam.text import content, numbered_lines

_FREQUENCY = "frequency_hz"
# Between these lies the median of any detector on the ground, built or planned [1/sqrt(Hz)].
LEAST, MOST = 1e-26, 1e-17


def names_file(name: str) -> bool:
    """Whether a PSD of the config is a file; names of curves have neither dot nor slash."""
    return "." in name or "/" in name


def shipped() -> list[str]:
    """Names of the measured curves of ``resources/asd.tsv``, such as ``O3-H1``."""
    _, header = next(content(resources.path("asd.tsv")))
    return [name for name in header.split("\t") if name != _FREQUENCY]


def read(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a measured curve.

    Parameters
    ----------
    name : str
        A name of `shipped`, or the path of a text file; see `read_file`.

    Returns
    -------
    frequency : array (n,)
        In Hz, rising.
    asd : array (n,)
        Amplitude spectral density [1/sqrt(Hz)].

    Raises
    ------
    ValueError
        As `read_file`.
    """
    if names_file(name):
        return read_file(name)
    table = resources.read(resources.path("asd.tsv"), [_FREQUENCY, name])
    return table[_FREQUENCY].to_numpy(), table[name].to_numpy()


def read_file(path: PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Read a text file of an amplitude spectral density.

    Parameters
    ----------
    path : path
        Two columns, separated by blanks or a comma: frequency [Hz] and density [1/sqrt(Hz)].
        ``#`` begins a comment line. A row at 0 Hz is left out.

    Returns
    -------
    frequency, asd : array (n,)

    Raises
    ------
    ValueError
        In one line with file and line number, if a row is no pair of numbers above 0, the
        frequencies do not rise, there are fewer than two rows, or the values are far from those
        of a detector.
    """
    rows: list[tuple[int, float, float]] = []
    for number, line in numbered_lines(path):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            frequency, density = map(float, line.replace(",", " ").split())
        except ValueError:
            raise ValueError(
                f"{path}:{number}: {line.strip()[:40]!r} is not a frequency and an amplitude "
                "spectral density: give two numbers in each row"
            ) from None
        if frequency == 0:
            continue
        if not (0 < frequency < math.inf and 0 < density < math.inf):
            raise ValueError(f"{path}:{number}: both numbers must be finite and above 0")
        rows.append((number, frequency, density))
    if len(rows) < 2:
        raise ValueError(f"{path}: {len(rows)} rows; a spectrum has at least two")
    for (_, before, _), (number, after, _) in pairwise(rows):
        if after <= before:
            raise ValueError(f"{path}:{number}: {after:g} Hz follows {before:g} Hz: sort the rows")
    _, frequencies, densities = np.array(rows, dtype=np.float64).T
    typical = float(np.median(densities))
    if not LEAST < typical < MOST:
        hint = ": this looks like a PSD, take its square root" if typical < 1e-30 else ""
        raise ValueError(
            f"{path}: the median amplitude spectral density is {typical:.1e} 1/sqrt(Hz), but that "
            f"of a detector lies between {LEAST:g} and {MOST:g}{hint}"
        )
    return frequencies, densities
