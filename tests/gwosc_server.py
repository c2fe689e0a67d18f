"""A server that answers as GWOSC does to the calls of ccsncam, and misbehaves on demand."""

import json
import socket
import threading
import time
from collections import Counter
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
from gwosc_layout import layout

from ccsncam.gwosc.archive import SAMPLE_RATE as RATE
from ccsncam.gwosc.archive import ArchiveFile


def write_archive_file(folder, start, detector="H1", on=(0, 32), run="O3a", **more):
    """Write a file in the archive's layout whose strain is NaN outside the seconds ``on``.

    NaN takes no room on the disk; 32 s of strain take 1 MB. ``more`` changes what the file says.
    """
    path = Path(folder) / ArchiveFile(start, detector, run).name
    inside = slice(on[0], on[1])
    quality, injections = np.zeros(4096, dtype="u4"), np.full(4096, 23, dtype="u4")
    quality[inside] = 127
    random = np.random.default_rng(start + ord(detector[0]))
    says, gps, masks = (
        more.get(key, value)
        for key, value in (("detector", detector), ("says", start), ("masks", True))
    )
    with layout(path, says, gps, quality, injections, masks=masks) as file:
        data = file.create_dataset(
            "strain/Strain", 4096 * RATE, dtype="f8", chunks=(16 * RATE,), fillvalue=np.nan
        )
        data[on[0] * RATE : on[1] * RATE] = 1e-21 * random.standard_normal((on[1] - on[0]) * RATE)
    return path


def ignore(done, total):
    """Ignore a report of progress; unlike a lambda it can be sent to another process."""


class Server(ThreadingHTTPServer):
    """Serves a flat folder of files under the archive's paths.

    Attributes
    ----------
    sent : Counter
        Bytes of bodies that were sent, by file name.
    asked : list of str
        Paths and queries of the requests.
    secrets : list of str
        Headers ``Authorization`` of the requests.
    faults : list of dict
        One per request for a file, in order; after them the server behaves. Keys: ``status`` and
        ``headers`` are sent instead of the file, ``body`` instead of its bytes; ``cut`` ends the
        body after so many bytes; ``longer`` is added to Content-Length; ``whole`` ignores Range;
        ``extra`` headers are added, and those in ``without`` are left out. ``raw`` is called with
        the handler of the request, and answers it alone.
    always : dict
        The fault of every request that has none in ``faults``.
    listing : dict
        ``status``, ``headers`` or ``body`` of the list of files; the detector in ``without`` is
        not listed; ``page`` changes what a page says; ``raw`` is as in ``faults``.
    segments : dict
        ``[(start, stop), …]`` of the timelines, by the names of their flags.
    events : list of dict
        ``name``, ``gps`` and ``catalog`` of catalogued events.
    block, pause : int, float
        Bytes that are sent at a time, and the pause after them [s].
    """

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = Path(folder)
        self.sent, self.asked, self.secrets = Counter(), [], []
        self.faults, self.always, self.listing = [], {}, {}
        self.segments, self.events = {}, []
        self.block, self.pause = 1 << 16, 0.0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return super().__enter__()

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)

    def handle_error(self, request, client_address):
        """Say nothing when a client closes the connection early."""


class _Handler(BaseHTTPRequestHandler):
    def setup(self):
        if self.server.pause:
            # With a small buffer few bytes are on their way when a client is killed.
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
        super().setup()

    def log_message(self, *_):
        pass

    def do_GET(self):
        # When the server is used as a proxy, it is asked for whole URLs.
        url = urlsplit(self.path)
        self.server.asked.append(self.path)
        self.server.secrets += self.headers.get_all("Authorization", [])
        parts = url.path.strip("/").split("/")
        if parts[:3] == ["api", "v2", "runs"] and parts[4:] == ["strain-files"]:
            self._list(parts[3], url)
        elif parts[:3] == ["api", "v2", "timelines"] and parts[4:] == ["segments"]:
            query = {key: int(value[0]) for key, value in parse_qs(url.query).items()}
            self._results(
                {"start": start, "stop": stop}
                for start, stop in self.server.segments.get(parts[3], ())
                if start < query["stop"] and query["start"] < stop
            )
        elif parts == ["api", "v2", "event-versions"]:
            (release,) = parse_qs(url.query)["release"]
            self._results(row for row in self.server.events if row["catalog"] == release)
        elif parts[:2] == ["archive", "data"] and (self.server.folder / parts[-1]).is_file():
            self._file(self.server.folder / parts[-1], url.path)
        else:
            self._answer(404, b"no such page")

    def _answer(self, status, body, **headers):
        self.send_response(status)
        for key, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def _results(self, rows):
        """Give rows on one page."""
        answer = {"num_pages": 1, "next": None, "results": list(rows)}
        self._answer(200, json.dumps(answer).encode())

    def _list(self, run, asked):
        """List the files of a run that touch [start, stop], on pages of one file each."""
        query = {key: value[0] for key, value in parse_qs(asked.query).items()}
        listing = self.server.listing
        if "raw" in listing:
            return listing["raw"](self)
        if "status" in listing or "body" in listing:
            headers = listing.get("headers", {})
            return self._answer(listing.get("status", 200), listing.get("body", b""), **headers)
        start, stop = int(query["start"]), int(query["stop"])
        assert query["sample-rate"] == "4"
        rows = []
        for path in sorted(self.server.folder.glob("*.hdf5")):
            file = ArchiveFile.from_name(path.name)
            if (file.run, file.detector) != (run, query["detector"]) or not (
                file.start <= stop and start < file.start + 4096
            ):
                continue
            if file.detector != listing.get("without"):
                url = f"http://{self.headers['Host']}/archive/data/{file.places[1]}"
                rows.append({"gps_start": file.start, "detector": file.detector, "hdf5_url": url})
        if run not in ("O2", "O3a", "O3b", "O4a", "O4b"):
            return self._answer(404, b"{}")
        page = int(query.get("page", 1))
        same = asked._replace(scheme="http", netloc=self.headers["Host"]).geturl()
        more = f"{same}&page={page + 1}" if page < len(rows) else None
        answer = {"num_pages": len(rows), "next": more, "results": rows[page - 1 : page]}
        answer = listing.get("page", lambda same: same)(answer)
        return self._answer(200, json.dumps(answer).encode())

    def _file(self, path, address):
        server = self.server
        fault = server.faults.pop(0) if server.faults else server.always
        if "raw" in fault:
            return fault["raw"](self)
        if "status" in fault:
            return self._answer(fault["status"], b"sorry", **fault.get("headers", {}))
        body, stat = fault.get("body", path.read_bytes()), path.stat()
        length, tag = len(body), f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        headers = {
            "ETag": tag,
            "Last-Modified": formatdate(stat.st_mtime, usegmt=True),
            "Accept-Ranges": "bytes",
            **fault.get("extra", {}),
        }
        asked, same = self.headers.get("Range"), self.headers.get("If-Range")
        first = 0
        if asked and not fault.get("whole") and same in (tag, headers["Last-Modified"]):
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            headers["Content-Range"] = f"bytes {first}-{length - 1}/{length}"
        else:
            self.send_response(200)
        headers["Content-Length"] = length - first + fault.get("longer", 0)
        for key, value in headers.items():
            if key not in fault.get("without", ()):
                self.send_header(key, str(value))
        self.end_headers()
        end = min(length, first + fault.get("cut", length))
        for begin in range(first, end, server.block):
            data = body[begin : min(begin + server.block, end)]
            self.wfile.write(data)
            server.sent[path.name] += len(data)
            time.sleep(server.pause)
        return None
