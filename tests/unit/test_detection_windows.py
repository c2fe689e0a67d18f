"""Windows of a stretch, which share one spectrogram."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from test_classifier import PAPER, small

from ccsncam.config.blocks import Spectrogram
from ccsncam.detection import searching, windows
from ccsncam.detection.clusters import loudest
from ccsncam.detection.stretches import Stretches
from ccsncam.moment.windows import images as moment_images
from ccsncam.network import classifier
from ccsncam.network.architecture import count_parameters
from ccsncam.samples.spectrogram import magnitude, normalise
from ccsncam.scan.searching import _images, _Seen

RATE = 4096


def block(**changes):
    values = {"window": 256, "hop": 128, "f_max": 1500.0, "scale": "amplitude"}
    values |= {"normalisation": "detector", "ceiling": None}
    return Spectrogram(**values | changes)


@pytest.mark.parametrize("normalisation", ["detector", "sample", "fixed", "none"])
def test_slices_are_what_the_windows_give_alone(normalisation):
    one = block(normalisation=normalisation, ceiling=5.0)
    white = np.random.default_rng(0).standard_normal((2, 3 * RATE + 77)).astype(np.float32)
    found, starts = windows.images(white, one, RATE, 3)
    # (3 · 4096 + 77 - 4096) // 128 + 1 = 65 hops at which a window can start.
    np.testing.assert_array_equal(starts, np.arange(0, 65, 3) * 128)
    assert found.shape == (22, 94, 31, 2)
    assert found.dtype == np.float32
    for image, start in zip(found, starts, strict=True):
        seen = magnitude(white[None, :, start : start + RATE], one, RATE)
        np.testing.assert_array_equal(image, np.moveaxis(normalise(seen, one), 1, -1)[0])


@pytest.mark.parametrize("kind", ["multiresolution", "constant-q", "reassigned", "strain"])
def test_windows_of_what_does_not_slide(kind):
    one = block(kind=kind)
    white = np.random.default_rng(0).standard_normal((2, 2 * RATE)).astype(np.float32)
    found, starts = windows.images(white, one, RATE, 9)
    np.testing.assert_array_equal(starts, np.arange(0, 33, 9) * 128)
    for image, start in zip(found, starts, strict=True):
        seen = magnitude(white[None, :, start : start + RATE], one, RATE)
        expected = np.moveaxis(normalise(seen, one), 1, -1)[0]
        np.testing.assert_allclose(image, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("tensorflow")
def test_scales_are_the_same_at_every_door():
    """Data sets, backgrounds, efficiencies, moments and scans give a network the same numbers."""
    one = block(normalisation="none")
    white = np.random.default_rng(3).standard_normal((2, RATE + 640)).astype(np.float32)
    white[1] *= 3
    white[:, -600:] *= 4
    starts = np.array([0, 640])
    alone = np.stack([white[:, start : start + RATE] for start in starts])
    expected = np.moveaxis(normalise(magnitude(alone, one, RATE), one), 1, -1)
    whole = magnitude(white[None], block(scale="power"), RATE)
    moment = SimpleNamespace(spectrogram=one, signal=SimpleNamespace(sample_rate=RATE))
    scan = SimpleNamespace(moment=SimpleNamespace(spectrogram=one, missing="black"))
    none = np.empty((2, 2, 31, 0), np.complex64)
    seen = _Seen(magnitude(alone, one, RATE)[:, :, None], np.ones((2, 2)), none)
    around = SimpleNamespace(inputs=SimpleNamespace(rate=RATE), starts=starts, block=one)
    doors = {
        "background": windows.images(white, one, RATE, 5)[0],
        "efficiency": searching.images(Stretches.windows(around, white[None], whole), one)[0],
        "moment": moment_images(list(white), starts, moment),
        "scan": _images(seen, scan),
    }
    counts = count_parameters((2, 2), (5,), (94, 31, 2), 3, extra=["scales"])
    sizes = dict(zip(("parameters", "features"), counts, strict=True))
    own = replace(PAPER, filters=(2, 2), dense=(5,), extra=("scales",), **sizes)
    model = classifier.build(own, (94, 31, 2), 3, seed=1)
    features = classifier.predict(model, expected)[0][:, -4:]
    assert np.ptp(features[:, 2:], axis=0).min() > 0
    statistic = windows.logits(model, expected)
    for name, images in doors.items():
        np.testing.assert_array_equal(images, expected, err_msg=name)
        np.testing.assert_array_equal(windows.logits(model, images), statistic, err_msg=name)


@pytest.mark.parametrize(("kind", "channels"), [("stft", 3), ("multiresolution", 9)])
def test_a_short_stretch_has_no_window(kind, channels):
    short = np.zeros((3, RATE - 1), np.float32)
    found, starts = windows.images(short, block(kind=kind), RATE, 3)
    assert found.shape == (0, 94, 31, channels)
    assert len(starts) == 0


@pytest.mark.usefixtures("tensorflow")
def test_logits_do_not_depend_on_the_company():
    model = classifier.build(small(), (22, 14, 2), 3, seed=4)
    images = np.random.default_rng(1).random((300, 22, 14, 2), np.float32)
    all_of_them = windows.logits(model, images)
    assert all_of_them.dtype == np.float32
    np.testing.assert_array_equal(windows.logits(model, images[:7]), all_of_them[:7])
    expected = model(images[:3], training=False)[1].numpy()
    np.testing.assert_allclose(all_of_them[:3], expected, rtol=1e-5, atol=1e-6)
    assert windows.logits(model, images[:0]).shape == (0, 3)


def test_loudest_by_hand():
    statistic = np.array([1.0, 3, 2, 0, 5, 4, 4.5, 0, 0, 0, 7])
    # Within two windows on either side 3, 5 and 7 are the loudest; 4.5 is beside 5.
    np.testing.assert_array_equal(loudest(statistic, 2), [1, 4, 10])
    np.testing.assert_array_equal(loudest(statistic, 1), [1, 4, 6, 8, 10])
    np.testing.assert_array_equal(loudest(statistic, 0), np.arange(11))


def test_of_equal_windows_the_first_is_kept():
    np.testing.assert_array_equal(loudest(np.array([2.0, 2, 2, 0, 0, 2]), 2), [0, 5])


def test_counts_of_clusters_do_not_depend_on_the_threshold():
    """A cluster above a high threshold is also one above a low threshold."""
    random = np.random.default_rng(2)
    statistic = random.standard_normal(5000)
    width = 11
    kept = loudest(statistic, width)
    assert (np.diff(kept) > width).all()
    for one in kept:
        assert statistic[one] == statistic[max(0, one - width) : one + width + 1].max()
