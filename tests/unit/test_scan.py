"""A stretch of strain is searched: windows, gaps, candidates, and who sees them."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from ccsncam.config.moment import Moment, Scan
from ccsncam.moment.span import LEAD
from ccsncam.noise import whitening
from ccsncam.samples.spectrogram import magnitude
from ccsncam.scan import listening
from ccsncam.scan.searching import Ear, search
from ccsncam.scan.store import ScanPart
from ccsncam.scan.strain import DetectorStrain

RATE, START, LENGTH = 4096, 1_000_000_000, 150
# Three times 128 samples: 32 windows are 3 s.
STEP = 3 * 128
DETECTORS = ("H1", "L1")


class Bright:
    """A network that finds one bright spot in any detector: such an image has a low mean.

    The images of white noise have a mean of about 0.27, so that their statistic is about -5.
    """

    @staticmethod
    def forward(images, target):
        score = 40 * (0.15 - images.mean(axis=(1, 2))).max(axis=1)
        values = np.stack([np.zeros_like(score), score, score - 1], axis=1)
        return SimpleNamespace(numpy=lambda: values.astype(np.float32))


@pytest.fixture(scope="module")
def scan(config):
    """Settings of a scan of two detectors."""
    blocks = {key: config[key] for key in ("seed", "whitening", "signal", "spectrogram")}
    blocks |= {key: config["moment"][key] for key in ("span", "step", "missing")}
    asked = {"channel": "", "plain": {}, "quality": ["DATA"], "injections": ["NO_CBC_HW_INJ"]}
    moment = Moment.of(
        {**blocks, "files": asked, "segment_duration": 64, "detectors": list(DETECTORS)}
    )
    return Scan(moment=moment, stride=3, cluster=1.0, lowest=0.0)


def burst(snr, at, frequency=300.0):
    """A sine-Gaussian of this SNR in white noise of unit variance, in `LENGTH` seconds."""
    time = np.arange(LENGTH * RATE) / RATE - at
    shape = np.exp(-((time / 0.01) ** 2)) * np.sin(2 * np.pi * frequency * time)
    return snr * shape / np.sqrt(np.sum(shape**2))


def noise_of(detector):
    """White noise, the same for the same detector."""
    return np.random.default_rng(ord(detector[0])).standard_normal(LENGTH * RATE)


@pytest.fixture
def put(scan, tmp_path):
    """Writes whitened series of detectors as strain, and gives what a search takes."""

    def write(start=START, **series):
        plain, paths = {}, {}
        for detector, data in series.items():
            path = tmp_path / f"{detector}.h5"
            with h5py.File(path, "w") as file:
                file["strain"] = 1e-21 * data
            entry = {"detector": detector, "start": start, "dataset": "strain"}
            plain[path.name] = entry | {"sample_rate": RATE}
            paths[detector] = [path]
        files = replace(scan.moment.files, plain=plain)
        own = replace(scan, moment=replace(scan.moment, files=files))
        strain = {
            name: DetectorStrain(name, paths.get(name, []), RATE, files) for name in DETECTORS
        }
        return Ear(Bright, 3, strain, own)

    return write


def whole(ear, start=START, end=START + LENGTH - 1):
    return search(ear, start, end)


def test_signals_are_found_at_their_times_and_in_the_order_of_their_snr(put):
    signals = {20.3: 40.0, 61.7: 80.0, 130.2: 25.0}
    data = {
        name: noise_of(name) + sum(burst(snr, at) for at, snr in signals.items())
        for name in DETECTORS
    }
    part = whole(put(**data))
    found = part.candidates
    assert len(found) == 3
    # The window with the loudest statistic holds the signal.
    for gps, at in zip(found.gps, signals, strict=True):
        assert START + at - 1 < gps - LEAD < START + at
    assert np.argsort(found.statistic).tolist() == [2, 0, 1]
    assert (found.seconds == 64).all()
    # Each detector suffices, and without one the other is left.
    assert (found.alone > 0).all()
    assert (found.without > 0).all()
    assert np.isnan(found.redrawn).all()
    assert set(found.quality.ravel()) == {
        "unknown, no quality mask in the file; unknown, no injection mask in the file"
    }
    # Of 150 s, the filter spoils one at each end; the last window begins 1 s before.
    on = part.seconds.all(axis=1)
    begins = (part.first + np.flatnonzero(on)) * STEP / RATE - START
    assert begins.min() == pytest.approx(1, abs=STEP / RATE)
    assert begins.max() == pytest.approx(LENGTH - 2, abs=STEP / RATE)
    assert on.sum() == len(begins) == round((begins.max() - begins.min()) * RATE / STEP) + 1
    # Noise alone stays far below.
    quiet = np.ones(len(part.statistic), bool)
    for at in signals:
        quiet &= np.abs((part.first + np.arange(len(quiet))) * STEP / RATE - START - at) > 2
    assert part.statistic[quiet].max() < -1


def test_a_glitch_in_one_detector_is_seen_in_one_only(put):
    part = whole(put(H1=noise_of("H1") + burst(50, 70), L1=noise_of("L1")), START + 65, START + 75)
    (alone,), (without,) = part.candidates.alone, part.candidates.without
    assert alone[0] > 0 > alone[1]
    assert without[1] > 0 > without[0]


def test_parts_give_what_the_whole_gives(put):
    """Also where a cluster lies across the border of two parts, and a detector is off."""
    border = 75.0
    away = noise_of("L1") + burst(30, 57)
    away[60 * RATE : 100 * RATE] = np.nan
    ear = put(H1=noise_of("H1") + burst(30, border + 0.4) + burst(20, border - 0.7), L1=away)
    ends = START + 55, START + border, START + 105
    one = whole(ear, ends[0], ends[2])
    parts = [whole(ear, *pair) for pair in pairwise(ends)]
    for name in ("statistic", "seconds"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(part, name) for part in parts]), getattr(one, name)
        )
    for name in ("gps", "statistic", "logits", "alone", "without", "redrawn", "seconds"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(part.candidates, name) for part in parts]),
            getattr(one.candidates, name),
        )
    assert parts[0].first + len(parts[0].statistic) == parts[1].first


def test_gaps_are_left_out_and_short_stretches_too(put):
    data = noise_of("L1")
    data[40 * RATE : 43 * RATE] = np.nan
    # 7 s are too few for a PSD of windows of 4 s, 9 s suffice; a filling is no strain.
    data[50 * RATE : 60 * RATE] = 0.0
    data[69 * RATE : 70 * RATE] = np.nan
    part = whole(put(L1=data))
    begins = (part.first + np.arange(len(part.statistic))) * STEP / RATE - START
    expected = np.zeros(len(begins), int)
    for first, last, seconds in ((0, 40, 40), (60, 69, 9), (70, 150, 64)):
        # The whitening filter spoils a second at each end, and a window is one second long.
        expected[(begins >= first + 1) & (begins + 1 <= last - 1)] = seconds
    np.testing.assert_array_equal(part.seconds[:, 1], expected)
    assert not part.seconds[:, 0].any()
    np.testing.assert_array_equal(np.isfinite(part.statistic), expected > 0)
    # H1 has no file at all, and noise takes its place.
    assert np.isnan(part.candidates.alone[:, 0]).all()


def test_windows_are_whitened_as_noise_is(put, scan):
    """Against the same steps by hand, for a piece on the grid of cells."""
    ear = put(H1=noise_of("H1"))
    moment, data = ear.scan.moment, 1e-21 * noise_of("H1")
    first, last = listening.windows_of(ear.scan, START + 64, START + 140)
    cell = next(c for c in listening.cells(ear.scan, first, last) if c.first == c.whole[0])
    # (64 - 2 - 1) · 4096 / 384 + 1 = 651 windows share a piece.
    assert cell.whole[1] - cell.whole[0] == 651
    begin = cell.begin - START * RATE
    assert begin == cell.first * STEP - RATE - START * RATE
    piece = data[begin : begin + 64 * RATE].astype(np.float32)
    psd = whitening.welch_psd(piece, RATE, 4) * whitening.estimation_bias(len(piece), RATE, 4, 2)
    white = whitening.whiten(piece, whitening.whitening_fir(psd, 0.25, RATE, 2, 20, 2000))
    heard = listening.listen(ear.strain["H1"], cell, ear.scan)
    for row in (0, 1, 300):
        at = RATE + row * STEP
        seen = magnitude(white[None, at : at + RATE], moment.spectrogram, RATE)
        np.testing.assert_array_equal(heard.magnitude[row], seen)


@pytest.mark.parametrize("kind", ["multiresolution", "wdm", "strain"])
def test_windows_in_another_representation(put, kind):
    """Each is transformed by itself, and so is the noise that stands for a detector."""
    ear = put(H1=noise_of("H1"))
    scan = ear.scan
    block = replace(scan.moment.spectrogram, kind=kind)
    other = replace(scan, moment=replace(scan.moment, spectrogram=block))
    first, _ = listening.windows_of(scan, START + 40, START + 42)
    cell = next(listening.cells(scan, first, first + 20))
    for strain in ear.strain.values():
        seen = [listening.listen(strain, cell, one) for one in (scan, other)]
        np.testing.assert_array_equal(seen[0].seconds, seen[1].seconds)
        each = 3 if kind == "multiresolution" else 1
        size = (1, RATE) if kind == "strain" else (94, 31)
        assert seen[1].magnitude.shape == (len(cell.windows), each, *size)
        # White noise, in which the representations of a window are of one size.
        rows = [one.magnitude[..., 5 * (one.magnitude.shape[-2] > 1) :, :] for one in seen]
        sizes = [np.square(one).mean(axis=(1, 2, 3)) for one in rows]
        np.testing.assert_allclose(sizes[1], sizes[0], rtol=0.1)
        if kind == "multiresolution":
            middle = seen[1].magnitude[:, 1]
            np.testing.assert_allclose(middle, seen[0].magnitude[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("missing", ["noise", "black"])
def test_a_search_in_another_representation(put, missing):
    """L1 is off for a part of the time, and its three channels with it."""
    dark = []

    class First:
        """Sees the three channels of H1, and whether those of L1 are black."""

        @staticmethod
        def forward(images, target):
            assert images.shape[1:] == (94, 31, 6)
            dark.append(~images[..., 3:].any(axis=(1, 2)))
            return Bright.forward(images[..., :3], target)

    away = noise_of("L1")
    away[72 * RATE : 100 * RATE] = np.nan
    ear = put(H1=noise_of("H1") + burst(50, 70) + burst(60, 80), L1=away)
    moment = ear.scan.moment
    block = replace(moment.spectrogram, kind="multiresolution")
    scan = replace(ear.scan, moment=replace(moment, spectrogram=block, missing=missing))
    found = whole(replace(ear, network=First, scan=scan), START + 68, START + 82).candidates
    np.testing.assert_allclose(found.gps - START, [70, 80], atol=1)
    assert ((found.seconds > 0) == [[True, True], [True, False]]).all()
    assert (found.statistic > 0).all()
    # L1 is not there to be replaced at the second.
    assert np.isnan(found.alone).tolist() == [[False, False], [False, True]]
    seen = np.concatenate(dark)
    assert (seen == seen[:, :1]).all()
    assert seen.any() == (missing == "black")
    assert not seen.all()


def test_coherence_in_parts_and_without_a_detector(put):
    """A network that hears coherence alone: signals of both detectors, and no glitch of one."""

    class Alike:
        """Its statistic is the coherence above that of noise."""

        @staticmethod
        def forward(images, target):
            assert images.shape[1:] == (94, 31, 3)
            score = images[:, 0, 0, -1] - 7
            values = np.stack([np.zeros_like(score), score, score - 1], axis=1)
            return SimpleNamespace(numpy=lambda: values.astype(np.float32))

    away = noise_of("L1") + burst(60, 62.007) + burst(60, 87)
    away[70 * RATE : 80 * RATE] = np.nan
    ear = put(H1=noise_of("H1") + burst(60, 62) + burst(60, 75) + burst(60, 95), L1=away)
    moment = ear.scan.moment
    block = replace(moment.spectrogram, coherence=(41.0,))
    ears = {
        missing: replace(
            ear,
            network=Alike,
            scan=replace(ear.scan, moment=replace(moment, spectrogram=block, missing=missing)),
        )
        for missing in ("noise", "black")
    }
    ends = START + 58, START + 61.8, START + 98
    one = whole(ears["noise"], ends[0], ends[2])
    parts = [whole(ears["noise"], *pair) for pair in pairwise(ends)]
    statistic = np.concatenate([part.statistic for part in parts])
    np.testing.assert_array_equal(statistic, one.statistic)
    found = one.candidates
    np.testing.assert_allclose(found.gps - LEAD - START, [61.5], atol=0.6)
    # Noise in place of either detector is coherent with nothing.
    assert found.statistic > 5
    assert (found.alone < 0).all()
    assert (found.without < 0).all()
    # The strain of the window, whitened as it was.
    dark = whole(ears["black"], ends[0], ends[2])
    on = one.seconds.all(axis=1)
    np.testing.assert_array_equal(dark.statistic[on], one.statistic[on])
    assert not on.all()
    off = dark.statistic[~on & one.seconds.any(axis=1)]
    assert (off == off[0]).all()
    assert (off < one.statistic[~on & one.seconds.any(axis=1)]).all()


def test_chance_in_the_noise_that_stands_for_a_detector_is_told(put):
    """Another draw of the noise gives another statistic; that of the strain stays."""
    ear = put(H1=noise_of("H1") + burst(40, 70))
    near = START + 65, START + 85
    found = whole(ear, *near).candidates
    assert len(found) == 1
    assert found.redrawn == pytest.approx(found.statistic, abs=0.5)
    eager = replace(ear, scan=replace(ear.scan, lowest=-4.0))
    candidates = whole(eager, *near).candidates
    by_chance = candidates.redrawn < candidates.statistic - 0.5
    assert by_chance.any()
    black = replace(ear.scan.moment, missing="black")
    with np.errstate(all="raise"):
        part = whole(replace(ear, scan=replace(ear.scan, moment=black)), *near)
    assert np.isfinite(part.statistic).any()


def test_what_is_written_is_read(put, tmp_path):
    part = whole(put(H1=noise_of("H1") + burst(40, 70), L1=noise_of("L1")), START + 65, START + 75)
    part.write(tmp_path / "part.h5")
    again = ScanPart.read(tmp_path / "part.h5")
    assert (again.start, again.end, again.first) == (part.start, part.end, part.first)
    for name in ("statistic", "seconds"):
        np.testing.assert_array_equal(getattr(again, name), getattr(part, name))
    for name, values in vars(part.candidates).items():
        np.testing.assert_array_equal(getattr(again.candidates, name), values)
    bytes_of = (tmp_path / "part.h5").read_bytes()
    part.write(tmp_path / "part.h5")
    assert (tmp_path / "part.h5").read_bytes() == bytes_of


def test_files_are_opened_when_their_time_comes(scan, tmp_path, monkeypatch):
    """And two that overlap must hold the same strain."""
    plain = {}
    for number in range(4):
        path = tmp_path / f"{number}.h5"
        with h5py.File(path, "w") as file:
            file["strain"] = 1e-21 * np.random.default_rng(number).standard_normal(16 * RATE)
        entry = {"detector": "H1", "start": START + 16 * number, "dataset": "strain"}
        plain[path.name] = entry | {"sample_rate": RATE}
    files = replace(scan.moment.files, plain=plain)
    strain = DetectorStrain("H1", [tmp_path / name for name in plain], RATE, files)
    assert np.isfinite(strain.read(START + 10, 10)).all()
    opened = strain._open
    assert [Path(path).name for path in opened] == ["0.h5", "1.h5"]
    assert np.isfinite(strain.read(START + 40, 5)).all()
    held = [path.name for path, file in opened.items() if file._strain is not None]
    assert held == ["2.h5"]
    assert np.isnan(strain.read(START + 60, 8)).sum() == 4 * RATE
    plain["1.h5"]["start"] = START + 8
    with pytest.raises(ValueError, match=r"0\.h5 and .*1\.h5 hold different strain of H1"):
        DetectorStrain("H1", list(strain._paths), RATE, files).read(START, 20)


def real_ear(scan, files):
    """What a search takes of real files under GWOSC's names."""
    asked = replace(scan.moment.files, channel="{detector}:GWOSC-4KHZ_R1_STRAIN")
    own = replace(scan, moment=replace(scan.moment, files=asked))
    strain = {name: DetectorStrain(name, files.get(name, []), RATE, asked) for name in DETECTORS}
    return Ear(Bright, 3, strain, own)


