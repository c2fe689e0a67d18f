import numpy as np
import pytest

from ccsncam.samples import antenna, injection
from ccsncam.waveforms.model import Waveform


def test_signal_is_where_the_bounce_is():
    """A delta-like quadrupole arrives at its bounce time in every detector, plus the delay."""
    time = np.arange(-0.3, 0.5, 1 / 4096)
    pulse = np.exp(-0.5 * (time / 0.002) ** 2) * 1e3
    quadrupole = np.zeros((3, 3, len(time)))
    quadrupole[0, 0], quadrupole[1, 1] = pulse, -pulse
    model = Waveform("pulse", quadrupole, 4096, time[0], "numerical", "", np.nan, {})
    angles = [np.array([value]) for value in (1.0, 0.4, 0.3)]
    response = antenna.response(["H1", "V1"], *angles, np.array([1238236470.0]))
    h = injection.project(
        injection.spectra(model), np.zeros(1), np.zeros(1), response, np.array([0.1]), 4096
    )[0]
    for d in range(2):
        peak = np.sum(np.arange(4096) * h[d] ** 2) / np.sum(h[d] ** 2) / 4096
        assert peak == pytest.approx(0.1 + response.delay[0, d], abs=2e-5)
