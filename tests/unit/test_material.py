"""Training on samples that are mixed anew: bytes, hard negatives, early stopping, schedules."""

import re
import signal
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_results import CLASSES, SAMPLING
from test_classifier import small, write
from test_gpus import spawn

from ccsncam.config.classifier import Classifier
from ccsncam.config.mixing import Mixing
from ccsncam.network import classifier, device, material, training
from ccsncam.network.backend import keras, tf
from ccsncam.network.material import Mixed, Stored
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.mixing import Mixer
from ccsncam.samples.rests import Rest, Rests
from ccsncam.samples.spectra import NoiseFrames, Signals, Spectra

pytestmark = pytest.mark.usefixtures("tensorflow")
# For the processes that the tests start.
prepare = device.prepare
ANEW = Mixing(anew=True, noise=0.3, glitches=0.2, hard_negatives=0.2, scored=400, rounds=2)
LOST = replace(ANEW, mode_dropout=0.5)


def write_spectra(path):
    """Spectra of white noise, and of signals that are bright rows, on (22, 14, 2)."""
    rng = np.random.default_rng(5)

    def noise(*shape):
        real, imaginary = rng.normal(size=(2, *shape))
        return ((real + 1j * imaginary) / np.sqrt(2)).astype("c8")

    block = SAMPLING.spectrogram
    with Spectra.create(path, CLASSES, block, coincident=False, seed=3) as writer:
        for _ in range(2):
            first = np.arange(500)
            writer.noise(NoiseFrames(noise(513, 22), first, first % 7 == 0))
        for name, band in (("one", (20.0, 30.0)), ("two", (10.0, 20.0))):
            label = 1 + np.arange(40) % 2
            spectra = np.zeros((40, 2, 14, 22), "c8")
            spectra[np.arange(40), :, :, 5 + 5 * label] = 1 / np.sqrt(28)
            writer.signals(Signals(name, band, label, spectra))


def write_rests(path):
    """What is left of every other signal is its first detector."""
    with Rests.create(path, ["a_mode", "b_mode"]) as writer:
        for one in Spectra.read(path.with_name("train.h5")).signals:
            spectra = np.sqrt(2).astype("f4") * one.spectra
            spectra[:, 1] = 0
            spectra[1::2] = 0
            mode = np.where(np.arange(len(spectra)) % 2, -1, 1)
            writer.write(Rest(one.name, mode, spectra))


@pytest.fixture
def folder(tmp_path):
    write_spectra(tmp_path / "train.h5")
    write_rests(tmp_path / "rests.h5")
    write(tmp_path / "validation.h5", 30, 1)
    return tmp_path


def block_of(**changes):
    return small(**{"mixing": ANEW, "curriculum": "accumulate", "epochs": (2, 4)} | changes)


def run(folder, name, **changes):
    """Train on mixed samples; the history."""
    block = block_of(**changes)
    names = {key: folder / f"{name}-{key}.weights.h5" for key in ("best", "last")}
    outputs = training.Outputs(
        **names, history=folder / f"{name}.csv", state=folder / f"{name}-state"
    )
    rests = Rests.read(folder / "rests.h5") if block.mixing.mode_dropout else None
    mixed = Mixed(Mixer(Spectra.read(folder / "train.h5"), rests), block)
    validation = DataSet.open(folder / "validation.h5")
    curriculum = training.Curriculum(["one", "two"], mixed, validation)
    training.train(block, curriculum, outputs, 0)
    return pd.read_csv(outputs.history)


def test_a_file_of_spectra_gives_back_what_was_written(folder):
    spectra = Spectra.read(folder / "train.h5")
    assert (spectra.classes, spectra.seed, spectra.coincident) == (CLASSES, 3, False)
    assert spectra.spectrogram == SAMPLING.spectrogram
    assert spectra.image_shape == (22, 14, 2)
    assert [(one.name, one.band) for one in spectra.signals] == [
        ("one", (20.0, 30.0)),
        ("two", (10.0, 20.0)),
    ]
    assert spectra.signals[0].spectra.dtype == np.complex64
    assert spectra.signals[0].spectra[3, 1, 2, 15] == np.complex64(1 / np.sqrt(28))
    assert spectra.noise[1].glitchy.sum() == 72


