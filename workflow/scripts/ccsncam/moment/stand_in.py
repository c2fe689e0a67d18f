"""White noise in place of a detector without data."""

import numpy as np

from ccsncam import seeds
from ccsncam.config.blocks import Band
from ccsncam.noise import whitening


def white_noise(detector: str, gps: float, size: int, seed: int, band: Band) -> np.ndarray:
    """Draw white noise in the pass band, in place of a detector without data.

    Parameters
    ----------
    detector : str
    gps : float
        The moment, GPS [s].
    size : int
        Samples.
    seed : int
        Seed of the run. The noise depends on it, the detector and the GPS time.
    band : Band

    Returns
    -------
    numpy.ndarray
        Shape (size,), float32. It is Gaussian and has the density of whitened noise, which means
        unit variance over the whole band.
    """
    # "classify" is only a name of the stream: another name would draw other noise.
    stream = seeds.generator(seed, "classify", detector, f"{gps:.15g}")
    frequencies = np.fft.rfftfreq(size, 1 / band.sample_rate)
    spectrum = np.fft.rfft(stream.standard_normal(size))
    spectrum *= whitening.band(frequencies, band.f_min, band.upper_edge)
    return np.fft.irfft(spectrum, size).astype(np.float32)
