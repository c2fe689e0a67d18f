"""Welch PSD and whitening, against PyCBC and GWpy, and the statistics of what comes out."""

import numpy as np
import pytest
from scipy import fft, signal, stats

from ccsncam.noise import whitening
from ccsncam.noise.psd import Spectrum, noise_psd, read_lines
from ccsncam.noise.simulation import simulate

RATE = 4096


def effective_psd(psd, delta_f, rate, duration, f_min=20.0):
    fir = whitening.whitening_fir(psd, delta_f, rate, duration, f_min)
    return whitening.fir_psd(fir, delta_f, rate)


@pytest.fixture(scope="module")
def noise():
    """Eight pieces of 64 s coloured by the PSD of L1, without lines, and that PSD."""
    spectrum = Spectrum("aLIGOO3LowT1800545")
    data, _ = simulate(3, "L1", 64.0 * np.arange(8), 64, RATE, spectrum.psd)
    return data, noise_psd("aLIGOO3LowT1800545", np.arange(8193) / 4)


def test_welch_is_pycbcs(noise):
    import pycbc.psd
    import pycbc.types

    series = pycbc.types.TimeSeries(noise[0][0].astype(np.float64), delta_t=1 / RATE)
    # PyCBC's "median" has SciPy's correction of the median for the number of segments.
    theirs = pycbc.psd.welch(series, seg_len=4 * RATE, seg_stride=2 * RATE, avg_method="median")
    ours = whitening.welch_psd(noise[0][0], RATE, 4)
    # Their Hann window is the symmetric one.
    np.testing.assert_allclose(ours[8:-1], theirs.numpy()[8:-1], rtol=1e-3)


def test_welch_finds_the_psd(noise):
    ratio = whitening.welch_psd(noise[0], RATE, 4)[:, 80:8000] / noise[1][80:8000]
    assert ratio.mean() == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones(100), "shorter than psd_duration"),
        (np.full(65536, np.nan), "NaN or infinite"),
        (np.zeros(65536), "no power"),
    ],
)
def test_welch_refuses(data, message):
    with pytest.raises(ValueError, match=message):
        whitening.welch_psd(data, RATE, 4)


def test_filter_is_pycbcs_inverse_spectrum_truncation(noise):
    import pycbc.psd
    import pycbc.types

    psd = pycbc.types.FrequencySeries(noise[1], delta_f=0.25)
    theirs = pycbc.psd.inverse_spectrum_truncation(psd, 2 * RATE, trunc_method="hann").numpy()
    ours = effective_psd(noise[1], 0.25, RATE, 2, f_min=0)
    # Theirs sets the two ends of the spectrum to zero first, which spreads over some bins.
    np.testing.assert_allclose(ours[16:-16], theirs[16:-16], rtol=5e-4)


def test_response_is_the_transform_of_the_taps(noise):
    fir = whitening.whitening_fir(noise[1], 0.25, RATE, 2)
    assert fir.shape == (8192,)
    assert fir[0] == 0
    np.testing.assert_allclose(fir[1:4096], fir[:4096:-1], rtol=1e-9, atol=1e-12 * fir.max())
    response = whitening.fir_response(whitening.whitening_fir(noise[1], 0.25, RATE, 2), 8192)
    # A second of signal in a transform of 2 s is a linear convolution.
    signal_ = np.random.default_rng(0).standard_normal(RATE) * 1e-22
    ours = fft.irfft(fft.rfft(signal_, 8192) * response)[:RATE]
    theirs = signal.fftconvolve(signal_, fir)[RATE : 2 * RATE]
    np.testing.assert_allclose(ours, theirs, atol=1e-9 * np.abs(theirs).max())
    # What the stored PSD stands for is the same filter.
    psd = effective_psd(noise[1], 0.25, RATE, 2)
    stored = np.sqrt(2 / (RATE * psd[::2]))
    np.testing.assert_allclose(stored, np.abs(response), rtol=1e-6, atol=2e-6 * response.max())


