"""Which files of the archive are needed, and fetching one from a server that may misbehave."""

import base64
import hashlib
import multiprocessing
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from gwosc.api import v2
from gwosc_server import Server, ignore, write_archive_file

from ccsncam import gwosc

PAPER = [[1238236470, 1238252308]], [[1238265720, 1238354855]], [[1238404064, 1238457121]]
START = 1238233088


# --- which files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detector", "counts"), [("H1", [5, 15, 12]), ("L1", [4, 20, 12]), ("V1", [1, 23, 13])]
)
def test_the_papers_files(detector, counts):
    """Counted by hand from the segments on GWOSC; 105 in all."""
    assert [len(gwosc.files_for(detector, ranges)) for ranges in PAPER] == counts


def test_every_detector_of_a_run_has_segments_in_it():
    segments = dict(gwosc._tables()[1])
    for run in gwosc.runs():
        for detector in run.detectors.split():
            own = segments.pop((run.run, detector))
            assert (own[:, 0] < own[:, 1]).all()
            assert run.start <= own.min() < own.max() <= run.end
    assert not segments


def test_science_pieces_are_on_throughout():
    _, segments = gwosc._tables()
    (begin, end), *_ = ranges = PAPER[0]
    on = np.zeros(end - begin, bool)
    for first, last in segments["O3a", "H1"]:
        on[max(first - begin, 0) : max(last - begin, 0)] = True
    expected = [
        begin + k for k in range(0, len(on) - 63, 64) if on[k : k + 64].all() and k + 64 <= len(on)
    ]
    assert gwosc.science_pieces("H1", ranges, 64).tolist() == expected
    assert not len(gwosc.science_pieces("K1", ranges, 64))
    near = gwosc.science_near("H1", 1238240000)
    assert near == "H1 until GPS 1238239667 and from 1238245131"


def test_names_and_ends():
    # H1 was on from 1238236470 to 1238239667; 1238237184 is a point of the grid.
    (file,) = gwosc.files_for("H1", [[1238233000, 1238237184]])
    assert file.name == "H-H1_GWOSC_O3a_4KHZ_R1-1238233088-4096.hdf5"
    assert str(file.places[1]).startswith("O3a_4KHZ_R1/1237319680/H-H1")
    assert gwosc.ArchiveFile.from_name(file.name) == file
    assert len(gwosc.files_for("H1", [[1238233000, 1238237185]])) == 2
    assert len(gwosc.files_for("H1", [[1238236480, 1238236490], [1238237000, 1238237100]])) == 1
    # A range over the end of O3a, and another run.
    assert {file.run for file in gwosc.files_for("L1", [[1253970000, 1256660000]])} == {
        "O3a",
        "O3b",
    }
    assert len(gwosc.files_for("L1", [[1370020000, 1370028000]])) == 3


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
        gwosc.files_for(detector, ranges)
    assert "\n" not in str(error.value)


def test_files_at_hand_are_not_fetched(tmp_path):
    files = gwosc.files_for("H1", PAPER[0])
    for file, place in zip(files, range(3), strict=False):
        path = tmp_path / file.places[place]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    settings = {"folder": str(tmp_path), "cache": "cache", "keep": True}
    places = [path.parent.name for path in gwosc.paths_of(files, settings, "a/noise")]
    assert places == [tmp_path.name, "1237319680", "1237319680", "cache", "cache"]
    *_, path = gwosc.paths_of(files, settings | {"keep": False}, "a/noise")
    assert str(path.parent) == "cache/temporary/a/noise"
    with pytest.raises(ValueError, match=r"noise\.gwosc\.folder: nowhere is no folder"):
        gwosc.paths_of(files, settings | {"folder": "nowhere"}, "a/noise")
    (tmp_path / "taken").touch()
    with pytest.raises(ValueError, match=r"noise\.gwosc\.cache: .*taken is no folder"):
        gwosc.paths_of(files, settings | {"cache": str(tmp_path / "taken")}, "a/noise")


