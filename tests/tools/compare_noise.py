"""What real noise changes: networks trained on simulated and on real noise of H1, tested on both.

    python tests/tools/compare_noise.py DATA FOLDER

DATA holds strain/o3b_h1, 128 s: 64 s for training, 32 s each for validation and test. The waveforms
are the embedded surrogates throughout, so that only the noise differs. Runs go to FOLDER.
"""

import argparse
import sys
from pathlib import Path

import h5py
import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "workflow")]

import real_input  # noqa: E402
from runner import Workflow  # noqa: E402

from ccsncam import classifier, saliency  # noqa: E402

DISTANCES = [1, 3, 5, 10]
# Of one detector.
NETWORK = {"parameters": 427090}
SIZES = {"train_per_class": 600, "validation_per_class": 200, "test_per_class": 400}


def config(data, run, source, live):
    """Configuration of one of the networks; ``live`` seconds of training noise if simulated."""
    found = {
        "run": run,
        "detectors": ["H1"],
        # The anti-alias filter of 4096-Hz strain takes the noise away above.
        "signal": {"f_max": 1600.0},
        "noise": real_input.noise(data) | {"source": source},
        "datasets": {"distances": DISTANCES, **SIZES},
        "classifier": NETWORK | {"epochs": [12, 12, 12]},
        "saliency": {"distance": 1, "distances": [1]},
        "figures": {"distances": [1]},
    }
    if source == "simulated":
        start = 1238236470
        found["noise"]["ranges"] = {
            "train": [[start, start + 16000]],
            "validation": [[start + 16000, start + 17000]],
            "test": [[start + 17000, start + 20000]],
        }
        lives = {"train": live, "validation": 512, "test": 2048}
        found["noise"]["simulated"] = {"live_time": {k: {"H1": v} for k, v in lives.items()}}
    return found


def outcome(network, folder):
    """Accuracy by distance; false alarms, samples of noise, and the seconds they are cut from."""
    right, alarms, trials = {}, 0, 0
    for distance in DISTANCES:
        with h5py.File(folder / f"datasets/test-{distance}kpc.h5") as file:
            label = file["label"][()]
            said = saliency.logits(network, file["spectrogram"]).argmax(axis=1)
        signal = label > 0
        right[distance] = np.mean(said[signal] == label[signal])
        alarms += np.sum(said[~signal] > 0)
        trials += np.sum(~signal)
    with h5py.File(folder / "noise/test-H1.h5") as noise:
        live = noise.attrs["live_time"]
    return right, alarms, trials, live


def main():
    """Train, test on both, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    runs = {
        "simulated, 10368 s": ("sim_long", "simulated", 10368),
        "simulated, 64 s": ("sim_short", "simulated", 64),
        "real, 64 s": ("real", "files", None),
    }
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    folders, networks = {}, {}
    classifier.prepare(threads=2)
    for words, (run, source, live) in runs.items():
        place = given.folder / run
        place.mkdir(parents=True, exist_ok=True)
        Workflow(place, ROOT, config(given.data, run, source, live)).run("--", "tabulate")
        folders[words] = place / "results" / run
        networks[words] = saliency.load(
            default["classifier"] | NETWORK,
            default["saliency"],
            folders[words] / "models/seed-0/best.weights.h5",
            folders[words] / "datasets/test-1kpc.h5",
        )
    for trained, network in networks.items():
        for tested in ("simulated, 10368 s", "real, 64 s"):
            right, alarms, trials, live = outcome(network, folders[tested])
            shares = ", ".join(f"{d} kpc {100 * share:.1f} %" for d, share in right.items())
            print(
                f"trained on {trained}, tested on {tested.split(',')[0]}: signals right: {shares};"
            )
            # Of a short stretch they overlap, so that no binomial interval holds.
            print(
                f"    noise taken for a signal {100 * alarms / trials:.2f} % of {trials} samples "
                f"of {live:.0f} s"
            )


if __name__ == "__main__":
    main()
