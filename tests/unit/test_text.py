import bz2
import gzip
import lzma

import pytest

from ccsncam.text import numbered_lines


def test_a_byte_order_mark_and_any_line_end_are_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffä b\r\n\nc".encode())
    assert list(numbered_lines(path)) == [(1, "ä b"), (2, ""), (3, "c")]


@pytest.mark.parametrize(("suffix", "module"), [(".gz", gzip), (".bz2", bz2), (".xz", lzma)])
def test_lines_of_compressed_text_are_those_of_the_text(suffix, module, tmp_path):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(module.compress(b"a\nb\n"))
    assert list(numbered_lines(path)) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    ("content", "line"),
    [("a\nMüller\n".encode("latin-1"), 2), ("a\nb\n".encode("utf-16"), 1)],
)
def test_other_encodings_are_refused(content, line, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.txt:{line}: byte 0x.. is not UTF-8; save"):
        list(numbered_lines(path))


@pytest.mark.parametrize("change", [lambda raw: raw[:-12], lambda raw: b"plain\n"])
def test_a_damaged_archive_is_refused(change, tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(change(gzip.compress(b"1 2 3\n" * 1000)))
    with pytest.raises(ValueError, match=r"a\.txt\.gz:\d+: cannot be decompressed .*; copy"):
        list(numbered_lines(path))
