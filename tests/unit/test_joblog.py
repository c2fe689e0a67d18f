"""What goes to the log of a job, and what to stderr."""

import os
import pty
import select
import subprocess
import sys
import termios

import pytest

from ccsncam import joblog


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


LOOPS = """
import sys
from ccsncam import joblog
joblog.start(sys.argv[1], "made")
joblog.PAUSE = float(sys.argv[2])
for _ in joblog.progress(range(20), label="outer"):
    list(joblog.progress(range(3), label="inner"))
"""


def loops(root, log, pause, stderr):
    """A process that counts, with what `stderr` is."""
    path = {"PYTHONPATH": str(root / "workflow/scripts")}
    command = [sys.executable, "-c", LOOPS, str(log), str(pause)]
    return subprocess.run(command, stderr=stderr, env=os.environ | path, check=True, text=True)


def written(terminal):
    """What a terminal was sent."""
    found = b""
    while select.select([terminal], [], [], 0)[0]:
        found += os.read(terminal, 4096)
    return found.decode()


def test_a_terminal_shows_one_bar(root, tmp_path):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    loops(root, tmp_path / "log", 0, theirs)
    shown = written(ours)
    assert "outer: 100%" in shown
    assert "inner" not in shown
    assert "INFO" not in shown
    assert "inner: 3/3 it" in (tmp_path / "log").read_text()
    # Another job draws its bar there: this one writes lines, each in place of the bar.
    with open(os.ttyname(theirs)) as held:
        joblog.fcntl.flock(held, joblog.fcntl.LOCK_EX)
        loops(root, tmp_path / "log", 0, theirs)
    shown = written(ours)
    assert "%|" not in shown
    assert "\r\x1b[K" in shown
    assert "made INFO outer: 20/20 it" in shown


@pytest.mark.parametrize(("pause", "lines"), [(0, 10), (60, 0)])
def test_a_log_of_a_scheduler_shows_lines(root, tmp_path, pause, lines):
    shown = loops(root, tmp_path / "log", pause, subprocess.PIPE).stderr
    assert "%|" not in shown
    assert shown.count("outer: ") == lines
    assert shown.count("inner: ") == 6 * lines
    assert (tmp_path / "log").read_text().count("outer: ") == 10


def test_what_a_user_can_mend_is_one_line(root, tmp_path):
    code = (
        f"import sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "from ccsncam import joblog\n"
        f"joblog.start({str(tmp_path / 'log')!r}, 'make')\n"
        "raise {error}\n"
    )
    for error, shown in (
        ("ValueError('here')", "here"),
        ("PermissionError(13, 'Permission denied', 'results/x.h5')", "x.h5: Permission denied"),
        ("OSError(28, 'No space left on device', 'results/x.h5')", "x.h5: No space left on device"),
        ("OSError(5, 'Input/output error')", "[Errno 5] Input/output error"),
        ("KeyError('here')", None),
        ("OSError('of a library')", None),
    ):
        command = [sys.executable, "-c", code.replace("{error}", error)]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        log = (tmp_path / "log").read_text().splitlines()
        assert any("Traceback" in line for line in log) == (shown is None)
        if shown:
            # Last, where Snakemake shows the log of a job that failed.
            assert log[-1].endswith(shown)
            assert log[-2].endswith(f"make INFO {error.split('(')[0]} in <string>:4 <module>")
            assert done.stderr.splitlines() == [log[-1]]
        else:
            assert "Traceback" in done.stderr
