"""Measure the smooth part of a detector's amplitude spectral density from a text file of it.

Its output is ``resources/asd.tsv``, so it is needed only once. On a logarithmic grid of
frequencies, the smooth part is the median power around each frequency. Spectral lines do not
count in a median; ``tools/measure_lines.py`` measures them from the same files.

    python tools/measure_asd.py O3-H1=asd.txt O3-L1=... > resources/asd.tsv
"""

import argparse
import sys

import numpy as np

LOW, HIGH, SIZE = 10.0, 5000.0, 400
HEADER = """\
# Measured amplitude spectral densities of O3, without spectral lines [1/sqrt(Hz)].
# Source: the public document LIGO-P2000251, data of the sensitivity curves of GWTC-2
# (arXiv:2010.14527): H1 on 5 September 2019, L1 on 29 April 2019, V1 on an unnamed day of O3.
# Strain of O3a, from which such curves follow, is released by GWOSC under CC BY 4.0.
# Smoothed by tools/measure_asd.py.
"""


def smooth(frequency: np.ndarray, asd: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Median of a spectrum around each frequency of a grid.

    Parameters
    ----------
    frequency, asd : array (n,)
        Hz, and strain per root Hz.
    grid : array (m,)
        In Hz. Each median is over 8 Hz to both sides, below 32 Hz over a quarter of the frequency.

    Returns
    -------
    array (m,)
        Strain per root Hz.
    """
    half = np.minimum(8.0, grid / 4)
    first, last = np.searchsorted(frequency, grid - half), np.searchsorted(frequency, grid + half)
    return np.array([np.median(asd[a:b]) for a, b in zip(first, last, strict=True)])


def main() -> None:
    """Read the command line, write the table to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spectra", nargs="+", metavar="NAME=FILE")
    grid = np.geomspace(LOW, HIGH, SIZE)
    columns = {}
    for item in parser.parse_args().spectra:
        name, path = item.split("=", 1)
        frequency, asd = np.loadtxt(path, unpack=True)
        columns[name] = smooth(frequency, asd, grid)
    sys.stdout.write(HEADER)
    sys.stdout.write("\t".join(["frequency_hz", *columns]) + "\n")
    for number, value in enumerate(grid):
        cells = [f"{column[number]:.3e}" for column in columns.values()]
        sys.stdout.write("\t".join([f"{value:.2f}", *cells]) + "\n")


if __name__ == "__main__":
    main()
