"""From files of 4096 s on disk to whitened pieces: the library against GWpy, each on one core."""

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

# One core, for both.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow/scripts"), str(ROOT / "tests")]

import h5py  # noqa: E402
import numpy as np  # noqa: E402
from gwosc_layout import layout  # noqa: E402

from ccsncam.config.blocks import Band  # noqa: E402
from ccsncam.config.noise import NoiseSource, StrainFiles, Whitening  # noqa: E402
from ccsncam.noise.folder import files_for  # noqa: E402
from ccsncam.noise.making import NoiseRequest, make_noise  # noqa: E402
from ccsncam.noise.psd import Spectrum  # noqa: E402
from ccsncam.noise.reasons import DQ_BITS, INJECTION_BITS  # noqa: E402
from ccsncam.noise.simulation import simulate  # noqa: E402

RATE, DURATION, PIECE, START = 4096, 4096, 64, 1238233088
# Several, to see that memory does not grow with the ranges.
FILES = 4


def make(folder, number):
    """Write a file in GWOSC's layout, compressed as theirs, incompressible as theirs."""
    start = START + number * DURATION
    blocks = start + 512.0 * np.arange(DURATION // 512)
    spectrum = Spectrum("O3-L1")
    data = simulate(number, "L1", blocks, 512, RATE, spectrum.psd)[0].ravel()
    data = data * (1 + 1e-7 * np.random.default_rng(number).standard_normal(len(data)))
    path = folder / f"L-L1_GWOSC_O3a_4KHZ_R1-{start}-{DURATION}.hdf5"
    masks = (
        np.full(DURATION, 2 ** len(bits) - 1, dtype="u4") for bits in (DQ_BITS, INJECTION_BITS)
    )
    with layout(path, "L1", start, *masks) as file:
        stored = {"compression": "gzip", "shuffle": True, "chunks": (2048,)}
        written = file.create_dataset("strain/Strain", data=data, **stored)
        # GWpy reads these.
        written.attrs.update({"Xunits": "second", "Yunits": "", "Npoints": len(data)})
    return path


def ours(folder, files):
    """Scan, read, whiten and write as the rule ``select_noise`` does."""
    ranges = ((START, START + files * DURATION),)
    access = StrainFiles(
        channel="",
        quality=("DATA", "BURST_CAT2"),
        injections=("NO_CBC_HW_INJ", "NO_BURST_HW_INJ"),
        plain={},
    )
    request = NoiseRequest(
        seed=0,
        split="train",
        detector="L1",
        noise=NoiseSource("files", PIECE, ranges, simulation=None, files=access, leave_out=()),
        whitening=Whitening(psd_duration=4, filter_duration=2),
        band=Band(RATE, f_min=20.0, f_max=1600.0),
    )
    make_noise(folder / "noise.h5", files_for(folder, "L1", ranges), request)


def gwpy(folder, files):
    """What a user would write: read a file, cut it into pieces, whiten each with its own PSD."""
    from gwpy.timeseries import TimeSeries

    for path in sorted(folder.glob("*.hdf5"))[:files]:
        data = TimeSeries.read(path, format="hdf5.gwosc")
        with h5py.File(folder / "rival.h5", "w") as file:
            for begin in range(int(data.t0.value), int(data.t0.value) + DURATION, PIECE):
                piece = data.crop(begin, begin + PIECE)
                white = piece.whiten(fftlength=4, overlap=2, method="median", highpass=20)
                file[str(begin)] = white.value.astype(np.float32)


def measure(function, folder, files, results):
    """Put the time that a function takes [s] and the peak memory of this process [GB]."""
    began = time.perf_counter()
    function(folder, files)
    seconds = time.perf_counter() - began
    results.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))


def main():
    """Print seconds per file, times real time and peak memory of both, and their ratio."""
    # Each runs in a process of its own, because peak memory belongs to a process.
    context = multiprocessing.get_context("spawn")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for number in range(FILES):
            make(folder, number)
        for name, function, files in (
            ("ours, 1 file", ours, 1),
            (f"ours, {FILES} files", ours, FILES),
            ("gwpy, 1 file", gwpy, 1),
        ):
            results = context.Queue()
            process = context.Process(target=measure, args=(function, folder, files, results))
            process.start()
            seconds, memory = results.get()
            process.join()
            found[name] = {
                "seconds per file": round(seconds / files, 2),
                "times real time": round(files * DURATION / seconds),
                "peak memory [GB]": round(memory, 2),
            }
    speed = {name: one["times real time"] for name, one in found.items()}
    found["ratio"] = round(speed["ours, 1 file"] / speed["gwpy, 1 file"], 1)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
