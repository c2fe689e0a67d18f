"""Noise files as the rule select_noise makes them."""

import hashlib

import h5py
import numpy as np
import pytest
from jobs import make_job
from strain_files import CHANNEL, START, gwosc

import select_noise
from ccsncam.noise import folder, whitening
from ccsncam.noise.store import Noise

RATE = 4096
PSD = "aLIGOO3LowT1800545"
KINDS = {"blip": 0.4, "tomte": 0.2, "scattered_light": 0.25, "whistle": 0.15}


def job(path, detector="L1", f_max=2000.0, inputs=(), **noise):
    """A job of the rule select_noise."""
    block = {
        "source": "simulated",
        "segment_duration": 16,
        "ranges": [[START, START + 400]],
        "simulated": {
            "live_time": 320,
            "psd": PSD,
            "lines": True,
            "glitches": 3.0,
            "glitch_kinds": KINDS,
            "glitch_snr": [6.5, 100.0],
        },
        **noise,
    }
    return make_job(
        path,
        "select_noise",
        {"files": list(inputs)},
        path / f"train-{detector}.h5",
        noise=[block],
        signal={"sample_rate": RATE, "f_min": 20.0, "f_max": f_max},
        whitening={"psd_duration": 4, "filter_duration": 2},
        seed=1,
        split="train",
        detectors=[detector],
    )


def cut(path, ranges, strain=None, quality=(), injections=(), **more):
    """A job that cuts noise of H1 from the files of a folder, by default that of the job."""
    return job(
        path,
        "H1",
        inputs=folder.files_for(strain or path, "H1", ranges),
        source="files",
        ranges=ranges,
        simulated=None,
        files={"channel": CHANNEL, "quality": quality, "injections": injections, "plain": {}},
        **more,
    )


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def test_simulated_noise_file(tmp_path):
    task = job(tmp_path)
    select_noise.main(task)
    first = digest(task.output[0])
    noise = Noise.read(task.output[0], strain=True)
    assert (noise.detector, noise.split, noise.source) == ("L1", "train", "simulated")
    assert noise.description == f"simulated noise ({PSD})"
    assert noise.whitened.shape == noise.strain.shape == (20, 16 * RATE)
    assert noise.whitened.dtype == noise.strain.dtype == np.float32
    assert np.isfinite(noise.whitened).all()
    assert noise.psd.shape == (20, 2 * RATE + 1)
    assert (noise.delta_f, noise.corrupted, noise.live_time) == (0.25, 1.0, 320.0)
    np.testing.assert_array_equal(noise.gps_start, START + 16.0 * np.arange(20))
    assert len(noise.glitches) > 3
    assert set(noise.glitches["kind"]) <= set(KINDS)
    assert noise.glitches["gps"].is_monotonic_increasing
    assert noise.selection.to_numpy().tolist() == [["kept", 320.0]]
    # On the file, not in memory; nobody writes to it.
    assert isinstance(noise.whitened, np.memmap)
    assert not noise.whitened.flags.writeable
    with h5py.File(task.output[0]) as file:
        np.testing.assert_array_equal(noise.whitened, file["whitened"][()])
    assert Noise.read(task.output[0]).strain is None
    # The stored PSD is the one the whitening used.
    response = np.sqrt(2 / (RATE * noise.psd))
    taps = np.roll(np.fft.irfft(response, axis=-1), RATE, axis=-1)[:, : 2 * RATE]
    again = whitening.whiten(noise.strain, taps)
    np.testing.assert_allclose(again, noise.whitened, atol=2e-3)
    select_noise.main(task)
    assert digest(task.output[0]) == first
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["select_noise.log", "train-L1.h5"]


def test_noise_file_of_files(tmp_path):
    gwosc(tmp_path, duration=64, gaps=[(40, 41)])
    task = cut(tmp_path, [[START, START + 64]], quality=["DATA"])
    select_noise.main(task)
    noise = Noise.read(task.output[0])
    assert noise.source == "files"
    np.testing.assert_array_equal(noise.gps_start - START, [0, 16, 48])
    assert len(noise.glitches) == 0
    assert dict(noise.selection.to_numpy()) == {
        "kept": 48.0, "NaN or infinite": 1.0, "piece not whole": 15.0,
    }  # fmt: skip
    log = (tmp_path / "select_noise.log").read_text()
    assert "are kept" not in log
    assert "signal.f_max = 2000 Hz: above 1700 Hz the anti-alias filter" in log
    inner = noise.whitened[:, RATE:-RATE].astype(np.float64)
    assert inner.var() == pytest.approx(1 - 17.5 / 2048 - 24 / 2048, abs=0.015)


def test_ranges_that_hardly_hold_strain_are_said(tmp_path):
    gwosc(tmp_path, duration=64)
    task = cut(tmp_path, [[START, START + 640]])
    select_noise.main(task)
    assert (
        "train, H1: 64 of 640 s of noise.ranges are kept; the rest: 576 s no file"
        in (tmp_path / "select_noise.log").read_text()
    )


def test_pieces_must_be_long_enough_for_the_whitening(tmp_path):
    with pytest.raises(ValueError, match="6 s is too short: a piece has at least 11 s"):
        select_noise.main(job(tmp_path, segment_duration=6))


def test_real_gwf(tmp_path, real_data):
    begin = 1266281937
    ranges = [[begin, begin + 64], [begin + 96, begin + 128]]
    task = cut(
        tmp_path,
        ranges,
        real_data / "strain/o3b_h1",
        ["DATA", "BURST_CAT2"],
        ["NO_CBC_HW_INJ"],
        f_max=1600.0,
    )
    select_noise.main(task)
    noise = Noise.read(task.output[0])
    np.testing.assert_array_equal(noise.gps_start - begin, [0, 16, 32, 48, 96, 112])
    asd = np.sqrt(np.median(noise.psd, axis=0))
    assert 5e-24 < asd[4 * 100] < 2e-23
    inner = noise.whitened[:, RATE:-RATE].astype(np.float64)
    # Band passed, lines notched; one piece holds a loud glitch of the detector.
    assert np.median(inner.var(axis=1)) == pytest.approx(0.78, abs=0.05)
    grid = np.arange(14 * RATE // 2 + 1) / 14
    power = np.abs(np.fft.rfft(inner)) ** 2 / inner.shape[1]
    quiet = power[:, (grid > 70) & (grid < 290)].mean(axis=1)
    assert np.median(quiet) == pytest.approx(1, abs=0.05)
    assert noise.selection["seconds"].sum() == 96
    assert "1 of 1 files have no quality mask" in noise.quality


@pytest.mark.parametrize(
    ("seconds", "duration", "words"),
    [
        (8, 16, r"has 8 s: a piece has at least 11 s .*: set whitening.psd_duration to 2 and"),
        (7, 16, r"has 7 s: a piece has at least 11 s .*: take other ranges or longer files"),
        (12, 16, r"has 12 s: set noise.segment_duration to at most 12"),
        (17, 16, r"has 17 s: begin the range at GPS 1000000003$"),
    ],
)
def test_what_can_be_done_with_short_strain_is_said(tmp_path, seconds, duration, words):
    gwosc(tmp_path, start=START + 3, duration=seconds)
    # Only the second piece of the grid can hold the longest of these files.
    ranges = [[START - 10, START + 40]]
    with pytest.raises(ValueError, match=words) as error:
        select_noise.main(cut(tmp_path, ranges, segment_duration=duration))
    assert "\n" not in str(error.value)
