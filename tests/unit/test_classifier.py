import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.signal import correlate

from ccsncam import classifier

SETTINGS = {
    "filters": [16, 16],
    "dense": [200],
    "parameters": 427378,
    "features": 2112,
    "learning_rate": 5e-4,
    "batch_size": 128,
    "epochs": [2, 1],
    "curriculum": "replace",
    "shards": 4,
    "mixed_precision": False,
    "xla": False,
}


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    classifier.prepare(threads=2)


def small(**changes):
    """Settings of a small network on (22, 14, 2) and three classes."""
    settings = SETTINGS | {"filters": [4, 3], "dense": [8], "batch_size": 16} | changes
    counts = classifier.count_parameters(settings, (22, 14, 2), 3)
    return settings | dict(zip(("parameters", "features"), counts, strict=True))


def write(path, count, seed):
    """A data set whose classes are bright rows."""
    rng = np.random.default_rng(seed)
    label = np.arange(count, dtype="i4") % 3
    images = rng.random((count, 22, 14, 2), dtype=np.float32) * 0.5
    images[np.arange(count), 5 + 5 * label] += 0.5
    with h5py.File(path, "w") as file:
        file["spectrogram"], file["label"] = images, label
        file["network_snr"] = rng.random(count)
        file.attrs["classes"] = ["noise", "a", "b"]


@pytest.mark.parametrize(
    ("filters", "dense", "shape", "classes"),
    [
        ([16, 16], [200], (94, 31, 3), 10),
        ([8, 16], [200, 16], (94, 31, 3), 10),
        ([3, 5], [7], (30, 25, 1), 4),
    ],
)
def test_arithmetic_counts_what_keras_counts(filters, dense, shape, classes):
    settings = SETTINGS | {"filters": filters, "dense": dense}
    counts = classifier.count_parameters(settings, shape, classes)
    settings |= dict(zip(("parameters", "features"), counts, strict=True))
    model = classifier.build(settings, shape, classes)
    assert (model.count_params(), model.outputs[0].shape[-1]) == counts


def test_the_paper_s_counts():
    assert classifier.count_parameters(SETTINGS, (94, 31, 3), 10) == (427378, 2112)
    # The other network with these counts (notes, section 1.2).
    other = SETTINGS | {"filters": [8, 16], "dense": [200, 16]}
    assert classifier.count_parameters(other, (94, 31, 3), 10) == (427378, 2112)


def test_another_network_is_refused():
    with pytest.raises(ValueError, match=r"427378 parameters .* 427377"):
        classifier.build(SETTINGS | {"parameters": 427377}, (94, 31, 3), 10)


def test_forward_pass_agrees_with_numpy():
    model = classifier.build(small(), (22, 14, 2), 3, seed=3)
    images = np.random.default_rng(0).random((5, 22, 14, 2), dtype=np.float32)
    features, probability = classifier.predict(model, images)
    weights = [weight.numpy() for weight in model.weights]
    for image, ours, chances in zip(images, features, probability, strict=True):
        x = image
        for kernel, bias in (weights[0:2], weights[2:4]):
            maps = [
                correlate(x, kernel[..., k], "valid")[..., 0] + bias[k] for k in range(len(bias))
            ]
            x = np.stack(maps, axis=-1)
            high, wide = x.shape[0] // 2, x.shape[1] // 2
            x = x[: 2 * high, : 2 * wide].reshape(high, 2, wide, 2, -1).max(axis=(1, 3))
            x = np.maximum(x, 0)
        np.testing.assert_allclose(ours, x.ravel(), atol=1e-5)
        hidden = np.maximum(x.ravel() @ weights[4] + weights[5], 0)
        logits = hidden @ weights[6] + weights[7]
        np.testing.assert_allclose(chances, np.exp(logits) / np.exp(logits).sum(), atol=1e-5)


