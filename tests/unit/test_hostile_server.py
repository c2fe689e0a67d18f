"""A server that means no good: nothing of it is kept, and each attempt ends in time in one line."""

import contextlib
import gzip
import json
import time
import zlib

import h5py
import numpy as np
import pytest
from gwosc.api import v2
from gwosc_server import Server, ignore, write_archive_file

from ccsncam.config.access import Access
from ccsncam.gwosc import download, http, listing, part
from ccsncam.gwosc.layout import _DETECTOR, _MASKS, _STRAIN

START = 1238233088
# The longest time that a situation may take with the limits of these tests [s].
LONGEST = 4.0
(MASK, NAMES), (INJECTIONS, _) = _MASKS.values()


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A good file of the archive."""
    return write_archive_file(tmp_path_factory.mktemp("archive"), START, on=(0, 1))


@pytest.fixture
def server(good, tmp_path):
    with Server(good.parent) as server:
        server.path, server.scratch = good, tmp_path / "scratch.hdf5"
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Limits as in a run, only shorter."""
    v2.JSON_CACHE.clear()
    for module, name, value in (
        (http, "PAUSE", 0.01),
        (http, "LONGEST_ASKED", 0.05),
        (v2, "RETRY_DEFAULT_WAIT_TIME", 0.01),
        (v2, "TIMEOUT", 0.3),
        (listing, "LONGEST", 1.0),
        (download, "LONGEST", 1.5),
    ):
        monkeypatch.setattr(module, name, value)


# --- What the server does to the list of files: changes of `Server.listing`.


