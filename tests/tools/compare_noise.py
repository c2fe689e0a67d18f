"""What real noise changes: networks trained on simulated and on real noise of H1, tested on both.

    python tests/tools/compare_noise.py DATA FOLDER

DATA holds strain/o3b_h1, 128 s, whose one loud glitch lies in the second of its four stretches of
32 s. One network trains on the first two stretches, another on the last two; each is tested on the
others, and those of simulated noise on all. The waveforms are the embedded surrogates throughout,
so that only the noise differs. Runs go to FOLDER.
"""

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "workflow")]

import real_input  # noqa: E402
from runner import Workflow  # noqa: E402

from ccsncam import classifier, classify, saliency  # noqa: E402

DISTANCES = [1, 3, 5, 10]
# Of one detector.
NETWORK = {"parameters": 427090}
SIZES = {"train_per_class": 600, "validation_per_class": 200, "test_per_class": 400}
# Seconds of a piece of real noise, and between windows of it [s].
STRETCH, STEP = 32, 0.25
# Seconds at either end of a piece that its filter corrupts.
EDGE = 1
RUNS = {
    "simulated, 10368 s": ("sim_long", 10368),
    "simulated, 64 s": ("sim_short", 64),
    "real, 0 to 64 s (with the glitch)": ("real_first", [[0, 64], [64, 96], [96, 128]]),
    "real, 64 to 128 s (without)": ("real_last", [[64, 128], [0, 32], [32, 64]]),
}


def config(data, run, noise):
    """Configuration of a network; of simulated training noise ``noise`` seconds, of real parts."""
    found = {
        "run": run,
        "detectors": ["H1"],
        # The anti-alias filter of 4096-Hz strain takes the noise away above.
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


def rates(network, folder):
    """Share of signals that are right, by distance, and of noise that is taken for a signal."""
    right, alarms = {}, []
    for distance in DISTANCES:
        with h5py.File(folder / f"datasets/test-{distance}kpc.h5") as file:
            label = file["label"][()]
            said = saliency.logits(network, file["spectrogram"]).argmax(axis=1)
        right[distance] = np.mean(said[label > 0] == label[label > 0])
        alarms.append(said[label == 0] > 0)
    return right, np.mean(alarms)


def stretches(folders):
    """Whitened pieces of all real noise by the second of the file at which they begin."""
    found = {}
    for split in ("train", "validation", "test"):
        with h5py.File(folders / f"noise/{split}-H1.h5") as noise:
            found |= dict(zip(noise["gps_start"][()], noise["whitened"][()], strict=True))
    begin = min(found)
    return {int(start - begin): found[start] for start in sorted(found)}


def alarms(network, whitened, blocks):
    """Share of windows of a piece, `STEP` apart, that are taken for a signal."""
    rate, edge = blocks["signal"]["sample_rate"], round(EDGE * blocks["signal"]["sample_rate"])
    starts = np.arange(edge, len(whitened) - edge - rate + 1, round(STEP * rate))
    image = classify.images([whitened], starts, blocks)
    return np.mean(saliency.logits(network, image).argmax(axis=1) > 0)


def main():
    """Train, test on both, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    blocks = {key: default[key] for key in ("signal", "spectrogram")}
    folders, networks = {}, {}
    classifier.prepare(threads=2)
    for words, (run, noise) in RUNS.items():
        place = given.folder / run
        place.mkdir(parents=True, exist_ok=True)
        Workflow(place, ROOT, config(given.data, run, noise)).run("--", "tabulate")
        folders[words] = place / "results" / run
        networks[words] = saliency.load(
            default["classifier"] | NETWORK,
            default["saliency"],
            folders[words] / "models/seed-0/best.weights.h5",
            folders[words] / "datasets/test-1kpc.h5",
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
        shares = [
            f"{start} to {start + STRETCH} s {100 * alarms(network, piece, blocks):.1f} %"
            + (" (of its training)" if own[0] <= start < own[1] else "")
            for start, piece in pieces.items()
        ]
        # They overlap, and are of half a minute: no binomial interval holds.
        print(f"  windows of real noise as signal: {', '.join(shares)}")


if __name__ == "__main__":
    main()
