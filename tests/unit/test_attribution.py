"""Attribution to modes: masks, shares, removal, and samples taken apart."""

import h5py
import numpy as np
import pytest
from scipy import stats
from test_classifier import small

from ccsncam import attribution, classifier, dataset, injection, saliency, waveform


@pytest.fixture(scope="module")
def inputs(made, config):
    return dataset.load(made.waveforms, made.noise, config)


@pytest.fixture(scope="module")
def built(inputs, tmp_path_factory):
    """A data set of one distance and its parts."""
    folder = tmp_path_factory.mktemp("parts")
    data, parts = folder / "train-x.h5", folder / "parts.h5"
    dataset.build(data, inputs, 1, "train-x", 6, dataset.by_distance(2.0), "test")
    dataset.take_apart(parts, inputs, data, 4)
    return data, parts


def test_a_mask_is_the_smallest_set_with_its_share():
    power = np.array([[[5.0, 1, 0], [3, 1, 0]], [[0, 0, 0], [0, 0, 0]]])
    found = attribution.mask(power, 0.7)
    assert found[0].tolist() == [[True, False, False], [True, False, False]]
    assert not found[1].any()
    many = np.random.default_rng(0).exponential(size=(20, 9, 8))
    inside = attribution.mask(many, 0.9)
    held = np.sum(many * inside, axis=(1, 2)) / many.sum(axis=(1, 2))
    smallest = np.where(inside, many, np.inf).min(axis=(1, 2))
    assert (held >= 0.9).all()
    assert (held - smallest / many.sum(axis=(1, 2)) < 0.9).all()


def test_a_cell_belongs_to_the_louder_mode():
    modes = np.zeros((1, 3, 2, 2))
    modes[0, 0] = [[4, 1], [0, 0]]
    modes[0, 1] = [[1, 4], [4, 0]]
    modes[0, 2] = np.nan
    cells = attribution.regions(np.nansum(modes, axis=1), modes)[0]
    assert cells[1].tolist() == [[True, False], [False, False]]
    assert cells[2].tolist() == [[False, True], [True, False]]
    assert not cells[3].any()


def test_shares_by_hand():
    cells = np.zeros((3, 2, 2, 2), bool)
    cells[:, 0, 0] = True
    maps = np.array([[[3.0, 1], [2, 2]], [[1, 1], [1, 1]], [[0, 0], [0, 0]]])
    share, pointing = attribution.on_regions(maps, cells)
    np.testing.assert_allclose(share[:2, 0], [0.5, 0.5])
    np.testing.assert_allclose(pointing[:2, 0], [1, 0.5])
    assert np.isnan(share[2]).all()
    assert np.isnan(share[:, 1]).all()
    area = attribution.share_on(np.array([[[2, 0], [1, 1]]]), cells[:2])
    power = attribution.share_on(maps[:2], cells[:2])
    np.testing.assert_allclose(area[:, 0], 0.5)
    np.testing.assert_allclose(power[:, 0], 0.5)


def test_agreement_is_kendalls():
    random = np.random.default_rng(0)
    share, change = random.random((50, 4)), -random.random((50, 4))
    tau, top, chance = attribution.agreement(share, change)
    expected = [stats.kendalltau(a, -b)[0] for a, b in zip(share, change, strict=True)]
    np.testing.assert_allclose(tau, expected)
    assert (chance == 0.25).all()
    assert (top == (share.argmax(axis=1) == change.argmin(axis=1))).all()
    share[:, 1:] = np.nan
    assert np.isnan(attribution.agreement(share, change)).all()
    tau, top, chance = attribution.agreement(np.ones((2, 3)), change[:2, :3])
    assert (tau == 0).all()
    np.testing.assert_allclose(top, chance)


def test_parts_make_the_sample(built, inputs):
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
    # m39 has no SASI, z85_sfhx no prompt convection.
    assert np.isnan(power[:4, 2]).all()
    assert np.isnan(power[8:, 1]).all()
    assert np.isfinite(power[4:8]).all()
    # Modes interfere little: their powers add up to nearly that of the signal.
    total = np.nansum(power, axis=1).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(total, signal.sum(axis=(1, 2, 3)), rtol=0.1)
    # By Parseval the cells of whitened signal add up to SNR², less what lies above 1500 Hz.
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
    gone = attribution.mask(power[:4, 0].sum(axis=-1))
    assert without[:4, 0].mean(axis=-1)[gone].mean() < images[:4].mean(axis=-1)[gone].mean()


def test_parts_of_other_inputs_are_refused(built, inputs, tmp_path):
    data, _ = built
    shifted = [*inputs.waveforms[1:], inputs.waveforms[0]]
    other = dataset.Inputs(shifted, inputs.noise, inputs.pieces, inputs.filters, inputs.settings)
    with pytest.raises(ValueError, match="not of these waveforms"):
        dataset.take_apart(tmp_path / "parts.h5", other, data, 4)


def test_removing_all_of_the_signal_leaves_the_noise(inputs):
    """A waveform of one mode, without it, is its noise on its own scale."""
    whole = inputs.waveforms[0]
    one = waveform.Waveform(**{**vars(whole), "quadrupole": whole.modes["g_mode"], "modes": {}})
    one.modes = {"g_mode": one.quadrupole}
    only = dataset.Inputs([one], inputs.noise, inputs.pieces, inputs.filters, inputs.settings)
    table = dataset.draw(only, 1, "x", 1, 0, 3)
    table["distance_kpc"] = np.full(3, 1.0)
    parts = dataset._anatomy(only, one, table, np.arange(3))
    silent, _, _ = dataset.samples(only, None, table, None)
    np.testing.assert_allclose(parts["g_mode"]["without"], silent, atol=2e-2)
    np.testing.assert_allclose(parts["g_mode"]["mode_power"], parts["signal_power"], rtol=1e-4)
    np.testing.assert_allclose(parts["g_mode"]["without_fixed"], parts["noise"], atol=2e-2)
    assert injection.spectra(one).shape[0] == 5


def test_removal_and_occlusion():
    classifier.prepare(threads=2)
    network = saliency.Network(classifier.build(small(), (22, 14, 2), 3, seed=4))
    random = np.random.default_rng(0)
    images, noise = random.random((2, 5, 22, 14, 2), np.float32)
    target = np.arange(5) % 3
    hidden = attribution.occluded(images, noise)
    np.testing.assert_array_equal(hidden[:, 1, ..., 1], noise[..., 1])
    np.testing.assert_array_equal(hidden[:, 1, ..., 0], images[..., 0])
    hidden[3, 1] = np.nan
    change, prediction = attribution.removal(network, images, target, hidden)
    values = saliency.logits(network, hidden[:, 0])
    expected = saliency.log_odds(values, target)
    expected -= saliency.log_odds(saliency.logits(network, images), target)
    np.testing.assert_allclose(change[:, 0], expected, atol=1e-5)
    assert np.isnan(change[3, 1])
    assert prediction[3, 1] == -1
    assert (prediction[:, 0] == values.argmax(axis=1)).all()
