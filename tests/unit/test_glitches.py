"""Glitches of simulated noise: their table, and what is refused."""

import numpy as np
import pytest

from ccsncam.noise.glitches import GlitchPopulation, read_glitches
from ccsncam.noise.psd import Spectrum
from ccsncam.noise.simulation import simulate

RATE = 4096
PSD = "aLIGOO3LowT1800545"
KINDS = {"blip": 0.4, "tomte": 0.2, "scattered_light": 0.25, "whistle": 0.15}


@pytest.fixture(scope="module")
def parameters(root):
    return read_glitches(root / "resources/glitches.tsv")


def test_shapes_are_where_their_frequency_says(parameters):
    starts = 16.0 * np.arange(40)
    quiet, _ = simulate(1, "L1", starts, 16, RATE, Spectrum(PSD).psd)
    for kind, (low, high) in {
        "blip": (0, 800), "tomte": (0, 160), "scattered_light": (0, 80),
        "fast_scattering": (0, 140), "light_modulation": (0, 80), "whistle": (30, 2048),
    }.items():  # fmt: skip
        population = GlitchPopulation(4.0, {kind: 1}, parameters)
        loud, glitches = simulate(1, "L1", starts, 16, RATE, Spectrum(PSD).psd, population)
        assert set(glitches["kind"]) == {kind}
        power = (np.abs(np.fft.rfft(loud.astype(np.float64) - quiet)) ** 2).sum(axis=0)
        grid = np.arange(len(power)) / 16
        # What whitened strain would show.
        power = power[grid >= 20] / Spectrum(PSD).psd(grid)[grid >= 20]
        grid = grid[grid >= 20]
        assert power[(grid >= low) & (grid <= high)].sum() > 0.95 * power.sum()


@pytest.mark.parametrize(
    ("kinds", "more", "message"),
    [
        ({"koi_fish": 1}, {}, "glitch_kinds: unknown kind koi_fish"),
        ({"blip": 0}, {}, "no share above 0"),
        (KINDS, {"snr": (10, 5)}, "glitch_snr"),
        (KINDS, {"snr": (200, 300)}, "leaves nothing of the SNRs of blip, 6.5 to 100"),
    ],
)
def test_populations_refuse(parameters, kinds, more, message):
    population = GlitchPopulation(1, kinds, parameters, **more)
    with pytest.raises(ValueError, match=message):
        simulate(1, "L1", [0], 16, RATE, Spectrum(PSD).psd, population)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\nblip", "\nkoi_fish", ":6: unknown kind of glitch 'koi_fish'"),
        ("\t120\t350", "\t600\t350", ":6: frequency from 600 to 350"),
        ("\t120\t350", "\tlow\t350", ":6: frequency_min_hz = 'low' is not a number"),
        ("\t2.7\t1\t", "\t1\t1\t", ":6: snr_index must be above 1, cluster_size at least 1"),
        ("duration_min_s", "length", ":5: no column duration_min_s"),
    ],
)
def test_the_table_refuses(root, tmp_path, old, new, message):
    path = tmp_path / "glitches.tsv"
    path.write_text((root / "resources/glitches.tsv").read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        read_glitches(path)
