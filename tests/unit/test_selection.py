"""Good pieces of files of strain, and why other seconds are lost."""

import h5py
import numpy as np
import pytest
from strain_files import RATE, START, access, gwosc, scan, seconds

from ccsncam.noise.selection import NoPiece, read_files, read_stretch, stretch_quality
from ccsncam.noise.strain_file import open_files


def test_what_the_masks_say_of_a_moment(tmp_path):
    gwosc(tmp_path, no_cat2=[14, 15], injected=[18])
    bits = {"quality": ["DATA", "BURST_CAT2"], "injections": ["NO_CBC_HW_INJ"]}
    files = list(open_files(tmp_path.iterdir(), "H1", RATE, access("")))

    def said(start, end):
        return stretch_quality(files, START + start, START + end, **bits)

    assert said(2.5, 6.5) == "DATA, BURST_CAT2, NO_CBC_HW_INJ set"
    assert said(13.2, 17.2) == "bit BURST_CAT2 not set in 2 of 5 s"
    assert (
        said(15.9, 18.1)
        == "bit BURST_CAT2 not set in 1 of 4 s; bit NO_CBC_HW_INJ not set in 1 of 4 s"
    )
    assert said(30, 34) == "no file in 2 of 4 s"


def test_what_masks_that_are_absent_say_of_a_moment(tmp_path):
    gwosc(tmp_path, masks=False)
    files = list(open_files(tmp_path.iterdir(), "H1", RATE, access("")))
    said = stretch_quality(files, START + 2, START + 3, ["DATA"], ["NO_CBC_HW_INJ"])
    assert said == "unknown, no quality mask in the file; unknown, no injection mask in the file"
    assert stretch_quality(files, START + 2, START + 3, [], []) == "no bit to be set"


def test_a_stretch_is_read_whatever_its_quality(tmp_path):
    first = gwosc(tmp_path, gaps=[(30, 31)], not_data=[29])
    second = gwosc(tmp_path, start=START + 32, seed=1)
    files = list(open_files(sorted(tmp_path.iterdir()), "H1", RATE, access()))
    data = read_stretch(files, START + 28.5, 40, RATE)
    both = np.concatenate([first, second])[round(28.5 * RATE) :]
    np.testing.assert_array_equal(data[: len(both)], both)
    assert np.isnan(data[len(both) :]).all()
    assert len(data) == 40 * RATE


def test_bad_seconds_are_cut_and_counted(tmp_path):
    first = gwosc(tmp_path, gaps=[(5, 6)], not_data=[10], no_cat2=[14], injected=[18])
    second = gwosc(tmp_path, start=START + 32, seed=1)
    gwosc(tmp_path, start=START + 32, detector="L1")
    # From 2 s on: pieces begin at 2, 6, …; the files join at 32, a piece lies across.
    ranges = [[START + 2, START + 71]]
    selection = scan(tmp_path, ranges, leave_out=[(START + 50.5, START + 51, "excluded")])
    assert seconds(selection) == {
        "kept": 40.0,
        "NaN or infinite": 1.0,
        "bit DATA not set": 1.0,
        "bit BURST_CAT2 not set": 1.0,
        "bit NO_CBC_HW_INJ not set": 1.0,
        "excluded": 1.0,
        "no file": 7.0,
        "piece not whole": 17.0,
    }
    pieces = [6, 22, 26, 30, 34, 38, 42, 46, 54, 58]
    # 10 and 14 and 18 lie in pieces of their own: 10-13, 14-17, 18-21.
    np.testing.assert_array_equal(selection.gps_start - START, pieces)
    batches = list(read_files(selection, 4, batch=3))
    assert [len(starts) for starts, _ in batches] == [3, 3, 3, 1]
    got = np.concatenate([data for _, data in batches])
    both = np.concatenate([first, second])
    for row, begin in zip(got, pieces, strict=True):
        expected = both[begin * RATE : (begin + 4) * RATE].astype(np.float32)
        np.testing.assert_array_equal(row, expected)
    assert all(file._strain is None for file in selection.files)


def test_ranges_have_their_own_grid_and_masks_may_be_absent(tmp_path, caplog):
    gwosc(tmp_path, masks=False)
    selection = scan(tmp_path, [[START + 1, START + 6], [START + 11, START + 16]])
    np.testing.assert_array_equal(selection.gps_start - START, [1, 11])
    assert seconds(selection) == {"kept": 8.0, "piece not whole": 2.0}
    assert "1 of 1 files have no quality mask" in selection.quality
    assert "1 of 1 files have no injection mask" in caplog.text


def test_a_second_across_two_of_the_masks_needs_both(tmp_path):
    gwosc(tmp_path, not_data=[10])
    selection = scan(tmp_path, [[START + 0.5, START + 31.5]], duration=1)
    assert seconds(selection) == {"kept": 29.0, "bit DATA not set": 2.0}


def test_of_two_files_the_first_counts_and_no_file_stays(tmp_path):
    whole = gwosc(tmp_path)
    gwosc(tmp_path, gaps=[(20, 22)])
    gwosc(tmp_path, start=START + 16, seed=1, begins=whole[16 * RATE :])
    window = (START + 47, START + 50, "event GW200311_115853")
    selection = scan(tmp_path, [[START, START + 60]], duration=1, leave_out=[window])
    assert seconds(selection) == {
        "kept": 45.0, "NaN or infinite": 2.0, "event GW200311_115853": 1.0, "no file": 12.0,
    }  # fmt: skip


