"""Samples per second and core: the library against a loop over samples with PyCBC, in one run."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

# One core, for both.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow/scripts"), str(ROOT / "tests")]

import reference  # noqa: E402
import yaml  # noqa: E402
from jobs import make_inputs  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.noise.store import Noise  # noqa: E402
from ccsncam.samples.building import build  # noqa: E402
from ccsncam.samples.synthesis import Inputs, by_snr, draw  # noqa: E402
from ccsncam.waveforms.model import Waveform  # noqa: E402

SAMPLES, LOOPED = 300, 4


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
        began = time.perf_counter()
        build(path, inputs, 1, "ours", SAMPLES, by_snr(20, 50), "benchmark")
        ours = SAMPLES * len(inputs.classes) / (time.perf_counter() - began)

        noises = [Noise.read(path, strain=True) for path in made.noise]
        models = [None, *(Waveform.read(path) for path in made.waveforms)]
        began = time.perf_counter()
        for label, model in enumerate(models):
            table = draw(inputs, 1, "loop", label, 0, LOOPED)
            for index in range(LOOPED):
                row = {name: values[index] for name, values in table.items()}
                reference.sample(model, row, noises, 5.0, sampling)
        loop = LOOPED * len(models) / (time.perf_counter() - began)
    result = SimpleNamespace(
        ours=round(ours), pycbc_loop=round(loop, 1), ratio=round(ours / loop, 1)
    )
    print(json.dumps({"samples per second and core": vars(result)}, indent=2))


if __name__ == "__main__":
    main()
