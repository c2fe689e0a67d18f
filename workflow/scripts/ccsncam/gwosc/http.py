"""HTTP for downloads: a session with a proxy, pauses between attempts, and what headers say."""

import base64
import contextlib
import email.utils
import hashlib
import logging
import random
import time
from collections.abc import Mapping
from typing import Any

import requests

logger = logging.getLogger(__name__)

# A request that gets one of these answers is sent again.
TRANSIENT = {408, 429, *range(500, 600)}
# The count of failed attempts starts anew once this many more bytes have come.
STEP = 1 << 20
# The first pause between attempts, which doubles each time; the longest pause; and the longest
# pause that a server may ask for [s].
PAUSE, LONGEST_PAUSE, LONGEST_ASKED = 1.0, 60.0, 600.0


class Session(requests.Session):
    """A session that prefers its own proxy, if it has one, to those of the environment.

    Parameters
    ----------
    proxy : str or None
        URL.
    """

    def __init__(self, proxy: str | None) -> None:
        super().__init__()
        self._proxies = {} if proxy is None else {"http": proxy, "https": proxy}

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Put the proxy of this session into the settings of a request."""
        return super().merge_environment_settings(
            url, proxies or dict(self._proxies), stream, verify, cert
        )


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
    return tag if tag.startswith('"') else headers.get("Last-Modified")


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
    if text.isdigit():
        return float(text)
    with contextlib.suppress(ValueError):
        return email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    return None


def reason(error: Exception) -> str:
    """The kind of a connection error, and the last part of its message."""
    text = " ".join(str(error).split()).rsplit(": ", 1)[-1].strip("()<>'\" ")
    return f"{type(error).__name__} ({text})" if text else type(error).__name__
