"""Samples taken apart into noise, signal and modes."""

import dataclasses

import h5py
import numpy as np
import pytest

from ccsncam.config.blocks import Sampling
from ccsncam.samples import injection
from ccsncam.samples.anatomy import anatomy, take_apart
from ccsncam.samples.building import build
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import OF_MODES, WHOLE, Parts
from ccsncam.samples.synthesis import Inputs, by_distance, draw, samples


def loudest(power, share=0.9):
    """The fewest cells of an image (frequency, time) that hold a share of its power."""
    cells = np.sort(power.ravel())[::-1]
    needed = np.searchsorted(np.cumsum(cells), share * cells.sum())
    return power >= cells[needed]


@pytest.fixture(scope="module")
def inputs(made, config):
    return Inputs.read(made.waveforms, made.noise, Sampling.of(config))


@pytest.fixture(scope="module")
def built(inputs, tmp_path_factory):
    """A data set of one distance and its parts."""
    folder = tmp_path_factory.mktemp("parts")
    data, parts = folder / "train-x.h5", folder / "parts.h5"
    build(data, inputs, 1, "train-x", 6, by_distance(2.0), "test")
    take_apart(parts, inputs, data, 4)
    return data, parts


def test_parts_make_the_sample(built):
    data, parts = built
    with h5py.File(data) as file, h5py.File(parts) as apart:
        rows, modes = apart["row"][()], list(apart.attrs["modes"])
        label = file["label"][rows]
        images, noise = file["spectrogram"][rows], apart["noise"][()]
        signal, power = apart["signal_power"][()], apart["mode_power"][()]
        without, snr = apart["without"][()], file["snr"][rows]
        fixed = apart["without_fixed"][()]
    assert label.tolist() == [1] * 4 + [2] * 4 + [3] * 4
    assert modes == ["g_mode", "prompt_convection", "sasi"]
    # m39 has no SASI, z100_sfho no prompt convection.
    assert np.isnan(power[:4, 2]).all()
    assert np.isnan(power[8:, 1]).all()
    assert np.isfinite(power[4:8]).all()
    # Modes interfere little: their powers add up to nearly that of the signal.
    total = np.nansum(power, axis=1).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(total, signal.sum(axis=(1, 2, 3)), rtol=0.1)
    # By Parseval the cells of whitened signal add up to SNR², without what lies above 1500 Hz.
    np.testing.assert_allclose(signal.sum(axis=(1, 2)), snr**2, rtol=0.08)
    # Where the signal is faint the image is its noise, and the image without a mode too.
    faint = signal < 1e-3 * signal.max(axis=(1, 2), keepdims=True)
    assert np.abs(images - noise)[faint].max() < 0.05
    assert (noise >= 0).all()
    # On the scale of the whole sample nothing changes but where the mode is.
    own = power[:, 0]
    quiet = own < 1e-3 * own.max(axis=(1, 2), keepdims=True)
    assert np.abs(images - fixed[:, 0])[quiet].max() < 0.05
    assert np.abs(images - without[:, 0])[quiet].max() > 0.2
    # Without its g-mode, m39 has lost what lies there.
    gone = np.stack([loudest(one) for one in power[:4, 0].sum(axis=-1)])
    assert without[:4, 0].mean(axis=-1)[gone].mean() < images[:4].mean(axis=-1)[gone].mean()


def test_parts_are_read_as_they_were_written(built):
    data, path = built
    parts = Parts.read(path)
    with h5py.File(path) as file, h5py.File(data) as source:
        np.testing.assert_array_equal(parts.rows, file["row"])
        for name in (*WHOLE, *OF_MODES):
            np.testing.assert_array_equal(getattr(parts, name), file[name])
        assert set(file.attrs) == {*source.attrs, "modes"}
        assert parts.origin.to_json() == source.attrs["inputs"]
    assert parts.modes == ["g_mode", "prompt_convection", "sasi"]
    assert parts.classes == ["noise", "m39", "s25", "z100_sfho"]
    assert (parts.detectors, parts.dataset) == (["H1", "L1", "V1"], "train-x")
    with pytest.raises(ValueError, match=r"train-x.h5: no parts of samples"):
        Parts.read(data)


def test_parts_of_other_inputs_are_refused(built, inputs, tmp_path):
    data, _ = built
    shifted = [*inputs.waveforms[1:], inputs.waveforms[0]]
    other = dataclasses.replace(inputs, waveforms=shifted)
    with pytest.raises(ValueError, match="were not made from these waveforms"):
        take_apart(tmp_path / "parts.h5", other, data, 4)


def test_removing_all_of_the_signal_leaves_the_noise(inputs):
    """A waveform of one mode, without it, is its noise on its own scale."""
    whole = inputs.waveforms[0]
    only = whole.modes["g_mode"]
    one = dataclasses.replace(whole, quadrupole=only, modes={"g_mode": only})
    alone = dataclasses.replace(inputs, waveforms=[one])
    table = draw(alone, 1, "x", 1, 0, 3)
    table["distance_kpc"] = np.full(3, 1.0)
    parts = anatomy(alone, one, table)
    silent, _, _ = samples(alone, None, table, by_distance(1.0))
    mode = parts.modes["g_mode"]
    np.testing.assert_allclose(mode["without"], silent, atol=2e-2)
    np.testing.assert_allclose(mode["mode_power"], parts.whole["signal_power"], rtol=1e-4)
    np.testing.assert_allclose(mode["without_fixed"], parts.whole["noise"], atol=2e-2)
    assert injection.spectra(one).shape[0] == 5


@pytest.mark.parametrize("kind", ["multiresolution", "constant-q", "wdm", "reassigned", "strain"])
def test_other_representations_are_taken_apart(inputs, kind, tmp_path):
    """Parts are made by the transform of the images; so are the masks of modes."""
    sampling = inputs.sampling
    block = dataclasses.replace(sampling.spectrogram, kind=kind)
    sampling = dataclasses.replace(sampling, spectrogram=block)
    other = dataclasses.replace(inputs, sampling=sampling)
    build(tmp_path / "train-x.h5", other, 1, "train-x", 2, by_distance(1.0), "test")
    take_apart(tmp_path / "parts.h5", other, tmp_path / "train-x.h5", 1)
    data, parts = DataSet.open(tmp_path / "train-x.h5"), Parts.read(tmp_path / "parts.h5")
    assert data.sampling.spectrogram.kind == kind
    each = 3 if kind == "multiresolution" else 1
    assert data.image_shape == ((1, 4096, 3) if kind == "strain" else (94, 31, 3 * each))
    assert [len(axis) for axis in data.shown] == [94, 31]
    assert parts.signal_power.shape == (3, *data.image_shape)
    snr = data.column("snr", parts.rows)
    energy = parts.signal_power.sum(axis=(1, 2)).reshape(3, 3, each)
    loud = snr > 3
    assert loud.any()
    np.testing.assert_allclose(energy[loud], np.repeat(snr[loud][:, None] ** 2, each, 1), rtol=0.1)
    total = np.nansum(parts.mode_power, axis=1).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(total, parts.signal_power.sum(axis=(1, 2, 3)), rtol=0.15)
    # Without its loudest mode, the image has lost what lies there.
    for row, image in enumerate(data.images(parts.rows)):
        mode = np.nansum(parts.mode_power[row], axis=(1, 2, 3)).argmax()
        gone = loudest(parts.mode_power[row, mode].sum(axis=-1))
        assert np.abs(parts.without[row, mode][gone]).mean() < np.abs(image[gone]).mean()
