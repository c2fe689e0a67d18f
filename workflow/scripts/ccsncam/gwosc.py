"""Strain of GWOSC: the files of its archive that GPS ranges need, and fetching one of them.

The archive has a file of 4096 s wherever a detector has science time, on a grid of GPS times. So
which files a range needs follows by arithmetic from the tables of observing runs and of science
segments, with no word to the server.
"""

import base64
import contextlib
import email.utils
import fcntl
import functools
import hashlib
import json
import logging
import os
import random
import re
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import requests

from ccsncam import resources

log = logging.getLogger(__name__)

# Seconds of a file, and of a folder of the archive.
GRID = 4096
FOLDER = 1 << 20
SAMPLE_RATE = 4096
# Bytes of a file that is not compressed at all, and some for the masks.
LARGEST = 8 * GRID * SAMPLE_RATE + 500_000
# Bytes that an attempt must add for the next one not to count.
STEP = 1 << 20
# Bytes a second below which a connection counts as dead.
SLOWEST = 1000
# Seconds: the first pause between attempts, which doubles; the longest; the longest that a server
# may ask for.
PAUSE, LONGEST_PAUSE, LONGEST_ASKED = 1.0, 60.0, 600.0
# What a server answers when it is to be asked again.
TRANSIENT = {408, 429, *range(500, 600)}

_BLOCK = 1 << 18
_HELD = (
    "meta/Detector",
    "meta/GPSstart",
    "meta/Duration",
    "strain/Strain",
    "quality/simple/DQmask",
    "quality/simple/DQShortnames",
    "quality/injections/Injmask",
    "quality/injections/InjShortnames",
)
_NAME = re.compile(
    r"(?P<site>[A-Z])-(?P<detector>(?P=site)1)_GWOSC_(?P<run>\w+)_4KHZ_R1-(?P<start>\d+)-4096\.hdf5"
)


