"""Baselines of the detectors: how long light needs from one to another.

Snakemake reads this module at its start, so it imports no library of detectors.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

# Positions of the beam splitters from the Earth's centre, in the Earth's frame [m], as in LAL.
_POSITIONS = {
    "H1": (-2161414.92636, -3834695.17889, 4600350.22664),
    "L1": (-74276.0447238, -5496283.71971, 3224257.01744),
    "V1": (4546374.09900, 842989.697626, 4378576.96241),
    "K1": (-3777336.024, 3484898.411, 3765313.697),
}
_LIGHT = 299792458.0


def pairs(detectors: Sequence[str]) -> list[str]:
    """Name the pairs of detectors in their order, such as H1-L1, H1-V1 and L1-V1."""
    return ["-".join(pair) for pair in combinations(detectors, 2)]


def travel_times(detectors: Sequence[str]) -> list[float]:
    """Find how long light needs between the detectors of each of `pairs` [s]."""
    places = [np.array(_POSITIONS[name]) for name in detectors]
    return [float(np.linalg.norm(one - other)) / _LIGHT for one, other in combinations(places, 2)]
