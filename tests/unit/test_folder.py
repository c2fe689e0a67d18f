"""Which files of a folder hold strain, by their names."""

import pytest

from ccsncam.noise import folder

START = 1000000000


def touch(path, start, detector="H1", duration=32):
    (path / f"{detector[0]}-{detector}_GWOSC_TEST_4KHZ_R1-{start}-{duration}.hdf5").touch()


def test_files_for(tmp_path):
    for start in (START, START + 32, START + 64):
        touch(tmp_path, start)
    touch(tmp_path, START, "L1")
    (tmp_path / "notes.txt").write_text("")
    found = folder.files_for(tmp_path, "H1", [[START + 40, START + 64]])
    assert [path.name for path in found] == [f"H-H1_GWOSC_TEST_4KHZ_R1-{START + 32}-32.hdf5"]
    found = folder.files_for(tmp_path, "H1", [[START + 90, START + 99], [START, START + 1]])
    assert [int(path.stem.split("-")[-2]) - START for path in found] == [0, 64]
    with pytest.raises(ValueError, match="no file of V1 strain overlaps the ranges"):
        folder.files_for(tmp_path, "V1", [[START, START + 32]])
    with pytest.raises(ValueError, match="no file of H1 strain"):
        folder.files_for(tmp_path, "H1", [[START + 96, START + 99]])
    for path in (None, tmp_path / "none"):
        with pytest.raises(ValueError, match=r"noise.files.folder: .* is not a folder"):
            folder.files_for(path, "H1", [[0, 1]])
    plain = {"gone.h5": {"detector": "H1", "start": START, "dataset": "strain"}}
    with pytest.raises(ValueError, match=r"there is no file 'gone.h5'"):
        folder.files_for(tmp_path, "H1", [[START, START + 1]], plain)


def test_what_a_folder_holds(tmp_path):
    for start in (0, 4096, 8192):
        (tmp_path / f"H-H1_X-{start}-4096.hdf5").touch()
    plain = {"a.h5": {"detector": "L1", "start": 5.5, "dataset": "x"}}
    said = folder.held(tmp_path, ["H1", "L1", "V1"], plain)
    assert said == "GPS of H1 0 to 4096, 4096 to 8192, 8192 to 12288; L1 5.5 on"
    for start in (12288, 16384):
        (tmp_path / f"H-H1_X-{start}-4096.hdf5").touch()
    said = folder.held(tmp_path, ["H1"])
    assert said == "GPS of H1 0 to 4096, … (5 files) …, 16384 to 20480"
    with pytest.raises(ValueError, match=r"overlaps the ranges .*; it holds GPS of H1 0 to"):
        folder.files_for(tmp_path, "H1", [[30000, 30100]])
    (tmp_path / "b.h5").touch()
    with pytest.raises(ValueError, match=r"there is no file 'a.h5' .*did you mean 'b.h5'\?"):
        folder.files_for(tmp_path, "L1", [[0, 10]], plain)


def test_names_are_parsed():
    said = folder.parse("H-H1_GWOSC_O3a_4KHZ_R1-1238233088-4096.gwf")
    assert said == ("H1", 1238233088, 4096, "gwf")
    assert folder.parse("notes.txt") is None


def test_names_that_contradict_themselves_or_snakemake_are_refused(tmp_path):
    (tmp_path / "L-H1_GWOSC_X-1000000000-32.hdf5").touch()
    with pytest.raises(ValueError, match=r"L-H1_.*hdf5: the name says site L and detector H1"):
        folder.files_for(tmp_path, "H1", [[START, START + 1]])
    for name in ("{gps}.h5", "a}.h5", "a\nb.h5", "<logs>.h5"):
        (tmp_path / name).touch()
        plain = {name: {"detector": "V1", "start": START, "dataset": "strain"}}
        with pytest.raises(ValueError, match=r"rename it, because Snakemake") as error:
            folder.files_for(tmp_path, "V1", [[START, START + 1]], plain)
        assert "\n" not in str(error.value)
    # Digits of other alphabets are no GPS time.
    assert folder.parse("H-H1_X-١٢٣-32.hdf5") is None
