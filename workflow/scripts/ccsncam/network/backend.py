"""TensorFlow and Keras, which the library imports here and nowhere else.

Other modules write ``from ccsncam.network.backend import keras, tf``. While TensorFlow is imported,
its native code writes to stderr, and no switch of TensorFlow can silence it so early. Its words
about a missing GPU look like a failure. This module keeps them until
`ccsncam.network.device.prepare` logs them.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator

__all__ = ["AT_IMPORT", "ONEDNN", "hidden", "keras", "native_words", "tf"]

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow takes the kernels of oneDNN by itself only on some processors. Without them Keras's
# model.fit took three times as long (tests/benchmarks/training.py).
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"

# Keras imports these where they are installed, for functions that this library does not use. That
# takes a third of the time of its import.
UNUSED = ("matplotlib", "pandas", "sklearn")
# What was written to stderr during the import and is not logged yet, line by line.
AT_IMPORT: list[str] = []


@contextlib.contextmanager
def native_words(lines: list[str]) -> Iterator[None]:
    """Keep what the block writes to stderr, words of native code included, off the terminal.

    Python's own handlers of log records write to stderr too: log nothing inside the block.

    Parameters
    ----------
    lines : list of str
        The lines are appended to it when the block ends, also where an exception ends it.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            lines += file.read().decode(errors="replace").splitlines()


@contextlib.contextmanager
def hidden(names: Iterable[str]) -> Iterator[None]:
    """Let imports of some packages fail inside the block, as if they were not installed.

    Parameters
    ----------
    names : iterable of str
        Packages. Those that are imported already stay visible.
    """
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with native_words(AT_IMPORT), hidden(UNUSED):
    import keras
    import tensorflow as tf
    from tensorflow.python.util import _pywrap_util_port

# Whether TensorFlow computes with the kernels of oneDNN, as it says itself.
ONEDNN: bool = _pywrap_util_port.IsMklEnabled()

# Keras has read a file in the user's home folder; its own defaults hold here.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")
