"""Noise files: what is written and read, and the pieces that detectors share."""

import h5py
import numpy as np
import pandas as pd
import pytest

from ccsncam.noise.reasons import kept_stretches
from ccsncam.noise.store import (
    Noise,
    NoiseFacts,
    NoiseHeader,
    Pieces,
    common_pieces,
    common_starts,
    read_stretches,
    welch_asd,
    write_noise,
)

FACTS = {
    "split": "test",
    "source": "files",
    "description": "strain cut from files",
    "quality": "DATA",
    "sample_rate": 4.0,
    "delta_f": 0.5,
    "estimation_bias": 1.0,
    "corrupted": 1.0,
}


def write(path, starts, *, size=16, count=None, glitches=None):
    """Write a small noise file in two batches, of pieces of 4 s and spectra of 5 values."""
    facts = NoiseFacts(detector=path.stem[-2:], live_time=4.0 * len(starts), **FACTS)
    random = np.random.default_rng(0)
    batches = [
        Pieces(
            gps_start=np.asarray(some, dtype=np.float64),
            strain=random.standard_normal((len(some), size)).astype(np.float32),
            whitened=random.standard_normal((len(some), size)).astype(np.float32),
            psd=random.random((len(some), 5)),
            whitening=random.random((len(some), 5)),
            welch_psd=random.random((len(some), 5)),
            glitches=glitches,
        )
        for some in (starts[:2], starts[2:])
        if len(some)
    ]
    stretches = kept_stretches(np.sort(starts), 4.0)
    write_noise(path, facts, len(starts) if count is None else count, batches, stretches)
    return batches


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "test-H1.h5"
    glitches = pd.DataFrame({"gps": [1.5], "snr": [8.0], "frequency": [60.0], "kind": ["blip"]})
    batches = write(path, [0.0, 4.0, 12.0], glitches=glitches)
    noise = Noise.read(path, strain=True)
    for name in ("gps_start", "strain", "whitened", "psd"):
        expected = np.concatenate([getattr(pieces, name) for pieces in batches])
        np.testing.assert_array_equal(getattr(noise, name), expected)
    assert Noise.read(path).strain is None
    header = NoiseHeader.read(path)
    assert (header.detector, header.split, header.source) == ("H1", "test", "files")
    assert (header.description, header.quality) == ("strain cut from files", "DATA")
    assert (header.sample_rate, header.delta_f, header.corrupted) == (4.0, 0.5, 1.0)
    assert (header.live_time, header.duration) == (12.0, 4.0)
    pd.testing.assert_frame_equal(
        header.glitches, pd.concat([glitches, glitches], ignore_index=True)
    )
    expected = [[0.0, 8.0, "kept"], [12.0, 16.0, "kept"]]
    assert header.stretches.to_numpy().tolist() == expected
    assert header.selection.to_numpy().tolist() == [["kept", 12.0]]
    frequency, asd = welch_asd(path)
    np.testing.assert_array_equal(frequency, [0, 0.5, 1, 1.5, 2])
    psd = np.concatenate([pieces.welch_psd for pieces in batches])
    np.testing.assert_array_equal(asd, np.sqrt(np.median(psd, axis=0)))


def test_a_file_is_whole_or_is_not_there(tmp_path):
    path = tmp_path / "test-H1.h5"
    with pytest.raises(ValueError, match=r"test-H1.h5: 3 pieces of noise came, 4 were announced"):
        write(path, [0.0, 4.0, 12.0], count=4)
    assert not path.exists()


def test_what_is_no_noise_file(tmp_path):
    (tmp_path / "bad.h5").write_text("")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["gps_start"] = [0.0]
    for name in ("bad.h5", "other.h5", "gone.h5"):
        for read in (Noise.read, NoiseHeader.read, read_stretches, welch_asd):
            with pytest.raises(
                ValueError, match=rf"{name}: not a whole file of this workflow"
            ) as caught:
                read(tmp_path / name)
            assert "\n" not in str(caught.value)


def test_common_pieces():
    first, second = np.array([3.0, 1.0, 2.0, 9.0]), np.array([2.0, 3.0, 5.0, 9.0])
    mine, theirs = common_pieces([first, second])
    np.testing.assert_array_equal(first[mine], [2, 3, 9])
    np.testing.assert_array_equal(second[theirs], [2, 3, 9])
    with pytest.raises(ValueError, match="coincident: no piece of noise has all 2"):
        common_pieces([first, second + 0.5])


def test_stretches_of_coincident_noise(tmp_path):
    paths = [tmp_path / "test-H1.h5", tmp_path / "test-L1.h5"]
    for path, starts in zip(paths, ([0.0, 4.0, 12.0], [4.0, 8.0]), strict=True):
        write(path, starts)
    common = common_starts(paths)
    assert {split: starts.tolist() for split, starts in common.items()} == {"test": [4.0]}
    table = read_stretches(paths[0], common)
    assert table[["start", "end", "reason"]].to_numpy().tolist() == [
        [0.0, 4.0, "another detector off"],
        [4.0, 8.0, "kept"],
        [12.0, 16.0, "another detector off"],
    ]
    assert set(table["quality"]) == {"DATA"}
    # A split in which the detectors share no piece.
    table = read_stretches(paths[0], {"test": np.array([])})
    assert table[["start", "end", "reason"]].to_numpy().tolist() == [
        [0.0, 8.0, "another detector off"],
        [12.0, 16.0, "another detector off"],
    ]
    alone = read_stretches(paths[0])
    assert list(alone) == ["split", "detector", "source", "quality", "start", "end", "reason"]
    assert alone.iloc[0].tolist() == ["test", "H1", "files", "DATA", 0.0, 8.0, "kept"]
