"""Masks of modes, what maps have on them, and predictions without them."""

import numpy as np
from scipy import stats

from ccsncam.saliency.modes import (
    agreement,
    mask,
    occluded,
    on_regions,
    regions,
    removal,
    share_on,
)
from ccsncam.saliency.scores import log_odds, logits


def test_a_mask_is_the_smallest_set_with_its_share():
    power = np.array([[[5.0, 1, 0], [3, 1, 0]], [[0, 0, 0], [0, 0, 0]]])
    found = mask(power, 0.7)
    assert found[0].tolist() == [[True, False, False], [True, False, False]]
    assert not found[1].any()
    many = np.random.default_rng(0).exponential(size=(20, 9, 8))
    inside = mask(many, 0.9)
    held = np.sum(many * inside, axis=(1, 2)) / many.sum(axis=(1, 2))
    smallest = np.where(inside, many, np.inf).min(axis=(1, 2))
    assert (held >= 0.9).all()
    assert (held - smallest / many.sum(axis=(1, 2)) < 0.9).all()


def test_a_cell_belongs_to_the_louder_mode():
    modes = np.zeros((1, 3, 2, 2))
    modes[0, 0] = [[4, 1], [0, 0]]
    modes[0, 1] = [[1, 4], [4, 0]]
    modes[0, 2] = np.nan
    cells = regions(np.nansum(modes, axis=1), modes)[0]
    assert cells[1].tolist() == [[True, False], [False, False]]
    assert cells[2].tolist() == [[False, True], [True, False]]
    assert not cells[3].any()


def test_waveforms_without_modes():
    signal = np.arange(8.0).reshape(2, 2, 2)
    cells = regions(signal, np.empty((2, 0, 2, 2)))
    np.testing.assert_array_equal(cells, mask(signal)[:, None])
    assert np.isnan(agreement(np.empty((2, 0)), np.empty((2, 0)))).all()


def test_shares_by_hand():
    cells = np.zeros((3, 2, 2, 2), bool)
    cells[:, 0, 0] = True
    maps = np.array([[[3.0, 1], [2, 2]], [[1, 1], [1, 1]], [[0, 0], [0, 0]]])
    share, pointing = on_regions(maps, cells)
    np.testing.assert_allclose(share[:2, 0], [0.5, 0.5])
    np.testing.assert_allclose(pointing[:2, 0], [1, 0.5])
    assert np.isnan(share[2]).all()
    assert np.isnan(share[:, 1]).all()
    area = share_on(np.array([[[2, 0], [1, 1]]]), cells[:2])
    power = share_on(maps[:2], cells[:2])
    np.testing.assert_allclose(area[:, 0], 0.5)
    np.testing.assert_allclose(power[:, 0], 0.5)


def test_agreement_is_kendalls():
    random = np.random.default_rng(0)
    share, change = random.random((50, 4)), -random.random((50, 4))
    tau, top, chance = agreement(share, change)
    expected = [stats.kendalltau(a, -b)[0] for a, b in zip(share, change, strict=True)]
    np.testing.assert_allclose(tau, expected)
    assert (chance == 0.25).all()
    assert (top == (share.argmax(axis=1) == change.argmin(axis=1))).all()
    share[:, 1:] = np.nan
    assert np.isnan(agreement(share, change)).all()
    tau, top, chance = agreement(np.ones((2, 3)), change[:2, :3])
    assert (tau == 0).all()
    np.testing.assert_allclose(top, chance)


def test_removal_and_occlusion(network):
    random = np.random.default_rng(0)
    images, noise = random.random((2, 5, 22, 14, 2), np.float32)
    target = np.arange(5) % 3
    hidden = occluded(images, noise, 2)
    np.testing.assert_array_equal(hidden[:, 1, ..., 1], noise[..., 1])
    np.testing.assert_array_equal(hidden[:, 1, ..., 0], images[..., 0])
    # Of one detector with two channels, both are hidden.
    np.testing.assert_array_equal(occluded(images, noise, 1), noise[:, None])
    hidden[3, 1] = np.nan
    change, prediction = removal(network, images, target, hidden)
    values = logits(network, hidden[:, 0])
    expected = log_odds(values, target)
    expected -= log_odds(logits(network, images), target)
    np.testing.assert_allclose(change[:, 0], expected, atol=1e-5)
    assert np.isnan(change[3, 1])
    assert prediction[3, 1] == -1
    assert (prediction[:, 0] == values.argmax(axis=1)).all()
