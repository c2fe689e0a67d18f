"""Spectra of simulated noise."""

import numpy as np
import pycbc.psd
import pytest
from pycbc.types import FrequencySeries
from pycbc.waveform.spa_tmplt import spa_distance

from ccsncam.noise import asd
from ccsncam.noise.psd import noise_psd, read_lines, smooth_psd

PSD = "aLIGOO3LowT1800545"


@pytest.fixture(scope="module")
def lines(root):
    return read_lines(root / "resources/spectral_lines.tsv", "V1")


def test_noise_psd_is_pycbcs_and_positive_everywhere():
    grid = np.arange(8193) / 4
    psd = noise_psd(PSD, grid)
    theirs = pycbc.psd.from_string(PSD, 8193, 0.25, 10.0).numpy()
    np.testing.assert_allclose(psd[40:8191], theirs[40:8191], rtol=1e-9)
    assert np.isfinite(psd).all()
    assert (psd > 0).all()
    np.testing.assert_allclose(psd[:40], psd[40])
    with pytest.raises(ValueError, match=r"'aLIGOnone' is unknown: give one of O3-H1"):
        noise_psd("aLIGOnone", grid)


def test_a_line_keeps_its_power_on_any_grid(lines):
    for duration in (1, 4, 72):
        grid = np.arange(2048 * duration) / duration
        extra = noise_psd(PSD, grid, lines) - noise_psd(PSD, grid)
        assert extra.sum() / duration == pytest.approx((lines["rms_strain"] ** 2).sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("O3-H1", 103, 113), ("O3-L1", 130, 140), ("O3-V1", 43, 55)]
)
def test_measured_curves_have_the_inspiral_range_of_o3(name, low, high):
    # GWTC-2 (arXiv:2010.14527), section II: the median range of O3a for binary neutron stars was
    # 108 Mpc at H1, 135 Mpc at L1 and 45 Mpc at V1.
    psd = FrequencySeries(smooth_psd(name, np.arange(8193) / 4), delta_f=0.25)
    # The mean over directions and orientations is the horizon distance over 2.264.
    assert low < spa_distance(psd, 1.4, 1.4, 20.0, snr=8) / 2.264 < high


def test_the_shipped_curves_are_read_by_name(root):
    assert asd.shipped() == ["O3-H1", "O3-L1", "O3-V1"]
    frequency, density = asd.read("O3-L1")
    table = np.loadtxt(root / "resources/asd.tsv", skiprows=6)
    np.testing.assert_allclose(np.stack([frequency, density]), table.T[[0, 2]], rtol=1e-12)
    grid = np.arange(4097) / 2
    expected = np.interp(np.log(100), np.log(frequency), 2 * np.log(density))
    assert smooth_psd("O3-L1", grid)[200] == pytest.approx(np.exp(expected), rel=1e-12)


def test_a_spectrum_of_ones_own(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("# Hz, 1/sqrt(Hz)\n0 1e-19\n10, 1e-22\n1000\t1e-23\n")
    psd = smooth_psd(str(path), np.arange(2001.0))
    np.testing.assert_allclose(psd[[0, 10, 100, 1000, 2000]], [1e-44, 1e-44, 1e-45, 1e-46, 1e-46])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10 1e-22\nx 1e-23\n", r":2: 'x 1e-23' is not a frequency and an amplitude"),
        ("10 1e-22 3\n20 1e-22\n", r":1: '10 1e-22 3' is not a frequency"),
        ("10 1e-22\n20 nan\n", r":2: both numbers must be finite and above 0"),
        ("10 1e-22\n20 -1e-22\n", r":2: both numbers must be finite and above 0"),
        ("10 1e-22\n30 1e-22\n20 1e-22\n", r":3: 20 Hz follows 30 Hz: sort the rows"),
        ("10 1e-22\n", r"1 rows; a spectrum has at least two"),
        ("10 1e-44\n20 1e-46\n", r"between 1e-26 and 1e-17: this looks like a PSD"),
        ("10 1\n20 1\n", r"is 1.0e\+00 1/sqrt\(Hz\), but that of a detector"),
    ],
)
def test_a_wrong_spectrum_is_refused(tmp_path, text, message):
    path = tmp_path / "mine.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"mine.txt.*{message}"):
        asd.read_file(path)