def test_real_strain_with_a_merger(scan, real_data):
    """GW150914 is the loudest; in L1, where it is fainter, it still stands out of the noise."""
    folder = real_data / "strain/gw150914"
    files = {f"{path.name[0]}1": [path] for path in folder.glob("*.hdf5")}
    part = whole(real_ear(scan, files), 1126259446, 1126259477)
    top = part.candidates.of(part.candidates.statistic.argmax())
    assert 1126259461.4 < top.gps < 1126259462.5
    assert top.alone[0] > 0
    assert top.alone[1] > np.quantile(part.statistic[np.isfinite(part.statistic)], 0.9)
    assert (top.seconds == 32).all()
    assert set(top.quality) == {"DATA, NO_CBC_HW_INJ set"}


def test_real_strain_of_o3b(scan, real_data):
    (path,) = (real_data / "strain/o3b_h1").glob("*.gwf")
    part = whole(real_ear(scan, {"H1": [path]}), 1266281937, 1266282064)
    # 128 s less a second at each end and a window: 125 s of windows 0.09375 s apart.
    assert np.isfinite(part.statistic).sum() == 1334
    assert part.seconds[:, 0].max() == 64
    # The loudest window is no chance in the noise that stands for L1.
    top = part.candidates.of(part.candidates.statistic.argmax())
    assert top.alone[0] == pytest.approx(top.statistic, abs=0.5)
