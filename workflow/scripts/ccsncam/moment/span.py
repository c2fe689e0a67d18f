"""The span of time around a moment that is looked at, in samples."""

import numpy as np

from ccsncam.config.moment import Moment

# The window at the moment begins this long before the moment [s]. In training the bounce lies 0 to
# 0.15 s after the beginning of a sample.
LEAD = 0.05


def span_size(moment: Moment) -> int:
    """Number of samples in the span; it is even, and the moment lies in the middle."""
    return 2 * round(moment.span * moment.signal.sample_rate / 2)


def span_begin(moment: Moment) -> float:
    """Beginning of the span, counted from the moment [s]."""
    return -span_size(moment) / 2 / moment.signal.sample_rate


def window_starts(moment: Moment) -> tuple[np.ndarray, int]:
    """First samples of the windows of 1 s in the span, which lie ``moment.step`` apart.

    Parameters
    ----------
    moment : Moment

    Returns
    -------
    starts : numpy.ndarray of int
        Shape (window,), counted from the start of the span.
    at : int
        Number of the window that begins `LEAD` seconds before the moment.
    """
    rate = moment.signal.sample_rate
    half, step = span_size(moment) // 2, moment.step * rate
    anchor = half - round(LEAD * rate)
    before, after = int(anchor / step), int((2 * half - rate - anchor) / step)
    steps = np.round(np.arange(-before, after + 1) * step).astype(int)
    return anchor + steps, before