# --- which files ---------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class ArchiveFile:
    """A file of the archive: 4096 s of one detector at 4096 Hz.

    Attributes
    ----------
    start : int
        GPS seconds, a multiple of 4096.
    detector, run : str
        Such as ``H1`` and ``O3a``.
    """

    start: int
    detector: str
    run: str

    @property
    def name(self):
        """Its name, which is the same everywhere."""
        return f"{self.detector[0]}-{self.detector}_GWOSC_{self.run}_4KHZ_R1-{self.start}-4096.hdf5"

    @property
    def places(self):
        """Where it is below a folder: flat, in GWOSC's archive, on CVMFS."""
        part = str(self.start // FOLDER * FOLDER)
        return [
            PurePosixPath(self.name),
            PurePosixPath(f"{self.run}_4KHZ_R1", part, self.name),
            PurePosixPath(self.run, "strain.4k", "hdf.v1", self.detector, part, self.name),
        ]

    @classmethod
    def from_name(cls, name):
        """Read a name; a ValueError where it is none."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name}: not the name of a 4096-s file of GWOSC strain at 4096 Hz")
        return cls(int(match["start"]), match["detector"], match["run"])


@functools.cache
def _tables():
    """Rows of the observing runs, and science segments (n, 2) a run and detector."""
    runs = pd.read_csv(resources.path("observing_runs.tsv"), sep="\t", comment="#")
    segments = pd.read_csv(resources.path("science_segments.tsv"), sep="\t", comment="#")
    groups = segments.groupby(["run", "detector"])[["start", "end"]]
    return list(runs.itertuples()), {key: group.to_numpy() for key, group in groups}


def runs():
    """Observing runs whose strain is fetched: tuples with ``run``, ``start``, ``end`` (GPS)."""
    return _tables()[0]


def files_for(detector, ranges):
    """Files of the archive that hold strain of a detector in some GPS ranges.

    A file is needed when its 4096 s hold science time of the detector inside a range
    (``resources/science_segments.tsv``).

    Parameters
    ----------
    detector : str
    ranges : list of [start, end]
        GPS seconds.

    Returns
    -------
    list of ArchiveFile
        By start.

    Raises
    ------
    ValueError
        When a range lies in no observing run of ``resources/observing_runs.tsv``, or holds no
        strain of the detector.
    """
    found = set()
    for begin, end in ranges:
        where = f"noise.ranges: [{begin}, {end}]"
        here = files_at(detector, begin, end, where)
        if not here:
            raise ValueError(
                f"{where}: GWOSC has no strain of {detector} there: take another range, or leave "
                f"{detector} out of detectors"
            )
        found.update(here)
    return sorted(found)


def files_at(detector, begin, end, where):
    """As `files_for` for one range, but none is no error; ``where`` names the range in errors."""
    runs, segments = _tables()
    here = [run for run in runs if run.start < end and begin < run.end]
    if not here:
        known = ", ".join(f"{run.run} [{run.start}, {run.end}]" for run in runs)
        raise ValueError(
            f"{where} lies in no run that is fetched from GWOSC: {known}; files at hand are "
            "another source (files)"
        )
    found = set()
    for run in here:
        if detector not in run.detectors.split():
            continue
        low, high = max(begin, run.start), min(end, run.end)
        starts = np.arange(int(low // GRID) * GRID, high, GRID)
        first, last = segments[run.run, detector].T
        on = (np.maximum(starts, low)[:, None] < last) & (
            first < np.minimum(starts + GRID, high)[:, None]
        )
        found |= {ArchiveFile(int(start), detector, run.run) for start in starts[on.any(axis=1)]}
    return sorted(found)


def science_pieces(detector, ranges, duration):
    """Pieces of GPS ranges that are science time of a detector throughout.

    Data quality takes some of them away; what is none here is none with any quality.

    Parameters
    ----------
    detector : str
    ranges : list of [start, end]
        GPS seconds.
    duration : float
        Seconds of a piece; the first of each range begins with it.

    Returns
    -------
    array (piece,)
        GPS starts, rising.
    """
    _, segments = _tables()
    own = [rows for (_, name), rows in segments.items() if name == detector]
    # Before the first segment of all is a segment of no length.
    first, last = np.sort(np.concatenate([np.full((1, 2), -1), *own]), axis=0).T
    starts = np.concatenate(
        [np.arange(begin, end - duration + 1, duration) for begin, end in ranges]
    )
    within = starts + duration <= last[np.searchsorted(first, starts, side="right") - 1]
    return np.unique(starts[within])


def science_near(detector, gps):
    """Words for the science time of a detector before and after a moment."""
    _, segments = _tables()
    own = [pair for (_, name), rows in segments.items() if name == detector for pair in rows]
    before = max((end for _, end in own if end <= gps), default=None)
    after = min((start for start, _ in own if start > gps), default=None)
    words = [f"until GPS {before}"] * (before is not None) + [f"from {after}"] * (after is not None)
    return f"{detector} {' and '.join(words) or 'never'}"


def paths_of(files, settings, own):
    """Where files of the archive are: in the folder at hand, else in the cache.

    Files that go once they are whitened lie in a folder of the cache that belongs to their use, so
    that no run takes away what another keeps or still needs.

    Parameters
    ----------
    files : list of ArchiveFile
    settings : dict
        The block ``noise.gwosc`` of the config: ``folder``, or None, ``cache`` and ``keep``.
    own : str
        Run and use, such as ``embedded/noise``.

    Returns
    -------
    list of pathlib.Path
        Those in the cache may have to be fetched.

    Raises
    ------
    ValueError
        When the folder is none.
    """
    folder = settings["folder"]
    if folder is not None and not os.path.isdir(folder):
        raise ValueError(f"config, noise.gwosc.folder: {folder} is no folder")
    if os.path.exists(settings["cache"]) and not os.path.isdir(settings["cache"]):
        raise ValueError(f"config, noise.gwosc.cache: {settings['cache']} is no folder")
    cache = Path(settings["cache"], *([] if settings["keep"] else ["temporary", own]))
    return [_at_hand(folder, file) or Path(cache, file.name) for file in files]


def _at_hand(folder, file):
    if folder is None:
        return None
    places = (Path(folder, place) for place in file.places)
    return next((place for place in places if place.is_file()), None)


def plan(missing, cache, folder=None):
    """Say what is to be fetched, and refuse when the disk has no room for it.

    Parameters
    ----------
    missing : list of path
        Files to fetch, in the cache.
    cache : path
        The folder of downloads, which need not exist.
    folder : path, optional
        The folder of files at hand, which has none of these.

    Returns
    -------
    str or None
        One line; None where the cache has them all.

    Raises
    ------
    ValueError
        When the files may need more than is free.
    """
    missing = [path for path in missing if not Path(cache, Path(path).name).exists()]
    if not missing:
        return None
    counts = Counter(ArchiveFile.from_name(Path(path).name).detector for path in missing)
    need = sum(LARGEST - min(_size(f"{path}.part"), LARGEST) for path in missing)
    free = _free(cache)
    by_detector = ", ".join(f"{counts[detector]} of {detector}" for detector in sorted(counts))
    text = (
        f"strain from GWOSC: {len(missing)} files to fetch ({by_detector}); "
        f"at most {need / 1e9:.1f} GB to {cache}, {free / 1e9:.1f} GB free"
    )
    if folder is not None:
        text += f"; {folder} has none of them"
    if need > free:
        raise ValueError(f"{text}: make room, or set noise.gwosc.cache to a larger disk")
    return text


def _size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def _free(folder):
    """Bytes that are free where a folder is or will be."""
    folder = Path(folder).absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


# --- one file ------------------------------------------------------------------------------------


def fetch(target, *, host, mirror, proxy, attempts, timeout, report, cache=None):
    """Fetch a file of the archive, to go on where an earlier call was cut off.

    Bytes go to ``<target>.part``, and what they are of to ``<target>.part.json``. The file gets its
    name when it is whole and holds what the name says.

    Parameters
    ----------
    target : path
        Its name is that of the file in the archive. A good file that is there is left as it is.
    host : str
        URL of the server that lists the files.
    mirror : str or None
        URL that takes the place of scheme and host of the URL that the server lists.
    proxy : str or None
        URL of a proxy; by default what the environment says.
    attempts : int
        How often to try without getting further before giving up.
    timeout : float
        Seconds without an answer, or with less than 1 kB/s, after which a connection counts as cut.
    report : callable
        Called with the bytes that are there and those of the whole file.
    cache : path, optional
        A folder that may have the file already.

    Raises
    ------
    ValueError
        In one line: what the server or the disk said, and of which URL or path.
    """
    target = Path(target)
    file = ArchiveFile.from_name(target.name)
    while not _is_whole(target, file):
        kept = None if cache is None else Path(cache, target.name)
        if kept not in (None, target) and _is_whole(kept, file, remove=False):
            _link(kept, target)
            return
        with contextlib.suppress(_Elsewhere):
            _fetch(target, file, host, mirror, proxy, attempts, timeout, report)
            return


def _is_whole(path, file, remove=True):
    """True where a file is there and holds what its name says; a bad one may be removed."""
    if not path.exists():
        return False
    try:
        check(path, file)
    except ValueError as error:
        log.warning("%s: %s: fetched anew", path, error)
        if remove:
            path.unlink()
        return False
    log.info("%s is there and whole", path)
    return True


def _link(kept, target):
    """Give a file a second name; a copy where the file system has no second names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.new")
    new.unlink(missing_ok=True)
    try:
        os.link(kept, new)
    except OSError:
        shutil.copyfile(kept, new)
    os.replace(new, target)


def _fetch(target, file, host, mirror, proxy, attempts, timeout, report):
    with _Session(proxy) as session, _Part(target) as part:
        for last in (False, True):
            url = _download(part, file, session, host, mirror, attempts, timeout, report)
            try:
                part.verify()
                check(part.path, file)
            except ValueError as error:
                part.empty()
                if last:
                    raise ValueError(f"{url}: {error}: removed; try a mirror") from None
                log.warning("%s: %s: fetched once more", url, error)
            else:
                part.finish(target)
                return


def locate(file, *, host, session, attempts):
    """URL of a file, from GWOSC's list.

    Parameters
    ----------
    file : ArchiveFile
    host : str
        URL of the server.
    session : requests.Session
    attempts : int
        Of connecting; the client itself repeats what the server is too busy to answer.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        When the server does not answer as GWOSC does, or does not list the file.
    """
    from gwosc.api import v2

    host = host.rstrip("/")
    patience = _Patience(attempts)
    while True:
        try:
            rows = v2.fetch_run_strain_files(
                run=file.run,
                detector=file.detector,
                start=file.start,
                end=file.start + GRID,
                sample_rate=SAMPLE_RATE,
                host=host,
                session=session,
            )
            urls = [row["hdf5_url"] for row in rows if row["hdf5_url"] is not None]
            break
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            patience.wait(f"{host}: {_reason(error)}")
        except v2.tenacity.RetryError as error:
            last = error.last_attempt
            why = "no answer" if last.failed else f"HTTP {last.result().status_code}"
            raise ValueError(
                f"{host}: the list of {file.run}: {why} in {v2.MAX_RETRIES} attempts"
            ) from None
        except requests.HTTPError as error:
            code = error.response.status_code
            why = f"no run {file.run}" if code == 404 else f"HTTP {code} {error.response.reason}"
            raise ValueError(f"{host}: the list of {file.run}: {why}") from None
        except (requests.RequestException, KeyError, TypeError) as error:
            raise ValueError(
                f"{host}: not the list of files that GWOSC's API v2 gives ({type(error).__name__}):"
                " check noise.gwosc.host and proxy"
            ) from None
    for url in urls:
        if PurePosixPath(urlsplit(url).path).name == file.name:
            return url
    listed = ", ".join(PurePosixPath(urlsplit(url).path).name for url in urls) or "nothing"
    raise ValueError(
        f"{host}: {file.name} is not listed ({listed} is): leave its time out of noise.ranges, or "
        "take another moment"
    )


def check(path, file):
    """Check that a file holds what a name of the archive says, and can be read to its end.

    Parameters
    ----------
    path : path
    file : ArchiveFile

    Raises
    ------
    ValueError
        What is wrong, in one line without the path.
    """
    import h5py

    try:
        # HDF5 would lock a path, which a part is already.
        with open(path, "rb") as opened, h5py.File(opened) as content:
            for name in _HELD:
                if name not in content:
                    raise ValueError(f"has no {name}")
            _check_strain(content, file)
            for name in _HELD[4:]:
                values = content[name][()]
                if name.endswith("mask") and values.shape != (GRID,):
                    raise ValueError(f"{name} has shape {values.shape}, not one value a second")
    except (OSError, KeyError, AttributeError, TypeError, RuntimeError) as error:
        text = " ".join(str(error).split())
        raise ValueError(f"not a whole GWOSC HDF5 file of strain ({text})") from None


def _check_strain(content, file):
    """Check what an open file says of its strain, and read all of it."""
    detector = content["meta/Detector"][()].decode()
    start, duration = (int(content[f"meta/{key}"][()]) for key in ("GPSstart", "Duration"))
    data = content["strain/Strain"]
    first, step = float(data.attrs["Xstart"]), float(data.attrs["Xspacing"])
    found = (detector, start, first, duration, step)
    if found != (file.detector, file.start, file.start, GRID, 1 / SAMPLE_RATE):
        raise ValueError(
            f"holds {detector} from GPS {start}, {duration} s in steps of {step:g} s, its first "
            f"sample at {first:.3f}"
        )
    if data.shape != (GRID * SAMPLE_RATE,) or data.dtype.kind != "f":
        raise ValueError(f"its strain has shape {data.shape} of {data.dtype}")
    block = np.empty(_BLOCK, dtype=data.dtype)
    for first in range(0, len(data), len(block)):
        data.read_direct(block, np.s_[first : first + len(block)])


def _download(part, file, session, host, mirror, attempts, timeout, report):
    """Add what is missing to the part; its URL."""
    if part.complete:
        log.info("%s is complete", part.path)
        return part.said["url"]
    try:
        path = urlsplit(url := locate(file, host=host, session=session, attempts=attempts)).path
    except ValueError as error:
        if mirror is None:
            raise
        path = f"/archive/data/{file.places[1]}"
        log.warning("%s; asking the mirror for %s", error, path)
    if mirror is not None:
        url = mirror.rstrip("/") + path
    if part.said.get("url") != url:
        part.empty()
    log.info("%s: from byte %d", url, part.size)
    patience = _Patience(attempts)
    while not part.complete:
        after = None
        try:
            with session.get(url, headers=part.headers(), stream=True, timeout=timeout) as response:
                if response.status_code in TRANSIENT:
                    why = f"HTTP {response.status_code} {response.reason}"
                    after = _seconds(response.headers.get("Retry-After"))
                else:
                    why = _receive(response, part, url, timeout, report)
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.BaseHTTPError,
        ) as error:
            why = _reason(error)
        except requests.RequestException as error:
            raise ValueError(f"{url}: {_reason(error)}") from None
        if not part.complete:
            patience.wait(f"{url}: {why or 'no content'} at byte {part.size}", after, part.size)
    return url


