"""Simulated noise: its spectrum, its glitches, and what a block depends on."""

import numpy as np
import pandas as pd
import pytest
from scipy import signal, stats

from ccsncam.noise import simulation, whitening
from ccsncam.noise.glitches import GlitchPopulation, read_glitches
from ccsncam.noise.psd import Spectrum, noise_psd, read_lines

RATE = 4096
PSD = "aLIGOO3LowT1800545"
KINDS = {
    "blip": 0.25,
    "tomte": 0.25,
    "scattered_light": 0.2,
    "fast_scattering": 0.1,
    "whistle": 0.1,
    "light_modulation": 0.1,
}


@pytest.fixture(scope="module")
def parameters(root):
    return read_glitches(root / "resources/glitches.tsv")


@pytest.fixture(scope="module")
def lines(root):
    return read_lines(root / "resources/spectral_lines.tsv", "V1")


def simulate(parameters, starts, seed=1, detector="L1", rate=3.0, duration=16):
    population = GlitchPopulation(rate, KINDS, parameters)
    psd = Spectrum(PSD).psd
    return simulation.simulate(seed, detector, starts, duration, RATE, psd, population)


def test_a_block_is_a_function_of_seed_detector_and_start(parameters):
    starts = 1238236470 + 16.0 * np.arange(4)
    whole, glitches = simulate(parameters, starts)
    assert whole.shape == (4, 16 * RATE)
    assert whole.dtype == np.float32
    alone, some = simulate(parameters, starts[2:3])
    np.testing.assert_array_equal(alone[0], whole[2])
    inside = (glitches["gps"] >= starts[2]) & (glitches["gps"] < starts[3])
    pd.testing.assert_frame_equal(some, glitches[inside].reset_index(drop=True))
    for other in ({"seed": 2}, {"detector": "H1"}):
        changed, _ = simulate(parameters, starts, **other)
        assert abs(np.corrcoef(changed[0], whole[0])[0, 1]) < 0.1
    assert abs(np.corrcoef(whole[0], whole[1])[0, 1]) < 0.1


def test_a_block_is_not_periodic():
    data, _ = simulation.simulate(1, "L1", 16.0 * np.arange(32), 16, RATE, Spectrum(PSD).psd)
    data = signal.sosfilt(signal.butter(4, 100, fs=RATE, output="sos"), data, axis=1)[:, RATE:]
    step, periodic = np.abs(data[:, 0] - data[:, -1]), np.abs(np.diff(data, axis=1))
    # In a periodic block the last sample and the first are neighbours.
    assert step.mean() > 1.5 * periodic.mean()


def test_noise_has_the_psd_asked_for(lines):
    starts = 64.0 * np.arange(16)
    data, _ = simulation.simulate(1, "V1", starts, 64, RATE, Spectrum(PSD, lines).psd)
    psd = whitening.welch_psd(data, RATE, 4).mean(axis=0)
    grid = np.arange(len(psd)) / 4
    smooth = noise_psd(PSD, grid)
    away = np.abs(grid[:, None] - lines["frequency_hz"].to_numpy()).min(axis=1) > 10
    away &= (grid > 12) & (grid < 2040)
    for low in (12, 30, 100, 500, 1000, 1500):
        band = away & (grid >= low) & (grid < low * 1.5)
        # A bin scatters by 7 %, and its neighbours with it.
        scatter = 0.01 + 4 * 0.07 / np.sqrt(band.sum())
        assert np.median((psd / smooth)[band]) == pytest.approx(1, abs=scatter)
    strongest = lines.loc[lines["rms_strain"].idxmax()]
    band = np.abs(grid - strongest["frequency_hz"]) < 4
    power = (psd - smooth)[band].sum() / 4
    assert np.sqrt(power) == pytest.approx(strongest["rms_strain"], rel=0.15)


