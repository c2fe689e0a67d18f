"""The detection statistic: one number that says how much a window looks like a signal."""

import numpy as np
import scipy.special


def statistic(logits: np.ndarray) -> np.ndarray:
    """Log-odds of "some signal" against noise, from logits in double precision.

    Probabilities round to 0 and 1 long before the odds do: in single precision a window with odds
    of 10⁸ and one with 10⁴⁰ have the same probability. The logits still tell them apart.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (..., class), of any type of real numbers; class 0 is noise.

    Returns
    -------
    numpy.ndarray
        log(Σ exp(signal logits)) - (noise logit), shape (...), float64. It is 0 where the network
        gives noise a probability of one half.
    """
    values = np.asarray(logits, dtype=np.float64)
    return scipy.special.logsumexp(values[..., 1:], axis=-1) - values[..., 0]
