"""Each representation against theory, and against a slow or a foreign implementation."""

from dataclasses import replace

import bad_configs
import numpy as np
import pytest
import scipy.signal
import scipy.special
from gwpy.signal.qtransform import QTile

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples import spectrogram
from ccsncam.samples.grid import channels, grid, one_each
from ccsncam.samples.representations.names import (
    CHANNELS,
    COSTLY,
    SERIAL,
    SLIDING,
    check,
    possible,
)

RATE, WINDOW, HOP, BIN, Q = 4096, 256, 128, 16.0, 20.0
TIME = np.arange(RATE) / RATE
# tests/unit/test_hilbert_huang.py has the costly one.
KINDS = [kind for kind in CHANNELS if kind not in COSTLY]
PICTURES = [kind for kind in KINDS if kind not in SERIAL]
# Mean of this many seconds of white noise in a row of cells is known to about 1 %.
SECONDS = 300


def block(kind, **changes):
    values = {"scale": "power", "normalisation": "detector", "ceiling": None, "kind": kind}
    return Spectrogram(**{"window": WINDOW, "hop": HOP, "f_max": 1500.0} | values | changes)


def power(kind, strain, **changes):
    """Powers of series (..., time), shape (..., channel, frequency, frame)."""
    strain = np.asarray(strain, np.float32)[..., None, :]
    return spectrogram.magnitude(strain, block(kind, **changes), RATE)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).standard_normal((SECONDS, RATE)).astype(np.float32)


@pytest.mark.parametrize("kind", PICTURES)
def test_shape_scale_and_batches(kind, noise):
    data = noise[:6].reshape(2, 3, RATE)
    powers = spectrogram.magnitude(data, block(kind), RATE)
    assert powers.shape == (2, channels(block(kind), 3), 94, 31)
    assert powers.shape[1] == (9 if kind == "multiresolution" else 3)
    assert powers.dtype == np.float32
    amplitudes = spectrogram.magnitude(data, block(kind, scale="amplitude"), RATE)
    np.testing.assert_allclose(amplitudes**2, powers, rtol=1e-5)
    # A sample does not see its neighbours, and the channels of a detector lie side by side.
    alone = spectrogram.magnitude(data[1:, 2:], block(kind), RATE)
    np.testing.assert_allclose(powers[1:, -alone.shape[1] :], alone, rtol=1e-4, atol=1e-5)
    assert np.isfinite(powers).all()


@pytest.mark.parametrize("kind", PICTURES)
def test_white_noise_is_flat(kind, noise):
    """A mean power of 1 in each row and in each frame of each channel."""
    mean = power(kind, noise).mean(axis=0)
    assert np.abs(mean[:, 2:].mean(axis=2) - 1).max() < 0.06
    assert np.abs(mean[:, 2:].mean(axis=1) - 1).max() < 0.05
    assert np.abs(mean[:, 2:].mean(axis=(1, 2)) - 1).max() < 0.01
    # Some of what is moved near 0 Hz is on the other side of it; whitening leaves nothing there.
    assert np.abs(mean[:, :2].mean(axis=2) - 1).max() < (0.2 if kind == "reassigned" else 0.06)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_tone_is_in_its_row(kind):
    frequencies = np.arange(50.0, 1490.0, 37.3)
    phases = np.random.default_rng(1).uniform(0, 2 * np.pi, len(frequencies))
    tones = np.sin(2 * np.pi * frequencies[:, None] * TIME + phases[:, None])
    row = power(kind, tones).sum(axis=-1).argmax(axis=-1)
    away = np.abs(BIN * row - frequencies[:, None])
    # Rows of a Q transform are the broader, and in noise of one level the lower, the higher they
    # are: the maximum lies below the tone by the share 11 / (8 Q²).
    lower = frequencies[:, None] * 11 / (8 * Q**2) if kind == "constant-q" else 0.0
    assert (away <= BIN / 2 + lower + 0.5).all()


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize(("start", "slope"), [(200.0, 1000.0), (1300.0, -900.0), (150.0, 400.0)])
def test_the_ridge_of_a_chirp_is_its_track(kind, start, slope):
    chirp = np.sin(2 * np.pi * (start * TIME + slope / 2 * TIME**2))
    ridge = power(kind, chirp).argmax(axis=-2)
    track = (start + slope * grid(block(kind), RATE).times) / BIN
    assert np.abs(ridge - track).max() <= 1


