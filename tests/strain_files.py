"""Files of made strain, and the search for good pieces in them."""

import numpy as np
from gwosc_layout import layout

from ccsncam.config.noise import StrainFiles
from ccsncam.noise import folder, reasons
from ccsncam.noise.selection import scan_files
from ccsncam.noise.strain_file import open_files

RATE = 4096
START = 1000000000
CHANNEL = "{detector}:GWOSC-4KHZ_R1_STRAIN"
QUALITY = ("DATA", "BURST_CAT2")
INJECTIONS = ("NO_CBC_HW_INJ", "NO_BURST_HW_INJ")


def access(channel=CHANNEL, quality=QUALITY, injections=INJECTIONS, plain=None):
    """The block that says how files are read."""
    return StrainFiles(channel, tuple(quality), tuple(injections), plain or {})


def gwosc(path, start=START, duration=32, detector="H1", seed=0, **more):
    """Write a file in GWOSC's HDF5 layout; ``more`` changes what it says and holds."""
    path = path / f"{detector[0]}-{detector}_GWOSC_TEST_4KHZ_R1-{start}-{duration}.hdf5"
    random = np.random.default_rng(seed)
    data = 1e-21 * random.standard_normal(more.get("samples", duration * RATE))
    begins = more.get("begins", ())
    data[: len(begins)] = begins
    for first, last in more.get("gaps", ()):
        data[first * RATE : last * RATE] = np.nan
    quality = np.full(duration, 127, dtype="u4")
    for second in more.get("not_data", ()):
        quality[second] = 0
    for second in more.get("no_cat2", ()):
        quality[second] = 127 - 32
    injections = np.full(duration, 23, dtype="u4")  # continuous waves are injected
    for second in more.get("injected", ()):
        injections[second] = 22
    quality = quality[: more.get("values", duration)]
    says, gps = more.get("says", detector), more.get("gps", start)
    other = {"xstart": start} | {k: more[k] for k in ("masks", "xstart", "rate") if k in more}
    with layout(path, says, gps, quality, injections, **other) as file:
        file["strain/Strain"] = data
    return data


def scan(path, ranges, detector="H1", duration=4, leave_out=(), **more):
    """Search the files of a folder for good pieces; ``more`` changes how they are read."""
    block = access(**more)
    paths = folder.files_for(path, detector, ranges, block.plain)
    files = open_files(paths, detector, RATE, block)
    return scan_files(files, ranges, duration, block.quality, block.injections, leave_out)


def seconds(selection):
    """Seconds of a selection by reason."""
    return dict(reasons.reason_seconds(selection.stretches).to_numpy())
