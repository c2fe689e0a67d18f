"""Simulated noise, files of strain, and noise files."""

import hashlib
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from gwosc_layout import layout
from scipy import signal, stats

import select_noise
from ccsncam import strain, whitening

RATE = 4096
PSD = "aLIGOO3LowT1800545"
KINDS = {"blip": 0.4, "tomte": 0.2, "scattered_light": 0.25, "whistle": 0.15}


@pytest.fixture(scope="module")
def parameters(root):
    return strain.read_glitches(root / "resources/glitches.tsv")


@pytest.fixture(scope="module")
def lines(root):
    return strain.read_lines(root / "resources/spectral_lines.tsv", "V1")


# --- simulated noise -----------------------------------------------------------------------------


def simulate(parameters, starts, seed=1, detector="L1", rate=3.0, duration=16, **more):
    return strain.simulate(
        seed, detector, starts, duration, RATE, PSD,
        rate=rate, kinds=KINDS, parameters=parameters, **more,
    )  # fmt: skip


def test_a_block_is_a_function_of_seed_detector_and_start(parameters):
    starts = 1238236470 + 16.0 * np.arange(4)
    whole, glitches = simulate(parameters, starts)
    assert whole.shape == (4, 16 * RATE)
    assert whole.dtype == np.float32
    alone, some = simulate(parameters, starts[2:3])
    np.testing.assert_array_equal(alone[0], whole[2])
    inside = (glitches["gps"] >= starts[2]) & (glitches["gps"] < starts[3])
    pd.testing.assert_frame_equal(some, glitches[inside].reset_index(drop=True))
    for other in ({"seed": 2}, {"detector": "H1"}):
        changed, _ = simulate(parameters, starts, **other)
        assert abs(np.corrcoef(changed[0], whole[0])[0, 1]) < 0.1
    assert abs(np.corrcoef(whole[0], whole[1])[0, 1]) < 0.1


def test_a_block_is_not_periodic():
    data, _ = strain.simulate(1, "L1", 16.0 * np.arange(32), 16, RATE, PSD)
    data = signal.sosfilt(signal.butter(4, 100, fs=RATE, output="sos"), data, axis=1)[:, RATE:]
    step, periodic = np.abs(data[:, 0] - data[:, -1]), np.abs(np.diff(data, axis=1))
    # In a periodic block the last sample and the first are neighbours.
    assert step.mean() > 1.5 * periodic.mean()


def test_noise_has_the_psd_asked_for(lines):
    data, _ = strain.simulate(1, "V1", 64.0 * np.arange(16), 64, RATE, PSD, lines=lines)
    psd = whitening.welch_psd(data, RATE, 4).mean(axis=0)
    grid = np.arange(len(psd)) / 4
    smooth = strain.design_psd(PSD, grid)
    away = np.abs(grid[:, None] - lines["frequency_hz"].to_numpy()).min(axis=1) > 10
    away &= (grid > 12) & (grid < 2040)
    for low in (12, 30, 100, 500, 1000, 1500):
        band = away & (grid >= low) & (grid < low * 1.5)
        # A bin scatters by 7 %, and its neighbours with it.
        scatter = 0.01 + 4 * 0.07 / np.sqrt(band.sum())
        assert np.median((psd / smooth)[band]) == pytest.approx(1, abs=scatter)
    strongest = lines.loc[lines["rms_strain"].idxmax()]
    band = np.abs(grid - strongest["frequency_hz"]) < 4
    power = (psd - smooth)[band].sum() / 4
    assert np.sqrt(power) == pytest.approx(strongest["rms_strain"], rel=0.15)


def test_design_psd_is_pycbcs_and_positive_everywhere():
    import pycbc.psd

    grid = np.arange(8193) / 4
    psd = strain.design_psd(PSD, grid)
    theirs = pycbc.psd.from_string(PSD, 8193, 0.25, 10.0).numpy()
    np.testing.assert_allclose(psd[40:8191], theirs[40:8191], rtol=1e-9)
    assert np.isfinite(psd).all()
    assert (psd > 0).all()
    np.testing.assert_allclose(psd[:40], psd[40])
    with pytest.raises(ValueError, match=r"'aLIGOnone' is not a PSD.*aLIGOO3LowT1800545"):
        strain.design_psd("aLIGOnone", grid)