def test_the_plan_says_what_will_come_and_refuses_without_room(tmp_path, monkeypatch):
    cache = tmp_path / "not/there"
    missing = [cache / file.name for d in ("H1", "V1") for file in gwosc.files_for(d, PAPER[0])]
    text = gwosc.plan(missing, cache)
    assert "6 files to fetch (5 of H1, 1 of V1); at most 0.8 GB" in text
    free = SimpleNamespace(free=6 * gwosc.LARGEST - 1000)
    monkeypatch.setattr(gwosc.shutil, "disk_usage", lambda folder: free)
    with pytest.raises(ValueError, match=r"0\.8 GB free: make room") as error:
        gwosc.plan(missing, cache)
    assert "\n" not in str(error.value)
    cache.mkdir(parents=True)
    (cache / f"{missing[0].name}.part").write_bytes(bytes(1000))
    text = gwosc.plan(missing, cache, "elsewhere")
    assert text.endswith("; elsewhere has none of them")
    # What another run keeps is not fetched.
    for path in missing:
        path.touch()
    assert gwosc.plan([cache / "temporary/a/noise" / path.name for path in missing], cache) is None


# --- one file ------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    with Server(folder) as server:
        server.path = write_archive_file(folder, START)
        write_archive_file(folder, START + 4096, on=(0, 1))
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    v2.JSON_CACHE.clear()
    monkeypatch.setattr(gwosc, "PAUSE", 0.01)
    monkeypatch.setattr(v2, "RETRY_DEFAULT_WAIT_TIME", 0.01)


def fetch(server, folder, **more):
    target = folder / "cache" / server.path.name
    access = {"host": server.url, "mirror": None, "proxy": None, "attempts": 3, "timeout": 5}
    gwosc.fetch(target, **{**access, "report": ignore, **more})
    assert target.read_bytes() == server.path.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return server.sent[target.name]


def test_a_file_is_fetched_once(server, tmp_path):
    reports = []
    size = server.path.stat().st_size
    assert fetch(server, tmp_path, report=lambda *numbers: reports.append(numbers)) == size
    assert reports[-1] == (size, size)
    # The list has the file and its neighbour, on two pages.
    assert len(server.asked) == 3
    assert fetch(server, tmp_path) == size
    target = tmp_path / "cache" / server.path.name
    target.write_bytes(target.read_bytes()[:-1000])
    assert fetch(server, tmp_path) == 2 * size


def test_mirror_and_proxy(server, tmp_path):
    away = {"host": "http://gwosc.invalid", "proxy": server.url}
    fetch(server, tmp_path / "proxy", **away)
    assert all(path.startswith("http://gwosc.invalid/") for path in server.asked)
    with Server(server.folder) as mirror:
        fetch(server, tmp_path / "mirror", mirror=f"{mirror.url}/")
        assert [path.split("/")[3] for path in mirror.asked] == ["O3a_4KHZ_R1"]
        # The mirror is enough where the list cannot be had.
        fetch(server, tmp_path / "alone", host="http://127.0.0.1:9", mirror=mirror.url)


