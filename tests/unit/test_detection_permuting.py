"""Samples on the scales of others: limits by hand, donors, and networks with a known answer."""

from dataclasses import replace

import numpy as np
import pytest
from test_spectrogram import BLOCK

from ccsncam.config.blocks import Sampling
from ccsncam.detection import permuting
from ccsncam.results.scale_tables import paired, row
from ccsncam.samples import building, synthesis
from ccsncam.samples.dataset import DataSet


@pytest.fixture(scope="module")
def inputs(made, config):
    return synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(config))


@pytest.fixture(scope="module")
def raw(inputs):
    """The same inputs, for images that keep their scales."""
    block = replace(inputs.sampling.spectrogram, normalisation="none")
    return replace(inputs, sampling=replace(inputs.sampling, spectrogram=block))


@pytest.fixture(scope="module")
def sets(inputs, raw, tmp_path_factory):
    folder, scaling = tmp_path_factory.mktemp("sets"), synthesis.by_distance(3)
    for name, own in (("scaled", inputs), ("raw", raw)):
        building.build(folder / f"{name}.h5", own, 1, "test-3kpc", 9, scaling, "test")
    return [DataSet.open(folder / f"{name}.h5") for name in ("scaled", "raw")]


def test_magnitudes_are_those_of_the_images(inputs, raw, sets):
    scaled, kept = sets
    rows = scaled.first(4)
    assert rows.tolist() == [k + 9 * c for c in range(4) for k in range(4)]
    seen = permuting.magnitudes(inputs, scaled, rows)
    np.testing.assert_array_equal(seen, permuting.magnitudes(raw, kept, rows))
    np.testing.assert_allclose(np.moveaxis(seen, 1, -1), kept.images(rows), rtol=1e-4, atol=1e-4)
    # A data set without scales is that with scales, but for its images.
    for name in ("label", "snr", "distance_kpc", "noise_piece", "noise_offset", "psi"):
        np.testing.assert_array_equal(scaled.column(name), kept.column(name))
    other = replace(inputs, waveforms=inputs.waveforms[::-1])
    with pytest.raises(ValueError, match="were not made from these waveforms and this noise"):
        permuting.magnitudes(other, scaled, rows)


def test_limits_by_hand():
    block = replace(BLOCK, normalisation="detector")
    seen = np.array([[[[1.0, 3.0]], [[2.0, 6.0]]], [[[1.0, 9.0]], [[2.0, 4.0]]]], "f4")
    low, high = seen.min(axis=(2, 3), keepdims=True), seen.max(axis=(2, 3), keepdims=True)
    own, other = (low, high), (low[::-1], high[::-1])
    images, clipped = permuting.rescaled(seen, own, other, block)
    # (1, 3) between 1 and 9; (2, 6) between 2 and 4; (1, 9) between 1 and 3; (2, 4) between 2, 6.
    expected = [[[[0, 0.25]], [[0, 1]]], [[[0, 1]], [[0, 0.5]]]]
    np.testing.assert_allclose(images, expected)
    assert clipped == 2 / 8
    # Without normalisation the picture stays and the scales change.
    images, clipped = permuting.rescaled(seen, own, other, replace(BLOCK, normalisation="none"))
    np.testing.assert_allclose(images, seen[::-1])
    assert clipped == 0
    # The maxima 9 and 4 have a geometric mean of 6, and 3 and 6 one of √18.
    ratios = permuting.with_mean_of(own, other)
    np.testing.assert_allclose(ratios[1][0].ravel(), np.array([9, 4]) * np.sqrt(18) / 6, 1e-6)
    np.testing.assert_allclose(ratios[0][0].ravel(), np.array([1, 2]) * np.sqrt(18) / 6, 1e-6)


def test_every_sample_has_one_donor_and_gives_once():
    label = np.repeat([0, 1, 2], [5, 8, 12])
    for donor in permuting.DONORS:
        found = permuting._donors(label, donor, (1, "test-1kpc"))
        assert sorted(found) == list(range(25))
        assert not np.any(found == np.arange(25))
        assert np.all(label[found] == label) == (donor == "same class")
        np.testing.assert_array_equal(found, permuting._donors(label, donor, (1, "test-1kpc")))
        assert np.any(found != permuting._donors(label, donor, (2, "test-1kpc")))
    with pytest.raises(ValueError, match=r"^detection\.per_class: 1 sample .* take at least 2$"):
        permuting._donors(np.arange(3), "same class", (1, "test-1kpc"))


def test_a_network_that_reads_the_scales_is_found_out(inputs, raw, sets):
    """It tells classes by how loud one detector is beside another, or by the picture alone."""
    for own, dataset in zip((inputs, raw), sets, strict=True):
        rows = dataset.first(9)
        seen, block = permuting.magnitudes(own, dataset, rows), own.sampling.spectrogram

        def ratio(images, block=block):
            # The floor of a detector is its brightness where the loudest cell is 1.
            level = np.median(images, axis=(1, 2))
            level = 1 / level if block.normalisation == "detector" else images.max(axis=(1, 2))
            return level[:, 0] / level[:, 1]

        label = np.digitize(ratio(dataset.images(rows)), [0.8, 1.25])
        assert np.bincount(label).min() > 2

        def reads(images, ratio=ratio):
            return np.eye(3)[np.digitize(ratio(images), [0.8, 1.25])]

        found = {
            (one.what, one.donor): one.right.mean()
            for one in permuting.permute(reads, seen, label, block, (1, dataset.name))
        }
        for what in permuting.WHAT:
            assert found[what, "same class"] > 0.8
            assert found[what, "any class"] < 0.6

        def looks(images):
            return np.eye(3)[np.argmax(images.mean(axis=(1, 3)), axis=1) % 3]

        if block.normalisation == "none":
            right = np.argmax(looks(dataset.images(rows)), axis=1)
            for one in permuting.permute(looks, seen, right, block, (1, dataset.name)):
                assert one.right.mean() > 0.5


def test_joint_limits_cannot_be_permuted(inputs):
    block = replace(inputs.sampling.spectrogram, normalisation="sample")
    with pytest.raises(ValueError, match=r"^spectrogram\.normalisation sample: its detectors have"):
        next(permuting.permute(None, np.zeros((2, 3, 4, 4)), np.zeros(2, int), block, (1, "x")))


def test_a_paired_interval_by_hand():
    before = np.repeat([True, True, False, False], [60, 12, 4, 24])
    after = np.repeat([True, False, True, False], [60, 12, 4, 24])
    difference, low, high = paired(before, after)
    assert difference == pytest.approx(-0.08)
    # Agresti & Min (2005): cells of 12.5 and 4.5 of 102 samples.
    middle = -8 / 102
    spread = 1.959964 * np.sqrt(17 - 64 / 102) / 102
    assert (low, high) == pytest.approx((middle - spread, middle + spread))
    same = paired(before, before)
    assert same[0] == 0
    assert same[1] < 0 < same[2]
    found = row(before, after, np.arange(100) >= 30)
    assert found["signals_lost"] == pytest.approx(12 / 42)
    assert (found["samples"], found["accuracy"]) == (100, 0.72)
    assert found["permuted_accuracy"] == pytest.approx(0.64)