def burst(seed):
    """Noise from 100 to 1400 Hz, within a tenth of a second of the middle."""
    white = np.random.default_rng(seed).standard_normal(RATE)
    spectrum = np.fft.rfft(white * np.exp(-0.5 * ((TIME - 0.5) / 0.1) ** 2))
    spectrum[np.abs(np.arange(len(spectrum)) - 750) > 650] = 0
    return np.fft.irfft(spectrum)


@pytest.mark.parametrize(
    ("kind", "exactly"),
    [
        ("stft", 0.02),
        ("multiresolution", 0.02),
        ("constant-q", 0.01),
        ("wdm", 5e-5),
        ("reassigned", 0.002),
    ],
)
def test_energy_is_kept(kind, exactly):
    """The cells of a burst add up to its energy; wavelets are a basis, and lose nothing."""
    bursts = np.stack([burst(seed) for seed in range(8)])
    share = power(kind, bursts).sum(axis=(-2, -1)) / np.sum(bursts**2, axis=-1)[:, None]
    assert np.abs(share.mean(axis=0) - 1).max() < exactly
    # A single burst may lie where the frames of a Hann window count more, or less.
    assert np.abs(share - 1).max() < max(5 * exactly, 1e-4)


def clicks(kind, places):
    """Power of clicks of size 1 in each row and frame, shape (click, channel, row, frame)."""
    series = np.zeros((len(places), RATE), np.float32)
    series[np.arange(len(places)), places] = 1
    return power(kind, series)


# Places of clicks that cover a hop in the middle of the second evenly.
PLACES = 2048 + np.arange(0, HOP, 8)


def hann(size, away):
    """Square of a Hann window of unit energy, so many samples from its middle."""
    inside = np.abs(away) < size / 2
    return np.where(inside, (0.5 + 0.5 * np.cos(2 * np.pi * away / size)) ** 2, 0) / (0.375 * size)


@pytest.mark.parametrize(
    ("kind", "channel", "size"),
    [("stft", 0, 256), ("multiresolution", 1, 256), ("multiresolution", 2, 512)],
)
def test_a_click_has_the_shape_of_the_window(kind, channel, size):
    found = clicks(kind, PLACES)[:, channel]
    away = RATE * grid(block(kind), RATE).times - PLACES[:, None]
    expected = np.broadcast_to(hann(size, away)[:, None], found.shape)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_click_has_the_shape_of_the_short_windows():
    found = clicks("multiresolution", PLACES)[:, 0]
    away = RATE * grid(block("stft"), RATE).times - PLACES[:, None]
    shares = ((0.25, -64), (0.5, 0), (0.25, 64))
    expected = sum(share * hann(128, away + late) for share, late in shares)
    np.testing.assert_allclose(found, np.broadcast_to(expected[:, None], found.shape), atol=1e-6)


def spread(found):
    """Variance in time of the power of clicks at `PLACES`, by channel and row [s²]."""
    away = grid(block("stft"), RATE).times - PLACES[:, None, None, None] / RATE
    return np.sum(found * away**2, axis=(0, -1)) / np.sum(found, axis=(0, -1))


def test_a_click_has_the_spread_of_wavelets():
    """By Plancherel, the variance in time is that of the slope of the window in frequency."""
    frequency = np.linspace(-BIN, BIN, 20001)
    rise = np.clip((np.abs(frequency) / BIN - 0.25) / 0.5, 0, 1)
    window = np.cos(np.pi / 2 * scipy.special.betainc(4, 4, rise))
    slope = np.gradient(window, frequency)
    variance = np.sum(slope**2) / np.sum(window**2) / (2 * np.pi) ** 2
    np.testing.assert_allclose(spread(clicks("wdm", PLACES))[0, 1:], variance, rtol=0.01)


def test_a_click_is_the_narrower_the_higher_the_row():
    """For the window (1 - u²)² of half width w, σ = √3 / (2π w); cells are means over frames."""
    found = spread(clicks("constant-q", PLACES))[0]
    width = np.maximum(2.0, np.arange(94) * np.sqrt(11) / Q) * BIN
    # The trapezoidal rule on 2, 4, … parts of a frame widens the frame a little.
    parts = 2 ** np.ceil(np.log2(width / BIN))
    frame = (HOP / RATE) ** 2 * (1 / 12 + 1 / (6 * parts**2))
    expected = 3 / (2 * np.pi * width) ** 2 + frame
    np.testing.assert_allclose(found, expected, rtol=0.01)
    assert found[12] > 2 * found[93]


def test_a_reassigned_click_is_shared_by_the_frames_beside_it():
    """Each gets the more, the nearer it is; none of the others gets anything."""
    found = clicks("reassigned", PLACES)[:, 0]
    away = np.abs(RATE * grid(block("stft"), RATE).times - PLACES[:, None]) / HOP
    shares = np.maximum(1 - away, 0)
    # Of the energy of a click, each row has an equal part; the highest row loses what is above it.
    total = found[:, :-1].sum(axis=1)
    np.testing.assert_allclose(total, 93 / 128 * shares, atol=0.01)


