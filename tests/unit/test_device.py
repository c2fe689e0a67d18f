"""How TensorFlow starts, and where its native code's words go."""

import os
import platform
import re
import subprocess
import sys

import pytest

from ccsncam import joblog
from ccsncam.network import device


def test_native_words_go_to_the_log(tmp_path, capfd, monkeypatch):
    log = tmp_path / "job.log"
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(joblog.atexit, "register", lambda *_: None)
    monkeypatch.setattr(joblog.logging, "captureWarnings", lambda _: None)
    root = joblog.logging.getLogger()
    handlers, level = root.handlers[:], root.level
    imported = ["of the import"]

    def work():
        with device.words_to_log(imported):
            os.write(2, b"cuInit 100%\n")
            raise ValueError("inside")

    try:
        joblog.start(log, "train")
        with pytest.raises(ValueError, match="inside"):
            work()
        os.write(2, b"after\n")
    finally:
        for handler in root.handlers[:]:
            root.removeHandler(handler)
            handler.close()
        root.handlers, root.level = handlers, level
    said = [line.split(" ", 2)[2] for line in log.read_text().splitlines()]
    assert said == [
        "train INFO started",
        "train INFO of the import",
        "train INFO cuInit 100%",
    ]
    assert imported == []
    assert capfd.readouterr().err == "after\n"


def test_starting_tensorflow_writes_to_the_log_alone(root, tmp_path):
    """In a process of its own, where TensorFlow says all that it can say."""
    log = tmp_path / "job.log"
    code = (
        f"import os, sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "from ccsncam import joblog\n"
        "from ccsncam.network import device\n"
        f"joblog.start({str(log)!r}, 'train')\n"
        "device.prepare(gpu=True)\n"
        "os.write(2, b'after\\n')"
    )
    hidden = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "0", "KERAS_BACKEND": "none"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | hidden,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stderr == "after\n"
    said = log.read_text()
    # The first is said by native code during the import, the second when the devices start.
    assert "oneDNN custom operations are on" in said
    assert "failed call to cuInit" in said
    assert re.search(r"train INFO TensorFlow 2\.\S+ on CPU, kernels of oneDNN, 1 operations", said)


def test_the_widest_vector_instructions_are_named(tmp_path):
    described = tmp_path / "cpuinfo"
    for flags, name in (("sse avx avx2 avx512f", "AVX-512"), ("avx avx2", "AVX2"), ("avx", "AVX")):
        described.write_text(f"flags\t\t: fpu {flags} vme\n")
        assert device.vector_instructions(described) == name
    described.write_text("Features\t: fp asimd\n")
    assert device.vector_instructions(described) == platform.machine()
    assert device.vector_instructions(tmp_path / "none") == platform.machine()