SUM = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("faults", "spent"),
    [
        ([{"status": 503, "headers": {"Retry_After": 0}}, {"status": 500}], 1),
        ([{"status": 429, "headers": {"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}}], 1),
        ([{"cut": 300_000}, {"cut": 300_000}, {}], 1),
        ([{"longer": 100}, {}], 2),  # what was there is not of that file
        ([{"cut": 300_000}, {"whole": True}], 1.3),
        ([{"cut": 300_000, "extra": {"ETag": '"old"'}}], 1.3),
        ([{"cut": 300_000, "extra": {"ETag": 'W/"weak"'}}, {"extra": {"ETag": 'W/"weak"'}}], 1),
        ([{"cut": 300_000, "without": ["ETag", "Last-Modified"]}], 1.3),
        ([{"body": b"<html>Busy</html>"}], 1),
        ([{"extra": {"x-amz-checksum-sha256": SUM}}, {}], 2),
    ],
)
def test_what_goes_wrong_once_is_mended(server, tmp_path, faults, spent):
    server.faults = list(faults)
    began = time.monotonic()
    assert fetch(server, tmp_path) == pytest.approx(spent * server.path.stat().st_size, rel=0.05)
    assert not server.faults
    assert time.monotonic() - began < 3


def test_attempts_that_get_further_do_not_count(server, tmp_path, monkeypatch):
    monkeypatch.setattr(gwosc, "STEP", 50_000)
    server.faults = [{"cut": 90_000}] * 8
    assert fetch(server, tmp_path) == server.path.stat().st_size
    monkeypatch.setattr(gwosc, "STEP", 200_000)
    server.faults = [{"cut": 90_000}] * 8
    with pytest.raises(ValueError, match="3 attempts in vain"):
        fetch(server, tmp_path / "other")


def test_a_drip_counts_as_cut(server, tmp_path, monkeypatch):
    monkeypatch.setattr(gwosc, "SLOWEST", 1e6)
    server.block, server.pause = 1000, 0.05
    with pytest.raises(ValueError, match=r"bytes a second at byte [0-9]+; 2 attempts in vain"):
        fetch(server, tmp_path, timeout=0.3, attempts=2)
    assert 0 < server.sent[server.path.name] < 100_000


def test_the_checksum_of_the_server_is_held(server, tmp_path):
    digest = base64.b64encode(hashlib.sha256(server.path.read_bytes()).digest()).decode()
    server.faults = [{"extra": {"Repr-Digest": f"sha-256=:{digest}:"}, "cut": 1000}]
    assert fetch(server, tmp_path) == server.path.stat().st_size
    server.always = {"extra": {"Digest": f"SHA-256={SUM}"}}
    with pytest.raises(ValueError, match=r"its sha256 is .*the server says 0000"):
        fetch(server, tmp_path / "other")


def other(server, **more):
    """The bytes of another file."""
    folder = server.folder.parent / "other"
    folder.mkdir()
    return write_archive_file(folder, START, on=(0, 1), **more).read_bytes()


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        (lambda s: {"always": {"status": 404}}, {}, "HTTP 404"),
        (lambda s: {"always": {"status": 403}}, {}, "HTTP 403"),
        (lambda s: {"always": {"status": 500}}, {}, "HTTP 500.*3 attempts in vain"),
        (lambda s: {"always": {"cut": 0}}, {}, "at byte 0; 3 attempts in vain"),
        (lambda s: {"always": {"without": ["Content-Length"]}}, {}, "does not say the length"),
        (lambda s: {"always": {"body": b"<html>"}}, {}, "not a whole GWOSC HDF5 file"),
        (lambda s: {"always": {"body": other(s, detector="L1")}}, {}, "holds L1 from GPS"),
        (lambda s: {"always": {"body": other(s, says=7)}}, {}, "holds H1 from GPS 7"),
        (lambda s: {"always": {"body": other(s, masks=False)}}, {}, "DQmask"),
        (lambda s: {"listing": {"without": "H1"}}, {}, r"not listed \(nothing is\)"),
        (lambda s: {"always": {"body": b""}}, {}, "no content at byte 0; 3 attempts in vain"),
        (lambda s: {"listing": {"status": 404}}, {}, "no run O3a"),
        (lambda s: {"listing": {"status": 502}}, {}, "HTTP 502 in 10 attempts"),
        (lambda s: {"listing": {"body": b"<html>"}}, {}, "not the list of files"),
        (lambda s: {"listing": {"body": b"{}"}}, {}, "not the list of files"),
        (lambda s: {}, {"host": "http://127.0.0.1:9"}, "refused.*3 attempts in vain"),
        (lambda s: {}, {"mirror": "http://127.0.0.1:9"}, "refused.*3 attempts in vain"),
    ],
)
def test_what_stays_wrong_is_one_clear_line(server, tmp_path, change, more, words):
    for key, value in change(server).items():
        setattr(server, key, value)
    with pytest.raises(ValueError, match=words) as error:
        fetch(server, tmp_path, **more)
    assert "\n" not in str(error.value)
    assert "http://127.0.0.1" in str(error.value)
    assert not list(tmp_path.glob("cache/*.hdf5"))
    # Wrong content is fetched once more, and no third time.
    asked = [path for path in server.asked if "/archive/" in path]
    assert len(asked) <= (3 if "in vain" in words else 2)


def test_no_byte_is_fetched_without_room(server, tmp_path, monkeypatch):
    free = SimpleNamespace(free=1000)
    monkeypatch.setattr(gwosc.shutil, "disk_usage", lambda folder: free)
    with pytest.raises(ValueError, match=r"1 MB are to come, 0 MB are free: make room"):
        fetch(server, tmp_path)
    assert not any((tmp_path / "cache").iterdir())


def test_of_two_processes_one_fetches_and_the_other_waits(server, tmp_path, caplog):
    server.block, server.pause = 1 << 14, 0.01
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(fetch, server, tmp_path) for _ in range(2)]
        assert [job.result() for job in jobs] == [server.path.stat().st_size] * 2
    assert sum("waiting for it" in line for line in caplog.messages) == 1


