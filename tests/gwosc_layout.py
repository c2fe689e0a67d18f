"""Files in the layout of GWOSC's HDF5."""

from contextlib import contextmanager

import h5py
import numpy as np

from ccsncam import strain


@contextmanager
def layout(path, detector, gps, quality, injections, *, masks=True, xstart=None, rate=4096):
    """An open file whose ``strain/Strain`` is for the caller to write.

    ``quality`` and ``injections`` are an integer a second, ``xstart`` is what the strain
    itself says of its first sample.
    """
    with h5py.File(path, "w") as file:
        file["meta/Detector"], file["meta/GPSstart"] = detector, gps
        file["meta/Duration"] = len(quality)
        if masks:
            file["quality/simple/DQmask"] = quality
            file["quality/simple/DQShortnames"] = np.array(strain.DQ_BITS, dtype="S10")
            file["quality/injections/Injmask"] = injections
            file["quality/injections/InjShortnames"] = np.array(strain.INJECTION_BITS, dtype="S17")
        yield file
        first = gps if xstart is None else xstart
        file["strain/Strain"].attrs.update({"Xstart": first, "Xspacing": 1 / rate})
