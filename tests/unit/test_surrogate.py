"""Surrogates: tracks, amplitudes, separability, and the SNRs that they are scaled to."""

import numpy as np
import pycbc.psd
import pytest
from pycbc.detector import Detector
from pycbc.filter import sigma
from pycbc.types import FrequencySeries
from scipy import ndimage, signal
from scipy.stats import qmc

from ccsncam.config.blocks import Conditioning
from ccsncam.noise.psd import Spectrum, read_lines
from ccsncam.noise.simulation import simulate
from ccsncam.noise.whitening import welch_psd
from ccsncam.waveforms.loading import load_waveform
from ccsncam.waveforms.model import (
    components,
    energy_peak,
    polarisation_weights,
    polarisations,
)
from ccsncam.waveforms.surrogate import BASIS, realise
from ccsncam.waveforms.surrogate_table import read_surrogates
from ccsncam.waveforms.table import read_table

RATE = 4096
KPC = 3.0856775814913673e21
MODELS = ["he3.5", "s18", "s13", "s25", "m39", "y20", "s18np", "z85_sfhx", "z100_sfho"]


@pytest.fixture(scope="module")
def path(root):
    return root / "resources/surrogates.tsv"


@pytest.fixture(scope="module")
def table(path):
    return read_surrogates(path)


def conditioned(root, path, config, name):
    rows = read_table(root / "config/waveforms.tsv")
    conditioning = Conditioning.of(config["signal"])
    return load_waveform(rows.loc[name], root / "config/waveforms.tsv", conditioning, path)


