"""Spectra of simulated noise."""

import numpy as np
import pycbc.psd
import pytest

from ccsncam.noise.psd import design_psd, read_lines

PSD = "aLIGOO3LowT1800545"


@pytest.fixture(scope="module")
def lines(root):
    return read_lines(root / "resources/spectral_lines.tsv", "V1")


def test_design_psd_is_pycbcs_and_positive_everywhere():
    grid = np.arange(8193) / 4
    psd = design_psd(PSD, grid)
    theirs = pycbc.psd.from_string(PSD, 8193, 0.25, 10.0).numpy()
    np.testing.assert_allclose(psd[40:8191], theirs[40:8191], rtol=1e-9)
    assert np.isfinite(psd).all()
    assert (psd > 0).all()
    np.testing.assert_allclose(psd[:40], psd[40])
    with pytest.raises(ValueError, match=r"'aLIGOnone' is not a PSD.*aLIGOO3LowT1800545"):
        design_psd("aLIGOnone", grid)


def test_a_line_keeps_its_power_on_any_grid(lines):
    for duration in (1, 4, 72):
        grid = np.arange(2048 * duration) / duration
        extra = design_psd(PSD, grid, lines) - design_psd(PSD, grid)
        assert extra.sum() / duration == pytest.approx((lines["rms_strain"] ** 2).sum(), rel=1e-9)
