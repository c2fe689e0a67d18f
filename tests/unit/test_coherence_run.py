"""Coherence on its way through a run: data sets, trainings, searches, and what explains them."""

from dataclasses import replace

import numpy as np
import pytest
from made_backgrounds import make_white
from test_classifier import small
from test_detection_background import ABOUT, SAMPLING, search

from ccsncam.config.blocks import Sampling
from ccsncam.config.mixing import Mixing
from ccsncam.config.saliency import Saliency
from ccsncam.detection import background, permuting, plan, searching, stretches
from ccsncam.network import classifier, training
from ccsncam.network.architecture import count_parameters
from ccsncam.network.backend import keras, tf
from ccsncam.network.chain import Network
from ccsncam.network.evaluation import Evaluation
from ccsncam.saliency.faithfulness import Judged, judge, through
from ccsncam.saliency.maps import METHODS, explain, maps
from ccsncam.saliency.modes import occluded
from ccsncam.saliency.scores import log_probability, logits
from ccsncam.samples import anatomy, baselines, beside, coherence, synthesis, transforming
from ccsncam.samples.building import build
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.mixing import Mixer
from ccsncam.samples.parts import Parts
from ccsncam.samples.spectra import Spectra

RATE = 4096
LAGS = tuple(RATE * time for time in baselines.travel_times(["H1", "L1", "V1"]))


@pytest.fixture(scope="module")
def plain(made, config):
    return synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(config))


@pytest.fixture(scope="module")
def inputs(plain):
    block = replace(plain.sampling.spectrogram, coherence=LAGS)
    return replace(plain, sampling=replace(plain.sampling, spectrogram=block))