def test_glitches_have_the_rate_the_kinds_and_the_snr(parameters):
    starts = 16.0 * np.arange(120)
    loud, glitches = simulate(parameters, starts, rate=7.5)
    quiet, none = simulate(parameters, starts, rate=0.0)
    assert len(none) == 0
    expected = 7.5 * 120 * 16 / 60
    # Some kinds come in clusters, which scatter more than single glitches do.
    assert abs(len(glitches) - expected) < 4 * np.sqrt(2 * expected)
    shares = glitches["kind"].value_counts(normalize=True)
    for kind, share in KINDS.items():
        assert shares[kind] == pytest.approx(share, abs=0.1)
    for kind, own in glitches.groupby("kind"):
        row = parameters.loc[kind]
        power = 1 - row["snr_index"]
        low, high = row["snr_min"] ** power, row["snr_max"] ** power
        # p(snr) ~ snr^-index between the bounds of the kind.
        assert own["snr"].between(row["snr_min"], row["snr_max"]).all()
        test = stats.kstest(own["snr"], lambda x: (low - x**power) / (low - high))  # noqa: B023
        assert test.pvalue > 1e-3
    # The two differ by the glitches alone, and a lone glitch has its SNR.
    extra = (loud.astype(np.float64) - quiet).astype(np.float64)
    grid = np.arange(8 * RATE + 1) / 16
    weight = np.where((grid >= 20) & (grid <= 2000), 4 / noise_psd(PSD, grid), 0) / 16
    checked = 0
    for row, begin in zip(extra, starts, strict=True):
        mine = glitches[(glitches["gps"] >= begin) & (glitches["gps"] < begin + 16)]
        # In a block of its own, away from the edges.
        if len(mine) != 1 or not begin + 3 < mine["gps"].iloc[0] < begin + 13:
            continue
        found = np.sqrt((weight * np.abs(np.fft.rfft(row) / RATE) ** 2).sum())
        assert found == pytest.approx(mine["snr"].iloc[0], rel=0.01)
        checked += 1
    assert checked >= 10


def test_some_kinds_come_in_clusters(parameters):
    starts = 64.0 * np.arange(40)
    population = GlitchPopulation(1.0, {"blip": 1, "scattered_light": 1}, parameters)
    psd = Spectrum(PSD).psd
    _, glitches = simulation.simulate(1, "L1", starts, 64, RATE, psd, population)
    near = {}
    for kind, own in glitches.groupby("kind"):
        gaps = np.diff(own["gps"])
        near[kind] = np.mean(gaps < 8)
    # Of single glitches at half a minute^-1, 1 - exp(-8/120) = 6 % have a follower within 8 s.
    assert near["blip"] < 0.2 < near["scattered_light"]


def test_glitches_are_coloured_by_the_smooth_spectrum(parameters, lines):
    population = GlitchPopulation(3.0, {"blip": 1}, parameters)
    loud, plain = Spectrum(PSD, lines).psd, Spectrum(PSD).psd
    starts = 16.0 * np.arange(8)
    quiet, _ = simulation.simulate(1, "V1", starts, 16, RATE, loud)
    extra = []
    for smooth in (plain, None):
        data, _ = simulation.simulate(1, "V1", starts, 16, RATE, loud, population, smooth)
        extra.append(data.astype(np.float64) - quiet)
    alone, _ = simulation.simulate(1, "V1", starts, 16, RATE, plain, population)
    bare, _ = simulation.simulate(1, "V1", starts, 16, RATE, plain)
    scale = np.abs(extra[0]).max()
    np.testing.assert_allclose(extra[0], alone.astype(np.float64) - bare, atol=1e-3 * scale)
    assert np.abs(extra[1] - extra[0]).max() > 0.01 * scale


def test_simulated_starts():
    ranges = [[100, 240], [1000, 1064]]
    np.testing.assert_array_equal(simulation.simulated_starts(ranges, 200, 64), [100, 164, 1000])
    with pytest.raises(ValueError, match=r"needs 4 pieces of 64 s.*hold 3"):
        simulation.simulated_starts(ranges, 256, 64)
    with pytest.raises(ValueError, match="holds no piece"):
        simulation.simulated_starts(ranges, 63, 64)
