"""Which files of the archive are needed, and where they are."""

from types import SimpleNamespace

import numpy as np
import pytest

from ccsncam.gwosc import archive

PAPER = [[1238236470, 1238252308]], [[1238265720, 1238354855]], [[1238404064, 1238457121]]


@pytest.mark.parametrize(
    ("detector", "counts"), [("H1", [5, 15, 12]), ("L1", [4, 20, 12]), ("V1", [1, 23, 13])]
)
def test_the_papers_files(detector, counts):
    """Counted by hand from the segments on GWOSC; 105 in all."""
    assert [len(archive.files_for(detector, ranges)) for ranges in PAPER] == counts


def test_every_detector_of_a_run_has_segments_in_it():
    """But for O4b: no public package has its segments, so a tool asks GWOSC for them."""
    segments = dict(archive.science_segments())
    for run in archive.observing_runs():
        for detector in run.detectors:
            if run.run == "O4b":
                with pytest.raises(ValueError, match=r"here: .*tools/gwosc_tables.py segments O4b"):
                    archive.segments_of(run.run, detector, "here")
                continue
            own = segments.pop((run.run, detector))
            assert (own[:, 0] < own[:, 1]).all()
            assert run.start <= own.min() < own.max() <= run.end
    assert not segments


def test_science_pieces_are_on_throughout():
    segments = archive.science_segments()
    (begin, end), *_ = ranges = PAPER[0]
    on = np.zeros(end - begin, bool)
    for first, last in segments["O3a", "H1"]:
        on[max(first - begin, 0) : max(last - begin, 0)] = True
    expected = [
        begin + k for k in range(0, len(on) - 63, 64) if on[k : k + 64].all() and k + 64 <= len(on)
    ]
    assert archive.science_pieces("H1", ranges, 64).tolist() == expected
    assert not len(archive.science_pieces("K1", ranges, 64))
    near = archive.science_near("H1", 1238240000)
    assert near == "H1 until GPS 1238239667 and from 1238245131"


def test_names_and_ends():
    # H1 was on from 1238236470 to 1238239667; 1238237184 is a point of the grid.
    (file,) = archive.files_for("H1", [[1238233000, 1238237184]])
    assert file.name == "H-H1_GWOSC_O3a_4KHZ_R1-1238233088-4096.hdf5"
    assert str(file.places[1]).startswith("O3a_4KHZ_R1/1237319680/H-H1")
    assert archive.ArchiveFile.from_name(file.name) == file
    assert len(archive.files_for("H1", [[1238233000, 1238237185]])) == 2
    assert len(archive.files_for("H1", [[1238236480, 1238236490], [1238237000, 1238237100]])) == 1
    # A range from O3a to O3b, and a range of another run.
    assert {file.run for file in archive.files_for("L1", [[1253970000, 1256660000]])} == {
        "O3a",
        "O3b",
    }
    assert len(archive.files_for("L1", [[1370020000, 1370028000]])) == 3


def test_files_of_o4(monkeypatch):
    """The release of O4a has days before the run; the names are as those of GWOSC's archive."""
    (file,) = archive.files_for("H1", [[1368195300, 1368195400]])  # for SN 2023ixf
    assert file.name == "H-H1_GWOSC_O4a_4KHZ_R1-1368195072-4096.hdf5"
    # GW231226_101520 is in a file of this name.
    (file,) = archive.files_for("L1", [[1387620930, 1387620946]])
    assert file.name == "L-L1_GWOSC_O4a_4KHZ_R1-1387618304-4096.hdf5"
    assert str(file.places[1]).startswith("O4a_4KHZ_R1/1387266048/")
    # That of GW250114_082203 is https://gwosc.org/archive/data/O4b_4KHZ_R1/1420820480/H-H1_….
    monkeypatch.setitem(
        archive.science_segments(), ("O4b", "H1"), np.array([[1420878000, 1420890000]])
    )
    (file,) = archive.files_for("H1", [[1420878130, 1420878150]])
    assert file.name == "H-H1_GWOSC_O4b_4KHZ_R1-1420877824-4096.hdf5"
    assert str(file.places[1]) == f"O4b_4KHZ_R1/1420820480/{file.name}"
    assert archive.ArchiveFile.from_name(file.name) == file
    with pytest.raises(ValueError, match=r"\[1420878130, 14.*no science time of V1 in O4b: add it"):
        archive.files_for("V1", [[1420878130, 1420878150]])


@pytest.mark.parametrize(
    ("detector", "ranges", "words"),
    [
        ("H1", [[1260000000, 1260004096], [1, 2]], r"\[1, 2\] lies in no run that is.*O4a"),
        # Virgo joined O2 in August 2017.
        ("V1", [[1180922000, 1180923000]], "no strain of V1 there"),
        ("K1", PAPER[0], "no strain of K1 there"),
        ("V1", [[1238236470, 1238250278]], "no strain of V1 there: take another range"),
    ],
)
def test_ranges_without_strain(detector, ranges, words):
    with pytest.raises(ValueError, match=words) as error:
        archive.files_for(detector, ranges)
    assert "\n" not in str(error.value)


def test_files_at_hand_are_not_fetched(tmp_path):
    files = archive.files_for("H1", PAPER[0])
    for file, place in zip(files, range(3), strict=False):
        path = tmp_path / file.places[place]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    paths = archive.paths_of(files, str(tmp_path), "cache", keep=True, own="a/noise")
    places = [path.parent.name for path in paths]
    assert places == [tmp_path.name, "1237319680", "1237319680", "cache", "cache"]
    *_, path = archive.paths_of(files, str(tmp_path), "cache", keep=False, own="a/noise")
    assert str(path.parent) == "cache/temporary/a/noise"
    with pytest.raises(ValueError, match=r"noise\.gwosc\.folder: nowhere is not a folder"):
        archive.paths_of(files, "nowhere", "cache", keep=True, own="a/noise")
    with pytest.raises(ValueError, match=r"'my/\{run\}': rename it, because Snakemake"):
        archive.paths_of(files, tmp_path, "my/{run}", keep=True, own="a/noise")
    (tmp_path / "taken").touch()
    with pytest.raises(ValueError, match=r"noise\.gwosc\.cache: .*taken is not a folder"):
        archive.paths_of(files, tmp_path, str(tmp_path / "taken"), keep=True, own="a/noise")


def test_the_plan_says_what_will_come_and_refuses_without_room(tmp_path, monkeypatch):
    cache = tmp_path / "not/there"
    missing = [cache / file.name for d in ("H1", "V1") for file in archive.files_for(d, PAPER[0])]
    text = archive.plan(missing, cache)
    assert "6 files to fetch (5 of H1, 1 of V1); at most 0.8 GB" in text
    free = SimpleNamespace(free=6 * archive.LARGEST - 1000)
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda folder: free)
    with pytest.raises(ValueError, match=r"0\.8 GB free: make room") as error:
        archive.plan(missing, cache)
    assert "\n" not in str(error.value)
    cache.mkdir(parents=True)
    (cache / f"{missing[0].name}.part").write_bytes(bytes(1000))
    text = archive.plan(missing, cache, "elsewhere")
    assert text.endswith("; elsewhere has none of them")
    # Files that another run keeps are not fetched.
    for path in missing:
        path.touch()
    assert (
        archive.plan([cache / "temporary/a/noise" / path.name for path in missing], cache) is None
    )
