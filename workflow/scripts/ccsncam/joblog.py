"""Logging and progress of one job: to the job's log file and to the terminal."""

import atexit
import contextlib
import fcntl
import importlib.metadata
import logging
import os
import platform
import sys
import time

from tqdm import tqdm

# What results depend on: packages, and what they are imported as.
PACKAGES = {
    **{name: name for name in ("gwosc", "h5py", "keras", "matplotlib", "numpy", "pandas", "pycbc")},
    **{name: name for name in ("requests", "scipy", "seaborn", "tensorflow")},
    **{"lalsuite": "lal", "scikit-learn": "sklearn"},
}
# Least time between two lines of progress on stderr [s].
PAUSE = 10.0


class _Aloud(logging.Filter):
    """What stderr shows of the log: failures, and progress where no bar shows it."""

    def __init__(self):
        super().__init__()
        # A job that takes less than the pause says nothing.
        self.bar, self.last = False, time.time()

    def filter(self, record):
        # Warnings of other packages are for the log file.
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


def start(path, name):
    """Send log records, warnings and the traceback of a failure to a file, the gravest to stderr.

    Records that have ``extra={"progress": True}`` go to stderr too, at most one each ten seconds,
    where this process draws no bar: a scheduler's log then says how far a job is.

    Parameters
    ----------
    path : str
        The log file of the job.
    name : str
        Name of the rule, shown in each line.

    Returns
    -------
    logging.Logger
    """
    pattern = f"%(asctime)s {name} %(levelname)s %(message)s"
    handlers = [logging.FileHandler(path, mode="w"), logging.StreamHandler()]
    handlers[1].addFilter(_ALOUD)
    # A line takes the place of the bar that another job may be drawing there.
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    handlers[1].setFormatter(logging.Formatter(clear + pattern))
    logging.basicConfig(level=logging.INFO, format=pattern, handlers=handlers, force=True)
    logging.captureWarnings(True)
    logger = logging.getLogger(name)

    def report(kind, error, traceback):
        if issubclass(kind, KeyboardInterrupt):
            logger.error("interrupted: the same command goes on")
            return
        if issubclass(kind, ValueError | FileNotFoundError):
            # What the user can mend comes last in the log, and alone to stderr.
            atexit.unregister(_say_versions)
            _say_versions(logger)
            logger.info("where it failed", exc_info=(kind, error, traceback))
            logger.error("%s", error)
            return
        logger.error("the job failed", exc_info=(kind, error, traceback))

    sys.excepthook = report
    # With Snakemake's record of the job's start this says how long Python took to start.
    logger.info("started")
    atexit.register(_say_versions, logger)
    return logger


def _say_versions(logger):
    """Log what the job ran with: environments differ from rule to rule."""
    used = [name for name, module in PACKAGES.items() if module in sys.modules]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in used]
    logger.info("ran with Python %s", ", ".join([platform.python_version(), *versions]))


@contextlib.contextmanager
def native_words(path):
    """Send what compiled libraries write to stderr to the log file, not to the terminal.

    TensorFlow says at start-up that it found no GPU, in words that look like a failure, and before
    its own switches for that can act. An exception that leaves the block is reported as ever.

    Parameters
    ----------
    path : str
        The log file of the job.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with open(path, "a") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def _bar(**look):
    """Draw a bar where stderr is a terminal, one at a time: of several jobs, and of inner loops."""
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


def bar(iterable, label="", unit="it"):
    """Iterate with a bar on a terminal.

    Parameters
    ----------
    iterable : sequence
    label, unit : str
        What is counted.
    """
    with _bar(total=len(iterable), desc=label, unit=unit) as drawn:
        for item in iterable:
            yield item
            drawn.update()


def progress(iterable, total=None, label="", unit="it"):
    """Iterate with a bar on a terminal, and with a log line for each tenth of the way.

    Parameters
    ----------
    iterable : iterable
    total : int, optional
        Number of items; by default ``len(iterable)``.
    label, unit : str
        What is counted.
    """
    logger = logging.getLogger(__name__)
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
                words = "%s: %d/%d %s, %.0f s, %.0f s left"
                values = label, done, total, unit, elapsed, left
                logger.info(words, *values, extra={"progress": True})


@contextlib.contextmanager
def transfer(label):
    """Show how bytes come in: a bar on a terminal, and a log line for each tenth of the way.

    Parameters
    ----------
    label : str
        What comes in.

    Yields
    ------
    callable
        To call with the bytes that are there and those of the whole; bytes that are there at the
        first call count as old.
    """
    logger = logging.getLogger(__name__)
    began = first = last = None
    with _bar(desc=label, unit="B", unit_scale=True) as drawn:

        def report(done, total):
            nonlocal began, first, last
            if last is None or done < last:
                began, first, last = time.monotonic(), done, done
                drawn.reset(total)
                drawn.initial = done
            drawn.update(done - drawn.n)
            if done * 10 // total > last * 10 // total:
                elapsed = max(time.monotonic() - began, 1e-3)
                rate = (done - first) / elapsed / 1e6
                words, values = "%s: %.1f of %.1f MB, %.2f MB/s", (done / 1e6, total / 1e6, rate)
                logger.info(words, label, *values, extra={"progress": True})
            last = done

        yield report
