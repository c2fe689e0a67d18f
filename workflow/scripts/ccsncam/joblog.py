"""Logging and progress of one job: to the job's log file and to the terminal."""

import contextlib
import logging
import os
import sys
import time

from tqdm import tqdm


def start(path, name):
    """Send log records, warnings and the traceback of a failure to ``path`` and to stderr.

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
    # Only failures interrupt a terminal that shows Snakemake's own lines and progress bars.
    handlers[1].setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format=pattern, handlers=handlers, force=True)
    # Warnings of other packages are for the log file.
    logging.captureWarnings(True)
    handlers[1].addFilter(lambda record: record.name != "py.warnings")
    logger = logging.getLogger(name)

    def report(kind, error, traceback):
        if issubclass(kind, KeyboardInterrupt):
            logger.error("interrupted: the same command goes on")
            return
        if issubclass(kind, ValueError | FileNotFoundError):
            logger.error("%s", error)
            logging.getLogger().removeHandler(handlers[1])
        logger.error("the job failed", exc_info=(kind, error, traceback))

    sys.excepthook = report
    return logger


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
    # disable=None: no bar where stderr is not a terminal.
    for done, item in enumerate(
        tqdm(iterable, total=total, desc=label, unit=unit, disable=None), 1
    ):
        yield item
        if done * 10 // total > tenth:
            tenth = done * 10 // total
            elapsed = time.monotonic() - began
            left = elapsed / done * (total - done)
            logger.info(
                "%s: %d/%d %s, %.0f s, %.0f s left", label, done, total, unit, elapsed, left
            )


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
    with tqdm(desc=label, unit="B", unit_scale=True, disable=None) as bar:

        def report(done, total):
            nonlocal began, first, last
            if last is None or done < last:
                began, first, last = time.monotonic(), done, done
                bar.reset(total)
                bar.initial = done
            bar.update(done - bar.n)
            if done * 10 // total > last * 10 // total:
                elapsed = max(time.monotonic() - began, 1e-3)
                rate = (done - first) / elapsed / 1e6
                logger.info("%s: %.1f of %.1f MB, %.2f MB/s", label, done / 1e6, total / 1e6, rate)
            last = done

        yield report
