"""Compare networks that are trained on simulated and on real noise of H1, and tested on both.

``python tools/compare_noise.py DATA FOLDER``

DATA holds strain/o3b_h1, 128 s of strain, whose one loud glitch lies in the second of four
stretches of 32 s. One network trains on the first two stretches, another on the last two. Each is
tested on the stretches that it was not trained on. The networks that were trained on simulated
noise are tested on all four. The waveforms are always the embedded surrogates, so
that only the noise differs. Runs go to FOLDER.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

import real_input  # noqa: E402
from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.network import device  # noqa: E402
from ccsncam.network.chain import Network  # noqa: E402
from ccsncam.network.classifier import load_network  # noqa: E402
from ccsncam.noise.store import Noise  # noqa: E402
from ccsncam.saliency import scores  # noqa: E402
from ccsncam.samples import spectrogram  # noqa: E402
from ccsncam.samples.dataset import DataSet  # noqa: E402

DISTANCES = [1, 3, 5, 10]
# The number of parameters with one detector.
NETWORK = {"parameters": 427090}
SIZES = {"train_per_class": 600, "validation_per_class": 200, "test_per_class": 400}
# Length of a piece of real noise, and time between its windows [s].
STRETCH, STEP = 32, 0.25
# Time at either end of a piece that the whitening filter corrupts [s].
EDGE = 1
RUNS: dict[str, tuple[str, Any]] = {
    "simulated, 10368 s": ("sim_long", 10368),
    "simulated, 64 s": ("sim_short", 64),
    "real, 0 to 64 s (with the glitch)": ("real_first", [[0, 64], [64, 96], [96, 128]]),
    "real, 64 to 128 s (without)": ("real_last", [[64, 128], [0, 32], [32, 64]]),
}


def config_of(data: Path, run: str, noise: Any) -> dict[str, Any]:
    """Make the config of a run. ``noise`` is seconds of simulated noise, or parts of real noise."""
    found: dict[str, Any] = {
        "run": run,
        "waveforms": str(ROOT / "config/waveforms.tsv"),
        "detectors": ["H1"],
        # Above this frequency the anti-alias filter of 4096-Hz strain removes the noise.
        "signal": {"f_max": 1600.0},
        "noise": real_input.noise(data),
        "datasets": {"distances": DISTANCES, **SIZES},
        "classifier": NETWORK | {"epochs": [12, 12, 12]},
        "saliency": {"distance": 1, "distances": [1]},
        "figures": {"distances": [1]},
    }
    splits = list(found["noise"]["ranges"])
    if isinstance(noise, list):
        begin = found["noise"]["ranges"]["train"][0][0]
        parts = [[[begin + first, begin + last]] for first, last in noise]
        found["noise"]["ranges"] = dict(zip(splits, parts, strict=True))
    else:
        start, edges = 1238236470, (0, 16000, 17000, 20000)
        parts = [[[start + a, start + b]] for a, b in pairwise(edges)]
        lives = zip(splits, (noise, 512, 2048), strict=True)
        block = {"live_time": {split: {"H1": live} for split, live in lives}}
        found["noise"] |= {"source": "simulated", "simulated": block}
        found["noise"]["ranges"] = dict(zip(splits, parts, strict=True))
    return found


def make(folder: Path, config: Mapping[str, Any]) -> None:
    """Make the tables of a run in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "my.yaml").write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "2"]
    command += ["--directory", folder, "--configfile", ROOT / "config/config.yaml"]
    command += [folder / "my.yaml", "--", "tabulate_results"]
    subprocess.run(list(map(str, command)), check=True)


def rates(network: Network, folder: Path) -> tuple[dict[int, float], float]:
    """Share of signals that are classified rightly, by distance, and of noise taken for signals."""
    right, taken = {}, []
    for distance in DISTANCES:
        data = DataSet.open(folder / f"datasets/test-{distance}kpc.h5")
        label, said = data.column("label"), scores.logits(network, data.images()).argmax(axis=1)
        right[distance] = float(np.mean(said[label > 0] == label[label > 0]))
        taken.append(said[label == 0] > 0)
    return right, float(np.mean(taken))


def stretches(folder: Path) -> dict[int, np.ndarray]:
    """Whitened pieces of all real noise, by the second of the file at which each begins."""
    found: dict[float, np.ndarray] = {}
    for split in ("train", "validation", "test"):
        noise = Noise.read(folder / f"noise/{split}-H1.h5")
        found |= dict(zip(noise.gps_start, noise.whitened, strict=True))
    begin = min(found)
    return {int(start - begin): found[start] for start in sorted(found)}


def alarms(network: Network, whitened: np.ndarray, sampling: Sampling) -> float:
    """Share of the windows of a piece, `STEP` apart, that are taken for a signal."""
    rate, block = sampling.signal.sample_rate, sampling.spectrogram
    edge = round(EDGE * rate)
    starts = np.arange(edge, len(whitened) - edge - rate + 1, round(STEP * rate))
    windows = np.lib.stride_tricks.sliding_window_view(whitened, rate)[starts, None]
    image = spectrogram.normalise(spectrogram.magnitude(windows, block, rate), block)
    said = scores.logits(network, np.moveaxis(image, 1, -1)).argmax(axis=1)
    return float(np.mean(said > 0))


def main() -> None:
    """Train the networks, test each on both kinds of noise, and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    sampling, block = Sampling.of(default), Classifier.of(default["classifier"] | NETWORK)
    folders, networks = {}, {}
    device.prepare(threads=2)
    for words, (run, noise) in RUNS.items():
        place = (given.folder / run).absolute()
        make(place, config_of(given.data, run, noise))
        folders[words] = place / "results" / run
        networks[words] = load_network(
            block,
            default["saliency"]["layer"],
            folders[words] / "models/seed-0/best.weights.h5",
            DataSet.open(folders[words] / "datasets/test-1kpc.h5"),
        )
    long, _, first, last = RUNS
    pieces = stretches(folders[first])
    for trained, network in networks.items():
        print(f"trained on {trained}")
        tested = {"simulated": folders[long]}
        if trained != last:
            tested["real, 96 to 128 s"] = folders[first]
        if trained != first:
            tested["real, 32 to 64 s"] = folders[last]
        for words, folder in tested.items():
            right, alarmed = rates(network, folder)
            shares = ", ".join(f"{d} kpc {100 * share:.1f} %" for d, share in right.items())
            print(f"  {words}: signals right {shares}; noise as signal {100 * alarmed:.2f} %")
        own = RUNS[trained][1][0] if isinstance(RUNS[trained][1], list) else (0, 0)
        taken = [
            f"{start} to {start + STRETCH} s {100 * alarms(network, piece, sampling):.1f} %"
            + (" (of its training)" if own[0] <= start < own[1] else "")
            for start, piece in pieces.items()
        ]
        # Windows overlap and come from half a minute, so no binomial interval holds.
        print(f"  windows of real noise as signal: {', '.join(taken)}")


if __name__ == "__main__":
    main()
