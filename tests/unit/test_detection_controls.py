"""Controls of a detector, by hand, against chance, and against a matched filter."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from ccsncam.config.blocks import Spectrogram
from ccsncam.detection import controls
from ccsncam.detection.names import NAMES, names
from ccsncam.samples.spectrogram import magnitude

BLOCK = Spectrogram(256, 128, 1500.0, "power", "detector", None)
ROBUST = ("pixels-second", "pixels-common", "box-common")


@cache
def white(count, detectors, seed=0):
    """Powers of windows of white Gaussian noise."""
    random = np.random.default_rng(seed)
    return magnitude(random.standard_normal((count, detectors, 4096), np.float32), BLOCK, 4096)


def values(power):
    found = controls.controls(power)
    return dict(zip(names(power.shape[1]), found.T, strict=True))


def test_names_for_each_number_of_detectors():
    assert names(1) == ["pixels", "box"]
    assert names(3) == list(NAMES)
    assert values(white(2, 1)).keys() == {"pixels", "box"}


def test_pixels_by_hand():
    """Cells of 10 in two detectors and of 4 in all: levels are 6, and 2.5 for common ones."""
    power = np.ones((1, 3, 94, 31), np.float32)
    power[0, 0, 5, 5] = power[0, 1, 5, 5] = 10
    power[0, 0, 50, 9] = 26
    power[0, :, 80, 20] = 4
    found = values(power)
    assert found["pixels"] == (10 - 6) * 2 + 20
    assert found["pixels-second"] == 4
    assert found["pixels-common"] == (10 - 2.5) + (4 - 2.5)


def test_second_largest():
    table = np.random.default_rng(0).normal(size=(50, 4))
    for count in (2, 3, 4):
        expected = np.sort(table[:, :count], axis=1)[:, -2]
        np.testing.assert_array_equal(controls.second(table[:, :count], axis=1), expected)


@pytest.mark.parametrize("detector", [0, 1, 2])
def test_a_glitch_in_one_detector_moves_no_robust_control(detector):
    """It may raise them to what two ordinary detectors give, and never beyond."""
    power = white(40, 3)
    loud = power.copy()
    loud[:, detector, 10:40, 8:16] += 1e5
    before, after = values(power), values(loud)
    for name in ("pixels", "box"):
        assert (after[name] > 10 * before[name]).all(), name
    quiet = np.delete(power, detector, axis=1)
    most = {
        "pixels-second": np.maximum(quiet - controls.LEVEL, 0).sum(axis=(2, 3)).max(axis=1),
        "pixels-common": np.maximum(quiet.max(axis=1) - controls.COMMON_LEVEL, 0).sum(axis=(1, 2)),
    }
    for name, limit in most.items():
        assert (after[name] <= limit * (1 + 1e-6)).all(), name
    # Of two quiet detectors each box is as full as noise makes it.
    assert after["box-common"].max() < 7
    # A glitch in two detectors is what a signal looks like.
    loud[:, (detector + 1) % 3, 10:40, 8:16] += 1e5
    for name in ROBUST:
        assert (values(loud)[name] > 10 * before[name]).all(), name


@pytest.mark.parametrize(("height", "width"), [(2, 2), (8, 4), (32, 16)])
@pytest.mark.parametrize("detectors", [1, 3])
def test_boxes_of_noise_are_nearly_normal(height, width, detectors):
    """Also the tail: of 1e-3 and more, so that no size of box decides by itself."""
    power = white(1500, 3, 3)[:, :detectors].sum(axis=1)
    total = power[:, 20 : 20 + height, 5 : 5 + width].sum(axis=(1, 2), dtype=float)
    found = controls._significance(total, height, width, detectors)
    assert found.mean() == pytest.approx(0, abs=0.15)
    assert found.std() == pytest.approx(1, abs=0.12)
    assert 1e-3 < (found > stats.norm.isf(0.01)).mean() < 0.03


def test_boxes_are_found_where_they_are():
    power = white(1, 2).copy()
    power[0, :, 16:32, 8:16] += 5
    boxes = {size: total[0].sum(axis=0) for total, size in controls._boxes(power)}
    where = np.unravel_index(boxes[16, 8].argmax(), boxes[16, 8].shape)
    # Boxes are half a box apart in frequency, and begin at each frame.
    assert where == (16 // 8, 8)
    assert boxes[16, 8].max() == pytest.approx(power[0, :, 16:32, 8:16].sum(), rel=1e-6)
    assert set(boxes) == set(controls.BOXES)


@pytest.mark.parametrize("detectors", [1, 3, 4])
def test_windows_of_a_stretch_have_the_controls_of_each_window_alone(detectors):
    """Neighbours share sums, and must not see what lies beside them."""
    random = np.random.default_rng(detectors)
    power = random.exponential(size=(2, detectors, 94, 61)).astype("f4")
    power[0, 0, 10:40, 20:24] += 1e4
    power[1, -1, 60:64, 44:60] += 30
    first = np.arange(0, 31, 3)
    found = controls.sliding(power, first, 31)
    assert found.shape == (2, 11, len(names(detectors)))
    alone = np.stack([controls.controls(power[..., at : at + 31]) for at in first], axis=1)
    np.testing.assert_allclose(found, alone, rtol=1e-5)


def test_boxes_of_a_window_are_all_that_begin_half_a_box_apart():
    """Each box of each size, summed by itself."""
    power = white(3, 3)
    fullest = {"box": np.full(3, -np.inf), "box-common": np.full(3, -np.inf)}
    for height, width in controls.BOXES:
        for up in range(0, 94 - height + 1, height // 2):
            for along in range(0, 31 - width + 1, width // 2):
                box = power[:, :, up : up + height, along : along + width]
                each = box.sum(axis=(2, 3), dtype=float)
                sums = {"box": (each.sum(axis=1), 3), "box-common": (np.sort(each)[:, -2], 1)}
                for name, (total, detectors) in sums.items():
                    own = controls._significance(total, height, width, detectors)
                    fullest[name] = np.maximum(fullest[name], own)
    found = values(power)
    for name, expected in fullest.items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-4)


@pytest.mark.parametrize("snr", [2.0, 3.09, 5.0])
def test_the_bound_is_that_of_a_matched_filter(snr):
    """A known signal in white noise, correlated with itself: its output is normal."""
    random = np.random.default_rng(5)
    signal = random.normal(size=200)
    signal *= snr / np.sqrt(np.sum(signal**2))
    template = signal / snr
    count, probability = 40_000, 1e-3
    noise = random.standard_normal((count, 200), np.float32)
    threshold = stats.norm.isf(probability)
    found = ((noise + signal) @ template >= threshold).mean()
    expected = controls.known_signal(snr, probability)
    error = np.sqrt(expected * (1 - expected) / count)
    assert found == pytest.approx(expected, abs=4 * error)
    assert (noise @ template >= threshold).mean() == pytest.approx(probability, rel=0.6)


def test_the_bound_by_hand():
    assert controls.known_signal(stats.norm.isf(1e-3), 1e-3) == pytest.approx(0.5)
    assert controls.known_signal(0, 1e-3) == pytest.approx(1e-3)
