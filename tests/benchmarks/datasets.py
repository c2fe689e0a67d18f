"""Samples a second a core: the library against a loop over samples with PyCBC, in one run."""

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

from ccsncam import dataset, strain, waveform  # noqa: E402

SAMPLES, LOOPED = 300, 4


def main():
    """Print samples a second, and the ratio."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    for live in config["noise"]["simulated"]["live_time"].values():
        live.update(dict.fromkeys(live, 256))
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        folder = Path(folder)
        made = make_inputs(ROOT, config, folder, config["classes"][1:])
        inputs = dataset.load(made.waveforms, made.noise, config)
        path = folder / "ours.h5"
        dataset.build(path, inputs, 1, "warm", 2, dataset.by_snr(20, 50), "benchmark")
        began = time.perf_counter()
        dataset.build(path, inputs, 1, "ours", SAMPLES, dataset.by_snr(20, 50), "benchmark")
        ours = SAMPLES * len(inputs.classes) / (time.perf_counter() - began)

        noises = [strain.read_noise(path, strain=True) for path in made.noise]
        models = [None, *(waveform.Waveform.read(path) for path in made.waveforms)]
        began = time.perf_counter()
        for label, model in enumerate(models):
            table = dataset.draw(inputs, 1, "loop", label, 0, LOOPED)
            for index in range(LOOPED):
                row = {name: values[index] for name, values in table.items()}
                reference.sample(model, row, noises, 5.0, config)
        loop = LOOPED * len(models) / (time.perf_counter() - began)
    result = SimpleNamespace(
        ours=round(ours), pycbc_loop=round(loop, 1), ratio=round(ours / loop, 1)
    )
    print(json.dumps({"samples a second a core": vars(result)}, indent=2))


if __name__ == "__main__":
    main()
