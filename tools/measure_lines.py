"""Measure the spectral lines of a detector from a text file of its amplitude spectral density.

Its output is ``resources/spectral_lines.tsv``, so it is needed only once. A bin belongs to a line
if its power is above a threshold times the running median. The power above the median, summed
over neighbouring bins, is the mean square strain of the line.

    python tools/measure_lines.py --source LIGO-P2000251 H1=asd.txt L1=... > lines.tsv
"""

import argparse
import sys

import numpy as np
from scipy.ndimage import median_filter

LOW, HIGH = 20.0, 1500.0


def measure(
    frequency: np.ndarray,
    asd: np.ndarray,
    threshold: float = 6.0,
    window: float = 16.0,
    keep: int = 20,
) -> list[tuple[float, float, float]]:
    """Measure the lines of one spectrum that stand out most, sorted by frequency.

    Parameters
    ----------
    frequency, asd : array (n,)
        Hz, evenly spaced, and strain per root Hz.
    threshold : float
        A bin belongs to a line if its power over the running median is above this.
    window : float
        Width of the running median [Hz].
    keep : int
        Number of lines.

    Returns
    -------
    list of (frequency_hz, rms_strain, width_hz)
    """
    delta_f = frequency[1] - frequency[0]
    power = asd**2
    floor = median_filter(power, size=2 * round(window / delta_f / 2) + 1, mode="nearest")
    inside = (power > threshold * floor) & (frequency >= LOW) & (frequency <= HIGH)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    lines = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        excess = power[begin:end] - floor[begin:end]
        square = excess.sum() * delta_f
        centre = (excess * frequency[begin:end]).sum() / excess.sum()
        # The full width at half maximum of a Gaussian of this area and height.
        width = square / excess.max() * 2 * np.sqrt(np.log(2) / np.pi)
        lines.append((centre, np.sqrt(square), width, square / floor[begin:end].mean()))
    lines.sort(key=lambda line: -line[3])
    return sorted((centre, rms, width) for centre, rms, width, _ in lines[:keep])


def main() -> None:
    """Read the command line, write the table to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spectra", nargs="+", metavar="DETECTOR=FILE")
    parser.add_argument("--source", required=True)
    parser.add_argument("--keep", type=int, default=20)
    arguments = parser.parse_args()
    sys.stdout.write("detector\tfrequency_hz\trms_strain\twidth_hz\tsource\n")
    for item in arguments.spectra:
        detector, path = item.split("=", 1)
        frequency, asd = np.loadtxt(path, unpack=True)
        for centre, rms, width in measure(frequency, asd, keep=arguments.keep):
            sys.stdout.write(
                f"{detector}\t{centre:.3f}\t{rms:.3e}\t{width:.3f}\t{arguments.source}\n"
            )


if __name__ == "__main__":
    main()
