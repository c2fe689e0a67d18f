"""Files of strain of each kind, and what is refused."""

import h5py
import lal
import lalframe
import numpy as np
import pytest
from strain_files import RATE, START, access, gwosc, scan, seconds

from ccsncam.noise.selection import read_files
from ccsncam.noise.strain_file import StrainFile, open_files


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
    (_, got), = read_files(selection, 4)  # fmt: skip
    np.testing.assert_array_equal(got.ravel(), data.astype(np.float32))
    # A grid between the samples: the nearest.
    selection = scan(
        tmp_path, [[START + 1, START + 9]], plain={"event.hdf5": {**entry, "sample_rate": RATE}}
    )
    (_, got), = read_files(selection, 4)  # fmt: skip
    np.testing.assert_array_equal(got[0], data[3686:][: 4 * RATE].astype(np.float32))
    assert seconds(selection) == {"kept": 4.0, "piece not whole": 3.0, "part of a second": 1.0}
    with pytest.raises(ValueError, match=r"event.hdf5: no data set 'strain'.*has data"):
        scan(tmp_path, ranges, plain={"event.hdf5": {**entry, "dataset": "strain"}})
    with pytest.raises(ValueError, match=r"event.hdf5: strain of H1, not of L1"):
        StrainFile(tmp_path / "event.hdf5", "L1", RATE, access(plain={"event.hdf5": entry}))
    (tmp_path / "event.hdf5").write_text("nothing of the kind")
    with pytest.raises(ValueError, match=r"event.hdf5: data set 'data'.* cannot be read"):
        scan(tmp_path, ranges, plain={"event.hdf5": entry})


def test_a_plain_file_says_its_sample_rate_in_its_attributes(tmp_path):
    plain = {"event.hdf5": {"detector": "H1", "start": START, "dataset": "data"}}
    for name, value in (("fs", RATE), ("sample_rate", RATE), ("Xspacing", 1 / RATE)):
        with h5py.File(tmp_path / "event.hdf5", "w") as file:
            file["data"] = np.zeros(4 * RATE, dtype=np.float32)
            file["data"].attrs[name] = value
        (file,) = open_files([tmp_path / "event.hdf5"], "H1", RATE, access(plain=plain))
        assert (file.start, file.end) == (START, START + 4)
        assert file.strain().dtype == np.float64
        assert file.masks() == {"quality": None, "injections": None}


def test_what_is_no_strain_file(tmp_path):
    for name, message in {
        "H-H1_X-1000000000-32.hdf5": "not a GWOSC HDF5 file",
        "H-H1_X-1000000000-32.gwf": "not a GWF file",
        "strain.hdf5": "rename it",
    }.items():
        (tmp_path / name).write_text("nothing of the kind")
        with pytest.raises(ValueError, match=f"{name}.*{message}"):
            StrainFile(tmp_path / name, "H1", RATE, access())
    with pytest.raises(ValueError, match="no such file"):
        StrainFile(tmp_path / "gone.h5", "H1", RATE, access())


def test_gwf_cut_short(tmp_path, real_data):
    path = next((real_data / "strain/o3b_h1").glob("*.gwf"))
    short = tmp_path / path.name
    short.write_bytes(path.read_bytes()[:1000000])
    with pytest.raises(ValueError, match=rf"{path.name}: the file is cut short"):
        StrainFile(short, "H1", RATE, access())


def test_gwf_with_masks(tmp_path):
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