def _receive(response, part, url, timeout, report):
    """Add the body of an answer to the part; why it ended too early, if it did."""
    status, headers = response.status_code, response.headers
    if status == 200:
        if "Content-Length" not in headers:
            kind = headers.get("Content-Type", "no type")
            raise ValueError(f"{url}: the server does not say the length of the file ({kind})")
        part.empty(
            {
                "url": url,
                "length": int(headers["Content-Length"]),
                "validator": _validator(headers),
                "checksum": _checksum(headers),
            }
        )
    elif status == 416 or (status == 206 and part.size and not part.continued_by(headers)):
        part.empty()
        return "the file changed on the server"
    elif status != 206 or not part.size:
        raise ValueError(f"{url}: HTTP {status} {response.reason}")
    missing, free = part.said["length"] - part.size, _free(part.path.parent)
    if missing > free:
        raise ValueError(
            f"{part.path}: {missing / 1e6:.0f} MB are to come, {free / 1e6:.0f} MB are free: "
            "make room, or set noise.gwosc.cache to a larger disk"
        )
    began, before = time.monotonic(), part.size
    while part.size < part.said["length"]:
        data = response.raw.read1(_BLOCK)
        if not data:
            return "the connection ended"
        part.write(data[: part.said["length"] - part.size])
        report(part.size, part.said["length"])
        elapsed = time.monotonic() - began
        if elapsed >= timeout:
            if part.size - before < SLOWEST * elapsed:
                return f"{(part.size - before) / elapsed:.0f} bytes a second"
            began, before = time.monotonic(), part.size
    return None