def test_a_line_keeps_its_power_on_any_grid(lines):
    for duration in (1, 4, 72):
        grid = np.arange(2048 * duration) / duration
        extra = strain.design_psd(PSD, grid, lines) - strain.design_psd(PSD, grid)
        assert extra.sum() / duration == pytest.approx((lines["rms_strain"] ** 2).sum(), rel=1e-9)


def test_kept_stretches_join():
    table = strain.kept_stretches([100.0, 164.0, 1000.0], 64)
    assert table.to_numpy().tolist() == [[100, 228, "kept"], [1000, 1064, "kept"]]


def test_glitches_have_the_rate_the_kinds_and_the_snr(parameters):
    starts = 16.0 * np.arange(120)
    loud, glitches = simulate(parameters, starts, rate=7.5)
    quiet, none = simulate(parameters, starts, rate=0.0)
    assert len(none) == 0
    expected = 7.5 * 120 * 16 / 60
    assert abs(len(glitches) - expected) < 4 * np.sqrt(expected)
    shares = glitches["kind"].value_counts(normalize=True)
    for kind, share in KINDS.items():
        assert shares[kind] == pytest.approx(share, abs=0.1)
    snr = glitches["snr"]
    assert snr.between(6.5, 100).all()
    # p(snr) ~ snr^-4
    low, high = 6.5**-3, 100.0**-3
    assert stats.kstest(snr, lambda x: (low - x**-3.0) / (low - high)).pvalue > 1e-3
    # The difference is the glitches, and a lone glitch has its SNR.
    extra = (loud.astype(np.float64) - quiet).astype(np.float64)
    grid = np.arange(8 * RATE + 1) / 16
    weight = np.where((grid >= 20) & (grid <= 2000), 4 / strain.design_psd(PSD, grid), 0) / 16
    checked = 0
    for row, begin in zip(extra, starts, strict=True):
        mine = glitches[(glitches["gps"] >= begin) & (glitches["gps"] < begin + 16)]
        # In a block of its own, away from the edges.
        if len(mine) != 1 or not begin + 3 < mine["gps"].iloc[0] < begin + 13:
            continue
        found = np.sqrt((weight * np.abs(np.fft.rfft(row) / RATE) ** 2).sum())
        assert found == pytest.approx(mine["snr"].iloc[0], rel=0.01)
        checked += 1
    assert checked >= 10


def test_shapes_are_where_their_frequency_says(parameters):
    starts = 16.0 * np.arange(40)
    quiet, _ = simulate(parameters, starts, rate=0.0)
    for kind, (low, high) in {
        "blip": (60, 700), "tomte": (15, 160), "scattered_light": (0, 90), "whistle": (150, 1600),
    }.items():  # fmt: skip
        loud, glitches = strain.simulate(
            1, "L1", starts, 16, RATE, PSD, rate=4.0, kinds={kind: 1}, parameters=parameters
        )
        assert set(glitches["kind"]) == {kind}
        power = (np.abs(np.fft.rfft(loud.astype(np.float64) - quiet)) ** 2).sum(axis=0)
        grid = np.arange(len(power)) / 16
        assert power[(grid >= low) & (grid <= high)].sum() > 0.95 * power.sum()