def test_it_learns(folder):
    history = run(folder, "toy", epochs=(6, 12), learning_rate=0.01)
    assert history["stage"].tolist() == ["one"] * 6 + ["two"] * 12
    assert history["accuracy"].iloc[-1] > 0.95


PHYSICS = "mask_penalty=30.0, shards=2, mixing=t.LOST"


@pytest.mark.parametrize("changes", ["", "dropout=0.3, patience=9", "network='averaged'", PHYSICS])
def test_threads_and_kills_do_not_change_a_byte(folder, root, changes):
    """One process with one thread is killed in epoch 4, after a round of hard negatives."""
    kill = (
        "replace = os.replace; calls = []\n"
        "def kill(*paths):\n"
        "    calls.append(paths)\n"
        "    if len(calls) == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    replace(*paths)\n"
        "os.replace = kill\n"
    )
    codes = {
        1: f"{kill}t.prepare(1); t.run(folder, 'x1', {changes})",
        2: f"t.prepare(2); t.run(folder, 'x2', {changes})",
    }
    processes = {n: spawn(root, folder, "test_material", code) for n, code in codes.items()}
    for n, process in processes.items():
        output, _ = process.communicate(timeout=180)
        assert process.returncode == (-signal.SIGKILL if n == 1 else 0), output.decode()
    run(folder, "x1", **eval(f"dict({changes})", {"t": sys.modules[__name__]}))
    for kind in ("-best.weights.h5", "-last.weights.h5", ".csv"):
        assert (folder / f"x1{kind}").read_bytes() == (folder / f"x2{kind}").read_bytes()
    assert not (folder / "x1-state").exists()


def test_hard_negatives_are_the_loudest_windows_of_training_noise(folder):
    block = block_of()
    mixer = Mixer(Spectra.read(folder / "train.h5"))
    mixed = Mixed(mixer, block)
    model = classifier.build(block, (22, 14, 2), 3, seed=1)
    found = []
    for number in range(1, 7):
        mixed.begin(number, model)
        found.append(len(mixed.hard))
    # Rounds before the second and the third part of the last stage, epochs 3 to 6.
    assert found == [0, 0, 0, 4, 8, 8]
    windows = mixer.windows("hard negatives 0", 400)
    images = mixer.images(mixer.silence(windows), np.arange(400), np.empty((400, 22, 14, 2), "f4"))
    logits = classifier.predict(model, images)[1].astype(float)
    loudness = np.log(np.exp(logits[:, 1:]).sum(axis=1)) - logits[:, 0]
    expected = windows[np.argsort(-loudness)[:4]]
    np.testing.assert_array_equal(mixed.hard[:4], expected)
    # All are windows of the training's own noise.
    assert np.isin(mixed.hard, mixer.spectra.noise[0].first).all()


def test_without_hard_negatives_no_window_is_judged(folder):
    block = block_of(mixing=replace(ANEW, hard_negatives=0.0))
    mixed = Mixed(Mixer(Spectra.read(folder / "train.h5")), block)
    for number in range(1, 7):
        mixed.begin(number, None)
    assert len(mixed.hard) == 0


