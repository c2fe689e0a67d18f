"""Excess power in time slides: values by hand, and all windows of one detector."""

from dataclasses import replace

import numpy as np
import pytest
from made_backgrounds import ORIGIN, RATE, make_white
from made_results import SAMPLING

from ccsncam.config.detection import BackgroundSearch
from ccsncam.detection import control_background, controls
from ccsncam.detection.clusters import loudest
from ccsncam.detection.names import names
from ccsncam.detection.plan import plan
from ccsncam.samples.spectrogram import magnitude

POWERS = replace(SAMPLING, spectrogram=replace(SAMPLING.spectrogram, scale="power"))


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("white")
    starts = 1e9 + 12.0 * np.arange(4)
    return [
        make_white(folder / f"test-{name}.h5", name, starts, seed, seconds=12)
        for seed, name in enumerate(("H1", "L1", "V1"))
    ]


def search(noise, seconds, keep=1e5):
    block = BackgroundSearch({"test": seconds / 86400}, 3, 1.0, keep)
    return control_background.search(plan(noise, POWERS, block, "test"), ORIGIN)


@pytest.fixture(scope="module")
def searched(noise):
    return search(noise, 200)


@pytest.mark.parametrize("name", names(3))
def test_each_cluster_has_the_excess_power_of_its_windows(searched, noise, name):
    found = searched[name]
    assert found.live_time >= 200
    assert len(found) > 50
    assert (np.diff(found.statistic) <= 0).all()
    for row in (0, 7, len(found) - 1):
        windows = [
            one.whitened[found.piece[row, d], found.offset[row, d] :][:RATE]
            for d, one in enumerate(noise)
        ]
        power = magnitude(np.array(windows), POWERS.spectrogram, RATE)
        expected = controls.controls(power[None])[0, names(3).index(name)]
        assert found.statistic[row] == pytest.approx(expected, rel=1e-5)
        # The detectors are at different times, as in each slide.
        assert np.diff(np.sort(found.gps[row])).min() >= 1.0425


def test_one_detector_is_its_noise(noise):
    """Every window of it is looked at, and the loudest of each cluster is kept."""
    found = search(noise[:1], 1000)
    assert list(found) == names(1) == ["pixels", "box"]
    expected = {name: [] for name in found}
    for piece in noise[0].whitened:
        whole = piece[RATE:-RATE]
        power = magnitude(np.asarray(whole), POWERS.spectrogram, RATE)
        first = np.arange(0, power.shape[1] - 30, 3)
        windows = np.stack([power[None, :, at : at + 31] for at in first])
        for name, values in zip(found, controls.controls(windows).T, strict=True):
            expected[name].extend(values[loudest(values, 10)])
    for name, own in found.items():
        np.testing.assert_allclose(own.statistic, np.sort(expected[name])[::-1], rtol=1e-5)


def test_what_is_dropped_is_below_the_floor(searched, noise):
    """With few clusters kept, they are the loudest of all, and the floor says where they end."""
    few = search(noise, 200, keep=400.0)
    for name, own in few.items():
        assert len(own) == 23
        np.testing.assert_array_equal(own.statistic, searched[name].statistic[:23])
        assert own.floor == own.statistic[-1]
        assert searched[name].floor == -np.inf


@pytest.mark.parametrize("kind", ["stft", "wdm", "strain"])
def test_the_representation_of_the_network_does_not_matter(noise, kind):
    """Excess power is that of the paper's spectrogram, and a power."""
    other = replace(SAMPLING, spectrogram=replace(SAMPLING.spectrogram, kind=kind))
    assert other.spectrogram.scale == "amplitude"
    block = BackgroundSearch({"test": 200 / 86400}, 3, 1.0, 1e5)
    found = control_background.search(plan(noise, other, block, "test"), ORIGIN)
    for name, own in search(noise, 200).items():
        np.testing.assert_array_equal(found[name].statistic, own.statistic)
        np.testing.assert_array_equal(found[name].gps, own.gps)