def test_multiresolution_is_that_of_scipy(noise):
    ours = power("multiresolution", noise[:3])

    def theirs(data, size, step, length):
        """Powers of a unit-energy window by frequency and frame; SciPy's are densities."""
        _, _, found = scipy.signal.spectrogram(
            data, RATE, "hann", size, size - step, length, detrend=False, return_onesided=False
        )
        return found * RATE

    data = noise[:3].astype(float)
    np.testing.assert_allclose(
        ours[:, 1], theirs(data, 256, 128, 256)[:, :94], rtol=1e-3, atol=1e-4
    )
    short = theirs(data, 128, 64, 256)[:, :94]
    middle = np.arange(1, 63, 2)
    pooled = short[..., middle] / 2 + (short[..., middle - 1] + short[..., middle + 1]) / 4
    np.testing.assert_allclose(ours[:, 0], pooled, rtol=1e-3, atol=1e-4)
    long = theirs(np.pad(data, ((0, 0), (128, 128))), 512, 128, 512)
    long[..., [0, -1]] /= hann(512, np.arange(-128, 256)).sum()
    rows = 2 * np.arange(94)
    pooled = long[:, rows] / 2 + (long[:, rows - 1] + long[:, rows + 1]) / 4
    np.testing.assert_allclose(ours[:, 2], pooled, rtol=1e-3, atol=1e-4)


def test_wavelets_are_those_of_their_definition(noise):
    """Necula et al. (2012): the inner products of a series with each wavelet, one by one."""
    spectrum = np.fft.fft(noise[0].astype(float)) / np.sqrt(RATE)
    frequency = np.fft.fftfreq(RATE, 1 / RATE)

    def meyer(away):
        """Window of unit energy on the whole axis of frequencies [Hz]."""
        rise = np.clip((np.abs(away) / BIN - 0.25) / 0.5, 0, 1)
        return np.cos(np.pi / 2 * scipy.special.betainc(4, 4, rise)) / np.sqrt(BIN)

    def wavelet(n, m, quadrature):
        phase = 1j if (n + m + quadrature) % 2 else 1
        both = phase * meyer(frequency - m * BIN) + np.conj(phase) * meyer(frequency + m * BIN)
        return both * np.exp(-2j * np.pi * n * frequency / 32) / np.sqrt(2)

    found = power("wdm", noise[0])[0]
    for n, m in ((1, 1), (5, 40), (16, 2), (17, 93), (31, 60)):
        squares = [np.vdot(wavelet(n, m, quadrature), spectrum).real ** 2 for quadrature in (0, 1)]
        assert found[m, n - 1] == pytest.approx(np.mean(squares), rel=1e-3)
        one, other = wavelet(n, m, 0), wavelet(n, m, 1)
        assert np.vdot(one, one).real == pytest.approx(1)
        # Neighbours in time and frequency are orthogonal; so the squares add up to the energy.
        for next_to in (wavelet(n, m + 1, 0), wavelet(n + 1, m, 0), wavelet(n - 1, m + 1, 0)):
            assert abs(np.vdot(one, next_to)) < 1e-12
        assert abs(np.vdot(one, other).real) < 1e-12


