"""The table ``scales``: accuracy on the scales of other samples."""

import numpy as np
from scipy.stats import norm


def paired(before: np.ndarray, after: np.ndarray) -> tuple[float, float, float]:
    """Difference of two shares of the same samples, with its 95 % interval.

    Parameters
    ----------
    before, after : numpy.ndarray of bool
        Shape (n,).

    Returns
    -------
    difference, low, high : float
        ``after`` minus ``before``. The interval is that of Agresti & Min (2005), which counts half
        a sample more in each of the four cells, so that it is no point where no sample changes.
    """
    lost, won = np.sum(before & ~after) + 0.5, np.sum(~before & after) + 0.5
    size = len(before) + 2
    middle = (won - lost) / size
    spread = norm.ppf(0.975) * np.sqrt(won + lost - (won - lost) ** 2 / size) / size
    difference = float(after.mean() - before.mean())
    return difference, float(middle - spread), float(middle + spread)


def row(before: np.ndarray, after: np.ndarray, signal: np.ndarray) -> dict[str, float]:
    """Columns of the table for a permutation.

    Parameters
    ----------
    before, after : numpy.ndarray of bool
        Whether the prediction of each sample is right, on its own scales and on others.
    signal : numpy.ndarray of bool
        Whether the sample has a signal.
    """
    difference, low, high = paired(before, after)
    own = signal & before
    return {
        "samples": len(before),
        "accuracy": float(before.mean()),
        "permuted_accuracy": float(after.mean()),
        "difference": difference,
        "low": low,
        "high": high,
        "signals_lost": float((own & ~after).sum() / max(own.sum(), 1)),
    }