def test_real_gwosc_hdf5(real_data):
    folder, begin = real_data / "strain/gw150914", 1126259446
    for detector in ("H1", "L1"):
        excluded = [(begin + 12, begin + 20, "excluded")]
        selection = scan(folder, [[begin, begin + 32]], detector, leave_out=excluded)
        assert seconds(selection) == {"kept": 24.0, "excluded": 8.0}
        starts, data = next(read_files(selection, 4))
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
    starts, data = next(read_files(selection, 8))
    assert starts == [begin]
    assert data.shape == (1, 8 * RATE)
    assert np.isfinite(data).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: put(f, np.zeros((16, 2 * RATE))), r"has shape \(16, 8192\), which is not one"),
        (lambda f: put(f, np.zeros(32 * RATE, complex)), "holds complex128"),
        (lambda f: put(f, np.zeros(32 * RATE, int)), "holds int64"),
        (lambda f: put(f, np.full(32 * RATE, b"1e-21")), "holds .S5"),
        (
            lambda f: put(f, 1e10 * f["strain/Strain"][()]),
            r"differs by [78]\.\de-11 .*other unit",
        ),
        (lambda f: put(f, 1e-10 * f["strain/Strain"][()]), r"differs by [78]\.\de-31 .*e-21 to 1e"),
        (lambda f: put(f, 1e21 * f["strain/Strain"][()]), r"differs by [78]\.\de\+00 .*whitened"),
        (lambda f: f["strain/Strain"].attrs.update(Xspacing=np.nan), "sampled at nan Hz"),
        (lambda f: f["strain/Strain"].attrs.update(Xspacing=0), "sampled at inf Hz"),
        (lambda f: f["strain/Strain"].attrs.update(Xstart=np.nan), "begins at GPS nan"),
        (lambda f: f.__delitem__("meta"), "has no meta/Detector"),
        (lambda f: f.__setitem__("meta/Observatory", "L"), "meta/Detector is H1, but .* is L"),
        (lambda f: f.__delitem__("strain"), "has no strain/Strain"),
    ],
)
def test_strain_that_is_none_is_refused(tmp_path, change, words):
    gwosc(tmp_path)
    (path,) = tmp_path.iterdir()
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(ValueError, match=words) as error:
        StrainFile(path, "H1", RATE, access())
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def put(file, values):
    """Put other values in place of the strain of a file."""
    attributes = dict(file["strain/Strain"].attrs)
    del file["strain/Strain"]
    file["strain/Strain"] = values
    file["strain/Strain"].attrs.update(attributes)


def test_masks_without_names_are_refused(tmp_path):
    for name in ("quality/simple/DQShortnames", "quality/injections/InjShortnames"):
        gwosc(tmp_path)
        (path,) = tmp_path.iterdir()
        with h5py.File(path, "r+") as file:
            del file[name]
        with pytest.raises(ValueError, match=rf"its masks cannot be read \(has no {name}\)"):
            scan(tmp_path, [[START, START + 32]])


@pytest.mark.parametrize(
    ("values", "more", "words"),
    [
        (np.zeros((8, RATE)), {}, r"has shape \(8, 4096\), which is not one series"),
        (np.zeros(8 * RATE, complex), {}, "'data' holds complex128"),
        (np.zeros(8 * RATE, "i8"), {}, "'data' holds int64"),
        (np.zeros(8 * RATE, "S3"), {}, "'data' holds .S3"),
        (np.random.default_rng(0).standard_normal(8 * RATE), {}, r"differs by 7\.\de\+00"),
        (None, {"shape": (10**11,), "chunks": (1 << 16,), "dtype": "f4"}, "which is too large"),
        (None, {"shape": (9,), "dtype": "f4", "external": [("/etc/passwd", 0, 36)]}, "other files"),
    ],
)
def test_plain_files_that_hold_no_strain_are_refused(tmp_path, values, more, words):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_dataset("data", data=values, **more)
    entry = {"detector": "H1", "start": START, "dataset": "data", "sample_rate": RATE}
    with pytest.raises(ValueError, match=rf"a\.hdf5: .*{words}") as error:
        StrainFile(tmp_path / "a.hdf5", "H1", RATE, access(plain={"a.hdf5": entry}))
    assert "\n" not in str(error.value)


def test_a_plain_file_that_leads_to_another_is_refused(tmp_path):
    for name in ("a", "b"):
        with h5py.File(tmp_path / f"{name}.hdf5", "w") as file:
            if name == "a":
                file["data"] = 1e-21 * np.random.default_rng(0).standard_normal(8 * RATE)
            else:
                file["data"] = h5py.ExternalLink(str(tmp_path / "a.hdf5"), "data")
    entry = {"detector": "H1", "start": START, "dataset": "data", "sample_rate": RATE}
    with pytest.raises(ValueError, match=r"b\.hdf5: data set 'data' lies in another file"):
        StrainFile(tmp_path / "b.hdf5", "H1", RATE, access(plain={"b.hdf5": entry}))
