"""What compiled libraries write goes to the log, and nothing else does."""

import os

import pytest

from ccsncam import joblog


def test_native_words_go_to_the_log(tmp_path, capfd):
    log = tmp_path / "job.log"
    log.write_text("before\n")

    def work():
        with joblog.native_words(str(log)):
            os.write(2, b"cuInit\n")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        work()
    os.write(2, b"after\n")
    assert log.read_text() == "before\ncuInit\n"
    assert capfd.readouterr().err == "after\n"
