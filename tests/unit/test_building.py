"""Data sets as they are built: against a loop in PyCBC, and what their columns say."""

import dataclasses

import h5py
import numpy as np
import pytest
import reference
from scipy import stats

from ccsncam.config.blocks import Sampling
from ccsncam.noise.store import Noise
from ccsncam.samples import building, injection
from ccsncam.samples.anatomy import take_apart
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.synthesis import Inputs, by_distance, by_snr, draw, samples
from ccsncam.waveforms.model import Waveform


@pytest.fixture(scope="module")
def inputs(made, config):
    return Inputs.read(made.waveforms, made.noise, Sampling.of(config))


@pytest.fixture(scope="module")
def built(inputs, tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "train-snr-20-50.h5"
    building.build(path, inputs, 1, "train-snr-20-50", 40, by_snr(20, 50), "test")
    with h5py.File(path) as file:
        return {name: file[name][()] for name in file}


def row(built, index):
    return {name: values[index] for name, values in built.items()}


def test_samples_agree_with_a_loop_in_pycbc(built, made, config):
    """Projection, delay, injection, whitening and transform, and the SNR to 1e-3."""
    models = [None, *(Waveform.read(path) for path in made.waveforms)]
    noises = [Noise.read(path, strain=True) for path in made.noise]
    sampling = Sampling.of(config)
    for index in range(0, len(built["label"]), 7):
        drawn = row(built, index)
        image, snr = reference.sample(
            models[drawn["label"]], drawn, noises, drawn["distance_kpc"], sampling
        )
        # Amplitudes: the image is scaled to [0, 1].
        assert np.abs(image - drawn["spectrogram"]).max() < 5e-3
        if drawn["label"]:
            np.testing.assert_allclose(drawn["snr"], snr, rtol=1e-3)
            assert drawn["network_snr"] == pytest.approx(np.linalg.norm(snr), rel=1e-3)


def test_network_snr_is_uniform_in_the_band(built):
    snr = built["network_snr"][built["label"] > 0]
    assert stats.kstest((snr - 20) / 30, "uniform").pvalue > 1e-3
    assert np.all(built["network_snr"][built["label"] == 0] == 0)


def test_snr_falls_as_one_over_distance(inputs, tmp_path):
    loudness = {}
    for distance in (1, 4):
        path = tmp_path / f"{distance}.h5"
        building.build(path, inputs, 1, "same", 8, by_distance(distance), "test")
        with h5py.File(path) as file:
            loudness[distance] = file["network_snr"][8:]
            assert np.all(file["distance_kpc"][8:] == distance)
    np.testing.assert_allclose(loudness[1], 4 * loudness[4], rtol=1e-12)


def test_batches_do_not_change_samples(inputs, tmp_path, monkeypatch):
    paths = []
    for batch in (16, 5):
        monkeypatch.setattr(building, "BATCH", batch)
        paths.append(tmp_path / f"{batch}.h5")
        building.build(paths[-1], inputs, 1, "batches", 11, by_snr(20, 50), "test")
    with h5py.File(paths[0]) as one, h5py.File(paths[1]) as other:
        np.testing.assert_allclose(one["spectrogram"], other["spectrogram"], atol=1e-5)
        for name in DRAWN:
            assert np.array_equal(one[name], other[name])


def test_examples_have_the_snr_and_the_direction(inputs, tmp_path):
    path = tmp_path / "examples.h5"
    building.polar_examples(path, inputs, 1, "H1", 40.0, 0.1, "test")
    with h5py.File(path) as file:
        np.testing.assert_allclose(file["snr"][1:, 0], 40, rtol=1e-9)
        assert np.all(file["theta"][:] == 0)
        assert file["label"][:].tolist() == [0, 1, 2, 3]


def test_realisations_of_a_class_take_turns(inputs, tmp_path):
    two = [dataclasses.replace(model, class_name="z") for model in inputs.waveforms[:2]]
    both = dataclasses.replace(inputs, waveforms=[*two, inputs.waveforms[2]])
    path, parts = tmp_path / "x.h5", tmp_path / "parts.h5"
    building.build(path, both, 1, "x", 5, by_distance(1.0), "test")
    with h5py.File(path) as file:
        built = {name: file[name][()] for name in file}
        assert list(file.attrs["classes"]) == ["noise", "z", inputs.waveforms[2].name]
    assert built["waveform"].tolist() == [-1] * 5 + [0, 1, 0, 1, 0] + [2] * 5
    # Sample 3 of the class is the second realisation, and nothing of the first.
    table = draw(both, 1, "x", 1, 3, 1)
    spectrum = injection.spectra(two[1])
    image, snr, _ = samples(both, spectrum, table, by_distance(1.0))
    np.testing.assert_allclose(built["spectrogram"][8], image[0], atol=1e-5)
    np.testing.assert_allclose(built["snr"][8], snr[0])
    take_apart(parts, both, path, 4)
    with h5py.File(parts) as file:
        power = file["signal_power"][()].sum(axis=(1, 2))
        np.testing.assert_allclose(power[:4], built["snr"][5:9] ** 2, rtol=0.08)


def test_a_data_set_says_what_made_it(inputs, tmp_path):
    path = tmp_path / "x.h5"
    building.build(path, inputs, 7, "test-2kpc", 3, by_distance(2.0), "tried")
    data = DataSet.open(path)
    assert (data.name, data.run, data.seed, data.split) == ("test-2kpc", "tried", 7, "test")
    assert (data.size, data.image_shape) == (12, (94, 31, 3))
    assert data.classes == ["noise", *data.waveforms] == inputs.classes
    assert (data.detectors, data.sample_rate) == (["H1", "L1", "V1"], 4096)
    assert data.origin.words == "surrogate waveforms, simulated noise"
    assert data.sampling == inputs.sampling
    assert data.distance == 2.0
