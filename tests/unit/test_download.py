"""Fetching a file of the archive from a server that may misbehave."""

import base64
import hashlib
import multiprocessing
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from gwosc.api import v2
from gwosc_server import Server, ignore, write_archive_file

from ccsncam.config.access import Access
from ccsncam.gwosc import archive, download, http, layout
from ccsncam.gwosc.part import Part

START = 1238233088


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
    monkeypatch.setattr(http, "PAUSE", 0.01)
    monkeypatch.setattr(v2, "RETRY_DEFAULT_WAIT_TIME", 0.01)


def access(server, **more):
    return Access(
        **{"host": server.url, "mirror": None, "proxy": None, "attempts": 3, "timeout": 5} | more
    )


def fetch(server, folder, report=ignore, **more):
    target = folder / "cache" / server.path.name
    download.fetch(target, access(server, **more), report)
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


@pytest.mark.parametrize(
    ("run", "detector", "start"),
    # The files of GW231226_101520 and of GW250114_082203; Virgo took part in O4b.
    [("O4a", "L1", 1387618304), ("O4b", "H1", 1420877824), ("O4b", "V1", 1420877824)],
)
def test_files_of_o4_are_fetched(server, tmp_path, run, detector, start):
    server.path = write_archive_file(server.folder, start, detector, run=run)
    assert fetch(server, tmp_path) == server.path.stat().st_size
    assert any(path.startswith(f"/api/v2/runs/{run}/strain-files?") for path in server.asked)
    folder = start // 2**20 * 2**20
    assert f"/archive/data/{run}_4KHZ_R1/{folder}/{server.path.name}" in server.asked


def test_mirror_and_proxy(server, tmp_path):
    away = {"host": "http://gwosc.invalid", "proxy": server.url}
    fetch(server, tmp_path / "proxy", **away)
    assert all(path.startswith("http://gwosc.invalid/") for path in server.asked)
    with Server(server.folder) as mirror:
        fetch(server, tmp_path / "mirror", mirror=f"{mirror.url}/")
        assert [path.split("/")[3] for path in mirror.asked] == ["O3a_4KHZ_R1"]
        # The mirror is enough when the list cannot be reached.
        fetch(server, tmp_path / "alone", host="http://127.0.0.1:9", mirror=mirror.url)