def body(value, **headers):
    """A list that is this text or these bytes."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return {"listing": {"body": data, "headers": headers}}


def row(**change):
    """A list of one row, which is right but for these values."""

    def page(answer):
        one = {"gps_start": START, "detector": "H1", **answer["results"][0], **change}
        return answer | {"results": [{k: v for k, v in one.items() if v != "left out"}]}

    return {"listing": {"page": page}}


def page(**change):
    """A page with other values."""
    return {"listing": {"page": lambda answer: answer | change}}


def endless(head, piece, pause=0.0):
    """An answer that never ends: a head, and then a piece again and again."""

    def raw(handler):
        with contextlib.suppress(OSError):
            handler.wfile.write(head)
            while True:
                handler.wfile.write(piece)
                handler.wfile.flush()
                time.sleep(pause)

    return raw


def listed(raw):
    return {"listing": {"raw": raw}}


def always(**fault):
    return {"always": fault}


def faults(*given):
    return {"faults": list(given)}


def status(code, **headers):
    return {"status": code, "headers": headers}


def hop(to, code=302):
    """A redirection of the list."""
    return {"listing": {"status": code, "headers": {"Location": to}}}


OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 5000000000\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SIX = b"%x\r\n%s\r\n" % (1 << 16, bytes(1 << 16))


def many_pages(server):
    """More pages than anybody wants, each with an address of its own."""

    def raw(handler):
        more = f"{server.url}/api/v2/runs/O3a/strain-files?page={len(server.asked)}"
        handler._answer(200, json.dumps({"next": more, "results": []}).encode())

    return listed(raw)


def same_page(server):
    """A page that leads to itself."""

    def raw(handler):
        more = f"{server.url}{handler.path}"
        handler._answer(200, json.dumps({"next": more, "results": []}).encode())

    return listed(raw)


NOT_THE_LIST = "not the list of files"
LISTS = {
    "an array": (body([]), NOT_THE_LIST),
    "a number": (body(7), NOT_THE_LIST),
    "null": (body(None), NOT_THE_LIST),
    "a text": (body("results"), NOT_THE_LIST),
    "results are a number": (body({"results": 7, "next": None}), "there are no results"),
    "results are a mapping": (body({"results": {"a": 1}, "next": None}), "there are no results"),
    "results are a text": (body({"results": "abc", "next": None}), "there are no results"),
    "rows are numbers": (body({"results": [1, 2], "next": None}), NOT_THE_LIST),
    "rows are lists": (body({"results": [[]], "next": None}), NOT_THE_LIST),
    "no next": (body({"results": []}), r"not the list of files.*KeyError"),
    "next is a number": (page(next=7), "address of the next page is 7"),
    "next is a list": (page(next=["x"]), "address of the next page is \\['x'\\]"),
    "next is a file": (page(next="file:///etc/passwd"), "next page is file:///etc/passwd"),
    "next is at another host": (page(next="http://127.0.0.2:9/x"), "another host, 127.0.0.2:9"),
    "next is no address": (page(next="http://[bad"), NOT_THE_LIST),
    "next is itself": (same_page, "the list has 1 pages and does not end"),
    "pages without end": (many_pages, "the list has 20 pages and does not end"),
    "nested lists": (body(b"[" * 100_000), "not the list of files.*RecursionError"),
    "nested mappings": (body(b'{"results":' * 100_000), "not the list of files.*RecursionError"),
    "a number of a million digits": (body(b"1" * 1_000_000), "not the list of files"),
    "not UTF-8": (body(b"\xff\xfe\x00" * 1000), NOT_THE_LIST),
    "cut short": (body(b'{"results": [{"hdf5'), NOT_THE_LIST),
    "nan": (body(b'{"results": NaN, "next": Infinity}'), "there are no results"),
    "another charset": (body(b"\x00{}", Content_Type="text/html; charset=zz"), NOT_THE_LIST),
    "5 GB announced": (listed(endless(OK + LONG, bytes(1 << 16))), "a page of more than 4 MB"),
    "chunks without end": (listed(endless(OK + CHUNKED, SIX)), "a page of more than 4 MB"),
    "a gzip bomb": (
        body(gzip.compress(bytes(50_000_000), 1), Content_Encoding="gzip"),
        "a page of more than 4 MB",
    ),
    "gzip that is none": (body(b"{}" * 99, Content_Encoding="gzip"), NOT_THE_LIST),
    "a slow body": (listed(endless(OK + LONG, b" ", 0.05)), "no whole answer within 1 s"),
    "slow chunks": (listed(endless(OK + CHUNKED, b"1", 0.05)), "no whole answer within 1 s"),
    "slow headers": (listed(endless(OK, b"a", 0.05)), "no whole answer within 1 s"),
    "headers without end": (listed(endless(OK, b"X-A: b\r\n")), "gave up after 2 attempts"),
    "a header without end": (listed(endless(OK + b"X-A: ", b"a" * 999)), "gave up after 2"),
    "no HTTP": (listed(lambda handler: handler.wfile.write(b"SSH-2.0-x\r\n")), "gave up after 2"),
    "no answer": (listed(lambda handler: None), "gave up after 2 attempts"),
    "silence": (listed(lambda handler: time.sleep(0.9)), "no whole answer within 1 s"),
    "a redirection in a loop": (hop("/api/v2/runs/O3a/strain-files"), "TooManyRedirects"),
    "a redirection to a file": (hop("file:///etc/passwd"), "InvalidSchema"),
    "a redirection to nowhere": (hop("http://[bad"), NOT_THE_LIST),
    "a redirection with 5 GB": (
        listed(endless(b"HTTP/1.1 302 Found\r\nLocation: file:///x\r\n" + LONG, bytes(1 << 16))),
        "InvalidSchema",
    ),
    "busy for three years": ({"listing": status(503, Retry_After=99999999)}, "503 in 10 attempts"),
    "busy, -5": ({"listing": status(503, Retry_After=-5)}, "503 in 10 attempts"),
    "busy, ²": ({"listing": status(429, Retry_After="²")}, "429 in 10 attempts"),
    "busy, nan": ({"listing": status(429, Retry_After="nan")}, "429 in 10 attempts"),
    "busy till 9999": (
        {"listing": status(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")},
        "503 in 10 attempts",
    ),
    "a status with signs of a terminal": (
        listed(lambda h: h.wfile.write(b"HTTP/1.1 400 \x1b[2Jx\r\nContent-Length: 0\r\n\r\n")),
        "HTTP 400 \\?\\[2Jx",
    ),
    "an address that is a number": (row(hdf5_url=17), "address of a file is 17"),
    "an address that is a list": (row(hdf5_url=["a"]), "address of a file is \\['a'\\]"),
    "an address that is a mapping": (row(hdf5_url={"a": 1}), "address of a file is {'a': 1}"),
    "an address that is true": (row(hdf5_url=True), "address of a file is True"),
    "an address that is empty": (row(hdf5_url=""), "address of a file is , not one"),
    "no address": (row(hdf5_url="left out"), "not the list of files.*KeyError"),
    "a null address": (row(hdf5_url=None), r"not listed \(nothing is\)"),
    "a local file": (row(hdf5_url="file:///etc/passwd"), "address of a file is file:///etc"),
    "a path": (row(hdf5_url="/archive/data/x"), "address of a file is /archive"),
    "ftp": (row(hdf5_url="ftp://127.0.0.1/x"), "address of a file is ftp"),
    "no host": (row(hdf5_url="http:///x"), "address of a file is http:///x"),
    "an address of lines": (row(hdf5_url="http://h/a\n\nb"), "not of plain signs"),
    "an address that steers": (row(hdf5_url="http://h/\x1b[2J/b"), "not of plain signs"),
    "a name of a megabyte": (row(hdf5_url="http://h/" + "a" * 1_000_000), "too long or not"),
}

# --- What the server does to the file itself: changes of its answers.

TOO_LONG = "a file of strain has at most 134717728"
ANSWERS = {
    "5 GB": (always(raw=endless(OK + LONG, bytes(1 << 16))), "announces 5000000000 b.*" + TOO_LONG),
    "a length of ²": (always(raw=endless(OK + b"Content-Length: \xb2\r\n\r\n", b"a")), TOO_LONG),
    "a length of 1_000": (always(raw=endless(OK + b"Content-Length: 1_0\r\n\r\n", b"a")), TOO_LONG),
    "a length below 0": (always(raw=endless(OK + b"Content-Length: -5\r\n\r\n", b"a")), TOO_LONG),
    "a length of 1e400": (
        always(raw=endless(OK + b"Content-Length: 1" + b"0" * 400 + b"\r\n\r\n", b"a")),
        TOO_LONG,
    ),
    "two lengths": (
        always(raw=endless(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", b"a")),
        "InvalidHeader .*multiple",
    ),
    "chunks": (always(raw=endless(OK + CHUNKED, SIX)), "does not say the length"),
    "chunks and a length": (
        always(raw=endless(OK + b"Content-Length: 9\r\n" + CHUNKED, SIX)),
        "does not say the length",
    ),
    "no length": (always(raw=endless(OK + b"\r\n", bytes(1 << 16))), "does not say the length"),
    "packed": (always(extra={"Content-Encoding": "gzip"}), "sends gzip, which was not asked for"),
    "a body that drips": (
        always(raw=endless(OK + b"Content-Length: 99999\r\n\r\n", b"a", 0.02)),
        "bytes per second.*gave up after 2",
    ),
    "headers that drip": (always(raw=endless(OK, b"a", 0.05)), "no whole answer within 1.2 s"),
    "silence": (always(raw=lambda handler: time.sleep(0.5)), "gave up after 2 attempts"),
    "too slow in all": (
        lambda server: setattr(server, "block", 5000) or setattr(server, "pause", 0.05),
        "too slow at byte [0-9]+ after",
    ),
    "never the whole": (always(cut=1000), "IncompleteRead.*gave up after 2"),
    "never the same": (
        faults(*({"cut": 9000, "extra": {"ETag": f'"{k}"'}} for k in range(9))),
        "gave up after 2 attempts",
    ),
    "nothing": (always(body=b""), "no content.*gave up after 2"),
    "busy for three years": (always(**status(503, Retry_After=99999999)), "gave up after 2"),
    "busy, ²": (always(**status(503, Retry_After="²")), "gave up after 2"),
    "busy, nan": (always(**status(503, Retry_After="nan")), "gave up after 2"),
    "busy, -1": (always(**status(503, Retry_After=-1)), "gave up after 2"),
    "a redirection in a loop": (always(**status(301, Location="")), "TooManyRedirects|HTTP 301"),
    "a redirection to a file": (always(**status(307, Location="file:///x")), "InvalidSchema"),
    "a part that nobody asked for": (always(**status(206)), "HTTP 206"),
    "no content by status": (always(**status(204)), "HTTP 204"),
    "a checksum of another file": (
        always(extra={"x-amz-checksum-sha256": "A" * 43 + "="}),
        "its sha256 is",
    ),
}
# What comes once, and is mended by the next attempt.
MENDED = {
    "cut, then the whole": faults({"cut": 500_000}, {"whole": True}),
    "cut, then another version": faults({"cut": 500_000, "extra": {"ETag": '"old"'}}),
    "cut, then another range": faults(
        {"cut": 500_000}, {"extra": {"Content-Range": "bytes 7-8/9"}, "cut": 10}
    ),
    "cut, then a range without end": faults(
        {"cut": 500_000}, {"extra": {"Content-Range": "bytes 500000-*/*"}, "cut": 10}
    ),
    "cut, then 416": faults({"cut": 500_000}, status(416)),
    "cut, then 400": faults({"cut": 500_000}, status(400)),
    "cut, then 431": faults({"cut": 500_000}, status(431)),
    "an ETag of 60 kB": faults({"cut": 500_000, "extra": {"ETag": '"' + "a" * 60_000 + '"'}}),
    "longer than it is": faults({"longer": 1_000_000}),
    "a checksum that is none": faults({"extra": {"Digest": "sha-256=²,md5=x", "Content-MD5": "§"}}),
    "busy once, ²": faults(status(503, Retry_After="²")),
}

# --- What is in the file: changes of a good one.


def replaced(name, value=None, **more):
    """Another data set in place of one of a good file."""

    def change(file):
        attributes = dict(file[name].attrs)
        del file[name]
        file.create_dataset(name, data=value, **more).attrs.update(attributes)

    return change


def linked(name, link):
    def change(file):
        del file[name]
        file[name] = link

    return change


def attribute(**values):
    return lambda file: file[_STRAIN].attrs.update(values)


def virtual(file):
    source = h5py.VirtualSource("/etc/passwd", "strain/Strain", shape=(4096 * 4096,))
    plan = h5py.VirtualLayout(shape=(4096 * 4096,), dtype="f8")
    plan[:] = source
    attributes = dict(file[_STRAIN].attrs)
    del file[_STRAIN]
    file.create_virtual_dataset(_STRAIN, plan).attrs.update(attributes)


def bomb(file):
    """A mask of which one chunk unpacks to a thousand times its size."""
    replaced(MASK, shape=(4096,), dtype="u4", chunks=(4096,), compression="gzip")(file)
    file[MASK].id.write_direct_chunk((0,), gzip_bytes(1 << 28))


def gzip_bytes(count):
    """So many zeros in zlib's format, made of one stretch that is repeated."""
    packer = zlib.compressobj(1)
    block = bytes(1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(count >> 20)), packer.flush()])


