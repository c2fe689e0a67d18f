"""Gather the science segments of O2 to O4a from the files of the package duty-cycle.

Its output is ``resources/science_segments.tsv``, so it is needed only once.

    python tools/science_segments.py FOLDER > resources/science_segments.tsv

FOLDER is the folder ``duty_cycle/data`` of the unpacked package duty-cycle 0.2.1 (MIT licence).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

from ccsncam import resources  # noqa: E402

HEADER = """\
# Science segments [start, end) of O2 to O4a, GPS seconds (GWOSC flags <detector>_DATA).
# From the Python package duty-cycle 0.2.1 (MIT licence, Copyright (c) 2024 Rico Ka Lok Lo).
# Made by tools/science_segments.py.
"""


def main(folder: str) -> None:
    """Write the table to standard output."""
    print(HEADER, end="")
    print("detector", "run", "start", "end", sep="\t")
    runs = pd.read_csv(resources.path("observing_runs.tsv"), sep="\t", comment="#")
    for name, first, last, detectors in runs.itertuples(index=False):
        for detector in detectors.split():
            path = Path(folder) / f"{name.lower()}_{detector}_times.dat"
            if not path.exists():
                print(f"{path}: not in the package; see tools/gwosc_tables.py", file=sys.stderr)
                continue
            start, end, duration = np.loadtxt(path, dtype=np.int64).T
            if (end - start != duration).any() or (start[1:] < end[:-1]).any():
                raise ValueError(f"{path}: segments overlap, or their durations are wrong")
            # Strain before and after a run is not public.
            start, end = np.maximum(start, first), np.minimum(end, last)
            for begin, stop in zip(start, end, strict=True):
                if begin < stop:
                    print(detector, name, begin, stop, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
