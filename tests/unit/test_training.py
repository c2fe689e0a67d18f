import fcntl
import re
import signal
from dataclasses import asdict

import h5py
import numpy as np
import pandas as pd
import pytest
from jobs import make_job
from test_classifier import PAPER, small, write
from test_gpus import spawn

import evaluate
from ccsncam.network import classifier, device, material, training
from ccsncam.network.backend import keras, tf
from ccsncam.samples.dataset import DataSet

pytestmark = pytest.mark.usefixtures("tensorflow")
# For the processes that the tests start.
prepare = device.prepare


def test_sharded_gradients_are_those_of_the_batch():
    images = tf.constant(np.random.default_rng(1).random((16, 22, 14, 2), dtype=np.float32))
    labels = tf.constant(np.arange(16, dtype="i4") % 3)
    after = []
    for shards in (1, 4):
        block = small(shards=shards)
        model = classifier.build(block, (22, 14, 2), 3, seed=1)
        optimizer = keras.optimizers.Adam(block.learning_rate)
        optimizer.build(model.trainable_weights)
        epoch, _ = training.steps(model, optimizer, block)
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
    rng = np.random.default_rng(2)
    images = tf.constant(rng.random((48, 22, 14, 2), dtype=np.float32))
    labels = tf.constant(np.arange(48, dtype="i4") % 3)
    block = small(learning_rate=0.01)
    ours, theirs = (classifier.build(block, (22, 14, 2), 3, seed=1) for _ in range(2))
    optimizer = keras.optimizers.Adam(block.learning_rate)
    optimizer.build(ours.trainable_weights)
    epoch, _ = training.steps(ours, optimizer, block)
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
    names = {key: folder / f"{name}-{key}.weights.h5" for key in ("best", "last")}
    outputs = training.Outputs(
        **names, history=folder / f"{name}.csv", state=folder / f"{name}-state"
    )
    one, two, validation = (
        DataSet.open(folder / f"{key}.h5") for key in ("one", "two", "validation")
    )
    block = small(**changes)
    stored = material.Stored([one, two], block)
    curriculum = training.Curriculum(["one", "two"], stored, validation)
    training.train(block, curriculum, outputs, 0)
    return pd.read_csv(outputs.history)


@pytest.fixture
def folder(tmp_path):
    for seed, (name, count) in enumerate({"one": 90, "two": 60, "validation": 30}.items()):
        write(tmp_path / f"{name}.h5", count, seed)
    return tmp_path


def test_it_learns_and_says_the_stage(folder, caplog):
    caplog.set_level("INFO")
    history = run(folder, "toy", epochs=(15, 2), learning_rate=0.01)
    assert history["stage"].tolist() == ["one"] * 15 + ["two"] * 2
    assert history["epoch"].tolist() == list(range(1, 18))
    assert history["validation_accuracy"].iloc[-1] > 0.95
    assert not (folder / "toy-state").exists()
    assert re.search(r"epoch 17/17, stage two: .*, [\d.]+ s, 0 s left", caplog.text)


def test_a_loss_that_is_not_finite_is_an_error(folder):
    with pytest.raises(ValueError, match="epoch 1, stage one: the loss is not finite"):
        run(folder, "wild", learning_rate=1e30)
    assert not (folder / "wild-state/state.h5").exists()


def test_curricula(folder):
    sets = [DataSet.open(folder / f"{name}.h5") for name in ("one", "two")]
    sizes = {
        curriculum: [len(material.stage_data(sets, k, curriculum)[1]) for k in (0, 1)]
        for curriculum in ("replace", "accumulate")
    }
    assert sizes == {"replace": [90, 60], "accumulate": [90, 150]}


def test_the_loss_of_an_epoch_is_one_number():
    # The paper's network: in a small one every shard arrives in its turn.
    rng = np.random.default_rng(0)
    images = tf.constant(rng.random((970, 94, 31, 3), dtype=np.float32))
    labels = tf.constant(rng.integers(10, size=970, dtype=np.int32))
    # The weights stay as they are.
    model, optimizer = classifier.build(PAPER, (94, 31, 3), 10), keras.optimizers.SGD(0.0)
    epoch, _ = training.steps(model, optimizer, PAPER)
    order = tf.range(970)
    batches = tf.reshape(order[:960], (-1, 32)), order[960:]
    found = [epoch(*batches, images, labels) for _ in range(24)]
    assert len({(float(total), float(right)) for total, right in found}) == 1


def test_threads_do_not_change_a_byte(folder, root):
    # 510 samples are two batches of a forward pass and part of a third.
    write(folder / "test.h5", 510, 7)
    processes = [
        spawn(
            root,
            folder,
            "test_training",
            f"t.prepare({n}); t.run(folder, 'x{n}'); t.judge(folder, {n})",
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
    dataset = DataSet.open(folder / "test.h5")
    images, labels = dataset.images(), dataset.column("label")
    features, logits, probability = classifier.predict(model, images)
    with h5py.File(folder / "x1-evaluation.h5") as file, h5py.File(folder / "test.h5") as data:
        np.testing.assert_array_equal(file["embedding"], features)
        np.testing.assert_array_equal(file["logits"], logits)
        np.testing.assert_array_equal(file["probability"], probability)
        np.testing.assert_array_equal(file["prediction"], probability.argmax(axis=1))
        for name in ("label", "network_snr", "distance_kpc"):
            np.testing.assert_array_equal(file[name], data[name])
        assert file.attrs["accuracy"] == (probability.argmax(axis=1) == labels).mean()
        assert list(file.attrs["classes"]) == ["noise", "a", "b"]
        assert (file.attrs["dataset"], file.attrs["seed"]) == ("test", 0)


def judge(folder, threads):
    """Evaluate the network ``x<threads>`` by the workflow's script."""
    inputs = {
        "weights": str(folder / f"x{threads}-best.weights.h5"),
        "datasets": [str(folder / "test.h5")],
    }
    job = make_job(
        *(folder, f"evaluate{threads}", inputs, folder / f"x{threads}-evaluation.h5"),
        classifier=asdict(small()),
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
            "test_training",
            f"t.prepare(1, False, {name == 'mixed_precision'}, {name == 'xla'})\n"
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


def test_a_killed_training_goes_on_to_the_same_bytes(folder, root, caplog):
    # Killed in the worst moment: the state of epoch 2 is written, but not yet in its place.
    code = (
        "replace = os.replace; calls = []\n"
        "def kill(*paths):\n"
        "    calls.append(paths)\n"
        "    if len(calls) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    replace(*paths)\n"
        "os.replace = kill; t.prepare(1); t.run(folder, 'parts')"
    )
    process = spawn(root, folder, "test_training", code)
    run(folder, "whole")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, output.decode()
    left = {path.name for path in (folder / "parts-state").iterdir()}
    assert left == {"state.h5", "state.h5.part", "lock"}
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


def test_a_network_is_trained_by_one_process_at_a_time(folder):
    state = folder / "toy-state"
    state.mkdir()
    with (state / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="toy-state: another process trains this network"):
            run(folder, "toy")
    assert not (folder / "toy.csv").exists()
    run(folder, "toy")
    assert not state.exists()
