"""Time per saliency map, beside pytorch-grad-cam and tf-keras-vis on the same network and samples.

CCSNCAM_TORCH=/path/to/python python tests/benchmarks/saliency.py [SAMPLES]

CCSNCAM_TORCH names a python with the dependency group compare of pyproject.toml, in an
environment of its own. All take two threads; start-up and compilation are not counted. The
defaults of each are timed: Score-CAM differs in a softmax over 16 weights
(tests/unit/test_maps.py compares the values).
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.network import classifier, device  # noqa: E402
from ccsncam.network.chain import Network  # noqa: E402
from ccsncam.saliency.maps import explainer  # noqa: E402
from ccsncam.saliency.scores import BATCH, run  # noqa: E402

METHODS = ("grad-cam", "grad-cam++", "hires-cam", "layer-cam", "score-cam")
OTHERS = {
    "pytorch-grad-cam": ("torch_cam.py", METHODS),
    "tf-keras-vis": ("keras_vis_cam.py", ("grad-cam", "grad-cam++", "score-cam")),
}
THREADS, THEIR_BATCH = 2, 100


def main(samples):
    python = os.environ.get("CCSNCAM_TORCH")
    if not python:
        sys.exit("CCSNCAM_TORCH names no python with the dependency group compare")
    device.prepare(THREADS)
    block = Classifier.of(yaml.safe_load((ROOT / "config/config.yaml").read_text())["classifier"])
    network = Network(classifier.build(block, (94, 31, 3), 10))
    random = np.random.default_rng(0)
    images = random.random((samples, 94, 31, 3), np.float32)
    target = random.integers(0, 10, samples)
    ours = {}
    for method in METHODS:
        compiled = explainer(network, method)
        compiled(images[:BATCH], target[:BATCH].astype(np.int32))
        began = time.perf_counter()
        run(compiled, images, target)
        ours[method] = time.perf_counter() - began
    few = max(100, samples // 10)
    weights = {
        f"{layer.name}/{k}": value
        for layer in network.model.layers
        for k, value in enumerate(layer.get_weights())
    }
    print(f"{samples} samples of 94 x 31 x 3, {THREADS} threads; milliseconds per sample")
    print(f"{'':12s} {'ccsncam':>8s} {'10 000 here':>12s}", *(f"{name:>26s}" for name in OTHERS))
    theirs = {}
    with tempfile.TemporaryDirectory() as folder:
        source, out = (str(Path(folder) / name) for name in ("in.npz", "out.npz"))
        np.savez(source, images=images[:few], target=target[:few], **weights)
        for name, (script, methods) in OTHERS.items():
            path = str(Path(__file__).with_name(script))
            command = [python, path, source, out, str(THREADS), str(THEIR_BATCH), *methods]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found = np.load(out)
            for method in methods:
                theirs[method, name] = float(found[f"seconds/{method}"]) / few
    for method in METHODS:
        one = ours[method] / samples
        cells = [
            f"{1e3 * theirs[method, name]:13.3f} ({theirs[method, name] / one:4.1f} times)"
            if (method, name) in theirs
            else f"{'-':>26s}"
            for name in OTHERS
        ]
        print(f"{method:12s} {1e3 * one:8.3f} {1e4 * one:10.1f} s", *cells)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
