"""The Hilbert–Huang transform against theory and by hand, and how costly transforms are kept."""

import dataclasses
import logging
import subprocess
import sys

import h5py
import numpy as np
import pytest
import scipy.signal

from ccsncam.config.blocks import Sampling, Spectrogram
from ccsncam.planning import costs
from ccsncam.samples import building, kept, masks, spectrogram
from ccsncam.samples.anatomy import take_apart
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.grid import grid
from ccsncam.samples.kept import Kept
from ccsncam.samples.representations import hilbert_huang, stft
from ccsncam.samples.representations.names import affordable, possible
from ccsncam.samples.synthesis import Inputs, by_distance, by_snr

RATE, WINDOW, HOP, BIN = 4096, 256, 128, 16.0
TIME = np.arange(RATE) / RATE
BLOCK = Spectrogram(WINDOW, HOP, 1500.0, "power", "detector", None, "hilbert-huang")
AXES = grid(BLOCK, RATE)


def spectrum(series, rows=94):
    """The power of one series in each row and frame, before rows are scaled."""
    return hilbert_huang.spectrum(np.asarray(series, np.float32), WINDOW, HOP, rows)


def noise(seconds, seed=0):
    return np.random.default_rng(seed).standard_normal((seconds, RATE)).astype(np.float32)


def test_white_noise_is_flat():
    """A mean power of 1; cells are uneven, so rows are taken by nines."""
    mean = hilbert_huang.power(noise(32), WINDOW, HOP, 94).mean(axis=0)
    assert mean.shape == (94, 31)
    assert mean.mean() == pytest.approx(1, abs=0.02)
    assert np.abs(mean[4:].reshape(10, 9, 31).mean(axis=(1, 2)) - 1).max() < 0.08
    assert np.abs(mean[:4].mean(axis=1) - 1).max() < 0.25
    assert np.abs(mean.mean(axis=0) - 1).max() < 0.1


