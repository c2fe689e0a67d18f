import re
import signal
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
        file["distance_kpc"] = rng.random(count)
        file.attrs["classes"] = ["noise", "a", "b"]
        file.attrs["dataset"], file.attrs["inputs"] = path.stem, "{}"


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


def test_counting_needs_no_tensorflow(root):
    code = (
        f"import sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "from ccsncam import classifier\n"
        f"classifier.count_parameters({SETTINGS}, (94, 31, 3), 10)\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


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


def test_a_step_is_adam_s():
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(2)
    images = tf.constant(rng.random((48, 22, 14, 2), dtype=np.float32))
    labels = tf.constant(np.arange(48, dtype="i4") % 3)
    settings = small(learning_rate=0.01)
    ours, theirs = (classifier.build(settings, (22, 14, 2), 3, seed=1) for _ in range(2))
    optimizer = keras.optimizers.Adam(settings["learning_rate"])
    optimizer.build(ours.trainable_weights)
    epoch, _ = classifier._steps(ours, optimizer, settings)
    order = np.arange(48, dtype="i4").reshape(3, 16)
    epoch(tf.constant(order), tf.zeros((0,), tf.int32), images, labels)
    # Kingma & Ba 2015, algorithm 1, with the order of operations of its section 2.
    values = [weight.numpy().astype(float) for weight in theirs.trainable_weights]
    first, second = ([np.zeros_like(value) for value in values] for _ in range(2))
    for number, batch in enumerate(order, 1):
        with tf.GradientTape() as tape:
            logits = theirs(tf.gather(images, batch))[1]
            truth = tf.one_hot(tf.gather(labels, batch), 3)
            loss = -tf.reduce_mean(tf.reduce_sum(truth * tf.nn.log_softmax(logits), axis=1))
        rate = 0.01 * np.sqrt(1 - 0.999**number) / (1 - 0.9**number)
        for k, gradient in enumerate(tape.gradient(loss, theirs.trainable_weights)):
            gradient = gradient.numpy().astype(float)
            first[k] = 0.9 * first[k] + 0.1 * gradient
            second[k] = 0.999 * second[k] + 0.001 * gradient**2
            values[k] = values[k] - rate * first[k] / (np.sqrt(second[k]) + 1e-7)
            theirs.trainable_weights[k].assign(values[k])
    for weight, value in zip(ours.trainable_weights, values, strict=True):
        np.testing.assert_allclose(weight.numpy(), value, atol=1e-5)


def run(folder, name, **changes):
    """Train in this process on the data sets of ``folder``; the history."""
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


def spawn(root, folder, code):
    """Run code in a process of its own, which knows this module as ``t``."""
    paths = [str(root / part) for part in ("workflow/scripts", "tests/unit", "tests")]
    start = (
        f"import os, signal, sys; sys.path += {paths}; import test_classifier as t\n"
        f"from pathlib import Path; folder = Path({str(folder)!r})\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", start + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture
def folder(tmp_path):
    for seed, (name, count) in enumerate({"one": 90, "two": 60, "validation": 30}.items()):
        write(tmp_path / f"{name}.h5", count, seed)
    return tmp_path


def test_it_learns_and_says_the_stage(folder, caplog):
    caplog.set_level("INFO")
    history = run(folder, "toy", epochs=[15, 2], learning_rate=0.01)
    assert history["stage"].tolist() == ["one"] * 15 + ["two"] * 2
    assert history["epoch"].tolist() == list(range(1, 18))
    assert history["validation_accuracy"].iloc[-1] > 0.95
    assert not (folder / "toy-state").exists()
    assert re.search(r"epoch 17/17, stage two: .*, [\d.]+ s, 0 s left", caplog.text)


def test_a_loss_that_is_not_finite_is_an_error(folder):
    with pytest.raises(ValueError, match="epoch 1, stage one: the loss is not finite"):
        run(folder, "wild", learning_rate=1e30)
    assert not (folder / "wild-state").exists()


def test_curricula(folder):
    paths = [folder / "one.h5", folder / "two.h5"]
    sizes = {
        curriculum: [len(classifier._stage_data(paths, k, curriculum)[1]) for k in (0, 1)]
        for curriculum in ("replace", "accumulate")
    }
    assert sizes == {"replace": [90, 60], "accumulate": [90, 150]}


def test_the_loss_of_an_epoch_is_one_number():
    import keras
    import tensorflow as tf

    # The paper's network: in a small one every shard arrives in its turn.
    rng = np.random.default_rng(0)
    images = tf.constant(rng.random((970, 94, 31, 3), dtype=np.float32))
    labels = tf.constant(rng.integers(10, size=970, dtype=np.int32))
    # The weights stay as they are.
    model, optimizer = classifier.build(SETTINGS, (94, 31, 3), 10), keras.optimizers.SGD(0.0)
    epoch, _ = classifier._steps(model, optimizer, SETTINGS)
    order = tf.range(970)
    batches = tf.reshape(order[:960], (-1, 32)), order[960:]
    found = [epoch(*batches, images, labels) for _ in range(24)]
    assert len({(float(total), float(right)) for total, right in found}) == 1


def test_threads_do_not_change_a_byte(folder, root):
    # 510 samples are two batches of a forward pass and part of a third.
    write(folder / "test.h5", 510, 7)
    processes = [
        spawn(
            root, folder, f"t.classifier.prepare({n}); t.run(folder, 'x{n}'); t.judge(folder, {n})"
        )
        for n in (1, 2)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output.decode()
    for kind in ("-best.weights.h5", "-last.weights.h5", ".csv", "-evaluation.h5"):
        assert (folder / f"x1{kind}").read_bytes() == (folder / f"x2{kind}").read_bytes()
    # What the script wrote is what the best weights say of the data set.
    model = classifier.build(small(), (22, 14, 2), 3)
    model.load_weights(folder / "x1-best.weights.h5")
    images, labels = classifier.read(folder / "test.h5")
    features, probability = classifier.predict(model, images)
    with h5py.File(folder / "x1-evaluation.h5") as file, h5py.File(folder / "test.h5") as data:
        np.testing.assert_array_equal(file["embedding"], features)
        np.testing.assert_array_equal(file["probability"], probability)
        np.testing.assert_array_equal(file["prediction"], probability.argmax(axis=1))
        for name in ("label", "network_snr", "distance_kpc"):
            np.testing.assert_array_equal(file[name], data[name])
        assert file.attrs["accuracy"] == (probability.argmax(axis=1) == labels).mean()
        assert list(file.attrs["classes"]) == ["noise", "a", "b"]
        assert (file.attrs["dataset"], file.attrs["seed"]) == ("test", 0)


def judge(folder, threads):
    """Evaluate the network ``x<threads>`` by the workflow's script."""
    from jobs import make_job

    import evaluate

    inputs = {
        "weights": str(folder / f"x{threads}-best.weights.h5"),
        "dataset": str(folder / "test.h5"),
    }
    job = make_job(
        *(folder, f"evaluate{threads}", inputs, folder / f"x{threads}-evaluation.h5"),
        classifier=small(),
        seed="0",
    )
    job.threads = threads
    evaluate.main(job)


def test_switches_train(folder, root):
    # Each in a process of its own: both are settings of the whole process.
    processes = [
        spawn(
            root,
            folder,
            f"t.classifier.prepare(1, False, {name == 'mixed_precision'}, {name == 'xla'})\n"
            f"t.run(folder, {name!r}, {name}=True)",
        )
        for name in ("mixed_precision", "xla")
    ]
    for process in processes:
        output, _ = process.communicate(timeout=180)
        assert process.returncode == 0, output.decode()
    for name in ("mixed_precision", "xla"):
        history = pd.read_csv(folder / f"{name}.csv")
        assert len(history) == 3
        assert np.isfinite(history[["loss", "validation_loss"]]).all(axis=None)


def test_a_gpu_is_one_process_s(root, tmp_path, monkeypatch):
    """With names in place of devices: what is tested is who gets which."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    hold = "print(*t.classifier.own_device(['a', 'b']), flush=True); sys.stdin.read()"

    def take(visible, code=hold):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        process = spawn(root, tmp_path, code)
        return process, process.stdout.readline().decode().strip()

    one, two = take(""), take("")
    # The same two, the other way round: a third waits for the first that it sees.
    third, words = take("1,0")
    assert [one[1], two[1]] == ["a", "b"]
    assert "all 2 GPUs are taken" in words
    two[0].kill()
    assert third.stdout.readline().decode().strip() == "a"
    # A scheduler gives each job a device of its own, which is the first to it.
    alone = take("GPU-7", hold.replace("['a', 'b']", "['a']"))
    assert alone[1] == "a"
    assert take("", "print(t.classifier.own_device([]))")[1] == "[]"
    for process in (one[0], third, alone[0]):
        process.kill()


def test_a_killed_training_goes_on_to_the_same_bytes(folder, root, caplog):
    # Killed in the worst moment: the state of epoch 2 is written, but not yet in its place.
    code = (
        "replace = os.replace; calls = []\n"
        "def kill(*paths):\n"
        "    calls.append(paths)\n"
        "    if len(calls) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    replace(*paths)\n"
        "t.classifier.os.replace = kill; t.classifier.prepare(1); t.run(folder, 'parts')"
    )
    process = spawn(root, folder, code)
    run(folder, "whole")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, output.decode()
    left = {path.name for path in (folder / "parts-state").iterdir()}
    assert left == {"state.h5", "state.partial"}
    caplog.set_level("INFO")
    run(folder, "parts")
    assert "resuming after epoch 1" in caplog.text
    assert not (folder / "parts-state").exists()
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


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, None),
        ({"CUDA_VISIBLE_DEVICES": ""}, None),
        ({"CUDA_VISIBLE_DEVICES": "-1", "SLURM_GPUS_ON_NODE": "0"}, None),
        ({"CUDA_VISIBLE_DEVICES": "0"}, "CUDA_VISIBLE_DEVICES=0"),
        ({"CUDA_VISIBLE_DEVICES": "", "SLURM_GPUS_ON_NODE": "1"}, "SLURM_GPUS_ON_NODE=1"),
        ({"_CONDOR_AssignedGPUs": "GPU-4f2"}, "_CONDOR_AssignedGPUs=GPU-4f2"),
    ],
)
def test_a_gpu_that_a_scheduler_gave(environment, said):
    assert classifier.granted(environment) == said
