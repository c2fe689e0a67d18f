"""Samples per second of training, beside Keras's model.fit and a matrix product of this machine.

python tests/benchmarks/training.py [SAMPLES]

All take two threads and the network of the default configuration; start-up and compilation are not
counted. Keras runs in processes of its own, with and without oneDNN. The ceiling is the rate at
which the machine could do the multiply-adds of the layers, if each layer were one large matrix
product in float32. "Mixed anew" is the same training on samples that are mixed while it runs.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from ccsncam.config.blocks import Spectrogram  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.config.mixing import Mixing  # noqa: E402
from ccsncam.network import classifier, device, training  # noqa: E402
from ccsncam.network.backend import keras, tf  # noqa: E402
from ccsncam.network.material import Mixed  # noqa: E402
from ccsncam.samples.mixing import Mixer  # noqa: E402
from ccsncam.samples.spectra import NoiseFrames, Signals, Spectra  # noqa: E402

SHAPE, CLASSES, THREADS, EPOCHS = (94, 31, 3), 10, 2, 3

# What a user would write, with TensorFlow as it comes.
PLAIN = """
import sys, time
import keras, numpy as np, tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads({threads})
tf.config.threading.set_inter_op_parallelism_threads({threads})
data = np.load(sys.argv[1])
whole = keras.models.model_from_json(open(sys.argv[2]).read())
model = keras.Model(whole.inputs, whole.outputs[-1])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam({rate}), loss, metrics=["accuracy"])
taken = []
for _ in range({epochs} + 1):
    began = time.perf_counter()
    model.fit(data["images"], data["labels"], batch_size={batch}, verbose=0)
    taken.append(time.perf_counter() - began)
print(min(taken[1:]))
"""


def main(samples):
    device.prepare(THREADS)
    block = Classifier.of(yaml.safe_load((ROOT / "config/config.yaml").read_text())["classifier"])
    random = np.random.default_rng(0)
    images = random.random((samples, *SHAPE), np.float32)
    labels = random.integers(0, CLASSES, samples).astype(np.int32)
    model = classifier.build(block, SHAPE, CLASSES)
    rates = {"ccsncam": samples / ours(model, block, images, labels)}
    rates["mixed anew"] = anew(model, block, samples)
    with tempfile.TemporaryDirectory() as folder:
        data, layers = Path(folder, "data.npz"), Path(folder, "model.json")
        np.savez(data, images=images, labels=labels)
        layers.write_text(model.to_json())
        for name, switch in (("model.fit, oneDNN", "1"), ("model.fit, no oneDNN", "0")):
            rates[name] = samples / fit(block, data, layers, switch)
    # One pass forwards and two of the same size backwards.
    rates["ceiling"] = product_rate() / (3 * multiply_adds(model))
    print(f"{samples} samples of {SHAPE}, {THREADS} threads")
    for name, rate in rates.items():
        print(f"{name:22s} {rate:8.0f} samples/s   ccsncam is {rates['ccsncam'] / rate:5.2f} times")


def ours(model, block, images, labels):
    """Shortest time of an epoch [s]."""
    optimizer = keras.optimizers.Adam(block.learning_rate)
    optimizer.build(model.trainable_weights)
    epoch, _ = training.steps(model, optimizer, block)
    data = tf.constant(images), tf.constant(labels)
    order = np.random.default_rng(1).permutation(len(labels)).astype(np.int32)
    full = len(order) // block.batch_size * block.batch_size
    rows = tf.constant(order[:full].reshape(-1, block.batch_size)), tf.constant(order[full:])
    taken = []
    for _ in range(EPOCHS + 1):
        began = time.perf_counter()
        epoch(*rows, *data).numpy()
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def anew(model, block, samples):
    """Samples per second of training on samples that are mixed anew, 30 % of them noise."""
    mixing = Mixing(anew=True, noise=0.3, glitches=0.15)
    block = replace(block, mixing=mixing, epochs=(EPOCHS + 1,))
    bins, frames, detectors = SHAPE
    signals = round(0.7 * samples)
    random = np.random.default_rng(3)
    first = np.arange(20_000)
    noise = [
        NoiseFrames(spectra_of(random, first.size + frames, bins), first, first % 50 == 0)
        for _ in range(detectors)
    ]
    classes = [str(number) for number in range(CLASSES)]
    label = 1 + np.arange(signals) % (CLASSES - 1)
    own = Signals("one", (7.0, 30.0), label, spectra_of(random, signals, detectors, frames, bins))
    scaling = Spectrogram(256, 128, 1500.0, "amplitude", "detector", None)
    mixed = Mixed(Mixer(Spectra([own], noise, classes, scaling, False, 1)), block)
    optimizer = keras.optimizers.Adam(block.learning_rate)
    optimizer.build(model.trainable_weights)
    epoch, _ = training.steps(model, optimizer, block)
    taken = []
    for number in range(1, EPOCHS + 2):
        began = time.perf_counter()
        mixed.run(epoch, number, np.random.default_rng(number))
        taken.append(time.perf_counter() - began)
    return samples / min(taken[1:])


def spectra_of(random, *shape):
    """Noise of complex numbers."""
    return random.standard_normal((*shape, 2), np.float32).view(np.complex64)[..., 0]


def fit(block, data, layers, switch):
    """Shortest time of an epoch of model.fit in another process [s]."""
    code = PLAIN.format(
        threads=THREADS, rate=block.learning_rate, batch=block.batch_size, epochs=EPOCHS
    )
    environment = os.environ | {"TF_ENABLE_ONEDNN_OPTS": switch, "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, "-c", code, str(data), str(layers)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def multiply_adds(model):
    """Multiply-adds of one sample on its way forwards."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            places = np.prod(layer.output.shape[1:3])
            total += places * np.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            total += np.prod(layer.kernel.shape)
    return int(total)


def product_rate(size=2048, rounds=8):
    """Multiply-adds per second of products of two matrices, one product on each thread."""
    random = np.random.default_rng(2)
    parts = tf.constant(random.random((THREADS, size, size), np.float32))

    @tf.function
    def work():
        return [tf.reduce_sum(tf.matmul(part, part)) for part in tf.unstack(parts)]

    work()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        [one.numpy() for one in work()]
        taken.append(time.perf_counter() - began)
    return THREADS * size**3 / min(taken)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
