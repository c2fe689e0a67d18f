"""Find the address of a file in GWOSC's list, which an API of the server gives page by page."""

import logging
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from gwosc.api import v2

from ccsncam.config.access import Access
from ccsncam.gwosc.archive import DURATION, SAMPLE_RATE, ArchiveFile
from ccsncam.gwosc.http import Patience, Refused, Session, reason, shown, within

logger = logging.getLogger(__name__)

# Pages of the list of one file and its neighbours; GWOSC gives one.
MOST_PAGES = 20
# Signs of an address, as browsers take it.
LONGEST_ADDRESS = 2000
# Longest time that a list may take, with all its attempts [s].
LONGEST = 600.0

# How a server of another kind, or one that means no good, makes its answer unreadable.
_UNREADABLE = (
    *(requests.RequestException, urllib3.exceptions.HTTPError),
    *(ValueError, LookupError, TypeError, AttributeError, RecursionError, OSError),
)


def locate(file: ArchiveFile, access: Access, session: Session) -> str:
    """Find the URL of a file in GWOSC's list.

    Parameters
    ----------
    file : ArchiveFile
    access : Access
        Its ``attempts`` limit how often a connection is tried. GWOSC's client itself asks again
        when the server is too busy to answer.
    session : Session

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the server does not answer as GWOSC does, does not list the file, or lists it at an
        address that is not one of http or https.
    """
    host = access.host.rstrip("/")
    patience = Patience(access.attempts)
    while True:
        try:
            urls = within(LONGEST, lambda: list(_urls(file, host, session)))
            break
        except requests.Timeout as error:
            raise ValueError(f"{host}: the list of {file.run}: {error}") from None
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            patience.wait(f"{host}: {session.reason(error, host)}")
        except v2.tenacity.RetryError as error:
            last = error.last_attempt
            why = "no answer" if last.failed else f"HTTP {last.result().status_code}"
            raise ValueError(
                f"{host}: the list of {file.run}: {why} in {v2.MAX_RETRIES} attempts"
            ) from None
        except requests.HTTPError as error:
            code = error.response.status_code
            words = f"HTTP {code} {shown(error.response.reason)}"
            why = f"no run {file.run}" if code == 404 else words
            raise ValueError(f"{host}: the list of {file.run}: {why}") from None
        except _UNREADABLE as error:
            if isinstance(error, Refused):
                why = str(error)
            else:
                why = reason(error) if isinstance(error, OSError) else type(error).__name__
            raise ValueError(
                f"{host}: not the list of files that GWOSC's API v2 gives ({why}): check "
                "noise.gwosc.host and proxy"
            ) from None
    names = {PurePosixPath(urlsplit(url).path).name: url for url in reversed(urls)}
    if file.name in names:
        return names[file.name]
    listed = ", ".join(shown(name) for name in list(names)[:5]) or "nothing"
    raise ValueError(
        f"{host}: {file.name} is not listed ({listed} is): leave its time out of noise.ranges, or "
        "take another moment"
    )


def _urls(file: ArchiveFile, host: str, session: Session) -> Iterator[str]:
    """URLs of HDF5 files on all pages of the list of a file and its neighbours."""
    query = {
        "detector": file.detector,
        "start": file.start,
        "stop": file.start + DURATION,
        "sample-rate": SAMPLE_RATE // 1000,
    }
    page: str | None = f"{host}/api/v2/runs/{file.run}/strain-files?{urlencode(query)}"
    seen: list[str] = []
    while page is not None:
        if page in seen or len(seen) == MOST_PAGES:
            raise Refused(f"the list has {len(seen)} pages and does not end")
        seen.append(page)
        answer = v2.fetch_json(page, session=session)
        rows = answer["results"] if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise Refused("there are no results")
        for row in rows:
            url = _address(row["hdf5_url"], "a file", host)
            if url is not None:
                yield url
        page = _address(answer["next"], "the next page", host)
        if page is not None and urlsplit(page).netloc != urlsplit(host).netloc:
            raise Refused(f"the next page is at another host, {urlsplit(page).netloc}")


def _address(url: Any, what: str, host: str) -> str | None:
    """Check that an address is one of http or https, and as safe as the list itself."""
    if url is None:
        return None
    if not isinstance(url, str):
        raise Refused(f"the address of {what} is {shown(repr(url))}")
    schemes = ["https"] if host.lower().startswith("https:") else ["http", "https"]
    parts = urlsplit(url)
    if not url.isprintable() or len(url) > LONGEST_ADDRESS:
        raise Refused(f"the address of {what} is {shown(url)}, too long or not of plain signs")
    if parts.scheme.lower() not in schemes or not parts.hostname:
        raise Refused(f"the address of {what} is {shown(url)}, not one of {' or '.join(schemes)}")
    return url
