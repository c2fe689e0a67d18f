"""Samples that are mixed for training: against those that are built, and what is drawn for them."""

import dataclasses

import numpy as np
import pytest

from ccsncam.config.blocks import Sampling
from ccsncam.config.mixing import Mixing
from ccsncam.saliency.modes import regions
from ccsncam.samples import (
    anatomy,
    building,
    injection,
    leaving_out,
    spectrogram,
    synthesis,
    transforming,
)
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.masks import mask
from ccsncam.samples.mixing import Mixer
from ccsncam.samples.rests import Rests
from ccsncam.samples.spectra import NoiseFrames, Spectra

NONE = np.empty((0, 3), int)
BANDS = [(20.0, 50.0), (8.0, 20.0)]


@pytest.fixture(scope="module")
def inputs(made, config):
    return synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(config))


@pytest.fixture(scope="module")
def sets(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    for low, high in BANDS:
        name = f"train-snr-{low:g}-{high:g}"
        scaling = synthesis.by_snr(low, high)
        building.build(folder / f"{name}.h5", inputs, 1, name, 40, scaling, "test")
    return [DataSet.open(folder / f"train-snr-{low:g}-{high:g}.h5") for low, high in BANDS]


@pytest.fixture(scope="module")
def mixer(inputs, sets, tmp_path_factory):
    path = tmp_path_factory.mktemp("mixing") / "train.h5"
    transforming.transform(path, inputs, sets, BANDS, 1)
    return Mixer(Spectra.read(path))


@pytest.fixture(scope="module")
def rests(inputs, sets, tmp_path_factory):
    path = tmp_path_factory.mktemp("rests") / "rests.h5"
    leaving_out.leave_out(path, inputs, sets, 1)
    return Rests.read(path)


def images_of(mixer, plan, which):
    return mixer.images(plan, which, np.empty((len(which), *mixer.spectra.image_shape), "f4"))


def where(mixer, rows, inputs):
    """Piece and place [samples] of windows of noise."""
    pieces, offsets = np.empty_like(rows), np.empty_like(rows)
    for d, noise in enumerate(inputs.noise):
        edge = round(noise.corrupted * inputs.rate)
        frames = (noise.whitened.shape[1] - 2 * edge - 256) // 128 + 1
        pieces[:, d] = inputs.pieces[d][rows[:, d] // frames]
        offsets[:, d] = edge + rows[:, d] % frames * 128
    return pieces, offsets


def test_a_mixed_sample_is_the_sample_that_is_built(mixer, inputs, sets):
    """Given the same draws, `synthesis` makes the same image from the strain."""
    plan = mixer.plan([0, 1], 3, Mixing(anew=True, noise=0.25), NONE)
    signals = np.flatnonzero(plan.label)[::9]
    spectra = [injection.spectra(waveform) for waveform in inputs.waveforms]
    checked = 0
    for number in signals:
        dataset = sets[plan.band[number]]
        row = int(np.flatnonzero(dataset.column("label"))[plan.signal[number]])
        table = dataset.columns((*DRAWN, "waveform", "noise_piece", "noise_offset"), [row])
        pieces, offsets = where(mixer, plan.rows[[number]], inputs)
        signal, near = synthesis.whitened_signal(inputs, spectra[table["waveform"][0]], table)
        scale = np.float32(plan.snr[number] / np.linalg.norm(near))
        noise = synthesis.noise_windows(
            inputs, table | {"noise_piece": pieces, "noise_offset": offsets}
        )
        expected = image_of(noise + scale * signal, inputs)
        assert np.abs(images_of(mixer, plan, [number])[0] - expected).max() < 2e-5
        assert dataset.column("label")[row] == plan.label[number]
        low, high = BANDS[plan.band[number]]
        assert low <= plan.snr[number] <= high
        checked += 1
    assert checked > 20
    # One whose noise is of the piece whose filter whitened the signal is a sample of the data set.
    table = sets[0].columns((*DRAWN, "waveform", "noise_piece", "noise_offset"), [50])
    edge = round(inputs.noise[0].corrupted * inputs.rate)
    frame = (table["noise_offset"] - edge) // 128
    table["noise_offset"] = edge + frame * 128
    image, snr, _ = synthesis.mixed(inputs, spectra, table, lambda _, near: near.sum(axis=1) / 30)
    frames = (inputs.noise[0].whitened.shape[1] - 2 * edge - 256) // 128 + 1
    own = dataclasses.replace(
        mixer.silence(table["noise_piece"] * frames + frame),
        label=sets[0].column("label", [50]),
        band=np.array([0]),
        signal=np.array([10]),
        snr=np.linalg.norm(snr, axis=1).astype("f4"),
    )
    np.testing.assert_allclose(images_of(mixer, own, [0]), image, atol=2e-5)


def image_of(strain, inputs):
    block = inputs.sampling.spectrogram
    power = spectrogram.magnitude(strain, block, inputs.rate)
    return np.moveaxis(spectrogram.normalise(power, block), 1, -1)[0]


def test_a_sample_that_lost_a_mode_is_that_of_the_other_modes(mixer, rests, inputs, sets):
    """As loud as the whole; its mask is that of `take_apart` for what is left."""
    lost = Mixer(mixer.spectra, rests)
    block = Mixing(anew=True, noise=0.25, mode_dropout=0.6)
    plan = lost.plan([0, 1], 3, block, NONE)
    names = set()
    for number in np.flatnonzero(plan.partial)[::12]:
        dataset = sets[plan.band[number]]
        row = int(np.flatnonzero(dataset.column("label"))[plan.signal[number]])
        drawn = (*DRAWN, "waveform", "noise_piece", "noise_offset", "distance_kpc")
        table = dataset.columns(drawn, [row])
        model = inputs.waveforms[table["waveform"][0]]
        mode = rests.modes[rests.sets[plan.band[number]].mode[plan.signal[number]]]
        names.add((model.name, mode))
        left = sum(part for name, part in model.modes.items() if name != mode)
        rest = dataclasses.replace(model, quadrupole=left, modes={})
        signal, near = synthesis.whitened_signal(inputs, injection.spectra(rest), table)
        scale = np.float32(plan.snr[number] / np.linalg.norm(near))
        pieces, offsets = where(mixer, plan.rows[[number]], inputs)
        noise = synthesis.noise_windows(inputs, {"noise_piece": pieces, "noise_offset": offsets})
        expected = image_of(noise + scale * signal, inputs)
        assert np.abs(images_of(lost, plan, [number])[0] - expected).max() < 2e-5
        whole = synthesis.whitened_signal(inputs, injection.spectra(model), table)[1]
        assert np.linalg.norm(near) >= 0.3 * np.linalg.norm(whole)
        power = anatomy.anatomy(inputs, rest, table).whole["signal_power"]
        cells = regions(power.sum(axis=-1), np.empty((1, 0, *power.shape[1:3])))[0, 0]
        assert np.mean(lost.masks(plan, [number])[0, ..., 0] == cells) > 0.999
    assert len(names) >= 3
    # Noise is not penalised anywhere.
    assert lost.masks(plan, np.flatnonzero(plan.label == 0)[:2]).all()
    # Of signals that may lose a mode, six of ten do, and all others are as they were.
    able = np.concatenate([one.mode >= 0 for one in rests.sets])
    assert plan.partial.sum() / able.sum() == pytest.approx(0.6, abs=0.12)
    plain = mixer.plan([0, 1], 3, Mixing(anew=True, noise=0.25), NONE)
    same = np.flatnonzero(~plan.partial)[::40]
    np.testing.assert_array_equal(images_of(lost, plan, same), images_of(mixer, plain, same))


def test_the_mode_that_is_left_out_is_a_function_of_the_sample(rests, inputs, sets, tmp_path):
    """Of the run's seed, data set, class and index; not of the other samples."""
    again = leaving_out.rest_of(inputs, sets[1], rests.modes, 1)
    np.testing.assert_array_equal(again.mode, rests.sets[1].mode)
    np.testing.assert_array_equal(again.spectra, rests.sets[1].spectra)
    other = leaving_out.rest_of(inputs, sets[1], rests.modes, 2)
    assert not np.array_equal(again.mode, other.mode)
    able = again.mode >= 0
    np.testing.assert_array_equal(able, other.mode >= 0)
    assert not again.spectra[~able].any()
    single = [dataclasses.replace(model, modes={}) for model in inputs.waveforms]
    poor = dataclasses.replace(inputs, waveforms=single)
    with pytest.raises(ValueError, match=r"^classifier.mixing.mode_dropout: no waveform has two"):
        leaving_out.leave_out(tmp_path / "rests.h5", poor, sets, 1)
    assert not (tmp_path / "rests.h5").exists()


def test_samples_of_noise_are_windows_of_noise(mixer, inputs):
    plan = mixer.plan([0], 1, Mixing(anew=True, noise=0.5), NONE)
    silent = np.flatnonzero(plan.label == 0)
    assert len(silent) == 120  # as many as signals
    pieces, offsets = where(mixer, plan.rows[silent[:20]], inputs)
    table = {"noise_piece": pieces, "noise_offset": offsets}
    windows = synthesis.noise_windows(inputs, table)
    for image, window in zip(images_of(mixer, plan, silent[:20]), windows, strict=True):
        assert np.abs(image - image_of(window[None], inputs)).max() < 2e-5


def test_draws_are_a_function_of_band_class_index_and_epoch(mixer):
    block = Mixing(anew=True, noise=0.25, glitches=0.2)
    both, one, again = (mixer.plan(bands, 2, block, NONE) for bands in ([0, 1], [1], [0, 1]))
    for field in dataclasses.fields(both):
        whole, alone = getattr(both, field.name), getattr(one, field.name)
        np.testing.assert_array_equal(whole, getattr(again, field.name))
        np.testing.assert_array_equal(whole[-len(alone) :], alone)
    other = mixer.plan([0, 1], 3, block, NONE)
    np.testing.assert_array_equal(both.label, other.label)
    np.testing.assert_array_equal(both.signal, other.signal)
    assert not np.any(both.snr[both.label > 0] == other.snr[both.label > 0])
    assert np.mean(both.rows == other.rows) < 0.05


@pytest.mark.parametrize("coincident", [False, True])
def test_a_glitch_leaves_the_other_detectors_clean(coincident):
    """A third of the windows of each detector have a glitch, never those of two at a time."""
    first = np.arange(300)
    noise = [NoiseFrames(np.zeros((310, 4), "c8"), first, first % 3 == d) for d in range(3)]
    mixer = Mixer(Spectra([], noise, ["noise", "a"], None, coincident, 1))
    uniform = np.random.default_rng(0).random((9000, 5))
    rows = mixer.places(uniform, 0.4)
    glitchy = np.stack([rows[:, d] % 3 == d for d in range(3)], axis=1)
    hit = uniform[:, 0] < 0.4
    np.testing.assert_array_equal(glitchy[hit].sum(axis=1), 1)
    shares = glitchy[hit].mean(axis=0)
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)
    # The others have noise as it comes.
    np.testing.assert_array_equal(rows[~hit], mixer.places(uniform, 0.0)[~hit])
    assert np.all(rows == rows[:, :1]) == coincident
    np.testing.assert_allclose(glitchy[~hit].mean(axis=0), 1 / 3, atol=0.03)


def test_noise_without_a_glitch_in_one_detector_alone_is_refused():
    first = np.arange(300)
    noise = [NoiseFrames(np.zeros((310, 4), "c8"), first, first > 150) for _ in range(2)]
    mixer = Mixer(Spectra([], noise, ["noise", "a"], None, True, 1))
    with pytest.raises(ValueError, match=r"^classifier.mixing.glitches: the noise .* set it to 0"):
        mixer.places(np.full((5, 4), 0.1), 0.4)


def test_glitches_are_those_of_the_noise_file_and_what_is_loud(inputs):
    noise = inputs.noise[1]
    frames = transforming.noise_frames(inputs, 1)
    pieces, offsets = where(None, np.tile(frames.first[:, None], 3), inputs)
    begin = noise.gps_start[pieces[:, 1]] + offsets[:, 1] / inputs.rate
    times = noise.glitches["gps"].to_numpy()
    assert len(times)
    known = ((begin[:, None] < times) & (times < begin[:, None] + 1)).any(axis=1)
    assert frames.glitchy[known].all()
    view = np.lib.stride_tricks.sliding_window_view(np.abs(frames.spectra) ** 2, 31, axis=0)
    loud = view[frames.first].max(axis=(1, 2)) > 30
    np.testing.assert_array_equal(frames.glitchy, known | loud)


def test_hard_negatives_come_again_as_noise(mixer):
    hard = np.array([[5, 6, 7], [8, 9, 10]])
    block = Mixing(anew=True, noise=0.9, hard_negatives=0.2)
    plan = mixer.plan([0, 1], 1, block, hard)
    again = (plan.rows[:, None] == hard).all(axis=2).any(axis=1)
    assert not again[plan.label > 0].any()
    assert again[plan.label == 0].mean() == pytest.approx(0.2, abs=0.03)
    assert not (mixer.plan([0, 1], 1, block, NONE).rows == 5).any(axis=1).all()


def test_the_same_input_gives_the_same_bytes(inputs, sets, tmp_path):
    for name in ("one", "two"):
        transforming.transform(tmp_path / name, inputs, sets[:1], BANDS[:1], 1)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("kind", ["multiresolution", "reassigned", "strain"])
def test_strain_is_mixed_where_the_transform_cannot_be(mixer, inputs, sets, kind, tmp_path):
    """The same draws as of the paper's spectrogram, and the image of the mixed strain."""
    block = dataclasses.replace(inputs.sampling.spectrogram, kind=kind)
    sampling = dataclasses.replace(inputs.sampling, spectrogram=block)
    other = dataclasses.replace(inputs, sampling=sampling)
    transforming.transform(tmp_path / "train.h5", other, sets[:1], BANDS[:1], 1)
    own = Mixer(Spectra.read(tmp_path / "train.h5"))
    shapes = {"multiresolution": (94, 31, 9), "strain": (1, 4096, 3)}
    assert own.spectra.image_shape == shapes.get(kind, (94, 31, 3))
    # A window begins at the same places, and has a glitch where it had one.
    for one, two in zip(own.spectra.noise, mixer.spectra.noise, strict=True):
        assert len(one.first) == len(two.first)
        np.testing.assert_array_equal(one.glitchy, two.glitchy)
    mixing = Mixing(anew=True, noise=0.25, glitches=0.2)
    plan, same = (each.plan([0], 3, mixing, NONE) for each in (own, mixer))
    for name in ("label", "signal", "snr"):
        np.testing.assert_array_equal(getattr(plan, name), getattr(same, name))
    spectra = [injection.spectra(waveform) for waveform in inputs.waveforms]
    for number in (*np.flatnonzero(plan.label)[::25], *np.flatnonzero(plan.label == 0)[:2]):
        pieces, offsets = where(mixer, same.rows[[number]], inputs)
        strain = synthesis.noise_windows(inputs, {"noise_piece": pieces, "noise_offset": offsets})
        if plan.label[number]:
            row = int(np.flatnonzero(sets[0].column("label"))[plan.signal[number]])
            table = sets[0].columns((*DRAWN, "waveform", "noise_piece", "noise_offset"), [row])
            signal, near = synthesis.whitened_signal(inputs, spectra[table["waveform"][0]], table)
            strain += np.float32(plan.snr[number] / np.linalg.norm(near)) * signal
            # The mask is that of the signal alone, over all channels.
            power = dataclasses.replace(block, scale="power")
            alone = spectrogram.magnitude(signal / np.linalg.norm(near), power, inputs.rate)
            found = own.masks(plan, [number])[0, :, :, 0]
            assert np.mean(found != mask(alone[0].sum(axis=0))) < 0.005
        difference = images_of(own, plan, [number])[0] - image_of(strain, other)
        assert np.abs(difference).max() < 2e-4


def test_modes_are_left_out_of_strain_where_it_is_mixed(rests, inputs, sets):
    """The same modes of the same signals, as strain: its transform is the rest of the others."""
    block = dataclasses.replace(inputs.sampling.spectrogram, kind="wdm")
    sampling = dataclasses.replace(inputs.sampling, spectrogram=block)
    other = dataclasses.replace(inputs, sampling=sampling)
    found = leaving_out.rest_of(other, sets[0], rests.modes, 1)
    np.testing.assert_array_equal(found.mode, rests.sets[0].mode)
    strain = found.spectra.reshape(*found.spectra.shape[:2], -1)
    assert strain.dtype == np.float32
    spectra = spectrogram.rows(strain, inputs.sampling.spectrogram, inputs.rate)
    np.testing.assert_allclose(spectra, rests.sets[0].spectra, atol=1e-6)