def test_a_tone_is_in_its_row():
    for number, frequency in enumerate(np.arange(50.0, 1490.0, 97.3)):
        found = spectrum(np.sin(2 * np.pi * frequency * TIME + number))
        assert abs(BIN * found.sum(axis=1).argmax() - frequency) <= BIN / 2 + 0.5
        # Nothing is lost but half a frame at each end, and most is in the two rows beside it.
        beside = found[int(frequency // BIN) :][:2].sum()
        assert found.sum() == pytest.approx(RATE / 2 * 31 / 32, rel=0.005)
        assert beside > (0.88 if frequency > 1100 else 0.99) * found.sum()


@pytest.mark.parametrize(("start", "slope"), [(200.0, 1000.0), (1300.0, -900.0), (150.0, 400.0)])
def test_the_ridge_of_a_chirp_is_its_track(start, slope):
    chirp = np.sin(2 * np.pi * (start * TIME + slope / 2 * TIME**2))
    found = spectrum(chirp)
    assert np.abs(found.argmax(axis=0) - (start + slope * AXES.times) / BIN).max() <= 1
    assert found.sum() == pytest.approx(np.sum(chirp**2) * 31 / 32, rel=2e-3)


@pytest.mark.parametrize(("frequency", "width"), [(400.0, 0.01), (900.0, 0.005), (200.0, 0.02)])
def test_a_burst_is_as_long_as_it_is(frequency, width):
    """No window makes it longer: each frame has the square of the envelope within it."""
    away = (TIME - 0.503) / width
    burst = np.exp(-0.5 * away**2) * np.cos(2 * np.pi * frequency * TIME)
    found = spectrum(burst)
    expected = np.exp(-(away**2))[HOP // 2 : -HOP // 2].reshape(31, HOP).sum(axis=1) / 2
    assert np.abs(found.sum(axis=0) - expected).max() < 0.005 * expected.max()
    assert found.sum() == pytest.approx(np.sum(burst**2), rel=1e-3)
    assert abs(BIN * found.sum(axis=1).argmax() - frequency) <= BIN / 2


@pytest.mark.parametrize(("late", "share"), [(0, 1.0), (64, 0.5), (-64, 0.5)])
def test_a_click_is_in_its_frame(late, share):
    """At the edge of two frames, each has half of it."""
    click = np.zeros(RATE)
    click[2048 + late] = 1
    found = spectrum(click, 129).sum(axis=0)
    # Modes of a click overlap, so their energies add up to more than its own.
    assert found.sum() == pytest.approx(2.1, abs=0.1)
    found /= found.sum()
    assert found[15] == pytest.approx(share, abs=0.05)
    assert found[14] + found[15] + found[16] > 0.99


@pytest.mark.parametrize("amplitude", [0.0, 3.0])
def test_the_spectrum_is_that_of_scipy_by_hand(amplitude):
    """The modes, their analytic signals, and the turn of the phase in two samples, cell by cell."""
    chirp = amplitude * np.sin(2 * np.pi * (200 * TIME + 450 * TIME**2))
    series = (chirp + 0.3 * noise(1, 7)[0]).astype(np.float32)
    analytic = scipy.signal.hilbert(hilbert_huang.modes(series), axis=0)
    turn = np.angle(analytic[2:] * analytic[:-2].conj()) / 2
    expected = np.zeros((96, 31))
    edge, finer = 256 * 4, 4
    for mode in range(analytic.shape[1]):
        for at in range(64 * finer, (RATE - 64) * finer):
            row = abs(turn[at + edge - 1, mode]) * finer * WINDOW / (2 * np.pi)
            if row < 94:
                own = abs(analytic[at + edge, mode]) ** 2 / 2 / finer
                frame = (at // finer - 64) // HOP
                expected[int(row), frame] += own * (1 - row % 1)
                expected[int(row) + 1, frame] += own * (row % 1)
    found = spectrum(series)
    assert np.abs(found - expected[:94]).sum() < 0.005 * found.sum()


def test_batches_silence_and_small_changes():
    data = noise(2, 3)
    alone = [hilbert_huang.power(one, WINDOW, HOP, 94) for one in data]
    both = hilbert_huang.power(np.stack([data, np.zeros_like(data)]), WINDOW, HOP, 94)
    assert both.dtype == np.float32
    np.testing.assert_array_equal(both[0], alone)
    assert not both[1].any()
    # A sample that is built again is the same but for rounding.
    other = hilbert_huang.power(data * np.float32(1 + 1e-6), WINDOW, HOP, 94)
    assert np.abs(np.sqrt(other) - np.sqrt(both[0])).max() < 1e-3 * np.sqrt(both[0].max())
    # At half of the rate, with half of the window, the grid is the same.
    small = hilbert_huang.power(noise(4, 4)[:, ::2], WINDOW // 2, HOP // 2, 65)
    assert small.shape == (4, 65, 31)
    assert small[:, 5:60].mean() == pytest.approx(1, abs=0.15)


def test_loggers_stay_as_they_are(root):
    """The import of emd alone would switch them off."""
    code = (
        f"import logging, sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "on, off = logging.getLogger('on'), logging.getLogger('off')\n"
        "off.disabled = True\n"
        "import ccsncam.samples.representations.hilbert_huang\n"
        "print(on.disabled, off.disabled, logging.getLogger('emd').level)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", str(logging.WARNING)]


class Counted:
    """A quick stand-in for the transform, which fails after some calls."""

    def __init__(self, monkeypatch, most=1000):
        self.calls, self.most = 0, most
        monkeypatch.setattr(hilbert_huang, "power", self)

    def __call__(self, strain, window, hop, rows):
        if self.calls == self.most:
            raise KeyboardInterrupt
        self.calls += 1
        return stft.power(strain, window, hop, rows)


def test_what_was_transformed_is_kept(tmp_path, monkeypatch):
    counted, door, data = Counted(monkeypatch), Kept(tmp_path / "x.h5"), noise(6).reshape(2, 3, -1)
    powers = door(data, BLOCK, RATE)
    amplitudes = door(data, dataclasses.replace(BLOCK, scale="amplitude"), RATE)
    np.testing.assert_allclose(amplitudes**2, powers, rtol=1e-5)
    door(data, dataclasses.replace(BLOCK, normalisation="none"), RATE)
    assert counted.calls == 1
    # Another strain, other frames, and a change of the transform are another thing.
    door(data[::-1], BLOCK, RATE)
    door(data, dataclasses.replace(BLOCK, f_max=1000.0), RATE)
    monkeypatch.setattr(kept.Code, "digest", lambda *_: "another")
    door(data, BLOCK, RATE)
    assert counted.calls == 4
    # What is damaged is made again.
    for path in (tmp_path / "transforms").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    np.testing.assert_array_equal(door(data, BLOCK, RATE), powers)
    assert counted.calls == 5
    # Quick ones are not kept.
    quick = dataclasses.replace(BLOCK, kind="wdm")
    np.testing.assert_array_equal(door(data, quick, RATE), spectrogram.magnitude(data, quick, RATE))
    assert len(list((tmp_path / "transforms").iterdir())) == 4


@pytest.fixture(scope="module")
def sampling(config):
    own = Sampling.of(config)
    return dataclasses.replace(own, spectrogram=dataclasses.replace(BLOCK, scale="amplitude"))


def test_a_killed_build_goes_on(made, sampling, tmp_path, monkeypatch):
    """Also after a change of other code, which makes the data set again."""
    monkeypatch.setattr(building, "BATCH", 4)

    def build(folder, most=1000):
        path, counted = tmp_path / folder / "train-x.h5", Counted(monkeypatch, most)
        path.parent.mkdir(exist_ok=True)
        inputs = Inputs.read(made.waveforms, made.noise, sampling, Kept(path))
        try:
            building.build(path, inputs, 1, "train-x", 8, by_snr(20, 50), "test")
        except KeyboardInterrupt:
            assert not path.exists()
            return None, counted.calls
        return path.read_bytes(), counted.calls

    whole = build("a")
    assert whole[1] == 8
    assert build("b", most=5)[1] == 5
    assert build("b") == (whole[0], 3)
    assert build("b") == (whole[0], 0)


def test_samples_are_taken_apart(made, sampling, tmp_path):
    """Masks come from the same transform of the signal without noise; modes are removed."""
    data, parts = tmp_path / "train-x.h5", tmp_path / "parts.h5"
    inputs = Inputs.read(made.waveforms[:1], made.noise, sampling, Kept(data))
    building.build(data, inputs, 1, "train-x", 1, by_distance(0.5), "test")
    take_apart(parts, inputs, data, 1)
    with h5py.File(parts) as apart:
        power, signal = apart["mode_power"][0, 0], apart["signal_power"][0]
        without, whole = apart["without_fixed"][0, 0], DataSet.open(data).images()[1]
    assert signal.shape == whole.shape == (94, 31, 3)
    assert (signal >= 0).all()
    # Where most of the power of its g-mode lies, the image without it has lost brightness.
    cells = np.moveaxis(masks.mask(np.moveaxis(power, -1, 0)), 0, -1)
    assert 0 < cells.mean() < 0.2
    assert without[cells].mean() < 0.5 * whole[cells].mean()
    assert "emd" in DataSet.open(data).attributes()["versions"]


def test_what_would_take_days_is_refused():
    line = r"^scan: not with spectrogram.kind hilbert-huang, of which a core .* days: stop$"
    with pytest.raises(ValueError, match=line):
        affordable("hilbert-huang", "scan", "stop")
    affordable("wdm", "scan", "stop")
    with pytest.raises(ValueError, match=r"^transform of single windows: not with .* kind$"):
        spectrogram.windows(noise(1), np.array([0]), BLOCK, RATE)
    assert "hilbert-huang" not in possible(WINDOW, HOP, RATE)


def test_the_cost_is_said_before_it_is_paid(config):
    """The paper's 10 classes, three detectors; five samples a second."""
    quick = config | {"saliency": {"distance": 1, "distances": [1, 5], "per_class": 100}}
    quick |= {"classes": [str(number) for number in range(10)], "detectors": ["H1", "L1", "V1"]}
    quick["datasets"] = {
        **{"train_bands": [[1, 2]] * 3, "distances": [1, 2, 3, 4]},
        **{"train_per_class": 1000, "validation_per_class": 1000, "test_per_class": 500},
    }
    slow = quick | {"spectrogram": dict(config["spectrogram"], kind="hilbert-huang")}
    assert costs.warnings(quick) == []
    # 10 · (3000 + 1000 + 2000) samples, and 9 · 100 · 9 parts of each of two test sets.
    (line,) = costs.warnings(slow)
    assert "takes about 4.2 hours of one core" in line
    few = slow | {"datasets": slow["datasets"] | {"train_per_class": 10, "test_per_class": 10}}
    assert "takes about 90 minutes of one core" in costs.warnings(few)[0]
    assert costs.words(quick) == ""
    assert costs.words(slow) == " (hilbert-huang: about 5 samples a second)"
    assert costs.words(slow | {"detectors": ["H1"]}).endswith("about 15 samples a second)")
    assert costs.of_building(quick, "1h") == "1h"
    # Ten thousand samples, three times as slow as here, and an hour.
    assert costs.of_building(slow, "1h") == 160
    assert costs.of_taking_apart(slow, "30m") == 60 + 81
