"""The whitened strain itself, as an image of one row: the input of a network in one dimension.

It is the only representation that keeps the sign and the phase of a signal.
"""

import numpy as np


def power(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the square of each sample of the strain.

    Parameters
    ----------
    strain : numpy.ndarray
        Whitened strain of unit variance, shape (..., time).
    window, hop, rows : int
        As for the other representations. They do not matter, because no window is laid on strain.

    Returns
    -------
    numpy.ndarray
        Shape (..., 1, time), float32. White noise has a mean power of 1 per sample.
    """
    return np.square(signed(strain))


def signed(strain: np.ndarray) -> np.ndarray:
    """Copy the strain as an image of one row, shape (..., 1, time), float32."""
    return np.array(strain[..., None, :], np.float32)
