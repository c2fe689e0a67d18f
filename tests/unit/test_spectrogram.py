from dataclasses import replace

import numpy as np
import pytest
import scipy.signal

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples import spectrogram
from ccsncam.samples.grid import grid

BLOCK = Spectrogram(
    window=256, hop=128, f_max=1500.0, scale="amplitude", normalisation="detector", ceiling=None
)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=(4, 3, 4096)).astype(np.float32)


def test_the_paper_s_shape(noise):
    axes = grid(BLOCK, 4096)
    assert (len(axes.frequencies), len(axes.times)) == (94, 31)
    assert spectrogram.magnitude(noise, BLOCK, 4096).shape == (4, 3, 94, 31)


def test_same_as_scipy(noise):
    frequencies, times, power = scipy.signal.spectrogram(
        noise.astype(float), 4096, window="hann", nperseg=256, noverlap=128, detrend=False
    )
    axes = grid(BLOCK, 4096)
    np.testing.assert_allclose(axes.frequencies, frequencies[:94])
    np.testing.assert_allclose(axes.times, times)
    ours = spectrogram.magnitude(noise, replace(BLOCK, scale="power"), 4096)
    # SciPy gives a one-sided density: 2/fs of ours but at 0 Hz.
    theirs = power[:, :, 1:94] * 4096 / 2
    np.testing.assert_allclose(ours[:, :, 1:], theirs, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(spectrogram.magnitude(noise, BLOCK, 4096) ** 2, ours, rtol=1e-4)


def test_white_noise_has_a_mean_power_of_one():
    noise = np.random.default_rng(1).normal(size=(300, 4096)).astype(np.float32)
    power = spectrogram.magnitude(noise, replace(BLOCK, scale="power"), 4096)
    assert power[:, 1:].mean() == pytest.approx(1, abs=0.01)
    assert power.std() == pytest.approx(1, abs=0.05)


def test_normalisations(noise):
    image = spectrogram.magnitude(noise * np.array([1, 2, 3])[:, None], BLOCK, 4096)
    each = spectrogram.normalise(image, BLOCK)
    assert np.all(each.min(axis=(2, 3)) == 0)
    assert np.all(each.max(axis=(2, 3)) == 1)
    joint = spectrogram.normalise(image, replace(BLOCK, normalisation="sample"))
    assert np.all(joint.max(axis=(1, 2, 3)) == 1)
    assert np.all(joint.max(axis=(2, 3))[:, 0] < 1)
    fixed = spectrogram.normalise(image, replace(BLOCK, normalisation="fixed", ceiling=2.0))
    np.testing.assert_allclose(fixed, np.clip(image / 2, 0, 1))
    plain = replace(BLOCK, normalisation="none")
    np.testing.assert_array_equal(spectrogram.normalise(image, plain), image)
    # The limits of another image change nothing either.
    bounds = spectrogram.limits(image / 2, plain)
    np.testing.assert_array_equal(spectrogram.normalise(image, plain, bounds), image)
    given = image.copy()
    assert spectrogram.normalise(image, plain, out=given) is given


def test_the_quieter_detector_of_a_loud_sample_is_the_brighter_one():
    """The paper's remark on reddish images, which fixes the normalisation (notes, section 1.5)."""
    rng = np.random.default_rng(2)
    time = np.arange(4096) / 4096
    chirp = np.sin(2 * np.pi * (300 * time + 300 * time**2)) * np.hanning(4096)
    chirp /= np.sqrt(np.sum(chirp**2))
    data = rng.normal(size=(50, 3, 4096)) + np.array([10, 35, 25])[:, None] * chirp
    image = spectrogram.normalise(spectrogram.magnitude(data, BLOCK, 4096), BLOCK)
    floor = np.median(image, axis=(0, 2, 3))
    assert floor[0] > floor[2] > floor[1]
