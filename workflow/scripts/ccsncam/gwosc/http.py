"""HTTP for downloads: a session with limits and a proxy, pauses, and what headers say."""

import base64
import contextlib
import email.utils
import hashlib
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

logger = logging.getLogger(__name__)

# A request that gets one of these answers is sent again.
TRANSIENT = {408, 429, *range(500, 600)}
# The count of failed attempts starts anew once this many more bytes have come.
STEP = 1 << 20
# The first pause between attempts, which doubles each time; the longest pause; and the longest
# pause that a server may ask for [s].
PAUSE, LONGEST_PAUSE, LONGEST_ASKED = 1.0, 60.0, 600.0
# Bytes of a page that is not a file of strain; a page of GWOSC's list has some 50 kB.
LARGEST_PAGE = 4 << 20
# Signs of an ETag; common servers send some 40.
LONGEST_VALIDATOR = 256
# Addresses of GWOSC that lead to another address.
MOST_REDIRECTS = 5

_Value = TypeVar("_Value")


class Refused(requests.RequestException):
    """The server asks for something that is not done; the text says what, in one line."""


class Session(requests.Session):
    """A session with limits, which prefers its own proxy to those of the environment.

    What is not streamed may have `LARGEST_PAGE` bytes. A redirection from https to http is
    refused, and the body of a redirection is not read. A pause that the server asks for is at
    most `LONGEST_PAUSE`. Passwords of ``.netrc`` are sent to nobody, because GWOSC asks for none.

    Parameters
    ----------
    proxy : str or None
        URL.
    """

    def __init__(self, proxy: str | None) -> None:
        super().__init__()
        self._proxies = {} if proxy is None else {"http": proxy, "https": proxy}
        self.max_redirects = MOST_REDIRECTS
        # With a function for the authentication, requests does not look into .netrc.
        self.auth = lambda request: request
        self.hooks["response"].append(_limit)

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Put the proxy of this session into the settings of a request."""
        return super().merge_environment_settings(
            url, proxies or dict(self._proxies), stream, verify, cert
        )

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        """Send no password of ``.netrc`` to the address to which a redirection leads."""
        prepared_request.headers.pop("Authorization", None)

    def reason(self, error: Exception, url: str) -> str:
        """Say what kind of error it is, and name the proxy if there is one between."""
        text = reason(error)
        with contextlib.suppress(ValueError):
            settings = self.merge_environment_settings(url, {}, False, None, None)
            proxy = requests.utils.select_proxy(url, settings["proxies"])
            if proxy:
                source = "noise.gwosc.proxy" if self._proxies else "the environment"
                # A proxy's URL may hold a password.
                return f"{text} by the proxy {proxy.rpartition('@')[2]} of {source}"
        return text


def _limit(response: requests.Response, stream: bool = False, **_: Any) -> None:
    """Hold an answer to the limits of `Session`."""
    pause = retry_after(response.headers.pop("Retry-After", None))
    if pause is not None:
        # Seconds as digits are what every reader of the header understands.
        response.headers["Retry-After"] = str(round(min(pause, LONGEST_ASKED)))
    target = response.headers.get("Location")
    if target is not None and response.is_redirect:
        # Nobody reads the page that comes with a redirection, however long it is.
        response.close()
        scheme = urlsplit(target).scheme.lower()
        if response.url.startswith("https:") and scheme not in ("", "https"):
            raise Refused(f"the server leads from https to {shown(target)}, which is not safe")
    elif not stream:
        response.encoding = "utf-8"
        response._content = _page(response)
        response._content_consumed = True  # type: ignore[attr-defined]


def _page(response: requests.Response) -> bytes:
    """Read a page, and give up where it becomes too long."""
    body = bytearray()
    for data in response.iter_content(1 << 14):
        body += data
        if len(body) > LARGEST_PAGE:
            response.close()
            raise Refused(f"a page of more than {LARGEST_PAGE / 1e6:.0f} MB")
    return bytes(body)


def within(seconds: float, call: Callable[[], _Value]) -> _Value:
    """Wait for a call, but not longer than some time.

    A connection has a limit for each of its steps; a server that sends a byte now and then stays
    below it for ever. A call that takes too long is left to itself, so it must change nothing.

    Parameters
    ----------
    seconds : float
    call : callable
        It is called in another thread.

    Returns
    -------
    object
        What ``call`` returns.

    Raises
    ------
    requests.Timeout
        If it takes longer.
    """
    future: Future[_Value] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():
            raise
        raise requests.Timeout(f"no whole answer within {seconds:g} s") from None


class Patience:
    """Counts failed attempts, and waits longer after each.

    Parameters
    ----------
    attempts : int
        How many attempts without progress are allowed.
    """

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts
        self.failed = 0
        self.furthest = 0

    def wait(self, why: str, asked: float | None = None, reached: int = 0) -> None:
        """Wait before the next attempt.

        Parameters
        ----------
        why : str
            Why the last attempt failed, with its URL.
        asked : float, optional
            Pause that the server asked for [s]; the pause is at least as long.
        reached : int
            Bytes that are there.

        Raises
        ------
        ValueError
            If no attempt is left.
        """
        if reached >= self.furthest + STEP:
            self.failed, self.furthest = 0, reached
        self.failed += 1
        if self.failed >= self.attempts:
            raise ValueError(
                f"{why}; gave up after {self.attempts} attempts. Run the same command again to "
                "resume, or set noise.gwosc.proxy or mirror, or noise.gwosc.folder if you have "
                "the files"
            ) from None
        pause = min(PAUSE * 2 ** (self.failed - 1), LONGEST_PAUSE)
        # Jobs that were cut off at the same time should not all come back at the same time.
        pause *= random.uniform(0.5, 1)
        pause = max(pause, min(asked or 0, LONGEST_ASKED))
        logger.warning("%s; next attempt in %.1f s", why, pause)
        time.sleep(pause)


def validator(headers: Mapping[str, str]) -> str | None:
    """What tells versions of a file apart: a strong ETag, or else the time of the last change."""
    tag = headers.get("ETag", "")
    found = tag if tag.startswith('"') else headers.get("Last-Modified")
    # It is sent back in a header, whose length servers limit.
    return found if found is not None and len(found) <= LONGEST_VALIDATOR else None


def checksum(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Find the checksum that the server gave for the whole file.

    Parameters
    ----------
    headers : mapping
        Headers of the answer, in which upper and lower case are the same.

    Returns
    -------
    (str, str) or None
        Algorithm and hexadecimal digest; None if the server gave none.
    """
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
            # After an upload in parts a server gives a checksum of the parts, in another form.
            if len(digest) == hashlib.new(kind).digest_size:
                return kind, digest.hex()
    return None


def retry_after(text: str | None) -> float | None:
    """Pause that a header ``Retry-After`` asks for [s]; None if it asks for none."""
    if text is None:
        return None
    seconds = whole_number(text)
    if seconds is not None:
        return float(seconds)
    with contextlib.suppress(ValueError, OverflowError):
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    return None


def whole_number(text: str) -> int | None:
    """Number of up to 15 digits that a header gives; None if the header holds something else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def shown(text: object, most: int = 120) -> str:
    """What a server said, for a message: on one line, and without signs that steer a terminal."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in str(text))
    return plain if len(plain) <= most else f"{plain[:most]}…"


def reason(error: Exception) -> str:
    """The kind of a connection error, and the last part of its message."""
    text = " ".join(str(error).split()).rsplit(": ", 1)[-1].strip("()<>'\" ")
    return f"{type(error).__name__} ({shown(text)})" if text else type(error).__name__
