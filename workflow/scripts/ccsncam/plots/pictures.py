"""Pictures of images: those of strain are the paper's spectrograms of it."""

import numpy as np

from ccsncam.samples.representations import stft


def picture(image: np.ndarray, frequencies: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Give images that can be drawn.

    Parameters
    ----------
    image : numpy.ndarray
        Shape (..., frequency, time, detector). An image of one row is a second of strain.
    frequencies, times : numpy.ndarray
        Axes of the picture [Hz], [s], from `ccsncam.samples.grid.cells`.

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, time, detector): the images themselves, or the amplitudes of the
        spectrogram of strain, each detector from 0 to 1.
    """
    if image.shape[-3] == len(frequencies):
        return image
    rate = image.shape[-2]
    window = round(rate / (frequencies[1] - frequencies[0]))
    hop = round(rate * (times[1] - times[0]))
    series = np.moveaxis(image[..., 0, :, :], -1, -2)
    seen = np.sqrt(stft.power(series, window, hop, len(frequencies)))
    low, high = seen.min(axis=(-2, -1), keepdims=True), seen.max(axis=(-2, -1), keepdims=True)
    # A detector without strain stays black.
    return np.moveaxis((seen - low) / np.where(high > low, high - low, 1), -3, -1)