SUM = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("faults", "spent"),
    [
        ([{"status": 503, "headers": {"Retry_After": 0}}, {"status": 500}], 1),
        ([{"status": 429, "headers": {"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}}], 1),
        ([{"cut": 300_000}, {"cut": 300_000}, {}], 1),
        ([{"longer": 100}, {}], 2),  # the bytes that came first belong to another file
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
    monkeypatch.setattr(http, "STEP", 50_000)
    server.faults = [{"cut": 90_000}] * 8
    assert fetch(server, tmp_path) == server.path.stat().st_size
    monkeypatch.setattr(http, "STEP", 200_000)
    server.faults = [{"cut": 90_000}] * 8
    with pytest.raises(ValueError, match="gave up after 3 attempts"):
        fetch(server, tmp_path / "other")


def test_a_drip_counts_as_cut(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "SLOWEST", 1e6)
    server.block, server.pause = 1000, 0.05
    with pytest.raises(
        ValueError, match=r"bytes per second at byte [0-9]+; gave up after 2 attempts"
    ):
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
    """Bytes of a file with other content."""
    folder = server.folder.parent / "other"
    folder.mkdir()
    return write_archive_file(folder, START, on=(0, 1), **more).read_bytes()


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        (lambda s: {"always": {"status": 404}}, {}, "HTTP 404"),
        (lambda s: {"always": {"status": 403}}, {}, "HTTP 403"),
        (lambda s: {"always": {"status": 500}}, {}, "HTTP 500.*gave up after 3 attempts"),
        (lambda s: {"always": {"cut": 0}}, {}, "at byte 0; gave up after 3 attempts"),
        (lambda s: {"always": {"without": ["Content-Length"]}}, {}, "does not say the length"),
        (lambda s: {"always": {"body": b"<html>"}}, {}, "not a whole GWOSC HDF5 file"),
        (lambda s: {"always": {"body": other(s, detector="L1")}}, {}, "holds L1 from GPS"),
        (lambda s: {"always": {"body": other(s, says=7)}}, {}, "holds H1 from GPS 7"),
        (lambda s: {"always": {"body": other(s, masks=False)}}, {}, "DQmask"),
        (lambda s: {"listing": {"without": "H1"}}, {}, r"not listed \(nothing is\)"),
        (lambda s: {"always": {"body": b""}}, {}, "no content at byte 0; gave up after 3 attempts"),
        (lambda s: {"listing": {"status": 404}}, {}, "no run O3a"),
        (lambda s: {"listing": {"status": 502}}, {}, "HTTP 502 in 10 attempts"),
        (lambda s: {"listing": {"body": b"<html>"}}, {}, "not the list of files"),
        (lambda s: {"listing": {"body": b"{}"}}, {}, "not the list of files"),
        (lambda s: {}, {"host": "http://127.0.0.1:9"}, "refused.*gave up after 3 attempts"),
        (lambda s: {}, {"mirror": "http://127.0.0.1:9"}, "refused.*gave up after 3 attempts"),
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
    # Wrong content is fetched a second time, but not a third time.
    asked = [path for path in server.asked if "/archive/" in path]
    assert len(asked) <= (3 if "gave up" in words else 2)


def test_no_byte_is_fetched_without_room(server, tmp_path, monkeypatch):
    free = SimpleNamespace(free=1000)
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda folder: free)
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
    part = Part(tmp_path / "cache" / server.path.name)
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
    download.fetch(own, access(server), ignore, cache=cache)
    assert own.samefile(cache / server.path.name)
    own.unlink()
    # A bad file of another run is left alone.
    (cache / server.path.name).write_bytes(b"bad")
    download.fetch(own, access(server), ignore, cache=cache)
    assert own.read_bytes() == server.path.read_bytes()
    assert server.sent[server.path.name] == 2 * size
    assert (cache / server.path.name).read_bytes() == b"bad"


def test_killed_at_twenty_moments_nothing_is_fetched_twice(server, tmp_path, monkeypatch):
    # The children are forked from a server that has done the imports already.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "gwosc_server", "ccsncam.gwosc.download"])
    server.block, server.pause = 1 << 13, 0.02
    target = tmp_path / "cache" / server.path.name
    draw = random.Random(1)
    sizes = []
    for _ in range(20):
        process = context.Process(target=download.fetch, args=(target, access(server), ignore))
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
        killed.setattr(layout, "check", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fetch(server, tmp_path)
    size = server.path.stat().st_size
    asked = len(server.asked)
    assert fetch(server, tmp_path) == size
    assert len(server.asked) == asked


@pytest.mark.parametrize(
    "note",
    [
        "[" * 99_999,
        '{"length": "7"}',
        '{"length": 1e3}',
        '{"length": 5000000000}',
        '{"url": 7, "length": 1000}',
        '{"url": "x", "length": 1000, "checksum": "sha256"}',
        '{"what": 1}',
        "7",
        "\xff",
    ],
)
def test_a_damaged_note_says_nothing(server, tmp_path, note):
    part = tmp_path / "cache" / f"{server.path.name}.part"
    part.parent.mkdir()
    part.write_bytes(b"of unknown origin")
    part.with_name(f"{part.name}.json").write_bytes(note.encode("latin-1"))
    assert fetch(server, tmp_path) == server.path.stat().st_size


def test_no_password_of_netrc_is_sent(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetch(server, tmp_path)
    assert server.secrets == []


@pytest.mark.parametrize("where", ["HTTP_PROXY", "noise.gwosc.proxy"])
def test_a_dead_proxy_is_named_without_its_password(server, tmp_path, monkeypatch, where):
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    proxy, more = "http://me:secret@127.0.0.1:9", {"host": "http://gwosc.invalid"}
    if where == "HTTP_PROXY":
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
    else:
        more["proxy"] = proxy
    source = "the environment" if where == "HTTP_PROXY" else where
    with pytest.raises(ValueError, match=rf"by the proxy 127\.0\.0\.1:9 of {source}") as error:
        fetch(server, tmp_path, **more)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_certificates_that_are_not_there_are_one_line(server, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(ValueError, match=r"OSError \(.*none\.pem\)|TLS CA certificate") as error:
        fetch(server, tmp_path, host="https://127.0.0.1:9")
    assert "\n" not in str(error.value)


def test_a_cache_of_somebody_else_is_one_line(server, tmp_path):
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(ValueError, match=r"cannot be written: .*set noise\.gwosc\.cache"):
        download.fetch(tmp_path / "cache" / server.path.name, access(server), ignore)
