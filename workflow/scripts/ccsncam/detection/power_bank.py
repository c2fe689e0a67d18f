"""What powers show of known sources: the likelihood ratio of a bank of signals without phases.

It is no detector for use, because it knows the signals that it looks for. It is a reference for
networks that see powers, and no bound: a finite bank of fixed SNR can be beaten.
"""

import numpy as np

# Signals of the bank whose likelihoods are computed at once.
BATCH = 1000


def log_likelihood_ratio(
    power: np.ndarray, templates: np.ndarray, snr: float, independent: float
) -> np.ndarray:
    """Compute the log of the mean likelihood ratio over a bank of signals.

    Under noise the power of a cell is exponential with a mean of 1. With a Gaussian signal whose
    mean power is ρ² w it is exponential with a mean of 1 + ρ² w; w is the power of a signal of the
    bank at a network SNR of 1. The ratio of a signal is the product over cells, and that of the
    bank is the mean over its signals. For such sources and independent cells no statistic of the
    powers finds more (Neyman & Pearson 1933). Cells whose power is fixed and whose phases alone are
    random have ratios of Bessel functions, which take much longer and find about 1 % more.

    Parameters
    ----------
    power : numpy.ndarray
        Power of each cell in mean powers of noise, shape (n, cell), float32.
    templates : numpy.ndarray
        The same of the signals of the bank without noise, at a network SNR of 1, shape
        (signal, cell), float32.
    snr : float
        Network SNR ρ of the signals.
    independent : float
        Share of the cells that are independent: hop / window of a spectrogram. Logarithms are
        multiplied by it, so that cells that overlap do not count twice.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64.
    """
    total = np.full(len(power), -np.inf)
    for first in range(0, len(templates), BATCH):
        excess = snr**2 * templates[first : first + BATCH]
        gain = excess / (1 + excess)
        each = independent * (power @ gain.T - np.log1p(excess).sum(axis=1)).astype(float)
        total = np.logaddexp(total, np.logaddexp.reduce(each, axis=1))
    return total - np.log(len(templates))
