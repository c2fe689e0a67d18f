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


def test_bytes_that_come_in_are_logged(caplog, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(joblog.time, "monotonic", lambda: next(clock))
    caplog.set_level("INFO")
    with joblog.transfer("a file") as report:
        for done in (1_000_000, 1_500_000, 4_000_000, 0, 2_000_000, 10_000_000):
            report(done, 10_000_000)
    # 3 MB in a second; then it began anew, and the two lines are a second and two after that.
    assert [record.getMessage() for record in caplog.records] == [
        "a file: 4.0 of 10.0 MB, 3.00 MB/s",
        "a file: 2.0 of 10.0 MB, 2.00 MB/s",
        "a file: 10.0 of 10.0 MB, 5.00 MB/s",
    ]