def test_constant_filling_is_a_gap(tmp_path):
    gwosc(tmp_path)
    path = next(tmp_path.iterdir())
    with h5py.File(path, "a") as file:
        file["strain/Strain"][4 * RATE : 8 * RATE] = 0
    assert seconds(scan(tmp_path, [[START, START + 12]])) == {"kept": 8.0, "constant strain": 4.0}


def test_events_are_left_out(tmp_path):
    gwosc(tmp_path)
    window = (START + 9.7, START + 11.7, "event GW200311_115853")
    selection = scan(tmp_path, [[START, START + 32]], leave_out=[window])
    np.testing.assert_array_equal(selection.gps_start - START, [0, 4, 12, 16, 20, 24, 28])
    rows = [
        [first - START, last - START, why] for first, last, why in selection.stretches.to_numpy()
    ]
    assert rows == [
        [0, 8, "kept"],
        [8, 9, "piece not whole"],
        [9, 12, "event GW200311_115853"],
        [12, 32, "kept"],
    ]


@pytest.mark.parametrize(
    ("written", "asked", "message"),
    [
        ({"says": "L1"}, {}, r"H-H1.*hdf5: holds strain of L1, its name says H1"),
        ({"gps": START + 1}, {}, r"H-H1.*: begins at GPS 1000000001"),
        ({"xstart": START + 1}, {}, r"H-H1.*: begins at GPS 1000000001"),
        ({"rate": 16384}, {}, r"H-H1.*: sampled at 16384 Hz, the run at 4096"),
        ({"samples": 4096}, {}, r"H-H1.*: holds 1 s, its name says 32"),
        ({"values": 3}, {}, r"H-H1.*: quality mask has 3 values, not one per second"),
        ({}, {"quality": ["CBC_CAT9"]}, r"H-H1.*quality mask has no bit CBC_CAT9.*DATA"),
        ({"gaps": [(0, 32)]}, {}, r"range \[1000000000, 1000000032\]: no good second of H1 \(NaN"),
        ({}, {"injections": ["NO_CW_HW_INJ"]}, r"range.*NO_CW_HW_INJ not set: 32 s"),
        (
            {},
            {"leave_out": [(START, START + 99, "excluded")]},
            r"range.*no good second.*excluded: 32 s",
        ),
        ({}, {"duration": 64}, r"ranges.*no piece of 64 s of H1 is wholly good"),
        ({}, {"duration": 1.5}, "segment_duration: 1.5 s is not a whole number"),
    ],
)
def test_files_refuse(tmp_path, written, asked, message):
    gwosc(tmp_path, **written)
    with pytest.raises(ValueError, match=message) as caught:
        scan(tmp_path, [[START, START + 32]], **asked)
    assert "\n" not in str(caught.value)


def test_every_range_must_hold_something(tmp_path):
    gwosc(tmp_path)
    with pytest.raises(ValueError, match=r"range \[1000000100, 1000000200\]: no good second"):
        scan(tmp_path, [[START, START + 32], [START + 100, START + 200]])


def test_two_files_with_different_strain_of_one_time_are_refused(tmp_path):
    whole = gwosc(tmp_path)
    gwosc(tmp_path, start=START + 16, seed=1)
    names = [f"H-H1_GWOSC_TEST_4KHZ_R1-{start}-32.hdf5" for start in (START, START + 16)]
    words = f"{names[0]} and .*{names[1]} hold different strain of H1 for GPS {START + 16} to "
    with pytest.raises(ValueError, match=f"{words}{START + 32}") as error:
        scan(tmp_path, [[START, START + 48]])
    assert "\n" not in str(error.value)
    # One that differs in a single sample is refused, one that is rounded to float32 is not.
    other = whole[16 * RATE :].copy()
    other[17] *= 1.01
    gwosc(tmp_path, start=START + 16, seed=1, begins=other)
    with pytest.raises(ValueError, match=words):
        scan(tmp_path, [[START, START + 48]])
    gwosc(tmp_path, start=START + 16, seed=1, begins=whole[16 * RATE :].astype(np.float32))
    assert seconds(scan(tmp_path, [[START, START + 48]])) == {"kept": 48.0}


def test_a_start_between_two_seconds_is_said(tmp_path, caplog):
    data = 1e-21 * np.random.default_rng(0).standard_normal(8 * RATE)
    with h5py.File(tmp_path / "event.hdf5", "w") as file:
        file["strain"] = data
    entry = {"detector": "H1", "start": START + 0.1, "dataset": "strain", "sample_rate": RATE}
    plain = {"event.hdf5": entry}
    selection = scan(tmp_path, [[START, START + 10]], plain=plain, duration=3)
    assert "event.hdf5: begins 0.1 s after a whole second of the range" in caplog.text
    lost = {"part of a second": 2.0, "no file": 1.0, "piece not whole": 4.0}
    assert seconds(selection) == lost | {"kept": 3.0}
    caplog.clear()
    # Within half a sample nothing is lost.
    entry["start"] = START + 1e-5
    assert seconds(scan(tmp_path, [[START, START + 8]], plain=plain)) == {"kept": 8.0}
    assert "begins" not in caplog.text


def test_the_longest_good_stretch_is_named(tmp_path):
    gwosc(tmp_path, not_data=[3, 15, 30])
    with pytest.raises(NoPiece, match=r"no piece of 16 s of H1 .* good stretch has 14 s") as error:
        scan(tmp_path, [[START, START + 32]], duration=16)
    assert (error.value.start, error.value.end) == (START + 16, START + 30)
