"""Masks: the cells of an image that a signal fills."""

import numpy as np

# A mask holds this share of a mode's power.
SHARE = 0.9


def mask(power: np.ndarray, share: float = SHARE) -> np.ndarray:
    """The smallest set of cells that holds a share of the power.

    Parameters
    ----------
    power : numpy.ndarray
        Shape (..., frequency, time), not negative.
    share : float

    Returns
    -------
    numpy.ndarray of bool
        Same shape; empty where there is no power.
    """
    # A shape with -1 would fail for an array without any mode.
    flat = power.reshape(*power.shape[:-2], power.shape[-2] * power.shape[-1]).astype(float)
    order = np.argsort(-flat, axis=-1, kind="stable")
    found = np.cumsum(np.take_along_axis(flat, order, -1), axis=-1)
    needed = found - np.take_along_axis(flat, order, -1) < share * found[..., -1:]
    out = np.zeros(flat.shape, bool)
    np.put_along_axis(out, order, needed, axis=-1)
    return out.reshape(power.shape)
