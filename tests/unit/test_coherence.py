"""Coherence: against theory, against NumPy's correlation, and the same at every door."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.integrate
import scipy.signal
import scipy.stats
from pycbc.detector import Detector
from test_detection_windows import RATE, block

from ccsncam.detection import windows
from ccsncam.detection.stretches import Stretches
from ccsncam.moment.windows import images as moment_images
from ccsncam.samples import baselines, coherence, spectrogram
from ccsncam.scan.searching import _images, _Seen

# Twice the band of 93 rows of 16 Hz times a second: see `coherence._scaled`.
DEGREES = 2 * 93 * 16


def white(count, detectors=2, seed=0):
    return np.random.default_rng(seed).standard_normal((count, detectors, RATE)).astype("f4")


def correlation(numbers):
    return np.tanh(numbers / np.sqrt(DEGREES))


def measured(strain, *lags, **changes):
    return coherence.of_strain(strain, block(coherence=lags, **changes), RATE)


def test_travel_times_are_those_of_the_detectors():
    names = ["H1", "L1", "V1", "K1"]
    sites = [Detector(name) for name in names]
    expected = [
        one.light_travel_time_to_detector(other)
        for at, one in enumerate(sites)
        for other in sites[at + 1 :]
    ]
    np.testing.assert_allclose(baselines.travel_times(names), expected, rtol=1e-6)
    assert baselines.pairs(names[:3]) == ["H1-L1", "H1-V1", "L1-V1"]
    times = baselines.travel_times(names[:3])
    np.testing.assert_allclose(times, [0.01001, 0.02729, 0.02645], rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize(("delay", "sign"), [(0, 1), (30, -1), (-30, 1), (100, -1)])
def test_a_delayed_signal_has_the_correlation_of_theory(delay, sign):
    """A signal as strong as the noise makes a half of each series, whatever its delay and sign."""
    strain, common = white(40), white(40, 1, seed=1)[:, 0]
    strain[:, 0] += common
    strain[:, 1] += sign * np.roll(common, delay, axis=1)
    found = correlation(measured(strain, 112.0))[:, 0]
    assert found.mean() == pytest.approx(0.5, abs=0.015)
    assert found.std() < 0.04
    # It is there from its own lag on, and not before.
    assert measured(strain, abs(delay) + 1.0)[:, 0].mean() > 25
    if delay:
        assert measured(strain, abs(delay) - 3.0)[:, 0].mean() < 10


def test_the_largest_correlation_of_white_noise_is_that_of_theory():
    """Rice's rate of crossings of a level, by a band that is flat up to ``f_max``, of either sign.

    Their distribution is that of Poisson, as long as the level is high.
    """
    lags = [RATE * time for time in baselines.travel_times(["H1", "L1", "V1"])]
    found = measured(white(600, 3), *lags)
    for numbers, lag in zip(found.T, lags, strict=True):
        seconds, band = 2 * lag / RATE, 93 * 16
        level = np.linspace(0, 8, 1000)
        crossings = 2 * seconds * band / np.sqrt(3) * np.exp(-(level**2) / 2)
        tail = 1 - np.exp(-crossings - 2 * scipy.stats.norm.sf(level))
        expected = scipy.integrate.trapezoid(tail, level)
        assert numbers.mean() == pytest.approx(expected, rel=0.03)
        assert 0.35 < numbers.std() < 0.5


@pytest.mark.parametrize("lag", [50.0, 112.0])
def test_a_single_lag_of_white_noise_has_a_variance_of_one(monkeypatch, lag):
    """So numbers are in its standard deviations: of lag and opposite lag, the larger is taken."""
    of_lag = coherence._waves
    monkeypatch.setattr(coherence, "_waves", lambda *asked: of_lag(*asked)[:, -1:])
    mean_square = np.mean(measured(white(600), lag) ** 2)
    assert mean_square == pytest.approx(1 + 2 / np.pi, rel=0.1)


def test_it_is_the_correlation_of_the_series_in_the_time_domain():
    """Frames are put together again, in the band of the image, and NumPy correlates them."""
    strain, common = white(12), white(12, 1, seed=3)[:, 0]
    share = np.linspace(0.2, 3, 12)[:, None]
    strain[:, 0] += share * common
    strain[:, 1] -= share * np.roll(common, 17, axis=1)
    found = correlation(measured(strain, 41.0))[:, 0]
    for sample, ours in zip(strain, found, strict=True):
        series = []
        for one in sample:
            _, _, spectra = scipy.signal.stft(
                one, RATE, scipy.signal.windows.hann(256, sym=False), 256, 128, boundary=None
            )
            spectra[0], spectra[94:] = 0, 0
            frames = np.fft.irfft(spectra.T)
            whole = np.zeros(RATE)
            for at, frame in enumerate(frames):
                whole[128 * at :][:256] += frame
            # Between the samples, too.
            series.append(scipy.signal.resample(whole, 8 * RATE))
        most = 8 * 41
        products = np.correlate(np.pad(series[1], most), series[0], "valid")
        norms = [np.sqrt(one @ one) for one in series]
        expected = np.abs(products).max() / (norms[0] * norms[1])
        assert ours == pytest.approx(expected, abs=0.012)
        lag = (np.abs(products).argmax() - most) / 8
        assert lag == pytest.approx(17, abs=0.2)


def test_many_windows_of_a_stretch_give_what_each_gives():
    """A loud glitch elsewhere in the stretch takes nothing from the digits of a quiet window."""
    stretch = np.random.default_rng(5).standard_normal((3, 4 * RATE)).astype("f4")
    stretch[:, 2 * RATE : 2 * RATE + 500] *= 1e3
    for hop in (128, 64):
        one = block(coherence=(41.0, 112.0, 108.0), hop=hop)
        found = coherence.spectra(stretch, one, RATE)
        first = np.arange(0, 96, 5) * 128 // hop
        frames = (RATE - 256) // hop + 1
        ours = coherence.running(found, first, frames, one)
        each = np.stack([stretch[:, hop * at :][:, :RATE] for at in first])
        np.testing.assert_allclose(ours, coherence.of_strain(each, one, RATE), rtol=1e-5)


def test_what_is_silent_and_what_is_the_same():
    strain = white(2, 3)
    strain[0, 1] = 0
    strain[1, 1] = strain[1, 0]
    strain[1, 2] = np.sin(np.arange(RATE))
    found = measured(strain, 41.0, 112.0, 108.0)
    # A pair with a silent detector has nothing.
    assert found[0, [0, 2]].tolist() == [0, 0]
    assert found[0, 1] > 0
    # No number is infinite; a tone goes on and on, and has more products than any noise.
    most = np.sqrt(DEGREES) * np.arctanh(1 - 1e-6)
    assert 150 < found[1, 0] <= 1.001 * most
    assert 1 < found[1, 2] < 10
    tones = np.repeat(strain[1:, 2:], 2, axis=1)
    assert measured(tones, 41.0)[0, 0] == pytest.approx(most, rel=0.01)
    assert measured(strain, 41.0, 112.0, 108.0).dtype == np.float32
    assert coherence.of_strain(strain, block(), RATE) is None


@pytest.mark.parametrize("kind", ["stft", "wdm", "strain"])
def test_coherence_is_the_same_at_every_door(kind):
    """Data sets, trainings, backgrounds, efficiencies, moments and scans: for any picture."""
    one = block(kind=kind, coherence=(41.0,))
    stretch = np.random.default_rng(3).standard_normal((2, RATE + 640)).astype(np.float32)
    stretch[1, 15:] += stretch[0, :-15]
    starts = np.array([0, 640])
    alone = np.stack([stretch[:, start : start + RATE] for start in starts])
    expected = coherence.of_strain(alone, one, RATE)
    moment = SimpleNamespace(spectrogram=one, signal=SimpleNamespace(sample_rate=RATE))
    scan = SimpleNamespace(moment=SimpleNamespace(spectrogram=one, missing="black"))
    phases = np.stack([coherence.windows(part, starts, one, RATE) for part in stretch], axis=1)
    seen = spectrogram.magnitude(alone, one, RATE)[:, :, None]
    around = SimpleNamespace(inputs=SimpleNamespace(rate=RATE), starts=starts, block=one)
    mixed = coherence.of_rows(spectrogram.rows(alone, one, RATE), one)
    doors = {
        "training": coherence.of_spectra(mixed, one),
        "background": windows.images(stretch, one, RATE, 5)[0],
        "efficiency": Stretches.coherence(around, stretch[None])[0],
        "moment": moment_images(list(stretch), starts, moment),
        "scan": _images(_Seen(seen, np.ones((2, 2)), phases), scan),
    }
    for name, found in doors.items():
        numbers = found if found.ndim == 2 else found[:, 0, :1, -1]
        np.testing.assert_allclose(numbers, expected, rtol=2e-6, err_msg=name)
        if found.ndim > 2:
            assert found.shape[-1] == 3
            assert np.count_nonzero(found[..., -1]) == 2
    # A detector that is off is coherent with no other one.
    dark = _images(_Seen(seen, np.array([[1, 0], [1, 1]]), phases), scan)
    assert dark[0, 0, 0, -1] == 0
    assert dark[1, 0, 0, -1] == pytest.approx(expected[1, 0])
    assert moment_images([stretch[0], None], starts, moment)[:, 0, 0, -1].tolist() == [0, 0]
