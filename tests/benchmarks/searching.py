"""Cost of the search of test samples, and of windows of noise, on one core.

python tests/benchmarks/searching.py

Signals of nine classes in simulated noise of three detectors, each in the eleven windows around its
second, and single windows of noise, with the paper's network and all forms of excess power.
Start-up is not counted.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow/scripts"), str(ROOT / "tests")]

import yaml  # noqa: E402
from jobs import make_inputs  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.detection import searching, stretches, windows  # noqa: E402
from ccsncam.network import classifier, device  # noqa: E402
from ccsncam.samples.building import build  # noqa: E402
from ccsncam.samples.dataset import DataSet  # noqa: E402
from ccsncam.samples.synthesis import Inputs, by_distance  # noqa: E402

PER_CLASS, WINDOWS = 60, 2000


def main():
    """Print the processor time of a signal and of a window of noise."""
    device.prepare(1)
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    for live in config["noise"]["simulated"]["live_time"].values():
        live.update(dict.fromkeys(live, 256))
    sampling = Sampling.of(config)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        folder = Path(folder)
        made = make_inputs(ROOT, config, folder, config["classes"][1:])
        inputs = Inputs.read(made.waveforms, made.noise, sampling)
        path = folder / "test-5kpc.h5"
        build(path, inputs, 1, "test-5kpc", PER_CLASS, by_distance(5), "benchmark")
        dataset = DataSet.open(path)
        block = Classifier.of(config["classifier"])
        model = classifier.build(block, (94, 31, 3), len(config["classes"]))
        said = classifier.evaluate(model, dataset, 0)
        score = windows.judge(model)
        stride = config["detection"]["background"]["stride"]
        starts = stretches.window_starts(sampling.spectrogram, inputs.rate, stride)
        around = stretches.Stretches(inputs, starts)
        searching.search(score, around, dataset, said, 2)
        used = time.process_time()
        found = searching.search(score, around, dataset, said, PER_CLASS)
        signal = 1e3 * (time.process_time() - used) / len(found.label)
        used = time.process_time()
        batches = stretches.single_windows(inputs, 1, "train", WINDOWS)
        searching.look_at_noise(score, batches, sampling.spectrogram, "train", 256.0)
        window = 1e3 * (time.process_time() - used) / WINDOWS
    detection = config["detection"]
    signals = len(config["datasets"]["distances"]) * (len(config["classes"]) - 1)
    whole = signals * detection["per_class"] * signal + 2 * detection["noise_windows"] * window
    print(f"{signal:.1f} ms a signal, {window:.2f} ms a window of noise, of processor")
    print(f"the search of config/config.yaml: {whole / 1e3:.0f} s for each network")
    result = {"ms_a_signal": signal, "ms_a_window": window, "seconds_of_default": whole / 1e3}
    print(json.dumps({name: round(value, 2) for name, value in result.items()}))


if __name__ == "__main__":
    main()
