"""Clusters of windows: of windows near each other, the loudest counts."""

import math

import numpy as np
from scipy.ndimage import maximum_filter1d


def half_width(cluster: float, stride: float) -> int:
    """Half width of a cluster, in windows.

    Parameters
    ----------
    cluster : float
        The same in s.
    stride : float
        From window to window [s].
    """
    # Within rounding, a window at the distance itself still belongs to the cluster.
    return math.floor(cluster / stride * (1 + 1e-9))


def loudest(statistic: np.ndarray, width: int) -> np.ndarray:
    """Find the windows that are the loudest of their cluster.

    A window is kept if no window within ``width`` of it, on either side, has a larger statistic.
    The first of several equal ones is kept. Whether a window is kept does not depend on any
    threshold, so counts above different thresholds belong to the same clusters.

    Parameters
    ----------
    statistic : numpy.ndarray
        Statistic of windows at one stride, shape (window,).
    width : int
        Half width of a cluster, in windows.

    Returns
    -------
    numpy.ndarray of int
        Numbers of the windows that are kept, in rising order.
    """
    peaks = maximum_filter1d(statistic, 2 * width + 1, mode="nearest") == statistic
    kept = np.flatnonzero(peaks)
    # Two kept windows within the width have the same statistic.
    apart = np.diff(kept, prepend=-width - 1) > width
    return kept[apart]
