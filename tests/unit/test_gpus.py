import subprocess
import sys

import pytest

from ccsncam.network import gpus


def spawn(root, folder, module, code):
    """Run code in a process of its own, which knows a test module as ``t``."""
    paths = [str(root / part) for part in ("workflow/scripts", "tests/unit", "tests")]
    start = (
        f"import os, signal, sys; sys.path += {paths}; import {module} as t\n"
        f"from pathlib import Path; folder = Path({str(folder)!r})\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", start + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_a_gpu_is_one_process_s(root, tmp_path, monkeypatch):
    """With names in place of devices: what is tested is who gets which."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    hold = "print(*t.gpus.own_device(['a', 'b']), flush=True); sys.stdin.read()"

    def take(visible, code=hold):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        process = spawn(root, tmp_path, "test_gpus", code)
        return process, process.stdout.readline().decode().strip()

    one, two = take(""), take("")
    # The same two, the other way round: a third waits for the first that it sees.
    third, words = take("1,0")
    assert [one[1], two[1]] == ["a", "b"]
    assert "all 2 GPUs are taken" in words
    two[0].kill()
    assert third.stdout.readline().decode().strip() == "a"
    # A scheduler gives each job a device of its own, which is the first to it.
    alone = take("GPU-7", hold.replace("['a', 'b']", "['a']"))
    assert alone[1] == "a"
    assert take("", "print(t.gpus.own_device([]))")[1] == "[]"
    for process in (one[0], third, alone[0]):
        process.kill()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, None),
        ({"CUDA_VISIBLE_DEVICES": ""}, None),
        ({"CUDA_VISIBLE_DEVICES": "-1", "SLURM_GPUS_ON_NODE": "0"}, None),
        ({"CUDA_VISIBLE_DEVICES": "0"}, "CUDA_VISIBLE_DEVICES=0"),
        ({"CUDA_VISIBLE_DEVICES": "", "SLURM_GPUS_ON_NODE": "1"}, "SLURM_GPUS_ON_NODE=1"),
        ({"_CONDOR_AssignedGPUs": "GPU-4f2"}, "_CONDOR_AssignedGPUs=GPU-4f2"),
    ],
)
def test_a_gpu_that_a_scheduler_gave(environment, said):
    assert gpus.granted(environment) == said
