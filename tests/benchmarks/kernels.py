"""Where the time of training or of a saliency method goes, kernel by kernel of oneDNN.

python tests/benchmarks/kernels.py [train | METHOD]

The work runs on one thread in a process of its own, in which oneDNN says how long each of its
kernels took. The last line has the processor time of that process from the second round on, so
that start-up and compilation are not counted. The kernels of the first round are left out too.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES, ROUNDS = 2000, 3

WORK = """
import sys, time
sys.path[:0] = [{scripts!r}, {here!r}]
import numpy as np, yaml
from pathlib import Path
import training
from ccsncam.config.classifier import Classifier
from ccsncam.network import classifier, device
from ccsncam.network.backend import keras, tf
from ccsncam.network.chain import Network
from ccsncam.saliency.maps import maps

device.prepare(1)
block = Classifier.of(yaml.safe_load(Path({config!r}).read_text())["classifier"])
random = np.random.default_rng(0)
images = random.random(({samples}, *training.SHAPE), np.float32)
labels = random.integers(0, training.CLASSES, {samples}).astype(np.int32)
model = classifier.build(block, training.SHAPE, training.CLASSES)
if {work!r} == "train":
    optimizer = keras.optimizers.Adam(block.learning_rate)
    optimizer.build(model.trainable_weights)
    epoch, _ = training.training.steps(model, optimizer, block)
    full = {samples} // block.batch_size * block.batch_size
    order = np.arange({samples}, dtype=np.int32)
    rows = tf.constant(order[:full].reshape(-1, block.batch_size)), tf.constant(order[full:])
    data = tf.constant(images), tf.constant(labels)
    once = lambda: epoch(*rows, *data).numpy()
else:
    network = Network(model)
    once = lambda: maps(network, {work!r}, images, labels)
once()
print("BEGIN", flush=True)
began = time.process_time()
for _ in range({rounds}):
    once()
print("SECONDS", time.process_time() - began, flush=True)
"""


def main(work):
    code = WORK.format(
        scripts=str(ROOT / "workflow/scripts"),
        here=str(Path(__file__).parent),
        config=str(ROOT / "config/config.yaml"),
        samples=SAMPLES,
        rounds=ROUNDS,
        work=work,
    )
    environment = os.environ | {"ONEDNN_VERBOSE": "1"}
    command = [sys.executable, "-c", code]
    said = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    counted = said.split("BEGIN\n", 1)[1].splitlines()
    taken = float(next(line.split()[1] for line in counted if line.startswith("SECONDS")))
    seconds, calls = Counter(), Counter()
    for line in counted:
        cells = line.split(",")
        if cells[0] != "onednn_verbose" or "exec" not in cells:
            continue
        at = cells.index("exec")
        kernel = cells[at + 2], cells[at + 4], cells[-2] if cells[at + 2] != "gemm_api" else ""
        seconds[kernel] += float(cells[-1]) / 1e3
        calls[kernel] += 1
    if not seconds:
        sys.exit("oneDNN said nothing: this TensorFlow computes without it")
    print(f"{work}: {ROUNDS} x {SAMPLES} samples, one thread")
    for (kind, way, shape), one in seconds.most_common(12):
        print(
            f"{100 * one / taken:5.1f} % {calls[kind, way, shape]:7d} calls  {kind} {way} {shape}"
        )
    inside = sum(seconds.values())
    print(f"{100 * inside / taken:5.1f} % in all kernels of oneDNN; {taken:.2f} s of the processor")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "train")
