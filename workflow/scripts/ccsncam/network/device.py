"""Which processor TensorFlow uses, and how; `prepare` comes before any computation."""

import contextlib
import logging
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from ccsncam.aliases import PathLike
from ccsncam.network.backend import AT_IMPORT, ONEDNN, keras, native_words, tf
from ccsncam.network.gpus import granted, own_device

logger = logging.getLogger(__name__)


def prepare(
    threads: int = 1, gpu: bool = False, mixed_precision: bool = False, xla: bool = False
) -> None:
    """Set TensorFlow up, and log what its native code has written to stderr.

    Call it once in a process, before any computation.

    Parameters
    ----------
    threads : int
        Number of operations that run side by side. Each takes one thread, so no sum depends on
        this number.
    gpu : bool
        Take one GPU that no other training of this user has, and wait for one where all are taken.
        If there is no GPU, the CPU computes. False hides the GPUs.
    mixed_precision : bool
        Compute in float16, with weights in float32.
    xla : bool
        XLA is going to be used. It has no deterministic gradient of pooling. TensorFlow is then not
        held to determinism, and on a GPU each run may give other bytes.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    with words_to_log(AT_IMPORT):
        found = tf.config.list_physical_devices("GPU") if gpu else []
    devices = own_device(found)
    keras.mixed_precision.set_global_policy("mixed_float16" if mixed_precision else "float32")
    if xla:
        logger.warning("classifier.xla: on a GPU each run may give other weights")
    else:
        tf.config.experimental.enable_op_determinism()
    with words_to_log():
        tf.config.set_visible_devices(devices, "GPU")
        for device in devices:
            tf.config.experimental.set_memory_growth(device, True)
        # This call starts the devices, and their native code writes to stderr.
        tf.config.list_logical_devices()
    given = granted(os.environ)
    if gpu and given and not devices:
        logger.warning(
            "%s: the job was given a GPU and TensorFlow sees none, so the CPU trains: install CUDA "
            "(docs/cluster.md), or ask for no GPU",
            given,
        )
    # tools/overhead.py reads this line.
    logger.info(
        "TensorFlow %s on %s, kernels of %s, %d operations at once, processor with %s",
        tf.__version__,
        devices[0].name if devices else "CPU",
        "oneDNN" if ONEDNN else "Eigen (no oneDNN)",
        threads,
        vector_instructions(),
    )


def vector_instructions(source: PathLike = "/proc/cpuinfo") -> str:
    """Widest vector instructions of the processor, on which its speed and rounding depend.

    Parameters
    ----------
    source : path
        Where Linux describes the processor.

    Returns
    -------
    str
        ``AVX-512``, ``AVX2``, ``AVX``, or the machine's name where there are none of these.
    """
    try:
        words = set(Path(source).read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        words = set()
    known = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX"}
    return next((name for flag, name in known.items() if flag in words), platform.machine())


@contextlib.contextmanager
def words_to_log(before: list[str] | None = None) -> Iterator[None]:
    """Send what the block writes to stderr to the log, also where an exception ends the block.

    Parameters
    ----------
    before : list of str, optional
        Lines that go to the log first; the list is emptied.
    """
    lines = [] if before is None else before
    try:
        with native_words(lines):
            yield
    finally:
        for line in lines:
            logger.info("%s", line)
        lines.clear()
