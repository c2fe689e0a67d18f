"""Fetch one file of strain from GWOSC, and resume where an earlier call was cut off."""

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from ccsncam.aliases import PathLike
from ccsncam.config.access import Access
from ccsncam.gwosc import layout
from ccsncam.gwosc.archive import LARGEST, ArchiveFile, free_bytes
from ccsncam.gwosc.http import (
    TRANSIENT,
    Patience,
    Session,
    checksum,
    retry_after,
    shown,
    validator,
    whole_number,
    within,
)
from ccsncam.gwosc.listing import locate
from ccsncam.gwosc.part import Announced, Part, Replaced

logger = logging.getLogger(__name__)

# A connection that brings fewer bytes per second counts as dead.
SLOWEST = 1000
# Longest time that one file may take in one call [s]: 6 kB/s bring it in that time.
LONGEST = 6 * 3600.0
# A server has this many times ``timeout`` to find its first word, with all redirections.
PATIENT = 4
# With these answers a server refuses the request for the rest of a file.
REFUSED_RANGES = {400, 412, 416, 431}

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


def _download(
    part: Part, file: ArchiveFile, session: Session, access: Access, report: Report
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
    deadline = time.monotonic() + LONGEST
    while not part.complete:
        after = None
        try:
            with _ask(url, part, session, access) as response:
                if response.status_code in TRANSIENT:
                    why = f"HTTP {response.status_code} {shown(response.reason)}"
                    after = retry_after(response.headers.get("Retry-After"))
                else:
                    _start(response, part, url)
                    why = _receive(response, part, access.timeout, deadline, report)
        except _Changed:
            why = "the file changed on the server"
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            urllib3.exceptions.HTTPError,
        ) as error:
            why = session.reason(error, url)
        # requests raises a plain OSError for a bundle of certificates that is not there.
        except (requests.RequestException, OSError) as error:
            raise ValueError(f"{url}: {session.reason(error, url)}") from None
        if not part.complete:
            if time.monotonic() + (after or 0) > deadline:
                raise ValueError(
                    f"{url}: {why} at byte {part.size} after {LONGEST / 3600:g} hours: run the "
                    "same command again to resume, or set noise.gwosc.mirror"
                )
            patience.wait(f"{url}: {why} at byte {part.size}", after, part.size)
    return url


class _Changed(Exception):
    """What a server sends is not the rest of the file whose beginning is there."""


def _ask(url: str, part: Part, session: Session, access: Access) -> requests.Response:
    """Ask for the bytes that are missing."""
    headers, timeout = part.headers(), access.timeout
    return within(
        PATIENT * timeout,
        lambda: session.get(url, headers=headers, stream=True, timeout=timeout),
    )


def _start(response: requests.Response, part: Part, url: str) -> None:
    """Look at the head of an answer before its body: the part begins anew, or goes on."""
    status, headers = response.status_code, response.headers
    if status == 200:
        kind = shown(headers.get("Content-Type", "no type"))
        if "Content-Length" not in headers or "Transfer-Encoding" in headers:
            raise ValueError(f"{url}: the server does not say the length of the file ({kind})")
        coding = headers.get("Content-Encoding", "identity")
        if coding.lower() not in ("", "identity"):
            raise ValueError(f"{url}: the server sends {shown(coding)}, which was not asked for")
        length = whole_number(headers["Content-Length"])
        if length is None or length > LARGEST:
            said = shown(headers["Content-Length"])
            raise ValueError(
                f"{url}: the server announces {said} bytes ({kind}), a file of strain has at most "
                f"{LARGEST}"
            )
        part.empty(Announced(url, length, validator(headers), checksum(headers)))
    elif part.size and (
        status in REFUSED_RANGES or (status == 206 and not part.continued_by(headers))
    ):
        part.empty()
        raise _Changed
    elif status != 206 or not part.size:
        raise ValueError(f"{url}: HTTP {status} {shown(response.reason)}")
    missing, free = part.announced.length - part.size, free_bytes(part.path.parent)
    if missing > free:
        raise ValueError(
            f"{part.path}: {missing / 1e6:.0f} MB are to come, {free / 1e6:.0f} MB are free: "
            "make room, or set noise.gwosc.cache to a larger disk"
        )


def _receive(
    response: requests.Response, part: Part, timeout: float, deadline: float, report: Report
) -> str:
    """Add the body of an answer to the part; return why it ended too early, if it did."""
    length = part.announced.length
    if not length:
        return "no content"
    began, before = time.monotonic(), part.size
    while part.size < length:
        data = response.raw.read1(_BLOCK)
        if not data:
            return "the connection ended"
        part.write(data[: length - part.size])
        report(part.size, length)
        now = time.monotonic()
        if now >= deadline:
            return "the connection is too slow"
        if now - began >= timeout:
            if part.size - before < SLOWEST * (now - began):
                return f"{(part.size - before) / (now - began):.0f} bytes per second"
            began, before = now, part.size
    return ""