def test_rows_of_the_q_transform_are_those_of_gwpy(noise):
    data = noise[0].astype(float)
    ours = power("constant-q", noise[0])[0]
    # GWpy takes the bin above the one that it names, so the spectrum is moved by one.
    spectrum = np.roll(np.fft.fft(data), 1)
    for row, size in ((13, 128), (20, 128), (47, 256), (93, 512)):
        # GWpy takes the next power of two from this mismatch of neighbouring tiles.
        mismatch = 3 * (2 * np.pi * row * BIN / Q / (0.75 * size) / 2) ** 2
        tile = QTile(Q, row * BIN, 1, RATE, mismatch)
        assert tile.ntiles == size
        energy = np.asarray(tile.transform(spectrum, norm=False, epoch=0).value)
        step = size // 32
        # The mean over a frame by the trapezoidal rule, from samples at both ends and between.
        at = np.arange(1, 32)[:, None] * step + np.arange(-(step // 2), step // 2 + 1)
        weights = np.ones(step + 1)
        weights[[0, -1]] = 0.5
        ratio = ours[row] / (energy[at % size] @ weights / step)
        # GWpy has another norm.
        np.testing.assert_allclose(ratio / ratio.mean(), 1, atol=1e-3)


def slowly_moved(data):
    """The reassigned spectrogram from slopes of the phase over one sample and a small step."""
    padded = np.pad(data.astype(float), 66)
    taper = np.sqrt(hann(256, np.arange(-128, 128)))
    centre = 66 + np.arange(64, RATE, 64)
    frequency = np.arange(97) / 256

    def transform(late, higher):
        """Short-time Fourier transform; its phase is counted from the middle of each frame."""
        frames = np.stack([padded[at + late - 128 :][:256] for at in centre]) * taper
        waves = np.exp(-2j * np.pi * np.outer(np.arange(-128, 128), frequency + higher))
        return frames @ waves

    plain, step = transform(0, 0), 1e-5
    above = np.angle(transform(0, step) / transform(0, -step))
    after = np.angle(transform(1, 0) / transform(-1, 0))
    time = np.arange(64, RATE, 64)[:, None] - above / (2 * np.pi * 2 * step)
    # A frame that is a sample later turns the phase by that of its centre's wave.
    turn = (after - 4 * np.pi * frequency + np.pi) % (2 * np.pi) - np.pi
    row = 256 * (frequency + turn / (4 * np.pi))
    return np.abs(plain) ** 2, (time - 128) / 128, np.abs(row)


def test_moved_power_follows_the_slopes_of_the_phase():
    """The definition of Auger & Flandrin, by differences, on a signal in some noise."""
    rng = np.random.default_rng(3)
    chirp = np.sin(2 * np.pi * (200 * TIME + 450 * TIME**2))
    data = 3 * chirp + 0.1 * rng.standard_normal(RATE)
    energy, frame, row = slowly_moved(data)
    at, up = np.arange(31), np.arange(94)
    shares = (
        np.maximum(1 - np.abs(own.reshape(-1, 1) - cells), 0)
        for own, cells in ((row, up), (frame, at))
    )
    of_rows, of_frames = shares
    expected = of_rows.T @ (energy.reshape(-1, 1) / 2 * of_frames)
    ours = power("reassigned", data)[0]
    assert np.abs(ours - expected).sum() < 0.01 * expected.sum()


def test_moved_power_changes_little_with_the_strain(noise):
    """So a sample that is built again, in another batch, is the same but for rounding."""
    one = power("reassigned", noise[:20])
    other = power("reassigned", noise[:20] * (1 + 1e-6) + 1e-6)
    assert np.abs(other - one).max() < 1e-3 * one.max()


@pytest.mark.parametrize("kind", KINDS)
def test_windows_of_a_stretch_are_what_they_give_alone(kind, noise):
    stretch = noise[:6].reshape(2, 3 * RATE)
    starts = HOP * np.array([0, 3, 17, 64])
    found = spectrogram.windows(stretch, starts, block(kind), RATE)
    size = (1, RATE) if kind in SERIAL else (94, 31)
    assert found.shape == (4, channels(block(kind), 2), *size)
    for start, seen in zip(starts, found, strict=True):
        alone = spectrogram.magnitude(stretch[:, start : start + RATE], block(kind), RATE)
        np.testing.assert_allclose(seen, alone, rtol=1e-4, atol=1e-6)
    none = spectrogram.windows(stretch, starts[:0], block(kind), RATE)
    assert none.shape == (0, *found.shape[1:])


def test_what_slides_is_the_same_window_by_window(noise, monkeypatch):
    """Both ways give the same windows to rounding, so that the slow one may stand for the fast."""
    stretch, starts = noise[:3].reshape(1, 3 * RATE), HOP * np.arange(0, 65, 3)
    cut = spectrogram.windows(stretch, starts, block("stft"), RATE)
    assert SLIDING == ("stft",)
    monkeypatch.setattr(spectrogram, "SLIDING", ())
    each = spectrogram.windows(stretch, starts, block("stft"), RATE)
    np.testing.assert_allclose(each, cut, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_linear_and_give_the_image(kind, noise):
    one, other = noise[:3], noise[3:6]
    parts = [spectrogram.rows(part, block(kind), RATE) for part in (one, other)]
    whole = spectrogram.rows(one + 2 * other, block(kind), RATE)
    np.testing.assert_allclose(whole, parts[0] + 2 * parts[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        spectrogram.of_rows(whole, block(kind)),
        spectrogram.magnitude(one + 2 * other, block(kind), RATE),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_power_in_cells_is_the_paper_s(kind, noise):
    found = spectrogram.cell_power(noise[:3], block(kind, scale="amplitude"), RATE)
    np.testing.assert_array_equal(found, power("stft", noise[:3])[:, 0])


def test_the_channel_that_is_shown():
    image = np.arange(2 * 9).reshape(2, 9)
    np.testing.assert_array_equal(one_each(image, 9), image)
    np.testing.assert_array_equal(one_each(image, 3), image[:, [1, 4, 7]])


def test_other_frames_and_rates():
    """A window of 128 at 2048 Hz gives the same grid; up to the Nyquist frequency all is finite."""
    noise = np.random.default_rng(4).standard_normal((2, 3, 2048)).astype(np.float32)
    for kind in PICTURES:
        small = block(kind, window=128, hop=64, f_max=1024.0)
        found = spectrogram.magnitude(noise, small, 2048)
        assert found.shape == (2, channels(small, 3), 65, 31)
        assert np.isfinite(found).all()
        assert found[:, :, 5:60].mean() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_gives_nothing(kind):
    assert not power(kind, np.zeros(RATE)).any()


def test_frames_that_do_not_fit_are_refused():
    check("stft", 100, 7, RATE)
    for window, hop, rate in ((256, 64, 4096), (254, 127, 4096), (512, 256, 4000)):
        with pytest.raises(ValueError, match=r"^config, spectrogram.kind: wdm needs .* kind stft$"):
            check("wdm", window, hop, rate)


def test_strain_is_its_own_image(noise):
    data = noise[:6].reshape(2, 3, RATE)
    signed = block("strain", scale="amplitude")
    axes = grid(signed, RATE)
    assert (axes.frequencies.tolist(), len(axes.times), axes.times[1]) == ([1024], RATE, 1 / RATE)
    found = spectrogram.magnitude(data, signed, RATE)
    np.testing.assert_array_equal(found, data[:, :, None])
    assert found.dtype == np.float32
    # It is a copy, because images are scaled where they are.
    assert not np.shares_memory(found, data)
    np.testing.assert_array_equal(power("strain", noise[:2])[:, 0, 0], noise[:2] ** 2)
    assert spectrogram.magnitude(noise[:2, None, :2048], signed, 2048).shape == (2, 1, 1, 2048)


@pytest.mark.parametrize("normalisation", ["detector", "sample", "fixed", "none"])
def test_scaled_strain_keeps_its_sign(noise, normalisation):
    """No strain stays 0, and a detector without any stays black."""
    one = block("strain", scale="amplitude", normalisation=normalisation, ceiling=2.0)
    data = noise[:6].reshape(2, 3, RATE) * np.float32([1, 2, 3])[:, None]
    seen = spectrogram.magnitude(data, one, RATE)
    found = spectrogram.normalise(seen, one)
    loudest = {
        "detector": np.abs(seen).max(axis=(2, 3), keepdims=True),
        "sample": np.abs(seen).max(axis=(1, 2, 3), keepdims=True),
        "fixed": 2.0,
        "none": 1.0,
    }[normalisation]
    expected = seen / loudest
    if normalisation == "fixed":
        expected = np.clip(expected, -1, 1)
        assert (found.min(), found.max()) == (-1, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_array_equal(np.sign(found), np.sign(seen))


def test_settings_of_the_paper_are_written_as_they_always_were():
    """So data sets of earlier versions are read, and the default's stay the same to the byte."""
    paper = block("stft")
    assert set(paper.as_dict()) == {
        *("window", "hop", "f_max", "scale", "normalisation", "ceiling")
    }
    other = replace(paper, kind="constant-q", q=30.0)
    for one in (paper, other):
        assert Spectrogram.of(one.as_dict()) == one
    assert other.as_dict()["q"] == 30.0
    with pytest.raises(ValueError, match="the settings lack hop"):
        Spectrogram.of(
            {"window": 256, "f_max": 1.0, "scale": "", "normalisation": "", "ceiling": 1}
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_network_is_that_of_the_representation(kind):
    """The grid keeps the paper's network; more channels have more weights in its first layer."""
    config = bad_configs.default()
    config["spectrogram"]["kind"] = kind
    config["classifier"] |= {"parameters": None, "features": None}
    counts = {"multiresolution": (428242, 2112), "strain": (41418, 352)}
    if kind == "strain":
        config["classifier"] |= {"network": kind, "filters": [16, 16, 32, 32], "dense": [32]}
        config["saliency"]["layer"] = "conv4"
    bad_configs.start_up(config)
    found = config["classifier"]["parameters"], config["classifier"]["features"]
    assert found == counts.get(kind, (427378, 2112))


def test_kinds_that_the_frames_allow():
    assert possible(256, 128, RATE) == PICTURES
    assert possible(256, 64, RATE) == ["stft"]