@pytest.fixture(scope="module")
def targets(root):
    lines = (root / "resources/surrogate_targets.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith(("#", "model"))]
    return {name: float(target) for name, target, _ in rows}


@pytest.fixture(scope="module")
def response():
    """F₊, F× and directions of a few hundred evenly spread draws."""
    unit = qmc.Sobol(5, rng=np.random.default_rng(7)).random(256).T
    theta, dec = np.arccos(2 * unit[0] - 1), np.arcsin(2 * unit[1] - 1)
    phi, ra, psi = 2 * np.pi * unit[2], 2 * np.pi * unit[3], np.pi * unit[4]
    patterns = [Detector(d).antenna_pattern(ra, dec, psi, 1238300000) for d in ("H1", "L1", "V1")]
    return patterns, theta, phi


def smooth_curve(root, name, length, step):
    """A column of the shipped table, interpolated by PyCBC."""
    rows = [
        line.split("\t")
        for line in (root / "resources/asd.tsv").read_text().splitlines()
        if not line.startswith("#")
    ]
    values = np.array(rows[1:], dtype=float)
    frequency, asd = values[:, 0], values[:, rows[0].index(name)]
    return pycbc.psd.from_numpy_arrays(frequency, asd**2, length, step, 15.0)


@pytest.mark.parametrize("name", MODELS)
def test_the_median_network_snr_meets_its_target(name, root, path, config, targets, response):
    patterns, theta, phi = response
    model = conditioned(root, path, config, name)
    size, step = 2 * RATE, 0.5
    plus, cross = (
        np.fft.rfft(h, size) / RATE / (10 * KPC)
        for h in polarisations(model.quadrupole, theta, phi)
    )
    total = np.zeros(len(theta))
    for (f_plus, f_cross), detector in zip(patterns, ("H1", "L1", "V1"), strict=True):
        psd = smooth_curve(root, config["noise"]["simulated"]["psd"][detector], RATE + 1, step)
        strain = f_plus[:, None] * plus + f_cross[:, None] * cross
        for i, one in enumerate(strain):
            total[i] += sigma(FrequencySeries(one, delta_f=step), psd, 20.0, 2000.0) ** 2
    assert np.median(np.sqrt(total)) == pytest.approx(targets[name], rel=0.03)


def test_m39_has_the_published_median_in_the_embedded_noise(root, path, config):
    """The paper's median network SNR at 10 kpc, in noise that was simulated and measured."""
    waveform = conditioned(root, path, config, "m39")
    simulated = config["noise"]["simulated"]
    unit = qmc.Sobol(5, rng=np.random.default_rng(3)).random(1024).T
    theta, dec = np.arccos(2 * unit[0] - 1), np.arcsin(2 * unit[1] - 1)
    phi, ra, psi = 2 * np.pi * unit[2], 2 * np.pi * unit[3], np.pi * unit[4]
    both = polarisation_weights(theta, phi)
    step = 0.25
    parts = np.fft.rfft(components(waveform.quadrupole), 4 * RATE) / RATE / (10 * KPC)
    total = np.zeros(len(theta))
    for detector in ("H1", "L1", "V1"):
        lines = read_lines(root / "resources/spectral_lines.tsv", detector)
        spectrum = Spectrum(simulated["psd"][detector], lines)
        data, _ = simulate(1, detector, 64.0 * np.arange(4), 64, RATE, spectrum.psd)
        psd = welch_psd(data, RATE, 4).mean(axis=0)
        patterns = Detector(detector).antenna_pattern(ra, dec, psi, 1238300000)
        sides = both.swapaxes(0, 1)
        weights = sum(f[:, None] * side for f, side in zip(patterns, sides, strict=True))
        band = slice(round(20 / step), round(2000 / step) + 1)
        gram = 4 * step * (parts[:, band] / psd[band] @ parts[:, band].conj().T).real
        total += np.einsum("nk,kl,nl->n", weights, gram, weights)
    assert np.median(np.sqrt(total)) == pytest.approx(47.9, abs=1)


@pytest.mark.parametrize(
    ("name", "frequency"), [("he3.5", 900), ("s18", 900), ("s13", 1400), ("s25", 1100)]
)
def test_most_energy_is_where_the_paper_has_the_peak(root, path, config, name, frequency):
    waveform = conditioned(root, path, config, name)
    found = energy_peak(waveform.quadrupole, waveform.sample_rate)
    assert found == pytest.approx(frequency, rel=0.1)
    # A spectrum of the time derivative itself, by SciPy.
    rate = np.gradient(components(waveform.quadrupole), 1 / RATE, axis=-1)
    at, power = signal.periodogram(rate, RATE)
    smooth = ndimage.gaussian_filter1d(power.sum(axis=0), 20 / at[1])
    assert at[smooth.argmax()] == pytest.approx(found, rel=0.1)


def test_every_class_has_a_target_and_a_surrogate(config, targets, table):
    assert list(targets) == config["classes"][1:] == MODELS
    assert {row["model"] for row in table} == set(MODELS)
    assert targets["m39"] == 47.9
    seeds = [row["seed"] for row in table]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("name", ["m39", "s18np", "s13"])
def test_a_mode_follows_its_track_and_has_its_amplitude(name, path, table):
    model = realise(path, name, RATE)
    time = model.start + np.arange(model.quadrupole.shape[-1]) / RATE
    assert model.start == pytest.approx(-0.1, abs=1 / RATE)
    np.testing.assert_array_equal(sum(model.modes.values()), model.quadrupole)
    for row in (row for row in table if row["model"] == name):
        part = components(model.modes[row["component"]])
        knots = row["times_s"]
        inside = (time >= knots[0]) & (time <= knots[-1])
        assert not part[:, ~inside].any()
        # rms over directions and both polarisations, by quadrature in place of the closed form.
        nodes, weights = np.polynomial.legendre.leggauss(6)
        phi = np.arange(8) * np.pi / 4
        both = polarisations(
            model.modes[row["component"]][..., inside], np.arccos(nodes)[:, None], phi
        )
        mean = np.mean([np.mean(h**2, axis=(1, 2)) @ weights / 2 for h in both])
        assert np.sqrt(mean) == pytest.approx(row["rms_cm"], rel=1e-9)
        # The centre of the spectrum over a third of the span lies on the mean of the track.
        third = np.array_split(np.flatnonzero(inside), 3)[1]
        power = (np.abs(np.fft.rfft(part[:, third] * np.hanning(len(third)))) ** 2).sum(0)
        centre = np.average(np.fft.rfftfreq(len(third), 1 / RATE), weights=power)
        track = np.interp(time[third], knots, row["frequencies_hz"])
        assert track.min() - 20 < centre < track.max() + 20


def test_five_coefficients_are_independent_and_alike(path):
    coefficients = []
    for name in ("m39", "y20", "s18"):
        part = realise(path, name, RATE).modes["g_mode"]
        coefficients.append(np.einsum("kij,ijt->kt", BASIS, part))
        coefficients[-1] /= coefficients[-1].std()
    coefficients = np.concatenate(coefficients, axis=1)
    correlation = np.corrcoef(coefficients)
    # About 70 correlation times a model: 0.3 is some five standard deviations.
    assert np.abs(correlation - np.eye(5)).max() < 0.3
    assert np.ptp(coefficients.std(axis=1)) < 0.4
    gram = np.einsum("kij,lij->kl", BASIS, BASIS)
    np.testing.assert_allclose(gram, np.eye(5), atol=1e-15)
    assert np.abs(np.einsum("kii->k", BASIS)).max() < 1e-15


def test_the_realisation_is_fixed_and_free_of_the_sample_rate(path):
    one, other = (realise(path, "s25", rate) for rate in (4096, 8192))
    again = realise(path, "s25", 4096)
    np.testing.assert_array_equal(one.quadrupole, again.quadrupole)
    # From bounce on, for the first samples may differ by half a step.
    one, other = (
        model.quadrupole[..., -round(model.start * model.sample_rate) :] for model in (one, other)
    )
    same = other[..., ::2]
    assert same.shape == one.shape
    assert np.abs(same - one).max() < 2e-3 * np.abs(one).max()


def test_prompt_convection_survives_the_taper(root, path, config):
    raw = realise(path, "m39", RATE).modes["prompt_convection"]
    kept = conditioned(root, path, config, "m39").modes["prompt_convection"]
    assert (kept**2).sum() / (raw**2).sum() > 0.97


def test_parts_add_up_once_conditioned(root, path, config):
    model = conditioned(root, path, config, "z85_sfhx")
    np.testing.assert_allclose(sum(model.modes.values()), model.quadrupole, rtol=0, atol=1e-12)
    assert np.abs(np.einsum("iit->t", model.quadrupole)).max() < 1e-12


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("times_s", "0,0.1,0.1", "times_s must rise"),
        ("times_s", "0,0.1", "times_s, frequencies_hz, amplitudes must have equally many knots"),
        ("frequencies_hz", "1,x,3", "frequencies_hz '1,x,3' must be numbers"),
        ("frequencies_hz", "1,2,-3", "frequencies_hz must be above 0"),
        ("amplitudes", "0,0,0", "amplitudes are all 0"),
        ("rms_cm", "nan", "rms_cm must be finite"),
        ("rms_cm", "0", "rms_cm must be one number above 0"),
        ("seed", "1.5", "seed must be a whole number"),
        ("component", "g-mode", "component 'g-mode' must be"),
    ],
)
def test_a_bad_row_is_named(column, value, message, tmp_path):
    row = {
        "model": "m",
        "component": "g_mode",
        "seed": "1",
        "times_s": "0,0.1,0.2",
        "frequencies_hz": "100,200,300",
        "amplitudes": "0,1,1",
        "bandwidth_hz": "50",
        "rms_cm": "1",
        "source": "none",
    }
    path = tmp_path / "surrogates.tsv"
    for bad in (False, True):
        values = {**row, column: value} if bad else row
        path.write_text("# a comment\n" + "\t".join(row) + "\n" + "\t".join(values.values()) + "\n")
        if not bad:
            assert realise(path, "m", RATE).quadrupole.shape == (3, 3, 1230)
            continue
        with pytest.raises(ValueError, match=rf"surrogates\.tsv:3: {message}"):
            read_surrogates(path)


def test_unknown_models_and_tracks_of_another_length_are_named(root, path, config):
    with pytest.raises(ValueError, match=r"surrogates\.tsv: no row for the model m40"):
        realise(path, "m40", RATE)
    row = read_table(root / "config/waveforms.tsv").loc["m39"].copy()
    row["duration_s"] = 0.5
    with pytest.raises(ValueError, match=r"the tracks of m39 in .* end at 0\.98"):
        load_waveform(row, root / "config/waveforms.tsv", Conditioning.of(config["signal"]), path)
