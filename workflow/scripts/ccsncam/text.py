"""Text files of users: UTF-8, with or without a byte-order mark, plain or compressed."""

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

# What reading a damaged archive raises.
DAMAGED = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)

_OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def numbered_lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    """Read a text file line by line.

    Parameters
    ----------
    path : path
        A name that ends in ``.gz``, ``.bz2`` or ``.xz`` is decompressed.

    Yields
    ------
    number : int
        From 1; for a compressed file, of the text in it.
    line : str
        Without its end.

    Raises
    ------
    ValueError
        In one line that begins with file and line, if the text is not UTF-8 or ends too early.
    """
    number = 0
    try:
        with _open(Path(path)) as file:
            for number, raw in enumerate(file, 1):
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        wrong = error.object[error.start]
        raise ValueError(
            f"{path}:{number}: byte 0x{wrong:02x} is not UTF-8; save the file as UTF-8 text"
        ) from None
    except DAMAGED as error:
        raise ValueError(
            f"{path}:{number + 1}: cannot be decompressed ({error}); copy or fetch the file again"
        ) from None


def _open(path: Path) -> IO[bytes]:
    """Open a file for reading bytes."""
    opener = _OPENERS.get(path.suffix, open)
    return cast(IO[bytes], opener(path, "rb"))