@pytest.fixture(scope="module")
def folder(plain, inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("coherent")
    for name, own in (("plain", plain), ("test-1kpc", inputs)):
        build(folder / f"{name}.h5", own, 1, "test-1kpc", 5, synthesis.by_distance(1.0), "test")
    return folder


@pytest.fixture(scope="module")
def dataset(folder):
    return DataSet.open(folder / "test-1kpc.h5")


def strain(inputs, dataset, rows):
    """Whitened strain of samples, noise and signal."""
    names = (*DRAWN, "waveform", "noise_piece", "noise_offset", "distance_kpc")
    table = dataset.columns(names, rows)
    found = synthesis.noise_windows(inputs, table)
    for row, number in enumerate(table["waveform"]):
        if number >= 0:
            own = {name: values[[row]] for name, values in table.items()}
            spectrum = synthesis.injection.spectra(inputs.waveforms[number])
            signal = synthesis.whitened_signal(inputs, spectrum, own)[0][0]
            found[row] += signal / np.float32(own["distance_kpc"][0])
    return found


def test_a_data_set_has_a_column_of_it_and_is_the_same_otherwise(folder, inputs, dataset):
    other = DataSet.open(folder / "plain.h5")
    assert (other.pairs, dataset.pairs) == (0, 3)
    assert (other.input_shape, dataset.input_shape) == ((94, 31, 3), (94, 31, 4))
    for name in ("spectrogram", "label", "snr", "distance_kpc", "noise_offset", "psi"):
        np.testing.assert_array_equal(other.column(name), dataset.column(name))
    with pytest.raises(ValueError, match="'coherence' doesn't exist"):
        other.column("coherence")
    numbers, label = dataset.column("coherence"), dataset.column("label")
    every = np.arange(len(label))
    expected = coherence.of_strain(
        strain(inputs, dataset, every), inputs.sampling.spectrogram, RATE
    )
    np.testing.assert_allclose(numbers, expected, rtol=1e-4)
    # Noise of each detector is drawn for itself, and signals at 1 kpc are loud.
    assert numbers[label == 0].max() < 6
    assert np.median(numbers[label > 0]) > 10
    images = dataset.images(every[3:9])
    np.testing.assert_array_equal(images[..., :3], other.images(slice(3, 9)))
    np.testing.assert_array_equal(images, dataset.spectrograms[3:9])
    np.testing.assert_array_equal(images[:, 0, :3, 3], numbers[3:9])
    assert np.count_nonzero(images[..., 3]) == 18
    np.testing.assert_array_equal(beside.apart(images, 3)[1], numbers[3:9])


def test_parts_of_samples_have_coherence_of_their_own(folder, inputs, dataset):
    anatomy.take_apart(folder / "parts.h5", inputs, dataset.path, 3)
    parts = Parts.read(folder / "parts.h5")
    whole = dataset.column("coherence", parts.rows)
    noise, silent, without = (
        getattr(parts, name)[..., 0, :3, 3] for name in ("noise", "silent", "without")
    )
    np.testing.assert_array_equal(noise, silent)
    assert noise.max() < 6 < np.median(whole)
    assert parts.signal_power.shape == (9, 94, 31, 3)
    assert parts.mode_power.shape[2:] == (94, 31, 3)
    # Without its strongest mode a signal is less coherent.
    known = np.isfinite(without[..., 0])
    assert (np.nanmin(without, axis=1) < whole).mean() > 0.8
    assert known.sum() >= 18
    # In pairs of a detector without the signal there is noise; the others keep their number.
    images = dataset.images(parts.rows)
    found = occluded(images, parts.silent, 3)
    for detector, pair in ((0, 2), (1, 1), (2, 0)):
        numbers = found[:, detector, 0, :3, 3]
        np.testing.assert_array_equal(numbers[:, pair], whole[:, pair])
        others = [one for one in range(3) if one != pair]
        np.testing.assert_array_equal(numbers[:, others], silent[:, others])
        np.testing.assert_array_equal(
            found[:, detector, ..., detector], parts.silent[..., detector]
        )


@pytest.mark.parametrize("coincident", [False, True])
def test_simulated_noise_of_the_same_second_is_not_coherent(made, inputs, coincident):
    """So it is noise as that of time slides: its coherence is that of white noise."""
    sampling = replace(inputs.sampling, coincident=coincident)
    own = synthesis.Inputs.read([], made.noise, sampling)
    table = synthesis.draw(own, 3, "train-windows", 0, 0, 200)
    assert (np.ptp(table["noise_gps_start"], axis=1).max() == 0) == coincident
    found = coherence.of_strain(synthesis.noise_windows(own, table), sampling.spectrogram, RATE)
    # As theory has it in test_coherence.py; now and then there is a glitch or a line.
    np.testing.assert_allclose(np.median(found, axis=0), [2.84, 3.16, 3.16], atol=0.2)


@pytest.mark.parametrize("kind", ["stft", "wdm"])
def test_mixed_samples_have_that_of_their_strain(folder, inputs, dataset, kind):
    block = replace(inputs.sampling.spectrogram, kind=kind)
    own = replace(inputs, sampling=replace(inputs.sampling, spectrogram=block))
    path = folder / f"{kind}.h5"
    transforming.transform(path, own, [dataset], [(20.0, 50.0)], 1)
    mixer = Mixer(Spectra.read(path))
    mixed = mixer.plan([0], 1, Mixing(anew=True, noise=0.3), np.empty((0, 3), int))
    every = np.arange(len(mixed.label))
    images = mixer.images(mixed, every, np.full((len(every), 94, 31, 4), np.nan, "f4"))
    assert mixer.spectra.image_shape == (94, 31, 4)
    numbers = images[:, 0, :3, 3]
    assert np.count_nonzero(images[..., 3]) == 3 * len(every)
    assert numbers[mixed.label == 0].max() < 6
    # The same samples from their strain.
    length = 32 if kind == "wdm" else 31
    for row in every[:: len(every) // 4]:
        parts = [
            one.spectra[at:][:length]
            for one, at in zip(mixer.spectra.noise, mixed.rows[row], strict=True)
        ]
        whole = np.stack(parts)
        if mixed.label[row]:
            whole = whole + mixed.snr[row] * mixer.spectra.signals[0].spectra[mixed.signal[row]]
        if kind == "wdm":
            whole = coherence.spectra(whole.reshape(3, -1), block, RATE)
        expected = coherence.of_spectra(whole[None], block)[0]
        np.testing.assert_allclose(numbers[row], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["stft", "wdm"])
def test_a_background_measures_each_combination(tmp_path, kind):
    """A judge that looks at coherence alone finds windows whose strain has that number."""
    noise = [
        make_white(tmp_path / f"test-{name}.h5", name, 1e9 + 10.0 * np.arange(3), seed, seconds=8)
        for seed, name in enumerate(("H1", "L1", "V1"))
    ]
    block = replace(SAMPLING.spectrogram, kind=kind, coherence=LAGS)
    laid_out = plan.plan(noise, replace(SAMPLING, spectrogram=block), search(25), "test")
    shapes = set()

    def look(images):
        shapes.add(images.shape)
        total = images[:, 0, :3, -1].sum(axis=1, dtype=float)
        return np.stack([np.zeros_like(total), total], axis=-1)

    found = background.part_of(look, laid_out, (0, 1), ABOUT)
    assert shapes == {(laid_out.size, 94, 31, 4)}
    assert len(found) > 5
    for one in (found, found.zero_lag):
        for rank in range(0, len(one), 3):
            places = zip(noise, one.piece[rank], one.offset[rank], strict=True)
            series = np.stack([own.whitened[piece, at:][:RATE] for own, piece, at in places])
            numbers = coherence.of_strain(series[None], block, RATE)
            assert one.statistic[rank] == pytest.approx(numbers.sum(), rel=1e-5)


def test_samples_are_searched_with_it(inputs, dataset):
    """The window in the middle is the sample itself, but for the cut of the signal."""
    around = stretches.Stretches(inputs, np.array([-384, 0, 384]))
    size = len(dataset.column("label"))

    def look(images):
        numbers = images[:, 0, :3, -1]
        return np.concatenate([np.zeros((len(images), 1), "f4"), numbers], axis=1)

    said = Evaluation(
        label=dataset.column("label"),
        prediction=np.zeros(size, int),
        logits=np.zeros((size, 4), "f4"),
        probability=np.zeros((size, 4), "f4"),
        embedding=np.zeros((size, 1), "f4"),
        network_snr=dataset.column("network_snr"),
        distance_kpc=dataset.column("distance_kpc"),
        classes=dataset.classes,
        dataset=dataset.name,
        origin=dataset.origin,
        seed=0,
    )
    found = searching.search(look, around, dataset, said, 4)
    stored = dataset.column("coherence", found.row)
    np.testing.assert_allclose(found.logits[:, 1, 1:], stored, rtol=0.05)
    batches = stretches.single_windows(inputs, 1, "test", 6)
    table = synthesis.draw(inputs, 1, "test-windows", 0, 0, 6)
    expected = synthesis.noise_windows(inputs, table)
    windows = searching.look_at_noise(look, batches, around.block, "test", 1.0)
    numbers = coherence.of_strain(expected, around.block, RATE)
    np.testing.assert_allclose(windows.logits[:, 1:], numbers, rtol=1e-5)


def test_a_sample_on_the_scales_of_others_keeps_it(inputs, dataset):
    rows = dataset.first(3)
    seen, numbers = permuting.magnitudes(inputs, dataset, rows), dataset.column("coherence", rows)
    asked = []

    def look(images):
        asked.append(images[: len(rows)])
        return np.zeros((len(images), 4))

    block, label = inputs.sampling.spectrogram, dataset.column("label", rows)
    for _ in permuting.permute(look, seen, label, block, (1, "x"), numbers=numbers):
        np.testing.assert_array_equal(asked[-1][:, 0, :3, 3], numbers)
    assert len(asked) == 4


SHAPE = (22, 14, 3)


def coherent(**changes):
    """The block of a small network on two detectors, and on the coherence of one pair."""
    block = replace(small(), extra=("coherence",), **changes)
    counts = count_parameters(
        block.filters, block.dense, (22, 14, 2), 3, extra=block.extra, pairs=1
    )
    return replace(block, parameters=counts[0], features=counts[1])


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(1).random((9, 22, 14, 2), np.float32)


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(2).uniform(1, 60, (9, 1)).astype("f4")


@pytest.fixture(scope="module")
def images(pictures, numbers):
    return beside.join(pictures, numbers)


@pytest.fixture(scope="module")
def model(tensorflow):
    return classifier.build(coherent(), SHAPE, 3, seed=3, pairs=1)


def test_it_joins_what_the_paper_s_network_sees(model, pictures, numbers, images):
    plain = classifier.build(small(), (22, 14, 2), 3, seed=3)
    weights = [value.numpy() for value in model.weights]
    features = coherent().features
    plain.set_weights([one[:-1] if one.shape[0] == features else one for one in weights])
    found, expected = classifier.predict(model, images), classifier.predict(plain, pictures)
    np.testing.assert_array_equal(found[0][:, :-1], expected[0])
    np.testing.assert_allclose(found[0][:, -1:], np.log(numbers), rtol=1e-6)
    assert np.abs(found[1] - expected[1]).max() > 0.1
    # Silence counts as one standard deviation.
    silent = classifier.predict(model, beside.join(pictures, 0 * numbers))
    assert (silent[0][:, -1] == 0).all()
    np.testing.assert_allclose(silent[1], expected[1], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_maps_hide_cells_and_no_number(model, pictures, numbers, method):
    """A network whose bias stands for the number of all samples has the same maps."""
    target, same = np.arange(9) % 3, np.full_like(numbers, 20.0)
    plain = classifier.build(small(), (22, 14, 2), 3, seed=3)
    weights = [value.numpy() for value in model.weights]
    features = coherent().features
    (at,) = [k for k, one in enumerate(weights) if one.shape[0] == features]
    bias = weights[at + 1] + np.log(20.0) * weights[at][-1]
    plain.set_weights([*weights[:at], weights[at][:-1], bias, *weights[at + 2 :]])
    network = Network(model, "conv2")
    found = maps(network, method, beside.join(pictures, same), target)
    expected = maps(Network(plain, "conv2"), method, pictures, target)
    np.testing.assert_allclose(found, expected, atol=2e-4 * expected.max())
    assert found.max() > 0


def test_measures_of_maps_hide_no_number(model, pictures, numbers, images):
    network, target = Network(model, "conv2"), np.arange(9) % 3
    before = log_probability(logits(network, images), target)
    nothing = np.zeros((9, *network.map_shape), "f4")
    dark = log_probability(logits(network, beside.join(0 * pictures, numbers)), target)
    np.testing.assert_allclose(through(network, images, nothing, target, before)["after"], dark)
    own = maps(network, "grad-cam", images, target)
    noise = beside.join(pictures[::-1].copy(), numbers[::-1])
    measures = judge(network, "grad-cam", Judged(images, noise, own, target, before), 0)
    # All cells are replaced in the end: by black, and by the noise, each with the sample's number.
    for kind, there in (("black", 0 * pictures), ("noise", pictures[::-1])):
        last = log_probability(logits(network, beside.join(there, numbers)), target)
        np.testing.assert_allclose(measures[f"deletion_{kind}"][:, -1], np.exp(last), rtol=1e-4)
    block = Saliency(layer="conv2", options={}, target="label")
    (shown,) = explain(network, images[:1], target[:1], block, ["grad-cam", "input"])
    np.testing.assert_array_equal(shown.image, pictures[0])


def test_the_mask_penalty_does_not_see_it(tensorflow, images):
    """A network that looks at coherence alone has no slope beside any mask."""
    block = coherent(mask_penalty=1e6)
    model = classifier.build(block, SHAPE, 3, seed=3, pairs=1)
    kernel = model.get_layer("dense1").kernel
    kernel.assign(np.concatenate([0 * kernel.numpy()[:-1], kernel.numpy()[-1:]]))
    optimizer = keras.optimizers.Adam(0.0)
    optimizer.build(model.trainable_weights)
    epoch, _ = training.steps(model, optimizer, block)
    rows, label = tf.range(9), np.arange(9, dtype=np.int32) % 3
    data = tf.constant(images), tf.constant(label), tf.zeros((9, 22, 14, 1), bool)
    tf.config.run_functions_eagerly(True)
    try:
        loss = float(epoch(rows[None], rows[:0], *data)[0])
    finally:
        tf.config.run_functions_eagerly(False)
    sure = log_probability(logits(Network(model), images), label)
    assert loss == pytest.approx(-sure.sum(), rel=1e-5)