def test_an_epoch_trains_on_the_samples_of_its_plan(folder, monkeypatch):
    """In parts, in the order that was drawn, each sample once."""
    monkeypatch.setattr(material, "AHEAD", 2)
    block = block_of()
    mixer = Mixer(Spectra.read(folder / "train.h5"))
    seen = []

    def epoch(order, rest, images, labels):
        rows = np.concatenate([order.numpy().ravel(), rest.numpy()])
        np.testing.assert_array_equal(rows, np.arange(len(labels)))
        seen.append((images.numpy(), labels.numpy()))
        return tf.constant([2.0 * len(labels), 0.5 * len(labels)])

    result = Mixed(mixer, block).run(epoch, 5, np.random.default_rng(4))
    assert result == (2.0, 0.5)
    plan = mixer.plan([0, 1], 5, ANEW, np.empty((0, 2), int))
    order = np.random.default_rng(4).permutation(len(plan.label))
    images = mixer.images(plan, order, np.empty((len(order), 22, 14, 2), "f4"))
    assert len(seen) == -(-len(order) // 32)
    np.testing.assert_array_equal(np.concatenate([part for part, _ in seen]), images)
    np.testing.assert_array_equal(np.concatenate([part for _, part in seen]), plan.label[order])


def test_training_stops_when_the_last_stage_has_waited_enough(folder, caplog):
    caplog.set_level("INFO")
    # The images of validation are not of this training, so that its loss soon rises.
    long = run(folder, "long", epochs=(3, 12), learning_rate=0.01)
    short = run(folder, "short", epochs=(3, 12), learning_rate=0.01, patience=2)
    loss = long["validation_loss"].to_numpy()[3:]
    best = np.array([loss[: k + 1].argmin() for k in range(len(loss))])
    waited = np.arange(len(loss)) - best
    expected = 3 + int(np.argmax(waited >= 2)) + 1
    assert 5 < expected < 15
    assert len(short) == expected
    assert f"stopping after epoch {expected}: no lower validation loss for 2 epochs" in caplog.text
    pd.testing.assert_frame_equal(short, long.iloc[:expected])


def test_schedules():
    block = block_of(epochs=(2, 8), learning_rate=0.01, schedule="cosine")
    rates = [training.learning_rate(block, number) for number in range(1, 11)]
    expected = 0.01 * (1 + np.cos(np.pi * np.arange(10) / 10)) / 2
    np.testing.assert_allclose(rates, expected)
    assert training.learning_rate(replace(block, schedule="constant"), 7) == 0.01


def test_label_smoothing_is_a_part_of_the_training_loss_alone():
    images = tf.constant(np.random.default_rng(1).random((16, 22, 14, 2), dtype=np.float32))
    labels = tf.constant(np.arange(16, dtype="i4") % 3)
    block = block_of(label_smoothing=0.3)
    model = classifier.build(block, (22, 14, 2), 3, seed=1)
    optimizer = keras.optimizers.SGD(0.0)
    epoch, validate = training.steps(model, optimizer, block)
    logits = model(images)[1]
    target = tf.one_hot(labels, 3)
    sums = {}
    for share in (0.0, 0.3):
        mixed = target * (1 - share) + share / 3
        sums[share] = -float(tf.reduce_sum(mixed * tf.nn.log_softmax(logits)))
    trained = epoch(tf.reshape(tf.range(16), (1, 16)), tf.zeros((0,), tf.int32), images, labels)
    assert float(trained[0]) == pytest.approx(sums[0.3], rel=1e-5)
    assert float(validate(images, labels)[0]) == pytest.approx(sums[0.0], rel=1e-5)


def test_slopes_beside_the_signal_are_penalised_by_hand():
    """Two classes and three cells: d log p_y / dx = w_y − Σ p_k w_k."""
    rng = np.random.default_rng(3)
    images, labels = rng.random((6, 3, 1, 1)).astype("f4"), np.array([0, 1, 1, 0, 1, 0], "i4")
    kernel, masks = rng.normal(size=(3, 2)).astype("f4"), rng.random((6, 3, 1, 1)) < 0.4
    masks[5] = True

    def loss_of(weights, penalty):
        logits = images[:, :, 0, 0].astype(float) @ weights
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        entropy = -np.log(chances[np.arange(6), labels])
        slope = weights.T[labels] - chances @ weights.T
        return entropy.sum() + penalty * ((~masks[:, :, 0, 0] * slope) ** 2).mean(axis=1).sum()

    found = []
    for shards in (1, 2):
        image = keras.Input((3, 1, 1))
        flat = keras.layers.Flatten()(image)
        dense = keras.layers.Dense(2, use_bias=False)
        model = keras.Model(image, [flat, dense(flat)])
        dense.kernel.assign(kernel)
        optimizer = keras.optimizers.SGD(1.0)
        optimizer.build(model.trainable_weights)
        epoch, _ = training.steps(model, optimizer, block_of(mask_penalty=5.0, shards=shards))
        order = tf.reshape(tf.range(6), (1, 6)), tf.zeros((0,), tf.int32)
        sums = epoch(*order, *map(tf.constant, (images, labels, masks)))
        assert float(sums[0]) == pytest.approx(loss_of(kernel.astype(float), 5.0), rel=1e-5)
        found.append(kernel - dense.kernel.numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4)
    for place in np.ndindex(3, 2):
        step = np.zeros((3, 2))
        step[place] = 1e-5
        rise = loss_of(kernel + step, 5.0) - loss_of(kernel - step, 5.0)
        assert found[0][place] == pytest.approx(rise / 2e-5 / 6, rel=2e-3, abs=1e-5)


def test_a_part_of_the_signals_loses_a_mode(folder):
    mixer = Mixer(Spectra.read(folder / "train.h5"), Rests.read(folder / "rests.h5"))
    none = np.empty((0, 2), int)
    plan, plain = (mixer.plan([0, 1], 4, block, none) for block in (LOST, ANEW))
    for name in ("label", "band", "signal", "snr", "rows"):
        np.testing.assert_array_equal(getattr(plan, name), getattr(plain, name))
    assert not plain.partial.any()
    signals = plan.label > 0
    assert not plan.partial[~signals].any()
    able = signals & (plan.signal % 2 == 0)
    assert not plan.partial[signals & ~able].any()
    assert plan.partial[able].mean() == pytest.approx(0.5, abs=0.2)
    again = mixer.plan([0, 1], 5, LOST, none).partial
    assert not np.array_equal(plan.partial, again)
    with pytest.raises(ValueError, match=r"mode_dropout: the training has no mixing/rests\.h5"):
        Mixer(mixer.spectra).plan([0], 1, LOST, none)
    other = replace(mixer.rests, sets=mixer.rests.sets[:1])
    with pytest.raises(ValueError, match="of different training sets: delete both"):
        Mixer(mixer.spectra, other)


def test_weight_decay_takes_a_share_of_each_weight(folder):
    """The gradient of a loss that does not depend on the weights is zero."""
    run(folder, "plain", epochs=(1, 1), learning_rate=1e-9)
    run(folder, "decayed", epochs=(1, 1), learning_rate=1e-9, weight_decay=1e6)
    plain, decayed = (classifier.build(block_of(), (22, 14, 2), 3) for _ in range(2))
    plain.load_weights(folder / "plain-last.weights.h5")
    decayed.load_weights(folder / "decayed-last.weights.h5")
    kernel = plain.get_layer("dense1").kernel.numpy()
    ratio = decayed.get_layer("dense1").kernel.numpy() / kernel
    # Epochs of (57 + 114) samples have 4 + 8 steps of 16 samples.
    np.testing.assert_allclose(ratio, (1 - 1e-3) ** 12, rtol=1e-3)


def test_the_paper_s_training_has_none_of_this(folder):
    """All new keys are off by default, and an off key leaves no trace in the network."""
    block = small()
    assert block.mixing == Mixing() == Mixing(anew=False, glitches=0.0, hard_negatives=0.0)
    assert (block.network, block.schedule, block.patience) == ("paper", "constant", None)
    assert (block.dropout, block.weight_decay, block.label_smoothing) == (0.0, 0.0, 0.0)
    assert (block.extra, block.mask_penalty, block.mixing.mode_dropout) == ((), 0.0, 0.0)
    model = classifier.build(block, (22, 14, 2), 3)
    kinds = [re.sub(r"\d", "", layer.name) for layer in model.layers]
    assert kinds == ["spectrogram", *("conv", "pool", "relu") * 2, "features", "dense", "logits"]
    assert isinstance(Stored([], block), Stored)


def test_the_block_of_a_config_has_a_block_within(folder):
    values = dict(vars(small())) | {"mixing": vars(ANEW)}
    assert Classifier.of(values) == small(mixing=ANEW)


def test_images_are_standardised():
    rng = np.random.default_rng(2)
    amplitude = rng.rayleigh(size=(3, 94, 31, 3)).astype("f4")
    amplitude[1] *= [0.1, 1, 10]
    amplitude[2, 40, 20, 1] = 1000.0  # a glitch in one detector
    images = amplitude / amplitude.max(axis=(1, 2), keepdims=True)
    values = classifier.Standardise()(images).numpy()
    quiet = values[:2]
    assert np.abs(quiet.mean(axis=(1, 2))).max() < 0.01
    np.testing.assert_allclose(quiet.std(axis=(1, 2)), 1, atol=0.08)
    assert values.max() == 8.0
    assert values[2, 40, 20, 1] == 8.0
    # A glitch changes its own detector only.
    np.testing.assert_allclose(values[2, ..., 0].mean(), 0, atol=0.01)