def test_sharded_gradients_are_those_of_the_batch():
    import keras
    import tensorflow as tf

    images = tf.constant(np.random.default_rng(1).random((16, 22, 14, 2), dtype=np.float32))
    labels = tf.constant(np.arange(16, dtype="i4") % 3)
    after = []
    for shards in (1, 4):
        settings = small(shards=shards)
        model = classifier.build(settings, (22, 14, 2), 3, seed=1)
        optimizer = keras.optimizers.Adam(settings["learning_rate"])
        optimizer.build(model.trainable_weights)
        epoch, _ = classifier._steps(model, optimizer, settings)
        epoch(tf.reshape(tf.range(16), (1, 16)), tf.zeros((0,), tf.int32), images, labels)
        after.append([weight.numpy() for weight in model.weights])
    model = classifier.build(small(), (22, 14, 2), 3, seed=1)
    plain = keras.Model(model.inputs, model.outputs[1])
    plain.compile(
        keras.optimizers.Adam(5e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    plain.fit(images, labels, batch_size=16, epochs=1, shuffle=False, verbose=0)
    after.append([weight.numpy() for weight in model.weights])
    for one, four, keras_fit in zip(*after, strict=True):
        np.testing.assert_allclose(one, four, atol=2e-6)
        np.testing.assert_allclose(one, keras_fit, atol=2e-6)


def run(folder, name, threads=2, **changes):
    """Train in this process; the digests of what it wrote."""
    outputs = {key: str(folder / f"{name}-{key}.weights.h5") for key in ("best", "last")}
    outputs["history"] = str(folder / f"{name}.csv")
    classifier.train(
        small(**changes),
        ["one", "two"],
        [folder / "one.h5", folder / "two.h5"],
        folder / "validation.h5",
        0,
        folder / f"{name}-state",
        outputs,
    )
    return pd.read_csv(outputs["history"])


@pytest.fixture
def folder(tmp_path):
    for seed, (name, count) in enumerate({"one": 90, "two": 60, "validation": 30}.items()):
        write(tmp_path / f"{name}.h5", count, seed)
    return tmp_path


def test_it_learns_and_says_the_stage(folder):
    history = run(folder, "toy", epochs=[15, 2], learning_rate=0.01)
    assert history["stage"].tolist() == ["one"] * 15 + ["two"] * 2
    assert history["epoch"].tolist() == list(range(1, 18))
    assert history["validation_accuracy"].iloc[-1] > 0.95
    assert not (folder / "toy-state").exists()


def test_curricula(folder):
    paths = [folder / "one.h5", folder / "two.h5"]
    sizes = {
        curriculum: [len(classifier._stage_data(paths, k, curriculum)[1]) for k in (0, 1)]
        for curriculum in ("replace", "accumulate")
    }
    assert sizes == {"replace": [90, 60], "accumulate": [90, 150]}


def test_threads_do_not_change_a_byte(folder, root):
    code = (
        "import sys; sys.path += {paths}; from pathlib import Path; import test_classifier as t\n"
        "t.classifier.prepare(threads={threads}); t.run(Path({folder!r}), 'threads-{threads}')"
    )
    paths = [str(root / "workflow/scripts"), str(root / "tests/unit")]
    for threads in (1, 2):
        text = code.format(paths=paths, threads=threads, folder=str(folder))
        subprocess.run([sys.executable, "-c", text], check=True, capture_output=True)
    for kind in ("best", "last"):
        one, two = (folder / f"threads-{n}-{kind}.weights.h5" for n in (1, 2))
        assert one.read_bytes() == two.read_bytes()


def test_a_training_that_stops_goes_on_to_the_same_bytes(folder, monkeypatch):
    run(folder, "whole")
    save, calls = classifier._State.save, []

    def interrupted(self, *arguments):
        save(self, *arguments)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(classifier._State, "save", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(folder, "parts")
    run(folder, "parts")
    for kind in ("-best.weights.h5", "-last.weights.h5", ".csv"):
        assert (folder / f"whole{kind}").read_bytes() == (folder / f"parts{kind}").read_bytes()


def test_a_state_of_other_settings_is_not_used(folder, caplog):
    caplog.set_level("INFO")
    state = folder / "toy-state"
    state.mkdir()
    with h5py.File(state / "state.h5", "w") as file:
        file.attrs["digest"] = "of another training"
    run(folder, "toy")
    assert "starting anew" in caplog.text
