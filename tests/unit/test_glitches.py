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
        "blip": (60, 700), "tomte": (15, 160), "scattered_light": (0, 90), "whistle": (150, 1600),
    }.items():  # fmt: skip
        population = GlitchPopulation(4.0, {kind: 1}, parameters)
        loud, glitches = simulate(1, "L1", starts, 16, RATE, Spectrum(PSD).psd, population)
        assert set(glitches["kind"]) == {kind}
        power = (np.abs(np.fft.rfft(loud.astype(np.float64) - quiet)) ** 2).sum(axis=0)
        grid = np.arange(len(power)) / 16
        assert power[(grid >= low) & (grid <= high)].sum() > 0.95 * power.sum()


@pytest.mark.parametrize(
    ("kinds", "more", "message"),
    [
        ({"koi_fish": 1}, {}, "glitch_kinds: unknown kind koi_fish"),
        ({"blip": 0}, {}, "no share above 0"),
        (KINDS, {"snr": (10, 5)}, "glitch_snr"),
    ],
)
def test_populations_refuse(parameters, kinds, more, message):
    population = GlitchPopulation(1, kinds, parameters, **more)
    with pytest.raises(ValueError, match=message):
        simulate(1, "L1", [0], 16, RATE, Spectrum(PSD).psd, population)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("blip", "koi_fish", ":2: unknown kind of glitch 'koi_fish'"),
        ("\t100\t500", "\t600\t500", ":2: frequency from 600 to 500"),
        ("\t100\t500", "\tlow\t500", ":2: frequency_min_hz = 'low' is not a number"),
        ("duration_min_s", "length", ":1: no column duration_min_s"),
    ],
)
def test_the_table_refuses(root, tmp_path, old, new, message):
    path = tmp_path / "glitches.tsv"
    path.write_text((root / "resources/glitches.tsv").read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        read_glitches(path)