def test_whitened_is_white_gaussian_of_unit_density(noise):
    psd = whitening.welch_psd(noise[0], RATE, 4)
    bias = whitening.estimation_bias(64 * RATE, RATE, 4, 2)
    assert 1.02 < bias < 1.07
    white = whitening.whiten(noise[0], whitening.whitening_fir(bias * psd, 0.25, RATE, 2))
    inner = white[:, RATE:-RATE].astype(np.float64)
    # The band from 17.5 Hz (the middle of the edge) to 2048 Hz.
    assert inner.var() == pytest.approx(1 - 17.5 / 2048, abs=0.005)
    assert abs(stats.kurtosis(inner.ravel())) < 0.02
    assert abs(stats.skew(inner.ravel())) < 0.01
    frequency, power = signal.welch(inner, RATE, nperseg=RATE, axis=-1)
    density = power.mean(axis=0) * RATE / 2
    inside = (frequency >= 22) & (frequency <= 2000)
    assert density[inside].std() < 0.05
    assert density[frequency < 14].max() < 5e-3
    for low in range(22, 1900, 100):
        assert density[low : low + 100].mean() == pytest.approx(1, abs=0.02)


def test_effective_psd_is_close_to_the_estimate(noise):
    psd = whitening.welch_psd(noise[0], RATE, 4)
    ratio = effective_psd(psd, 0.25, RATE, 2)[:, 88:8000] / psd[:, 88:8000]
    assert np.median(ratio) == pytest.approx(1, abs=0.03)
    smooth = effective_psd(noise[1], 0.25, RATE, 2)[88:8000] / noise[1][88:8000]
    # The curve has a step at 480 Hz, which a filter of finite length rounds off.
    assert (np.abs(smooth - 1) < 0.02).mean() > 0.998
    np.testing.assert_allclose(smooth, 1, atol=0.1)


def test_squares_of_a_whitened_signal_are_its_snr(noise):
    import pycbc.filter
    import pycbc.types

    psd = effective_psd(noise[1], 0.25, RATE, 2)
    time = np.arange(4 * RATE) / RATE - 2
    series = 1e-22 * np.exp(-((time / 0.02) ** 2)) * np.sin(2 * np.pi * 200 * time)
    white = whitening.whiten(series, whitening.whitening_fir(noise[1], 0.25, RATE, 2))
    sigma = pycbc.filter.sigma(
        pycbc.types.TimeSeries(series, delta_t=1 / RATE),
        psd=pycbc.types.FrequencySeries(psd, delta_f=0.25),
        low_frequency_cutoff=20,
    )
    assert np.sqrt((white.astype(np.float64) ** 2).sum()) == pytest.approx(sigma, rel=1e-3)


def test_whitening_is_gwpys(noise):
    from gwpy.frequencyseries import FrequencySeries
    from gwpy.timeseries import TimeSeries

    psd = whitening.welch_psd(noise[0][0], RATE, 4)
    ours = whitening.whiten(noise[0][0], whitening.whitening_fir(psd, 0.25, RATE, 2))
    asd = FrequencySeries(np.sqrt(psd), df=0.25)
    theirs = TimeSeries(noise[0][0].astype(np.float64), sample_rate=RATE).whiten(
        4, 2, asd=asd, highpass=17.5
    )
    middle = slice(2 * RATE, -2 * RATE)
    # The edges of the band differ (theirs is steep), all else is the same.
    assert np.corrcoef(ours[middle], theirs.value[middle])[0, 1] > 0.998
    assert ours[middle].std() == pytest.approx(theirs.value[middle].std(), rel=0.005)


def test_only_the_edges_are_corrupted(noise):
    fir = whitening.whitening_fir(noise[1], 0.25, RATE, 2)
    whole = whitening.whiten(noise[0][0], fir)
    part = whitening.whiten(noise[0][0][8 * RATE : 24 * RATE], fir)
    inside = whole[9 * RATE : 23 * RATE]
    np.testing.assert_allclose(part[RATE:-RATE], inside, atol=1e-5)
    assert np.abs(part[:RATE] - whole[8 * RATE : 9 * RATE]).max() > 0.1