COUNT = 4096 * 4096
OUTSIDE = [("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
CONTENT = {
    "a mask of 1e11 values": (
        replaced(MASK, shape=(10**11,), dtype="u4", chunks=(1 << 20,), compression="gzip"),
        "shape \\(100000000000,\\), which is too large",
    ),
    "a strain of 1e11 values": (
        replaced(_STRAIN, shape=(10**11,), dtype="f8", chunks=(1 << 16,)),
        "which is too large",
    ),
    "a strain of 1e9 bytes a value": (
        replaced(_DETECTOR, shape=(), dtype="S1000000000"),
        "meta/Detector holds .S1000000000",
    ),
    "strain in another file": (
        replaced(_STRAIN, shape=(COUNT,), dtype="f8", external=OUTSIDE),
        "strain/Strain keeps its values in other files",
    ),
    "a mask in another file": (
        replaced(MASK, shape=(4096,), dtype="u4", external=OUTSIDE),
        "DQmask keeps its values in other files",
    ),
    "names in another file": (
        replaced(NAMES, shape=(7,), dtype="S10", external=OUTSIDE),
        "DQShortnames keeps its values in other files",
    ),
    "a virtual strain": (virtual, "strain/Strain keeps its values in other files"),
    "a link to another file": (
        linked(_STRAIN, h5py.ExternalLink("/etc/passwd", "/x")),
        "strain/Strain is only a link",
    ),
    "a link in place": (linked(_STRAIN, h5py.SoftLink(f"/{MASK}")), "strain/Strain is only a link"),
    "a group that is a link": (
        linked("strain", h5py.ExternalLink("/etc/passwd", "/strain")),
        "strain/Strain is only a link",
    ),
    "a group in place of strain": (
        lambda file: (file.__delitem__(_STRAIN), file.create_group(_STRAIN)),
        "strain/Strain is not a data set",
    ),
    "a chunk that is a bomb": (bomb, "unpacks to more than it says"),
    "chunks of a gigabyte": (
        replaced(_STRAIN, shape=(COUNT * 8,), dtype="f8", chunks=(COUNT * 8,), compression="gzip"),
        "has chunks of 1074 MB",
    ),
    "another filter": (
        replaced(_STRAIN, shape=(COUNT,), dtype="f8", chunks=(1 << 16,), compression="lzf"),
        "packed by other filters",
    ),
    "2-D strain": (
        replaced(_STRAIN, shape=(4096, 4096), dtype="f8", chunks=(4, 4096)),
        "which is not one series",
    ),
    "a scalar": (replaced(_STRAIN, 1e-21), "which is not one series"),
    "an empty strain": (replaced(_STRAIN, h5py.Empty("f8")), "of the wrong kind"),
    "complex strain": (
        replaced(_STRAIN, shape=(COUNT,), dtype="c16", chunks=(1 << 16,)),
        "holds complex128",
    ),
    "whole numbers": (
        replaced(_STRAIN, shape=(COUNT,), dtype="i4", chunks=(1 << 16,)),
        "strain/Strain holds int32",
    ),
    "texts": (
        replaced(_STRAIN, shape=(COUNT,), dtype="S8", chunks=(1 << 16,)),
        "strain/Strain holds .S8",
    ),
    "references": (
        replaced(_STRAIN, shape=(COUNT,), dtype=h5py.ref_dtype, chunks=(1 << 16,)),
        "strain/Strain holds object",
    ),
    "nothing but NaN": (
        replaced(_STRAIN, shape=(COUNT,), dtype="f8", chunks=(1 << 16,), fillvalue=np.nan),
        "all its samples are NaN",
    ),
    "a mask of real numbers": (replaced(MASK, np.zeros(4096)), "DQmask holds float64"),
    "a mask in two dimensions": (replaced(MASK, np.zeros((2, 2048), "u4")), "not one value per"),
    "a mask of another length": (replaced(INJECTIONS, np.zeros(7, "u4")), "not one value per"),
    "names that are numbers": (replaced(NAMES, np.zeros(7)), "DQShortnames holds float64"),
    "names that are not UTF-8": (replaced(NAMES, np.array([b"\xff"] * 7)), "utf-8"),
    "a thousand names": (replaced(NAMES, np.array([b"a"] * 1000)), "which is too large"),
    "no names": (lambda file: file.__delitem__(NAMES), f"has no {NAMES}"),
    "a detector of lines": (replaced(_DETECTOR, "H1\n\x1b[2J"), "is not a plain text"),
    "a detector that is a number": (replaced(_DETECTOR, 1), "meta/Detector holds int64"),
    "ten detectors": (replaced(_DETECTOR, ["H1"] * 10), "which is too large"),
    "a start of nan": (replaced("meta/GPSstart", np.nan), "holds H1 from GPS nan"),
    "a start of infinity": (replaced("meta/GPSstart", np.inf), "holds H1 from GPS inf"),
    "a start that is a text": (replaced("meta/GPSstart", "now"), "GPSstart holds object"),
    "another start": (replaced("meta/GPSstart", START + 4096), "holds H1 from GPS 1238237184"),
    "another detector": (replaced(_DETECTOR, "L1"), "holds L1 from GPS"),
    "a duration of 0": (replaced("meta/Duration", 0), "0 s in steps"),
    "another rate": (attribute(Xspacing=1 / 16384), "in steps of 6.1"),
    "a step of nan": (attribute(Xspacing=np.nan), "in steps of nan"),
    "a first sample elsewhere": (attribute(Xstart=START + 1), "first sample at 1238233089"),
    "many first samples": (attribute(Xstart=np.arange(9.0)), "not a whole GWOSC"),
    "no step": (lambda file: file[_STRAIN].attrs.__delitem__("Xspacing"), "Xspacing"),
}


SITUATIONS = [
    pytest.param(change, words, id=f"{group}: {name}")
    for group, known in (("list", LISTS), ("answer", ANSWERS))
    for name, (change, words) in known.items()
]


def fetch(server, folder, attempts=2):
    """Fetch the file as a job does; what went wrong, if it did."""
    target = folder / "cache" / server.path.name
    access = Access(host=server.url, mirror=None, proxy=None, attempts=attempts, timeout=0.3)
    began = time.monotonic()
    try:
        download.fetch(target, access, ignore)
    except ValueError as error:
        text = str(error)
    else:
        text = None
        assert target.read_bytes() == server.path.read_bytes()
    assert time.monotonic() - began < LONGEST
    left = {path.name for path in target.parent.glob("*")} if target.parent.exists() else set()
    if text is None:
        assert left == {target.name}
        return None
    assert text.isprintable()
    assert server.url in text
    assert len(text) < 800
    # Only the beginning of the file itself may stay, for the next call to go on with.
    if left:
        assert left == {f"{target.name}.part", f"{target.name}.part.json"}
        held = target.with_name(f"{target.name}.part").read_bytes()
        note = target.with_name(f"{target.name}.part.json").read_text()
        assert 0 < len(held) < part.Announced.from_json(note).length
    return text


@pytest.mark.parametrize(("change", "words"), SITUATIONS)
def test_nothing_is_kept_and_one_line_says_why(server, tmp_path, change, words):
    for key, value in (change(server) or {} if callable(change) else change).items():
        setattr(server, key, value)
    with pytest.raises(ValueError, match=words):
        raise ValueError(fetch(server, tmp_path))
    assert sum(server.sent.values()) < 3 * server.path.stat().st_size


@pytest.mark.parametrize("change", MENDED.values(), ids=MENDED)
def test_what_comes_once_is_mended(server, tmp_path, change):
    server.faults = list(change["faults"])
    assert fetch(server, tmp_path, attempts=4) is None
    assert not server.faults


@pytest.mark.parametrize(("change", "words"), CONTENT.values(), ids=CONTENT)
def test_no_content_but_strain_is_kept(server, tmp_path, change, words):
    server.scratch.write_bytes(server.path.read_bytes())
    with h5py.File(server.scratch, "r+") as file:
        change(file)
    server.always = {"body": server.scratch.read_bytes()}
    with pytest.raises(ValueError, match=words):
        raise ValueError(fetch(server, tmp_path))
    assert not list((tmp_path / "cache").iterdir())


def test_there_are_as_many_situations_as_were_tried():
    assert len(LISTS) + len(ANSWERS) + len(MENDED) + len(CONTENT) >= 77