def test_simulated_starts():
    ranges = [[100, 240], [1000, 1064]]
    np.testing.assert_array_equal(strain.simulated_starts(ranges, 200, 64), [100, 164, 1000])
    with pytest.raises(ValueError, match=r"needs 4 pieces of 64 s.*hold 3"):
        strain.simulated_starts(ranges, 256, 64)
    with pytest.raises(ValueError, match="holds no piece"):
        strain.simulated_starts(ranges, 63, 64)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"kinds": {"koi_fish": 1}}, "glitch_kinds: koi_fish"),
        ({"kinds": {"blip": 0}}, "no share above 0"),
        ({"kinds": KINDS, "snr": (10, 5)}, "glitch_snr"),
    ],
)
def test_glitches_refuse(parameters, more, message):
    with pytest.raises(ValueError, match=message):
        strain.simulate(1, "L1", [0], 16, RATE, PSD, rate=1, parameters=parameters, **more)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("blip", "koi_fish", ":2: unknown kind of glitch 'koi_fish'"),
        ("\t100\t500", "\t600\t500", ":2: frequency from 600 to 500"),
        ("\t100\t500", "\tlow\t500", ":2: frequency_min_hz = 'low' is not a number"),
        ("duration_min_s", "length", ":1: no column duration_min_s"),
    ],
)
def test_glitch_table_refuses(root, tmp_path, old, new, message):
    path = tmp_path / "glitches.tsv"
    path.write_text((root / "resources/glitches.tsv").read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        strain.read_glitches(path)


# --- files of strain -----------------------------------------------------------------------------

START = 1000000000


def gwosc(folder, start=START, duration=32, detector="H1", seed=0, **more):
    """Write a file in GWOSC's HDF5 layout; ``more`` changes what it says."""
    path = folder / f"{detector[0]}-{detector}_GWOSC_TEST_4KHZ_R1-{start}-{duration}.hdf5"
    random = np.random.default_rng(seed)
    data = 1e-21 * random.standard_normal(more.get("samples", duration * RATE))
    for first, last in more.get("gaps", ()):
        data[first * RATE : last * RATE] = np.nan
    quality = np.full(duration, 127, dtype="u4")
    for second in more.get("not_data", ()):
        quality[second] = 0
    for second in more.get("no_cat2", ()):
        quality[second] = 127 - 32
    injections = np.full(duration, 23, dtype="u4")  # continuous waves are injected
    for second in more.get("injected", ()):
        injections[second] = 22
    quality = quality[: more.get("values", duration)]
    says, gps = more.get("says", detector), more.get("gps", start)
    other = {"xstart": start} | {k: more[k] for k in ("masks", "xstart", "rate") if k in more}
    with layout(path, says, gps, quality, injections, **other) as file:
        file["strain/Strain"] = data
    return data


def scan(folder, ranges, detector="H1", duration=4, **more):
    paths = strain.files_for(folder, detector, ranges, more.get("plain"))
    more = {
        "quality": ["DATA", "BURST_CAT2"],
        "injections": ["NO_CBC_HW_INJ", "NO_BURST_HW_INJ"],
        "plain": {},
        **more,
    }
    return strain.scan_files(paths, detector, ranges, segment_duration=duration, **more)


def seconds(selection):
    return dict(strain.reason_seconds(selection.stretches).to_numpy())


def test_what_the_masks_say_of_a_moment(tmp_path):
    gwosc(tmp_path, no_cat2=[14, 15], injected=[18])
    bits = {"quality": ["DATA", "BURST_CAT2"], "injections": ["NO_CBC_HW_INJ"]}
    files = list(strain.open_files(tmp_path.iterdir(), "H1", RATE, ""))

    def said(start, end):
        return strain.stretch_quality(files, START + start, START + end, **bits)

    assert said(2.5, 6.5) == "DATA, BURST_CAT2, NO_CBC_HW_INJ set"
    assert said(13.2, 17.2) == "bit BURST_CAT2 not set in 2 of 5 s"
    assert (
        said(15.9, 18.1)
        == "bit BURST_CAT2 not set in 1 of 4 s; bit NO_CBC_HW_INJ not set in 1 of 4 s"
    )
    assert said(30, 34) == "no file in 2 of 4 s"


def test_bad_seconds_are_cut_and_counted(tmp_path):
    first = gwosc(tmp_path, gaps=[(5, 6)], not_data=[10], no_cat2=[14], injected=[18])
    second = gwosc(tmp_path, start=START + 32, seed=1)
    gwosc(tmp_path, start=START + 32, detector="L1")
    # From 2 s on: pieces begin at 2, 6, …; the files join at 32, a piece lies across.
    ranges = [[START + 2, START + 71]]
    selection = scan(tmp_path, ranges, exclude=[[START + 50.5, START + 51]])
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
    batches = list(strain.read_files(selection, 4, RATE, batch=3))
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
    gwosc(tmp_path, gaps=[(20, 22)])
    gwosc(tmp_path, start=START + 16, seed=1)
    window = [START + 47, START + 50, "GW200311_115853"]
    selection = scan(tmp_path, [[START, START + 60]], duration=1, events=[window])
    assert seconds(selection) == {
        "kept": 45.0, "NaN or infinite": 2.0, "event GW200311_115853": 1.0, "no file": 12.0,
    }  # fmt: skip


def test_constant_filling_is_a_gap(tmp_path):
    gwosc(tmp_path)
    path = next(tmp_path.iterdir())
    with h5py.File(path, "a") as file:
        file["strain/Strain"][4 * RATE : 8 * RATE] = 0
    assert seconds(scan(tmp_path, [[START, START + 12]])) == {"kept": 8.0, "constant strain": 4.0}


def test_events_are_left_out_by_name(root, tmp_path):
    events = strain.read_events(root / "resources/events.tsv")
    paper = [[1238265720, 1238354855]]
    at = 1238303737.2
    expected = [[pytest.approx(at - 8), pytest.approx(at + 4), "GW190403_051519"]]
    # A catalogue stands for its parts, and not for another that begins alike.
    assert strain.event_windows(events, ["GWTC-2.1"], (8, 4), paper) == expected
    assert strain.event_windows(events, ["GWTC-2.1-confident"], (8, 4), paper) == expected
    assert strain.event_windows(events, ["GWTC-2", "GWTC-3"], (8, 4), paper) == []
    assert strain.event_windows(events, [], (8, 4), paper) == []
    # It touches the range by its window alone.
    assert strain.event_windows(events, ["GWTC-2.1"], (8, 4), [[at + 3, at + 9]]) == expected
    with pytest.raises(ValueError, match=r"no event of 'GWTC-9' in .*events.tsv; it has GWTC-1-"):
        strain.event_windows(events, ["GWTC-9"], (8, 8), paper)
    gwosc(tmp_path)
    window = [START + 9.7, START + 11.7, "GW200311_115853"]
    selection = scan(tmp_path, [[START, START + 32]], events=[window])
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
        ({"values": 3}, {}, r"H-H1.*: quality mask has 3 values, not one a second"),
        ({}, {"quality": ["CBC_CAT9"]}, r"H-H1.*quality mask has no bit CBC_CAT9.*DATA"),
        ({"gaps": [(0, 32)]}, {}, r"range \[1000000000, 1000000032\]: no good second of H1 \(NaN"),
        ({}, {"injections": ["NO_CW_HW_INJ"]}, r"range.*NO_CW_HW_INJ not set: 32 s"),
        ({}, {"exclude": [[START, START + 99]]}, r"range.*no good second.*excluded: 32 s"),
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


def test_files_for(tmp_path):
    for start in (START, START + 32, START + 64):
        gwosc(tmp_path, start=start)
    gwosc(tmp_path, detector="L1")
    (tmp_path / "notes.txt").write_text("")
    found = strain.files_for(tmp_path, "H1", [[START + 40, START + 64]])
    assert [path.name for path in found] == [f"H-H1_GWOSC_TEST_4KHZ_R1-{START + 32}-32.hdf5"]
    found = strain.files_for(tmp_path, "H1", [[START + 90, START + 99], [START, START + 1]])
    assert [int(path.stem.split("-")[-2]) - START for path in found] == [0, 64]
    with pytest.raises(ValueError, match="no file of V1 strain overlaps the ranges"):
        strain.files_for(tmp_path, "V1", [[START, START + 32]])
    with pytest.raises(ValueError, match="no file of H1 strain"):
        strain.files_for(tmp_path, "H1", [[START + 96, START + 99]])
    for folder in (None, tmp_path / "none"):
        with pytest.raises(ValueError, match=r"noise.files.folder: .* is no folder"):
            strain.files_for(folder, "H1", [[0, 1]])
    plain = {"gone.h5": {"detector": "H1", "start": START, "dataset": "strain"}}
    with pytest.raises(ValueError, match=r"there is no file 'gone.h5'"):
        strain.files_for(tmp_path, "H1", [[START, START + 1]], plain)


def test_plain_files(tmp_path):
    data = 1e-21 * np.random.default_rng(0).standard_normal(8 * RATE)
    begin = START + 0.1
    entry = {"detector": "H1", "start": begin, "dataset": "data"}
    with h5py.File(tmp_path / "event.hdf5", "w") as file:
        file["data"] = data
    ranges = [[begin, begin + 8]]
    with pytest.raises(ValueError, match=r"event.hdf5: data set 'data' does not say its sample"):
        scan(tmp_path, ranges, plain={"event.hdf5": entry})
    selection = scan(tmp_path, ranges, plain={"event.hdf5": {**entry, "sample_rate": RATE}})
    (_, got), = strain.read_files(selection, 4)  # fmt: skip
    np.testing.assert_array_equal(got.ravel(), data.astype(np.float32))
    # A grid between the samples: the nearest.
    selection = scan(
        tmp_path, [[START + 1, START + 9]], plain={"event.hdf5": {**entry, "sample_rate": RATE}}
    )
    (_, got), = strain.read_files(selection, 4)  # fmt: skip
    np.testing.assert_array_equal(got[0], data[3686:][: 4 * RATE].astype(np.float32))
    assert seconds(selection) == {"kept": 4.0, "piece not whole": 3.0, "no file": 1.0}
    with pytest.raises(ValueError, match=r"event.hdf5: no data set 'strain'"):
        scan(tmp_path, ranges, plain={"event.hdf5": {**entry, "dataset": "strain"}})
    with pytest.raises(ValueError, match=r"event.hdf5: strain of H1, not of L1"):
        strain.scan_files(
            [tmp_path / "event.hdf5"], "L1", ranges, segment_duration=4, plain={"event.hdf5": entry}
        )


def test_what_is_no_strain_file(tmp_path):
    for name, message in {
        "H-H1_X-1000000000-32.hdf5": "not a GWOSC HDF5 file",
        "H-H1_X-1000000000-32.gwf": "not a GWF file",
        "strain.hdf5": "rename it",
    }.items():
        (tmp_path / name).write_text("nothing of the kind")
        with pytest.raises(ValueError, match=f"{name}.*{message}"):
            strain.scan_files([tmp_path / name], "H1", [[START, START + 9]], segment_duration=4)
    with pytest.raises(ValueError, match="no such file"):
        strain.scan_files([tmp_path / "gone.h5"], "H1", [[START, START + 9]], segment_duration=4)


def test_gwf_cut_short(tmp_path, real_data):
    path = next((real_data / "strain/o3b_h1").glob("*.gwf"))
    short = tmp_path / path.name
    short.write_bytes(path.read_bytes()[:1000000])
    with pytest.raises(ValueError, match=rf"{path.name}: the file is cut short"):
        strain.scan_files([short], "H1", [[1266281937, 1266282065]], segment_duration=4)


def test_gwf_with_masks(tmp_path):
    import lal
    import lalframe

    path = tmp_path / f"H-H1_GWOSC_TEST_4KHZ_R1-{START}-16.gwf"
    data = 1e-21 * np.random.default_rng(0).standard_normal(16 * RATE)
    frame = lalframe.FrameNew(START, 16.0, "LIGO", 0, 0, lal.LHO_4K_DETECTOR)
    series = lal.CreateREAL8TimeSeries(
        "H1:GWOSC-4KHZ_R1_STRAIN", START, 0, 1 / RATE, lal.StrainUnit, len(data)
    )
    series.data.data = data
    lalframe.FrameAddREAL8TimeSeriesProcData(frame, series)
    for name, values in (("DQMASK", 127), ("INJMASK", 23)):
        mask = lal.CreateINT4TimeSeries(
            f"H1:GWOSC-4KHZ_R1_{name}", START, 0, 1.0, lal.DimensionlessUnit, 16
        )
        bits = np.full(16, values, dtype=np.int32)
        bits[5] -= 1
        bits[9 if name == "DQMASK" else 10] = 0
        mask.data.data = bits
        lalframe.FrameAddINT4TimeSeriesProcData(frame, mask)
    lalframe.FrameWrite(frame, str(path))
    selection = scan(tmp_path, [[START, START + 16]])
    np.testing.assert_array_equal(selection.gps_start - START, [0, 12])
    assert seconds(selection) == {
        "kept": 8.0,
        "bit DATA not set": 2.0,
        "bit NO_CBC_HW_INJ not set": 1.0,
        "piece not whole": 5.0,
    }
    assert "no quality mask" not in selection.quality
    with pytest.raises(ValueError, match=r"no channel H1:OTHER.*it has .*H1:GWOSC-4KHZ_R1_STRAIN"):
        scan(tmp_path, [[START, START + 16]], channel="{detector}:OTHER")


# --- noise files ---------------------------------------------------------------------------------


class Params(dict):
    """By key, and by attribute, as Snakemake's."""

    __getattr__ = dict.__getitem__


def job(root, folder, detector="L1", **noise):
    """A job of the rule select_noise."""
    block = {
        "source": "simulated",
        "coincident": False,
        "segment_duration": 16,
        "ranges": {"train": [[START, START + 400]]},
        "exclude": [],
        "events": [],
        "simulated": {
            "live_time": {"train": {"L1": 320}},
            "psd": {"L1": PSD},
            "lines": True,
            "glitches": {"L1": 3.0},
            "glitch_kinds": KINDS,
            "glitch_snr": [6.5, 100.0],
        },
        **noise,
    }
    params = {
        "noise": block,
        "signal": {"sample_rate": RATE, "f_min": 20.0, "f_max": 2000.0},
        "whitening": {"psd_duration": 4, "filter_duration": 2},
        "seed": 1,
        "split": "train",
        "detector": detector,
    }
    asked = noise.get("files")
    files = []
    if asked:
        ranges = block["ranges"]["train"]
        files = strain.files_for(asked["folder"], detector, ranges, asked["plain"])
    return SimpleNamespace(
        rule="select_noise",
        log=[str(folder / "log")],
        input=Params(files=files),
        output=[str(folder / f"train-{detector}.h5")],
        params=Params(params),
    )


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def test_simulated_noise_file(root, tmp_path):
    task = job(root, tmp_path)
    select_noise.main(task)
    first = digest(task.output[0])
    noise = strain.read_noise(task.output[0], strain=True)
    assert (noise.detector, noise.split, noise.source) == ("L1", "train", "simulated")
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
    assert strain.read_noise(task.output[0]).strain is None
    # The stored PSD is the one the whitening used.
    response = np.sqrt(2 / (RATE * noise.psd))
    taps = np.roll(np.fft.irfft(response, axis=-1), RATE, axis=-1)[:, : 2 * RATE]
    again = whitening.whiten(noise.strain, taps)
    np.testing.assert_allclose(again, noise.whitened, atol=2e-3)
    select_noise.main(task)
    assert digest(task.output[0]) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "train-L1.h5"]


