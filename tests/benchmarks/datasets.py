"""Samples per second and core: the library, a loop over samples with PyCBC, and ml4gw, in one run.

CCSNCAM_ML4GW=/path/to/python python tests/benchmarks/datasets.py

CCSNCAM_ML4GW names a python that has ml4gw (pip install ml4gw), in an environment of its own;
without it ml4gw is left out. Its work is made easy: one PSD for all pieces of noise, delays of
whole samples, polarisation matrices given, and nothing is drawn or written to disk.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# One core, for both.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow/scripts"), str(ROOT / "tests")]

import numpy as np  # noqa: E402
import reference  # noqa: E402
import yaml  # noqa: E402
from jobs import make_inputs  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.noise.store import Noise  # noqa: E402
from ccsncam.samples import injection  # noqa: E402
from ccsncam.samples.building import build  # noqa: E402
from ccsncam.samples.grid import grid  # noqa: E402
from ccsncam.samples.synthesis import Inputs, by_snr, draw  # noqa: E402
from ccsncam.waveforms.model import Waveform, polarisation_weights  # noqa: E402

SAMPLES, LOOPED = 300, 4
# Samples that ml4gw makes at once: the fastest of 25, 100 and 300 on a core.
BATCH = 25
# Strain in units in which its square fits into float32.
UNIT = 1e-21


def by_ml4gw(folder, inputs):
    """Samples per second by ml4gw; None where there is none."""
    python = os.environ.get("CCSNCAM_ML4GW")
    if not python:
        print("ml4gw is left out: CCSNCAM_ML4GW names no python that has it")
        return None
    rate, block, band = inputs.rate, inputs.sampling.spectrogram, inputs.sampling.signal.band
    drawn = draw(inputs, 1, "ml4gw", 1, 0, BATCH)
    frequency = np.fft.rfftfreq(2 * rate, 1 / rate)
    source, out = folder / "in.npz", folder / "out.npz"
    np.savez(
        source,
        components=[np.fft.irfft(injection.spectra(one)) / UNIT for one in inputs.waveforms],
        weights=polarisation_weights(drawn["theta"], drawn["phi"]),
        late=np.rint((0.5 + drawn["bounce_time"] - injection.BOUNCE) * rate),
        snr=20 + 30 * drawn["uniform"],
        **{name: drawn[name] for name in ("ra", "dec", "psi")},
        noise=[noise.whitened[:4].ravel() for noise in inputs.noise],
        psd=[
            np.interp(frequency, np.arange(len(noise.psd[0])) * noise.delta_f, noise.psd[0])
            / UNIT**2
            for noise in inputs.noise
        ],
        detectors=inputs.detectors,
        rate=rate,
        window=block.window,
        hop=block.hop,
        keep=len(grid(block, rate).frequencies),
        f_min=band.f_min,
        f_max=band.f_max,
    )
    script = Path(__file__).with_name("ml4gw_samples.py")
    command = [python, script, source, out, SAMPLES, BATCH]
    subprocess.run(list(map(str, command)), check=True)
    found = np.load(out)
    return float(found["count"] / found["seconds"])


def main():
    """Print the samples per second of both, and their ratio."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    for live in config["noise"]["simulated"]["live_time"].values():
        live.update(dict.fromkeys(live, 256))
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        folder = Path(folder)
        sampling = Sampling.of(config)
        made = make_inputs(ROOT, config, folder, config["classes"][1:])
        inputs = Inputs.read(made.waveforms, made.noise, sampling)
        path = folder / "ours.h5"
        build(path, inputs, 1, "warm", 2, by_snr(20, 50), "benchmark")
        began = time.process_time()
        build(path, inputs, 1, "ours", SAMPLES, by_snr(20, 50), "benchmark")
        ours = SAMPLES * len(inputs.classes) / (time.process_time() - began)

        noises = [Noise.read(path, strain=True) for path in made.noise]
        models = [None, *(Waveform.read(path) for path in made.waveforms)]
        began = time.process_time()
        for label, model in enumerate(models):
            table = draw(inputs, 1, "loop", label, 0, LOOPED)
            for index in range(LOOPED):
                row = {name: values[index] for name, values in table.items()}
                reference.sample(model, row, noises, 5.0, sampling)
        loop = LOOPED * len(models) / (time.process_time() - began)
        theirs = by_ml4gw(folder, inputs)
    result = {"ours": round(ours), "pycbc_loop": round(loop, 1), "ratio": round(ours / loop, 1)}
    if theirs is not None:
        result |= {"ml4gw": round(theirs), "ratio to ml4gw": round(ours / theirs, 1)}
    print(json.dumps({"samples per second and core": result}, indent=2))


if __name__ == "__main__":
    main()