class _Elsewhere(Exception):
    """The part that was locked is no longer the one of that name."""


class _Part:
    """A file that is not whole yet; beside it, in JSON, what its bytes are of.

    The JSON is written before the first byte, so a process that is killed leaves nothing that
    could be mistaken. The bytes are locked: of two runs that share a cache one waits.

    Raises
    ------
    _Elsewhere
        When another process has finished, or given up, while this one waited.
    """

    def __init__(self, target):
        self.path = Path(f"{target}.part")
        self._json = Path(f"{target}.part.json")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "ab")  # noqa: SIM115 - closed by __exit__
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.warning("%s: another process is fetching it: waiting for it", self.path)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:
            log.warning("%s: cannot be locked (%s): let no other run fetch it", self.path, error)
        # The other process may have given it its name between the two lines above.
        if not os.path.exists(self.path) or not os.path.samestat(
            os.stat(self.path), os.fstat(self._file.fileno())
        ):
            self._file.close()
            raise _Elsewhere
        self.size = self._file.tell()
        self.said = {}
        if self.size:
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                self.said = json.loads(self._json.read_text())
        if self.size > self.said.get("length", 0):
            self.empty()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if not self._file.closed:
            if not self.size:
                self.path.unlink(missing_ok=True)
                self._json.unlink(missing_ok=True)
            self._file.close()

    @property
    def complete(self):
        return self.size > 0 and self.size == self.said["length"]

    def headers(self):
        """Headers that ask for what is missing, or for all where that cannot be told."""
        headers = {"Accept-Encoding": "identity"}
        if self.size and self.said["validator"]:
            headers |= {"Range": f"bytes={self.size}-", "If-Range": self.said["validator"]}
        return headers

    def continued_by(self, headers):
        """True where a partial answer is the rest of the same file."""
        length = self.said["length"]
        return (
            headers.get("Content-Range") == f"bytes {self.size}-{length - 1}/{length}"
            and _validator(headers) == self.said["validator"]
        )

    def empty(self, said=None):
        """Throw the bytes away, and note what the next ones are of."""
        self._file.truncate(0)
        self.size, self.said = 0, said or {}
        new = self._json.with_suffix(".new")
        new.write_text(json.dumps(self.said))
        os.replace(new, self._json)

    def write(self, data):
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise ValueError(f"{self.path}: cannot be written: {error.strerror}") from None
        self.size += len(data)

    def verify(self):
        """Compare with the checksum that the server gave."""
        if not self.said["checksum"]:
            return
        kind, wanted = self.said["checksum"]
        with open(self.path, "rb") as file:
            found = hashlib.file_digest(file, kind).hexdigest()
        if found != wanted:
            raise ValueError(f"its {kind} is {found}, the server says {wanted}")
        log.info("%s: %s %s, as the server says", self.path, kind, found)

    def finish(self, target):
        """Give the file its name."""
        os.fsync(self._file.fileno())
        os.replace(self.path, target)
        self._json.unlink()
        self._file.close()


