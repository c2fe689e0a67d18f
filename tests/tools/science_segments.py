"""Gather the science segments of O3 from the files of the package duty-cycle.

A one-off: its output is ``resources/science_segments.tsv``.

    python tests/tools/science_segments.py FOLDER > resources/science_segments.tsv

FOLDER is ``duty_cycle/data`` of the package duty-cycle 0.2.1 (MIT licence), unpacked.
"""

import sys
from pathlib import Path

import numpy as np

HEADER = """\
# Science segments [start, end) of H1, L1 and V1 in O3, GPS seconds (GWOSC flags <detector>_DATA).
# From the Python package duty-cycle 0.2.1 (MIT licence, Copyright (c) 2024 Rico Ka Lok Lo).
# Made by tests/tools/science_segments.py.
"""


def main(folder):
    """Write the table to standard output."""
    print(HEADER, end="")
    print("detector", "run", "start", "end", sep="\t")
    for run in ("O3a", "O3b"):
        for detector in ("H1", "L1", "V1"):
            path = Path(folder) / f"{run.lower()}_{detector}_times.dat"
            start, end, duration = np.loadtxt(path, dtype=np.int64).T
            if (end - start != duration).any() or (start[1:] < end[:-1]).any():
                raise ValueError(f"{path}: segments overlap, or their durations are wrong")
            for begin, stop in zip(start, end, strict=True):
                print(detector, run, begin, stop, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
