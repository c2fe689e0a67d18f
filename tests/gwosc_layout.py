"""Files in the layout of GWOSC's HDF5."""

from contextlib import contextmanager

import h5py
import numpy as np

from ccsncam.noise.reasons import DQ_BITS, INJECTION_BITS


@contextmanager
def layout(path, detector, gps, quality, injections, *, masks=True, xstart=None, rate=4096):
    """Open a new file, in which the caller writes ``strain/Strain``.

    ``quality`` and ``injections`` hold one integer per second. ``xstart`` is the GPS time of the
    first sample that the strain itself states.
    """
    with h5py.File(path, "w") as file:
        file["meta/Detector"], file["meta/GPSstart"] = detector, gps
        file["meta/Duration"] = len(quality)
        if masks:
            file["quality/simple/DQmask"] = quality
            file["quality/simple/DQShortnames"] = np.array(DQ_BITS, dtype="S10")
            file["quality/injections/Injmask"] = injections
            file["quality/injections/InjShortnames"] = np.array(INJECTION_BITS, dtype="S17")
        yield file
        first = gps if xstart is None else xstart
        file["strain/Strain"].attrs.update({"Xstart": first, "Xspacing": 1 / rate})
