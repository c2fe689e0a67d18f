"""Text files of users: UTF-8, with or without a byte-order mark, plain or compressed."""

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

# The most lines of a file of numbers; 2 s at 1 MHz, or 60 s at 33 kHz.
MOST_LINES = 2_000_000
_CHUNK, _WIDEST = 1 << 20, 1_000_000

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
        In one line that begins with file and line, if the text is not UTF-8 or ends too early, if
        a line is endless, or if there is no such file.
    """
    number = 0
    try:
        with _open(Path(path)) as file:
            # A line is not read further than it may be long, whatever the file is.
            for number, raw in enumerate(iter(lambda: file.readline(_WIDEST + 1), b""), 1):
                if len(raw) > _WIDEST:
                    raise ValueError(_too_wide(path, number))
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
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); correct the path") from None


def content(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    """Lines of a table and their numbers, without empty ones and comments (``#`` in front).

    Parameters and errors are those of `numbered_lines`.
    """
    for number, line in numbered_lines(path):
        if line.strip() and not line.startswith("#"):
            yield number, line


def check_cells(where: str, cells: list[str], header: list[str]) -> None:
    """Check that a row of a table has as many cells as the header.

    Raises
    ------
    ValueError
        In one line that begins with ``where``.
    """
    if len(cells) != len(header):
        raise ValueError(
            f"{where}: {len(cells)} cells, but the header has {len(header)}; put one tab between "
            "two"
        )


def is_file(path: str | os.PathLike[str]) -> bool:
    """Say whether there is such a file; False, too, for what cannot be the name of a file."""
    try:
        return Path(path).is_file()
    except OSError:
        return False


def check_size(path: str | os.PathLike[str]) -> None:
    """Refuse a file of numbers that is too large to be read into memory.

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    number = 1
    try:
        with _open(Path(path)) as file:
            width = 0
            while chunk := file.read(_CHUNK):
                number += chunk.count(b"\n")
                last = chunk.rfind(b"\n")
                width = len(chunk) - last - 1 if last >= 0 else width + len(chunk)
                if number > MOST_LINES:
                    raise ValueError(
                        f"{path}:{MOST_LINES}: more lines follow, but a waveform needs fewer; cut "
                        "the file, or take fewer samples a second"
                    )
                if width > _WIDEST:
                    raise ValueError(_too_wide(path, number))
    # `numbered_lines` names what is damaged, or cannot be opened.
    except (*DAMAGED, OSError):
        return


def _open(path: Path) -> IO[bytes]:
    """Open a file for reading bytes."""
    opener = _OPENERS.get(path.suffix, open)
    return cast(IO[bytes], opener(path, "rb"))


def _too_wide(path: str | os.PathLike[str], number: int) -> str:
    """What is said of a line that is too long."""
    return (
        f"{path}:{number}: the line has more than {_WIDEST} characters; is it text with one "
        "row in each line?"
    )
