"""Strain whose size is that of no detector: of another unit, or whitened already."""

import numpy as np

from ccsncam.aliases import PathLike

# Between its lowest and its highest value in a second, strain of a detector differs by 1e-21 to
# 1e-16. Beyond these bounds it is strain of no detector that was built or is planned.
SMALLEST, LARGEST = 1e-25, 1e-12


def check_amplitude(path: PathLike, strain: np.ndarray, sample_rate: int) -> None:
    """Check that strain has the size of a detector's.

    Parameters
    ----------
    path : path
        Named in the error.
    strain : array (n,)
        Seconds with NaN and seconds of constant filling say nothing.
    sample_rate : int
        In Hz.

    Raises
    ------
    ValueError
        In one line, with what was measured.
    """
    spans = []
    for at in range(0, len(strain) - sample_rate + 1, sample_rate):
        second = strain[at : at + sample_rate]
        low, high = second.min(), second.max()
        if low < high < np.inf and low > -np.inf:
            spans.append(high / 2 - low / 2)
    middle = 2 * float(np.median(spans)) if spans else None
    if middle is not None and not SMALLEST <= middle <= LARGEST:
        raise ValueError(
            f"{path}: between its lowest and highest value in a second the strain differs by "
            f"{middle:.1e} (median), strain of a detector by 1e-21 to 1e-16: it has another unit, "
            "or is whitened already: take the strain itself"
        )