class _Patience:
    """Counts attempts in vain, and waits longer after each."""

    def __init__(self, attempts):
        self.attempts, self.failed, self.furthest = attempts, 0, 0

    def wait(self, why, asked=None, reached=0):
        """Wait before the next attempt, as long as the server asked; raise after the last."""
        if reached >= self.furthest + STEP:
            self.failed, self.furthest = 0, reached
        self.failed += 1
        if self.failed >= self.attempts:
            raise ValueError(
                f"{why}; {self.attempts} attempts in vain: the same command goes on from there "
                "later; or set noise.gwosc.proxy or mirror, or folder where files are at hand"
            ) from None
        pause = min(PAUSE * 2 ** (self.failed - 1), LONGEST_PAUSE)
        # Jobs that were cut off together are not to come back together.
        pause *= random.uniform(0.5, 1)
        pause = max(pause, min(asked or 0, LONGEST_ASKED))
        log.warning("%s; again in %.1f s", why, pause)
        time.sleep(pause)


class _Session(requests.Session):
    """A session whose proxy, where one is given, goes before those of the environment."""

    def __init__(self, proxy):
        super().__init__()
        self._proxies = {} if proxy is None else {"http": proxy, "https": proxy}

    def merge_environment_settings(self, url, proxies, stream, verify, cert):
        """Settings of a request."""
        return super().merge_environment_settings(
            url, proxies or dict(self._proxies), stream, verify, cert
        )


