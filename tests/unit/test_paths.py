"""Paths that cannot be used are said before any job."""

import os

import pytest

from ccsncam import paths


def test_what_may_not_be_written_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/log").touch()
    # Root may write everywhere, so the system's answer is replaced.
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: "theirs" not in str(path) and real(path, mode)
    )
    paths.check_writable([tmp_path / "mine/a/b.h5", tmp_path / "new/c.h5", tmp_path / "mine"])
    for name, shown in (("theirs/a/b.h5", "theirs"), ("theirs/log", "theirs/log")):
        with pytest.raises(
            ValueError, match=rf"/{shown}: you may not write here, .*--dir"
        ) as error:
            paths.check_writable([tmp_path / "mine/a", tmp_path / name])
        assert "\n" not in str(error.value)
