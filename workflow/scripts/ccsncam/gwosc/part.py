"""A download that is not whole yet: its bytes, its lock, and the note on where they come from."""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ccsncam.aliases import PathLike
from ccsncam.gwosc.archive import LARGEST
from ccsncam.gwosc.http import validator

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Announced:
    """What the server said of the file when its first byte came.

    Attributes
    ----------
    url : str
    length : int
        Bytes of the whole file.
    validator : str or None
        Tells this version of the file from others (`ccsncam.gwosc.http.validator`).
    checksum : (str, str) or None
        Algorithm and hexadecimal digest of the whole file.
    """

    url: str = ""
    length: int = 0
    validator: str | None = None
    checksum: tuple[str, str] | None = None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read it; raise a ValueError or TypeError if the text is not what `to_json` gives."""
        found = cls(**json.loads(text))
        texts = (found.url, found.validator or "", *(found.checksum or ()))
        if not all(isinstance(one, str) for one in texts):
            raise TypeError(text)
        if type(found.length) is not int or not 0 <= found.length <= LARGEST:
            raise ValueError(text)
        if found.checksum is None:
            return found
        kind, digest = found.checksum
        return dataclasses.replace(found, checksum=(kind, digest))

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(dataclasses.asdict(self))


class Replaced(Exception):
    """Another process finished or gave up the part while this process waited for its lock."""


class Part:
    """The bytes of a download, in ``<target>.part``, with a note in ``<target>.part.json``.

    The note holds what the server announced. It is written before the first byte, so a process
    that is killed leaves no bytes of unknown origin. The bytes are locked: when two runs share a
    cache, one waits for the other.

    Parameters
    ----------
    target : path
        Name of the whole file.

    Attributes
    ----------
    path : pathlib.Path
        Path of the bytes.
    size : int
        Bytes that are there.
    announced : Announced

    Raises
    ------
    Replaced
        If another process finished or gave up the part while this one waited.
    ValueError
        In one line, if the folder takes no file.
    """

    def __init__(self, target: PathLike) -> None:
        self.path = Path(f"{os.fspath(target)}.part")
        self._note = Path(f"{os.fspath(target)}.part.json")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "ab")  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise ValueError(
                f"{self.path}: cannot be written: {error.strerror}: set noise.gwosc.cache to a "
                "folder of your own, or noise.gwosc.folder if it has the files"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.warning("%s: another process is fetching it: waiting for it", self.path)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:
            logger.warning(
                "%s: cannot be locked (%s): do not let another run fetch it at the same time",
                self.path,
                error,
            )
        # Between open and flock another process may have renamed or removed the file.
        if not os.path.exists(self.path) or not os.path.samestat(
            os.stat(self.path), os.fstat(self._file.fileno())
        ):
            self._file.close()
            raise Replaced
        self.size = self._file.tell()
        self.announced = self._read_note() if self.size else Announced()
        if self.size > self.announced.length:
            self.empty()

    def __enter__(self) -> Self:
        """Return the part itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Release the lock, and remove a part without bytes."""
        if not self._file.closed:
            if not self.size:
                self.path.unlink(missing_ok=True)
                self._note.unlink(missing_ok=True)
            self._file.close()

    def _read_note(self) -> Announced:
        """Read what the server announced; nothing if the note is missing or damaged."""
        # A note that is not JSON, or not a mapping of these names, says nothing.
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError, RecursionError):
            return Announced.from_json(self._note.read_text(encoding="utf-8"))
        return Announced()

    @property
    def complete(self) -> bool:
        """Whether all bytes are there."""
        return self.size > 0 and self.size == self.announced.length

    def headers(self) -> dict[str, str]:
        """Headers that ask for the missing bytes, or for all if versions cannot be told apart."""
        headers = {"Accept-Encoding": "identity"}
        if self.size and self.announced.validator:
            headers |= {
                "Range": f"bytes={self.size}-",
                "If-Range": self.announced.validator,
            }
        return headers

    def continued_by(self, headers: Mapping[str, str]) -> bool:
        """Whether a partial answer is the rest of the same file."""
        length = self.announced.length
        return (
            headers.get("Content-Range") == f"bytes {self.size}-{length - 1}/{length}"
            and validator(headers) == self.announced.validator
        )

    def empty(self, announced: Announced | None = None) -> None:
        """Throw the bytes away, and note what the server announced of the next ones."""
        self._file.truncate(0)
        self.size = 0
        self.announced = announced or Announced()
        new = self._note.with_suffix(".new")
        try:
            new.write_text(self.announced.to_json(), encoding="utf-8")
            os.replace(new, self._note)
        except OSError as error:
            raise ValueError(f"{new}: cannot be written: {error.strerror}") from None

    def write(self, data: bytes) -> None:
        """Append bytes; raise a ValueError if the disk does not take them."""
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise ValueError(f"{self.path}: cannot be written: {error.strerror}") from None
        self.size += len(data)

    def verify(self) -> None:
        """Compare the bytes with the checksum that the server gave, if it gave one.

        Raises
        ------
        ValueError
            If they differ, in one line without the path.
        """
        if not self.announced.checksum:
            return
        kind, wanted = self.announced.checksum
        with open(self.path, "rb") as file:
            found = hashlib.file_digest(file, kind).hexdigest()
        if found != wanted:
            raise ValueError(f"its {kind} is {found}, the server says {wanted}")
        logger.info("%s: %s %s, as the server says", self.path, kind, found)

    def finish(self, target: PathLike) -> None:
        """Give the file its own name."""
        os.fsync(self._file.fileno())
        os.replace(self.path, target)
        self._note.unlink()
        self._file.close()
