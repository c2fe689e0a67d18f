"""Logging and progress of one job: to the job's log file and to the terminal."""

import atexit
import contextlib
import errno
import fcntl
import importlib.metadata
import logging
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from traceback import extract_tb
from types import TracebackType
from typing import Any

from tqdm import tqdm

from ccsncam.aliases import PathLike
from ccsncam.environment import PACKAGES

logger = logging.getLogger(__name__)

# Errors of a disk that is full, may not be written, or fails.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
# Shortest time between two lines of progress on stderr [s].
PAUSE = 10.0


class _Aloud(logging.Filter):
    """Let failures and warnings through to stderr, and progress where no bar shows it."""

    def __init__(self) -> None:
        super().__init__()
        # The first pause begins now, so a job that is shorter than it shows no progress.
        self.bar, self.last = False, time.time()

    def filter(self, record: logging.LogRecord) -> bool:
        # Warnings of other packages go to the log file only.
        if record.name == "py.warnings":
            return False
        if record.levelno >= logging.WARNING:
            return True
        due = record.created >= self.last + PAUSE
        shown = getattr(record, "progress", False) and due and not self.bar
        if shown:
            self.last = record.created
        return shown


_ALOUD = _Aloud()


def start(path: PathLike, name: str) -> logging.Logger:
    """Send log records, warnings and what is known of a failure to the log file of a job.

    The log of a failure that the user can mend ends with one line and has no traceback.

    Warnings and errors go to stderr too. Where this process draws no bar, records that have
    ``extra={"progress": True}`` also go there, at most one in ten seconds. The log of a scheduler
    then shows how far a job is.

    Parameters
    ----------
    path : path
        The log file of the job.
    name : str
        Name of the rule, shown in each line.

    Returns
    -------
    logging.Logger
        The logger of the job.
    """
    pattern = f"%(asctime)s {name} %(levelname)s %(message)s"
    terminal = logging.StreamHandler()
    terminal.addFilter(_ALOUD)
    # Another job may be drawing a bar on the terminal; a line of the log replaces it.
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    terminal.setFormatter(logging.Formatter(clear + pattern))
    handlers: list[logging.Handler] = [
        logging.FileHandler(path, mode="w", encoding="utf-8"),
        terminal,
    ]
    logging.basicConfig(level=logging.INFO, format=pattern, handlers=handlers, force=True)
    logging.captureWarnings(True)
    # It tells every letter of a font that goes into a PDF.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    job_logger = logging.getLogger(name)

    def report(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            job_logger.error("interrupted: run the same command again to resume")
            return
        if isinstance(error, ValueError) or (isinstance(error, OSError) and _is_plain(error)):
            # An error that the user can mend ends the log. Snakemake shows the log of a job that
            # failed, so that a traceback there would hide the one line that helps.
            atexit.unregister(_say_versions)
            _say_versions(job_logger)
            job_logger.info("%s in %s", kind.__name__, _steps(traceback))
            job_logger.error("%s", _words(error))
            return
        job_logger.error("the job failed", exc_info=(kind, error, traceback))

    sys.excepthook = report
    # Snakemake records when the job began; the difference is the time that Python took to start.
    job_logger.info("started")
    atexit.register(_say_versions, job_logger)
    return job_logger


def _is_plain(error: OSError) -> bool:
    """Whether the disk, and no program, is to blame: what is not there, forbidden or full."""
    kinds = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
    return isinstance(error, kinds) or error.errno in _DISK


def _words(error: BaseException) -> str:
    """An error in one line, which begins with the file if the system names one."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _steps(traceback: TracebackType | None) -> str:
    """File, line and function of each call that led to an error, in one line."""
    return " > ".join(
        f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in extract_tb(traceback)
    )


def _say_versions(job_logger: logging.Logger) -> None:
    """Log the versions that the job ran with, because environments differ from rule to rule."""
    used = [name for name, module in PACKAGES.items() if module in sys.modules]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in used]
    job_logger.info("ran with Python %s", ", ".join([platform.python_version(), *versions]))


@contextlib.contextmanager
def _bar(**look: Any) -> Iterator[tqdm]:
    """Draw a bar where stderr is a terminal and no other job and no outer loop draws one there."""
    outer = _ALOUD.bar
    with contextlib.ExitStack() as stack:
        alone = False
        if sys.stderr.isatty():
            terminal = stack.enter_context(open(os.ttyname(sys.stderr.fileno())))
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(terminal, fcntl.LOCK_EX | fcntl.LOCK_NB)
                alone = True
        _ALOUD.bar = outer or alone
        try:
            yield stack.enter_context(tqdm(disable=not alone, **look))
        finally:
            _ALOUD.bar = outer


def bar(iterable: Any, label: str = "", unit: str = "it") -> Iterator[Any]:
    """Iterate with a bar on a terminal.

    Parameters
    ----------
    iterable : sequence
    label, unit : str
        What is done, and what is counted.
    """
    with _bar(total=len(iterable), desc=label, unit=unit) as drawn:
        for item in iterable:
            yield item
            drawn.update()


def progress(
    iterable: Any, total: int | None = None, label: str = "", unit: str = "it"
) -> Iterator[Any]:
    """Iterate with a bar on a terminal, and with a log line for each tenth of the way.

    Parameters
    ----------
    iterable : iterable
    total : int, optional
        Number of items; by default ``len(iterable)``.
    label, unit : str
        What is done, and what is counted.
    """
    total = len(iterable) if total is None else total
    began = time.monotonic()
    tenth = 0
    with _bar(total=total, desc=label, unit=unit) as drawn:
        for done, item in enumerate(iterable, 1):
            yield item
            drawn.update()
            if done * 10 // total > tenth:
                tenth = done * 10 // total
                elapsed = time.monotonic() - began
                left = elapsed / done * (total - done)
                logger.info(
                    "%s: %d/%d %s, %.0f s, %.0f s left",
                    label,
                    done,
                    total,
                    unit,
                    elapsed,
                    left,
                    extra={"progress": True},
                )


@contextlib.contextmanager
def transfer(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a download: a bar on a terminal, and a log line for each tenth of the way.

    Parameters
    ----------
    label : str
        What is downloaded.

    Yields
    ------
    callable
        Takes the number of bytes that are there and the number of all bytes. Bytes that are there
        at the first call do not count for the rate.
    """
    began, first = 0.0, 0
    last: int | None = None
    with _bar(desc=label, unit="B", unit_scale=True) as drawn:

        def report(done: int, total: int) -> None:
            nonlocal began, first, last
            if last is None or done < last:
                began, first, last = time.monotonic(), done, done
                drawn.reset(total)
                drawn.initial = done
            drawn.update(done - drawn.n)
            if done * 10 // total > last * 10 // total:
                elapsed = max(time.monotonic() - began, 1e-3)
                rate = (done - first) / elapsed / 1e6
                logger.info(
                    "%s: %.1f of %.1f MB, %.2f MB/s",
                    label,
                    done / 1e6,
                    total / 1e6,
                    rate,
                    extra={"progress": True},
                )
            last = done

        yield report