def test_noise_file_of_files(root, tmp_path):
    gwosc(tmp_path, duration=64, gaps=[(40, 41)])
    files = {
        "folder": str(tmp_path),
        "channel": "",
        "quality": ["DATA"],
        "injections": [],
        "plain": {},
    }
    task = job(
        root, tmp_path, "H1", source="files", files=files, ranges={"train": [[START, START + 64]]}
    )
    select_noise.main(task)
    noise = strain.read_noise(task.output[0])
    assert noise.source == "files"
    np.testing.assert_array_equal(noise.gps_start - START, [0, 16, 48])
    assert len(noise.glitches) == 0
    assert dict(noise.selection.to_numpy()) == {
        "kept": 48.0, "NaN or infinite": 1.0, "piece not whole": 15.0,
    }  # fmt: skip
    log = tmp_path / "log"
    assert "are kept" not in log.read_text()
    inner = noise.whitened[:, RATE:-RATE].astype(np.float64)
    assert inner.var() == pytest.approx(1 - 17.5 / 2048 - 24 / 2048, abs=0.015)


def test_ranges_that_hardly_hold_strain_are_said(root, tmp_path):
    gwosc(tmp_path, duration=64)
    files = {"folder": str(tmp_path), "channel": "", "quality": [], "injections": [], "plain": {}}
    ranges = {"train": [[START, START + 640]]}
    task = job(root, tmp_path, "H1", source="files", files=files, ranges=ranges)
    select_noise.main(task)
    assert (
        "train, H1: 64 of 640 s of noise.ranges are kept; the rest: 576 s no file"
        in (tmp_path / "log").read_text()
    )


