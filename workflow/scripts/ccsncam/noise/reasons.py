"""Why a second of noise is kept or lost: the reasons that noise files store."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

# States of a second. Masks, exclusions and events add more states as they are met.
NO_FILE, GOOD, KEPT = "no file", "good", "kept"
# A good piece that another detector does not have, where noise is coincident.
ALONE = "another detector off"
NOT_FINITE, CONSTANT, NOT_WHOLE = "NaN or infinite", "constant strain", "piece not whole"
# The end of a range that is not a whole number of seconds long.
REST = "part of a second"
# Above this frequency [Hz] the anti-alias filter of 4096-Hz GWOSC strain removes the noise: GWOSC
# specifies its data at 4 kHz up to 1700 Hz.
GWOSC_F_MAX = 1700.0
# Bits of GWOSC's masks, from the lowest one. HDF5 files name their bits, GWF files do not.
DQ_BITS = (
    "DATA",
    "CBC_CAT1",
    "CBC_CAT2",
    "CBC_CAT3",
    "BURST_CAT1",
    "BURST_CAT2",
    "BURST_CAT3",
)
INJECTION_BITS = (
    "NO_CBC_HW_INJ",
    "NO_BURST_HW_INJ",
    "NO_DETCHAR_HW_INJ",
    "NO_CW_HW_INJ",
    "NO_STOCH_HW_INJ",
)


class Reasons(dict[str, int]):
    """Numbers the reasons in the order in which they are met.

    Arrays of seconds then hold small numbers in place of texts.
    """

    def __missing__(self, word: str) -> int:
        """Give a new reason the next number."""
        return self.setdefault(word, len(self))

    def of(self, word: str, count: int) -> np.ndarray:
        """Make an array of ``count`` seconds that all have one reason, as numbers."""
        return np.full(count, self[word], dtype=np.int16)

    def words(self, numbers: np.ndarray) -> np.ndarray:
        """Turn numbers back into reasons."""
        return np.array(list(self), dtype=object)[numbers]


def reason_seconds(stretches: pd.DataFrame) -> pd.DataFrame:
    """Add up the seconds of each reason.

    Parameters
    ----------
    stretches : pandas.DataFrame
        ``start``, ``end`` (GPS time [s]) and ``reason``.

    Returns
    -------
    pandas.DataFrame
        ``reason`` and ``seconds``, sorted by reason.
    """
    seconds = stretches["end"] - stretches["start"]
    return seconds.groupby(stretches["reason"]).sum().rename("seconds").reset_index()


def kept_stretches(starts: Sequence[float] | np.ndarray, duration: float) -> pd.DataFrame:
    """Join pieces that are all kept into stretches of time.

    Parameters
    ----------
    starts : array (piece,)
        GPS time of the start of each piece [s], in rising order.
    duration : float
        Length of a piece [s].

    Returns
    -------
    pandas.DataFrame
        ``start``, ``end`` (GPS time [s]) and ``reason``, which is `KEPT` everywhere.
    """
    starts = np.asarray(starts, dtype=np.float64)
    most = duration * (1 + 1e-9)
    first = np.flatnonzero(np.diff(starts, prepend=-np.inf) > most)
    last = np.flatnonzero(np.diff(starts, append=np.inf) > most)
    columns = {"start": starts[first], "end": starts[last] + duration, "reason": KEPT}
    return pd.DataFrame(columns)
