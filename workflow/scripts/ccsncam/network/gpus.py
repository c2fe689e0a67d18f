"""Which GPU a process has: one that no other training of this user takes."""

import fcntl
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

logger = logging.getLogger(__name__)

# Locks of the GPUs that this process has. The system frees them when the process ends, however it
# ends.
_HELD: list[TextIO] = []


def granted(environment: Mapping[str, str]) -> str | None:
    """Find the variable in which a scheduler says that the job has a GPU.

    Parameters
    ----------
    environment : mapping of str to str
        Variables of the environment.

    Returns
    -------
    str or None
        ``NAME=value`` of the variable; None where no variable says so.
    """
    count = environment.get("SLURM_GPUS_ON_NODE", "0")
    if count != "0":
        return f"SLURM_GPUS_ON_NODE={count}"
    for name in ("CUDA_VISIBLE_DEVICES", "_CONDOR_AssignedGPUs"):
        if environment.get(name, "-1") not in ("", "-1", "none"):
            return f"{name}={environment[name]}"
    return None


def own_device(devices: Sequence[Any]) -> list[Any]:
    """Take one of the GPUs, so that each of several processes has its own.

    Parameters
    ----------
    devices : list
        The GPUs that TensorFlow sees, in the order of ``CUDA_VISIBLE_DEVICES`` where that is set.

    Returns
    -------
    list
        One device; empty where there is no GPU.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    # A lock is named after the physical device, because a scheduler shows each job its own device
    # as the first.
    physical = len(visible) >= len(devices) and visible[0]
    names: Sequence[Any] = visible if physical else range(len(devices))
    for waits in (fcntl.LOCK_NB, 0):
        for name, device in zip(names, devices, strict=False):
            place = f"ccsncam-{os.getuid()}-gpu-{str(name).replace('/', '_')}"
            lock = open(Path(tempfile.gettempdir()) / place, "w")  # noqa: SIM115
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | waits)
            except BlockingIOError:
                lock.close()
                continue
            _HELD.append(lock)
            return [device]
        if devices:
            logger.warning("all %d GPUs are taken by other trainings: waiting", len(devices))
    return []