def test_what_a_folder_holds(tmp_path):
    for start in (0, 4096, 8192):
        (tmp_path / f"H-H1_X-{start}-4096.hdf5").touch()
    plain = {"a.h5": {"detector": "L1", "start": 5.5, "dataset": "x"}}
    said = strain.held(tmp_path, ["H1", "L1", "V1"], plain)
    assert said == "GPS of H1 0 to 4096, 4096 to 8192, 8192 to 12288; L1 5.5 on"
    for start in (12288, 16384):
        (tmp_path / f"H-H1_X-{start}-4096.hdf5").touch()
    said = strain.held(tmp_path, ["H1"])
    assert said == "GPS of H1 0 to 4096, … (5 files) …, 16384 to 20480"
    with pytest.raises(ValueError, match=r"overlaps the ranges .*; it holds GPS of H1 0 to"):
        strain.files_for(tmp_path, "H1", [[30000, 30100]])
    (tmp_path / "b.h5").touch()
    with pytest.raises(ValueError, match=r"there is no file 'a.h5' .*did you mean 'b.h5'\?"):
        strain.files_for(tmp_path, "L1", [[0, 10]], plain)


def test_noise_file_errors(root, tmp_path):
    with pytest.raises(ValueError, match=r"live_time.train: there is no entry for V1"):
        select_noise.main(job(root, tmp_path, "V1"))
    with pytest.raises(ValueError, match="segment_duration: 6 s must be above"):
        select_noise.main(job(root, tmp_path, segment_duration=6))
    (tmp_path / "bad.h5").write_text("")
    with pytest.raises(ValueError, match=r"bad.h5: not a noise file"):
        strain.read_noise(tmp_path / "bad.h5")


