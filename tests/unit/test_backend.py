"""What native code writes to stderr is kept."""

import os

import pytest

from ccsncam.network.backend import native_words


def test_native_words_are_kept(capfd):
    lines = ["before"]

    def work():
        with native_words(lines):
            os.write(2, b"cuInit\nno GPU\n")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        work()
    os.write(2, b"after\n")
    assert lines == ["before", "cuInit", "no GPU"]
    assert capfd.readouterr().err == "after\n"
