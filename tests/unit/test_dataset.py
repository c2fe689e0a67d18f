import dataclasses

import h5py
import numpy as np
import pytest
import reference
from scipy import stats

from ccsncam import dataset, injection, spectrogram, strain


@pytest.fixture(scope="module")
def inputs(made, config):
    return dataset.load(made.waveforms, made.noise, config)


@pytest.fixture(scope="module")
def built(inputs, tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "train-snr-20-50.h5"
    dataset.build(path, inputs, 1, "train-snr-20-50", 40, dataset.by_snr(20, 50), "test")
    with h5py.File(path) as file:
        return {name: file[name][()] for name in file}


def row(built, index):
    return {name: values[index] for name, values in built.items()}


def test_samples_agree_with_a_loop_in_pycbc(built, made, config):
    """Projection, delay, injection, whitening and transform, and the SNR to 1e-3."""
    from ccsncam import waveform

    models = [None, *(waveform.Waveform.read(path) for path in made.waveforms)]
    noises = [strain.read_noise(path, strain=True) for path in made.noise]
    for index in range(0, len(built["label"]), 7):
        drawn = row(built, index)
        image, snr = reference.sample(
            models[drawn["label"]], drawn, noises, drawn["distance_kpc"], config
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
        dataset.build(path, inputs, 1, "same", 8, dataset.by_distance(distance), "test")
        with h5py.File(path) as file:
            loudness[distance] = file["network_snr"][8:]
            assert np.all(file["distance_kpc"][8:] == distance)
    np.testing.assert_allclose(loudness[1], 4 * loudness[4], rtol=1e-12)


def test_directions_and_positions_are_isotropic(inputs):
    table = dataset.draw(inputs, 1, "isotropy", 1, 0, 5000)
    checks = {
        "theta": (np.cos(table["theta"]) + 1) / 2,
        "phi": table["phi"] / (2 * np.pi),
        "ra": table["ra"] / (2 * np.pi),
        "dec": (np.sin(table["dec"]) + 1) / 2,
        "psi": table["psi"] / np.pi,
        "bounce_time": table["bounce_time"] / 0.15,
    }
    for name, uniform in checks.items():
        assert stats.kstest(uniform, "uniform").pvalue > 1e-3, name


def test_noise_windows_stay_inside_pieces(inputs):
    table = dataset.draw(inputs, 1, "windows", 0, 0, 5000)
    for d, noise in enumerate(inputs.noise):
        edge = noise.corrupted * 4096
        offset = table["noise_offset"][:, d]
        assert offset.min() >= edge
        assert offset.max() + 4096 <= noise.whitened.shape[1] - edge
    assert not np.array_equal(table["gps_start"][:, 0], table["gps_start"][:, 1])


def test_coincident_detectors_draw_the_same_second(made, config):
    settings = config | {"noise": config["noise"] | {"coincident": True}}
    inputs = dataset.load(made.waveforms, made.noise, settings)
    table = dataset.draw(inputs, 1, "windows", 0, 0, 100)
    assert np.all(table["gps_start"] == table["gps_start"][:, :1])


def test_noise_samples_are_stationary_white_noise(inputs):
    table = dataset.draw(inputs, 1, "noise", 0, 0, 300)
    windows = dataset.noise_windows(inputs, table)
    # Robust: glitches are part of the noise. The filter passes 20 to 2000 Hz of 2048 Hz.
    spread = stats.median_abs_deviation(windows.ravel(), scale="normal")
    assert spread == pytest.approx(np.sqrt(1980 / 2048), abs=0.02)
    image = spectrogram.magnitude(
        windows, inputs.settings["spectrogram"] | {"scale": "power"}, 4096
    )
    # 3 bins and more from 20 Hz; the median of an exponential of mean 1 is ln 2.
    level = np.median(image[:, :, 4:], axis=(0, 3)) / np.log(2)
    assert np.abs(np.median(level, axis=1) - 1).max() < 0.05


def test_signal_is_where_the_bounce_is(inputs):
    """A delta-like quadrupole arrives at its bounce time in every detector, plus the delay."""
    from ccsncam import network, waveform

    time = np.arange(-0.3, 0.5, 1 / 4096)
    pulse = np.exp(-0.5 * (time / 0.002) ** 2) * 1e3
    quadrupole = np.zeros((3, 3, len(time)))
    quadrupole[0, 0], quadrupole[1, 1] = pulse, -pulse
    model = waveform.Waveform("pulse", quadrupole, 4096, time[0], "numerical", "", np.nan, {})
    angles = [np.array([value]) for value in (1.0, 0.4, 0.3)]
    response = network.response(["H1", "V1"], *angles, np.array([1238236470.0]))
    h = injection.project(
        injection.spectra(model), np.zeros(1), np.zeros(1), response, np.array([0.1]), 4096
    )[0]
    for d in range(2):
        peak = np.sum(np.arange(4096) * h[d] ** 2) / np.sum(h[d] ** 2) / 4096
        assert peak == pytest.approx(0.1 + response.delay[0, d], abs=2e-5)


def test_batches_do_not_change_samples(inputs, tmp_path, monkeypatch):
    paths = []
    for batch in (16, 5):
        monkeypatch.setattr(dataset, "BATCH", batch)
        paths.append(tmp_path / f"{batch}.h5")
        dataset.build(paths[-1], inputs, 1, "batches", 11, dataset.by_snr(20, 50), "test")
    with h5py.File(paths[0]) as one, h5py.File(paths[1]) as other:
        np.testing.assert_allclose(one["spectrogram"], other["spectrogram"], atol=1e-5)
        for name in dataset.DRAWN:
            assert np.array_equal(one[name], other[name])


def test_examples_have_the_snr_and_the_direction(inputs, tmp_path):
    path = tmp_path / "examples.h5"
    dataset.polar_examples(path, inputs, 1, "H1", 40.0, 0.1, "test")
    with h5py.File(path) as file:
        np.testing.assert_allclose(file["snr"][1:, 0], 40, rtol=1e-9)
        assert np.all(file["theta"][:] == 0)
        assert file["label"][:].tolist() == [0, 1, 2, 3]


def test_realisations_of_a_class_take_turns(inputs, tmp_path):
    two = [dataclasses.replace(model, class_name="z") for model in inputs.waveforms[:2]]
    both = dataclasses.replace(inputs, waveforms=[*two, inputs.waveforms[2]])
    path, parts = tmp_path / "x.h5", tmp_path / "parts.h5"
    dataset.build(path, both, 1, "x", 5, dataset.by_distance(1.0), "test")
    with h5py.File(path) as file:
        built = {name: file[name][()] for name in file}
        assert list(file.attrs["classes"]) == ["noise", "z", inputs.waveforms[2].name]
    assert built["waveform"].tolist() == [-1] * 5 + [0, 1, 0, 1, 0] + [2] * 5
    # Sample 3 of the class is the second realisation, and nothing of the first.
    table = dataset.draw(both, 1, "x", 1, 3, 1)
    spectrum = injection.spectra(two[1])
    image, snr, _ = dataset.samples(both, spectrum, table, dataset.by_distance(1.0))
    np.testing.assert_allclose(built["spectrogram"][8], image[0], atol=1e-5)
    np.testing.assert_allclose(built["snr"][8], snr[0])
    dataset.take_apart(parts, both, path, 4)
    with h5py.File(parts) as file:
        power = file["signal_power"][()].sum(axis=(1, 2))
        np.testing.assert_allclose(power[:4], built["snr"][5:9] ** 2, rtol=0.08)