def test_common_pieces():
    first, second = np.array([3.0, 1.0, 2.0, 9.0]), np.array([2.0, 3.0, 5.0, 9.0])
    mine, theirs = strain.common_pieces([first, second])
    np.testing.assert_array_equal(first[mine], [2, 3, 9])
    np.testing.assert_array_equal(second[theirs], [2, 3, 9])
    with pytest.raises(ValueError, match="coincident: no piece of noise has all 2"):
        strain.common_pieces([first, second + 0.5])


# --- real data -----------------------------------------------------------------------------------


def test_real_gwf(root, tmp_path, real_data):
    files = {
        "folder": str(real_data / "strain/o3b_h1"),
        "channel": "{detector}:GWOSC-4KHZ_R1_STRAIN",
        "quality": ["DATA", "BURST_CAT2"],
        "injections": ["NO_CBC_HW_INJ"],
        "plain": {},
    }
    begin = 1266281937
    task = job(
        root, tmp_path, "H1", source="files", files=files,
        ranges={"train": [[begin, begin + 64], [begin + 96, begin + 128]]},
    )  # fmt: skip
    task.params["signal"]["f_max"] = 1600.0
    select_noise.main(task)
    noise = strain.read_noise(task.output[0])
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
    with h5py.File(task.output[0]) as file:
        assert "1 of 1 files have no quality mask" in file.attrs["quality"]


