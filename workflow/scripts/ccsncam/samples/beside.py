"""Numbers that ride with images: whatever hands an image to a network hands them too.

They stand in the first cells, side by side, of a channel behind those of the detectors.
"""

import numpy as np


def join(images: np.ndarray, numbers: np.ndarray | None) -> np.ndarray:
    """Put numbers into a channel behind those of their images.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (..., frequency, time, channel).
    numbers : numpy.ndarray or None
        Shape (..., number).

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, time, channel + 1); the images themselves without numbers.
    """
    if numbers is None:
        return images
    both = np.empty((*images.shape[:-1], images.shape[-1] + 1), images.dtype)
    both[..., :-1] = images
    write(both, numbers)
    return both


def write(images: np.ndarray, numbers: np.ndarray) -> None:
    """Fill the last channel of images, as `join` does, in place."""
    images[..., -1] = 0
    images[..., 0, : numbers.shape[-1], -1] = numbers


def apart(images: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Take images apart from the ``count`` numbers that `join` has put behind them."""
    if not count:
        return images, None
    return images[..., :-1], images[..., 0, :count, -1]
