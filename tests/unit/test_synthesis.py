"""What is drawn for samples, and the noise that they take."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from ccsncam.config.blocks import Sampling
from ccsncam.samples import building, spectrogram, synthesis
from ccsncam.samples.dataset import DataSet


@pytest.fixture(scope="module")
def inputs(made, config):
    return synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(config))


def test_directions_and_positions_are_isotropic(inputs):
    table = synthesis.draw(inputs, 1, "isotropy", 1, 0, 5000)
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
    table = synthesis.draw(inputs, 1, "windows", 0, 0, 5000)
    for d, noise in enumerate(inputs.noise):
        edge = noise.corrupted * 4096
        offset = table["noise_offset"][:, d]
        assert offset.min() >= edge
        assert offset.max() + 4096 <= noise.whitened.shape[1] - edge
    own = table["noise_gps_start"]
    assert not np.array_equal(own[:, 0], own[:, 1])
    np.testing.assert_array_equal(table["gps_start"], own[:, 0])


def test_coincident_detectors_draw_the_same_second(made, config):
    settings = config | {"noise": config["noise"] | {"coincident": True}}
    inputs = synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(settings))
    table = synthesis.draw(inputs, 1, "windows", 0, 0, 100)
    assert np.all(table["noise_gps_start"] == table["gps_start"][:, None])


def test_noise_samples_are_stationary_white_noise(inputs):
    table = synthesis.draw(inputs, 1, "noise", 0, 0, 300)
    windows = synthesis.noise_windows(inputs, table)
    # Robust: glitches are part of the noise. The filter passes 20 to 2000 Hz of 2048 Hz.
    spread = stats.median_abs_deviation(windows.ravel(), scale="normal")
    assert spread == pytest.approx(np.sqrt(1980 / 2048), abs=0.02)
    block = dataclasses.replace(inputs.sampling.spectrogram, scale="power")
    image = spectrogram.magnitude(windows, block, 4096)
    # 3 bins and more from 20 Hz; the median of an exponential of mean 1 is ln 2.
    level = np.median(image[:, :, 4:], axis=(0, 3)) / np.log(2)
    assert np.abs(np.median(level, axis=1) - 1).max() < 0.05


def test_noise_peaks_leave_the_signal_out(inputs, tmp_path):
    """A signal does not raise the noise's loudest cell, which the image of the noise alone has."""
    path = tmp_path / "x.h5"
    building.build(path, inputs, 1, "x", 2, synthesis.by_snr(500, 500), "test")
    data = DataSet.open(path)
    block = dataclasses.replace(inputs.sampling.spectrogram, scale="power")
    windows = synthesis.noise_windows(inputs, data.columns(("noise_piece", "noise_offset")))
    expected = spectrogram.magnitude(windows, block, 4096).max(axis=(2, 3))
    for row in range(data.size):
        peaks = synthesis.noise_peaks(inputs, data, row)
        np.testing.assert_allclose(peaks, expected[row], rtol=1e-5)


@pytest.mark.parametrize(("factor", "refused"), [(1e-6, True), (1e-3, True), (1, False)])
def test_a_waveform_that_needs_a_source_at_our_door_is_refused(inputs, tmp_path, factor, refused):
    """Any waveform can be scaled to any SNR, but no star is at 1e-6 kpc."""
    quiet = [
        dataclasses.replace(waveform, quadrupole=factor * waveform.quadrupole)
        for waveform in inputs.waveforms
    ]
    less = dataclasses.replace(inputs, waveforms=quiet)
    if refused:
        message = (
            r"^waveform m39: so quiet that a network SNR of 20 to 50 needs sources at .* kpc, and "
            r"no star that can collapse is nearer than 0\.05 kpc; correct unit or distance_kpc"
        )
        with pytest.raises(ValueError, match=message):
            building.build(tmp_path / "x.h5", less, 1, "x", 5, synthesis.by_snr(20, 50), "test")
        assert not (tmp_path / "x.h5").exists()
        # At a distance that is asked for it is as quiet as it is.
        building.build(tmp_path / "y.h5", less, 1, "x", 2, synthesis.by_distance(10), "test")
    else:
        building.build(tmp_path / "x.h5", less, 1, "x", 5, synthesis.by_snr(20, 50), "test")
