"""Excess power in time slides: values by hand, and all windows of one detector."""

from dataclasses import replace

import numpy as np
import pytest
from made_backgrounds import ORIGIN, RATE, make_white
from made_results import SAMPLING

from ccsncam.config.detection import BackgroundSearch
from ccsncam.detection import control_background, controls
from ccsncam.detection.clusters import loudest
from ccsncam.detection.names import names_with_rates
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


def search(noise, seconds):
    block = BackgroundSearch({"test": seconds / 86400}, 3, 1.0, 1e5)
    return control_background.search(plan(noise, POWERS, block, "test"), ORIGIN)


@pytest.mark.parametrize("name", ["pixels", "pixels-second"])
def test_each_cluster_has_the_excess_power_of_its_windows(noise, name):
    found = search(noise, 200)[name]
    assert found.live_time >= 200
    assert len(found) > 50
    assert (np.diff(found.statistic) <= 0).all()
    for row in (0, 7, len(found) - 1):
        windows = [
            one.whitened[found.piece[row, d], found.offset[row, d] :][:RATE]
            for d, one in enumerate(noise)
        ]
        each = controls.excess(magnitude(np.array(windows), POWERS.spectrogram, RATE)).sum(axis=1)
        expected = each.sum() if name == "pixels" else np.sort(each)[1]
        assert found.statistic[row] == pytest.approx(expected, rel=1e-6)
        # The detectors are at different times, as in each slide.
        assert np.diff(np.sort(found.gps[row])).min() >= 1.0425


def test_one_detector_is_its_noise(noise):
    """Every window of it is looked at, and the loudest of each cluster is kept."""
    found = search(noise[:1], 1000)
    assert list(found) == names_with_rates(1) == ["pixels"]
    own, expected = found["pixels"], []
    for piece in noise[0].whitened:
        whole = piece[RATE:-RATE]
        power = magnitude(np.asarray(whole), POWERS.spectrogram, RATE)
        sums = np.concatenate([[0], np.cumsum(controls.excess(power))])
        first = np.arange(0, len(sums) - 31, 3)
        values = sums[first + 31] - sums[first]
        expected.extend(values[loudest(values, 10)])
    np.testing.assert_allclose(own.statistic, np.sort(expected)[::-1])


@pytest.mark.parametrize("kind", ["stft", "wdm"])
def test_the_representation_of_the_network_does_not_matter(noise, kind):
    """Excess power is that of the paper's spectrogram, and a power."""
    other = replace(SAMPLING, spectrogram=replace(SAMPLING.spectrogram, kind=kind))
    assert other.spectrogram.scale == "amplitude"
    block = BackgroundSearch({"test": 200 / 86400}, 3, 1.0, 1e5)
    found = control_background.search(plan(noise, other, block, "test"), ORIGIN)
    for name, own in search(noise, 200).items():
        np.testing.assert_array_equal(found[name].statistic, own.statistic)
        np.testing.assert_array_equal(found[name].gps, own.gps)