def test_lines_do_not_stand_out(root):
    lines = read_lines(root / "resources/spectral_lines.tsv", "H1")
    spectrum = Spectrum("aLIGOaLIGOO3LowT1800545", lines)
    data, _ = simulate(3, "H1", 64.0 * np.arange(4), 64, RATE, spectrum.psd)
    psd = 1.042 * whitening.welch_psd(data, RATE, 4)
    white = whitening.whiten(data, whitening.whitening_fir(psd, 0.25, RATE, 2))[:, RATE:-RATE]
    _, power = signal.welch(white.astype(np.float64), RATE, nperseg=RATE, axis=-1)
    density = power.mean(axis=0)[22:1500] * RATE / 2
    assert density.max() < 2
    assert white.var(dtype=np.float64) == pytest.approx(0.98, abs=0.025)


def test_upper_edge(noise):
    fir = whitening.whitening_fir(noise[1], 0.25, RATE, 2, f_min=20, f_max=1600)
    white = whitening.whiten(noise[0], fir)[:, RATE:-RATE].astype(np.float64)
    frequency, power = signal.welch(white, RATE, nperseg=RATE, axis=-1)
    density = power.mean(axis=0) * RATE / 2
    assert density[frequency > 1690].max() < 1e-3
    assert density[22:1590].mean() == pytest.approx(1, abs=0.01)
    with pytest.raises(ValueError, match="not below the Nyquist"):
        whitening.band(np.arange(2049), 20, 2048)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones(100), 0.25, RATE, 2), "does not reach"),
        ((np.ones(8193), 0.25, RATE, 5), "longer than psd_duration"),
        ((np.zeros(8193), 0.25, RATE, 2), "not positive"),
        ((np.ones(8193), 0.25, RATE, 0.3), "even number of samples"),
    ],
)
def test_filter_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        whitening.whitening_fir(*arguments)


def test_grids_that_do_not_fit():
    with pytest.raises(ValueError, match="cannot hold"):
        whitening.fir_response(whitening.whitening_fir(np.ones(8193), 0.25, RATE, 2), 4096)


def test_windows_beside_a_stretch_do_not_touch_it():
    series = np.arange(20 * 64.0)
    windows = whitening.windows_beside(series, 9 * 64 + 5, 11 * 64, 64, 4)
    assert windows.shape == (6, 256)
    assert list(windows[:, 0]) == [69, 197, 325, 704, 832, 960]
    # They end and begin at the stretch.
    assert windows[2, -1] == 9 * 64 + 4
    assert not len(whitening.windows_beside(series, 200, len(series) - 200, 64, 4))


@pytest.mark.parametrize(("seconds", "least"), [(16, 4), (64, 28), (15, 3)])
def test_how_many_windows_fit_beside_a_moment(seconds, least):
    """As the README says of 16 s; the moment lies 3 s and more from either end."""
    rate = 64
    counts = [
        len(whitening.windows_beside(np.empty(seconds * rate), at - 6, at + 70, rate, 4))
        for at in range(3 * rate, (seconds - 3) * rate)
    ]
    assert min(counts) == least


@pytest.mark.parametrize("windows", [4, 28])
def test_noise_that_a_psd_does_not_see_comes_out_white(windows):
    rate, variances = 1024, []
    rng = np.random.default_rng(5)
    for _ in range(40):
        white = rng.standard_normal((windows + 3) * 2 * rate)
        middle = (windows // 2 + 1) * 2 * rate
        beside = whitening.windows_beside(white, middle, middle + 2 * rate, rate, 4)
        psd = whitening.welch_psd(beside.ravel(), rate, 4, overlap=0)
        psd *= whitening.beside_bias(len(beside), rate, 4, 2)
        fir = whitening.whitening_fir(psd, 0.25, rate, 2, f_min=0)
        variances.append(whitening.whiten(rng.standard_normal(8 * rate), fir)[rate:-rate].var())
    assert np.mean(variances) == pytest.approx(1, abs=0.03)