def _validator(headers):
    """What tells one version of a file from another: a strong ETag, or the time of its change."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified")


def _checksum(headers):
    """Checksum of a whole file: (algorithm, hexadecimal digest); None where the server has none."""
    offers = {}
    for key in ("Repr-Digest", "Digest"):
        for entry in headers.get(key, "").split(","):
            kind, _, value = entry.strip().partition("=")
            offers[kind.lower().replace("-", "")] = value.strip(":")
    offers["sha256"] = headers.get("x-amz-checksum-sha256", offers.get("sha256", ""))
    offers["md5"] = headers.get("Content-MD5", offers.get("md5", ""))
    for kind in ("sha512", "sha256", "md5"):
        with contextlib.suppress(ValueError):
            digest = base64.b64decode(offers.get(kind, ""), validate=True)
            # The checksum of an upload in parts is none of the file, and has another form.
            if len(digest) == hashlib.new(kind).digest_size:
                return kind, digest.hex()
    return None


def _seconds(text):
    """Seconds that a header ``Retry-After`` asks for; None where it asks for nothing."""
    if text is None or text.isdigit():
        return None if text is None else float(text)
    with contextlib.suppress(ValueError):
        return email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    return None


def _reason(error):
    """The innermost words of an error of a connection."""
    text = " ".join(str(error).split()).rsplit(": ", 1)[-1].strip("()<>'\" ")
    return f"{type(error).__name__} ({text})" if text else type(error).__name__