def test_real_gwosc_hdf5(real_data):
    folder, begin = real_data / "strain/gw150914", 1126259446
    for detector in ("H1", "L1"):
        selection = scan(
            folder, [[begin, begin + 32]], detector, exclude=[[begin + 12, begin + 20]]
        )
        assert seconds(selection) == {"kept": 24.0, "excluded": 8.0}
        starts, data = next(strain.read_files(selection, 4))
        np.testing.assert_array_equal(starts - begin, [0, 4, 8, 20, 24, 28])
        with h5py.File(next(folder.glob(f"*{detector}*"))) as file:
            expected = file["strain/Strain"][20 * RATE : 24 * RATE].astype(np.float32)
        np.testing.assert_array_equal(data[3], expected)


def test_real_plain_files(real_data):
    begin = 1239082258.1
    plain = {
        f"GW190412_{detector}_raw.hdf5": {"detector": detector, "start": begin, "dataset": "strain"}
        for detector in ("H1", "L1")
    }
    selection = scan(real_data / "strain/o3a_events", [[begin, begin + 8]], plain=plain, duration=8)
    starts, data = next(strain.read_files(selection, 8))
    assert starts == [begin]
    assert data.shape == (1, 8 * RATE)
    assert np.isfinite(data).all()


def test_events_of_a_stretch(root):
    events = strain.read_events(root / "resources/events.tsv")
    assert strain.events_between(events, 1126259460.0, 1126259464.0) == [
        ("GW150914", 1126259462.4, "GWTC-1-confident")
    ]
    assert strain.events_between(events, 1126259463.0, 1126259464.0) == []
    # Listed by two catalogues.
    assert (events["name"] == "GW190412").sum() == 2
    assert len(strain.events_between(events, 1239082261.0, 1239082263.0)) == 1