def test_one_that_waits_goes_on_where_the_other_gave_up(server, tmp_path):
    part = gwosc._Part(tmp_path / "cache" / server.path.name)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(fetch, server, tmp_path)
        time.sleep(0.2)
        assert not waits.done()
        part.__exit__()
        assert waits.result() == server.path.stat().st_size


def test_what_another_run_keeps_is_linked(server, tmp_path):
    size = fetch(server, tmp_path)
    cache = tmp_path / "cache"
    own = cache / "temporary/a/noise" / server.path.name
    access = {"host": server.url, "mirror": None, "proxy": None, "attempts": 3, "timeout": 5}
    gwosc.fetch(own, **access, report=ignore, cache=cache)
    assert own.samefile(cache / server.path.name)
    own.unlink()
    # A bad one is left to its owner.
    (cache / server.path.name).write_bytes(b"bad")
    gwosc.fetch(own, **access, report=ignore, cache=cache)
    assert own.read_bytes() == server.path.read_bytes()
    assert server.sent[server.path.name] == 2 * size
    assert (cache / server.path.name).read_bytes() == b"bad"


def test_killed_at_twenty_moments_nothing_is_fetched_twice(server, tmp_path, monkeypatch):
    # The children are forked from a server that has the imports behind it.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "gwosc_server"])
    server.block, server.pause = 1 << 13, 0.02
    target = tmp_path / "cache" / server.path.name
    access = {"host": server.url, "mirror": None, "proxy": None, "attempts": 3, "timeout": 5}
    draw = random.Random(1)
    sizes = []
    for _ in range(20):
        process = context.Process(
            target=gwosc.fetch, args=(target,), kwargs={**access, "report": ignore}
        )
        process.start()
        time.sleep(draw.uniform(0.02, 0.2))
        process.kill()
        process.join()
        assert not target.exists()
        part = target.with_name(f"{target.name}.part")
        sizes.append(part.stat().st_size if part.exists() else 0)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 5
    server.pause = 0
    size = server.path.stat().st_size
    assert fetch(server, tmp_path) < 1.5 * size


def test_what_is_complete_is_not_fetched_again(server, tmp_path, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(gwosc, "check", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fetch(server, tmp_path)
    size = server.path.stat().st_size
    asked = len(server.asked)
    assert fetch(server, tmp_path) == size
    assert len(server.asked) == asked
