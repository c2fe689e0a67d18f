"""Fetch one file of strain from GWOSC, and resume where an earlier call was cut off."""

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import requests
import urllib3
from gwosc.api import v2

from ccsncam.aliases import PathLike
from ccsncam.config.access import Access
from ccsncam.gwosc import layout
from ccsncam.gwosc.archive import DURATION, SAMPLE_RATE, ArchiveFile, free_bytes
from ccsncam.gwosc.http import (
    TRANSIENT,
    Patience,
    Session,
    checksum,
    reason,
    retry_after,
    validator,
)
from ccsncam.gwosc.part import Announced, Part, Replaced

logger = logging.getLogger(__name__)

# A connection that brings fewer bytes per second counts as dead.
SLOWEST = 1000

_BLOCK = 1 << 18

# It is called with the number of bytes that are there, and with that of the whole file.
Report = Callable[[int, int], object]


def fetch(target: PathLike, access: Access, report: Report, cache: PathLike | None = None) -> None:
    """Fetch a file of the archive, and resume where an earlier call was cut off.

    Bytes go to ``<target>.part``, and what the server announced goes to ``<target>.part.json``.
    The file gets its name when it is whole and holds what its name says.

    Parameters
    ----------
    target : path
        Its name is that of the file in the archive. A good file that is already there stays.
    access : Access
        How GWOSC is reached, and how often it is tried.
    report : callable
        Is called with the number of bytes that are there, and with that of the whole file.
    cache : path, optional
        A folder that may have the file already.

    Raises
    ------
    ValueError
        In one line: what the server or the disk said, and the URL or the path.
    """
    target = Path(target)
    file = ArchiveFile.from_name(target.name)
    while not _is_whole(target, file):
        kept = target if cache is None else Path(cache, target.name)
        if kept != target and _is_whole(kept, file, remove=False):
            _link(kept, target)
            return
        with contextlib.suppress(Replaced):
            _fetch(target, file, access, report)
            return


def _is_whole(path: Path, file: ArchiveFile, remove: bool = True) -> bool:
    """Whether a file is there and holds what its name says; ``remove`` deletes a bad one."""
    if not path.exists():
        return False
    try:
        layout.check(path, file.detector, file.start)
    except ValueError as error:
        logger.warning("%s: %s: it will be fetched again", path, error)
        if remove:
            path.unlink()
        return False
    logger.info("%s is already there and whole", path)
    return True


def _link(kept: Path, target: Path) -> None:
    """Give a file a second name, or copy it if the file system has no hard links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.new")
    new.unlink(missing_ok=True)
    try:
        os.link(kept, new)
    except OSError:
        shutil.copyfile(kept, new)
    os.replace(new, target)


def _fetch(target: Path, file: ArchiveFile, access: Access, report: Report) -> None:
    """Download and check a file; wrong content is fetched once more."""
    with Session(access.proxy) as session, Part(target) as part:
        for last in (False, True):
            url = _download(part, file, session, access, report)
            try:
                part.verify()
                layout.check(part.path, file.detector, file.start)
            except ValueError as error:
                part.empty()
                if last:
                    raise ValueError(
                        f"{url}: {error}: the download was removed; try a mirror "
                        "(noise.gwosc.mirror)"
                    ) from None
                logger.warning("%s: %s: it will be fetched once more", url, error)
            else:
                part.finish(target)
                return


def locate(file: ArchiveFile, access: Access, session: requests.Session) -> str:
    """Find the URL of a file in GWOSC's list.

    Parameters
    ----------
    file : ArchiveFile
    access : Access
        Its ``attempts`` limit how often a connection is tried. GWOSC's client itself asks again
        when the server is too busy to answer.
    session : requests.Session

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the server does not answer as GWOSC does, or does not list the file.
    """
    host = access.host.rstrip("/")
    patience = Patience(access.attempts)
    while True:
        try:
            rows = v2.fetch_run_strain_files(
                run=file.run,
                detector=file.detector,
                start=file.start,
                end=file.start + DURATION,
                sample_rate=SAMPLE_RATE,
                host=host,
                session=session,
            )
            urls = [row["hdf5_url"] for row in rows if row["hdf5_url"] is not None]
            break
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            patience.wait(f"{host}: {reason(error)}")
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


def _download(
    part: Part, file: ArchiveFile, session: requests.Session, access: Access, report: Report
) -> str:
    """Add the missing bytes to the part, and return the URL that they come from."""
    if part.complete:
        logger.info("%s is complete", part.path)
        return part.announced.url
    try:
        url = locate(file, access, session)
        path = urlsplit(url).path
    except ValueError as error:
        if access.mirror is None:
            raise
        path = f"/archive/data/{file.places[1]}"
        logger.warning("%s; asking the mirror for %s", error, path)
    if access.mirror is not None:
        url = access.mirror.rstrip("/") + path
    if part.announced.url != url:
        part.empty()
    logger.info("%s: from byte %d", url, part.size)
    patience = Patience(access.attempts)
    while not part.complete:
        after = None
        try:
            with session.get(
                url, headers=part.headers(), stream=True, timeout=access.timeout
            ) as response:
                if response.status_code in TRANSIENT:
                    why = f"HTTP {response.status_code} {response.reason}"
                    after = retry_after(response.headers.get("Retry-After"))
                else:
                    why = _receive(response, part, url, access.timeout, report) or "no content"
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            urllib3.exceptions.HTTPError,
        ) as error:
            why = reason(error)
        except requests.RequestException as error:
            raise ValueError(f"{url}: {reason(error)}") from None
        if not part.complete:
            patience.wait(f"{url}: {why} at byte {part.size}", after, part.size)
    return url


def _receive(
    response: requests.Response, part: Part, url: str, timeout: float, report: Report
) -> str | None:
    """Add the body of an answer to the part; return why it ended too early, if it did."""
    status, headers = response.status_code, response.headers
    if status == 200:
        if "Content-Length" not in headers:
            kind = headers.get("Content-Type", "no type")
            raise ValueError(f"{url}: the server does not say the length of the file ({kind})")
        length = int(headers["Content-Length"])
        part.empty(Announced(url, length, validator(headers), checksum(headers)))
    elif status == 416 or (status == 206 and part.size and not part.continued_by(headers)):
        part.empty()
        return "the file changed on the server"
    elif status != 206 or not part.size:
        raise ValueError(f"{url}: HTTP {status} {response.reason}")
    length = part.announced.length
    missing, free = length - part.size, free_bytes(part.path.parent)
    if missing > free:
        raise ValueError(
            f"{part.path}: {missing / 1e6:.0f} MB are to come, {free / 1e6:.0f} MB are free: "
            "make room, or set noise.gwosc.cache to a larger disk"
        )
    began, before = time.monotonic(), part.size
    while part.size < length:
        data = response.raw.read1(_BLOCK)
        if not data:
            return "the connection ended"
        part.write(data[: length - part.size])
        report(part.size, length)
        elapsed = time.monotonic() - began
        if elapsed >= timeout:
            if part.size - before < SLOWEST * elapsed:
                return f"{(part.size - before) / elapsed:.0f} bytes per second"
            began, before = time.monotonic(), part.size
    return None
