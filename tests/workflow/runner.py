"""The workflow run as a user runs it, in a folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

# The quick run made smaller still: what is tested here is the workflow, not the physics.
TINY = {
    "run": "tiny",
    "detectors": ["H1", "L1"],
    "classes": ["noise", "s18", "s25", "m39"],
    "noise": {
        "simulated": {
            "live_time": {
                split: dict.fromkeys(("H1", "L1"), 64) for split in ("train", "validation", "test")
            }
        }
    },
    "datasets": {
        "train_per_class": 40,
        "validation_per_class": 10,
        "distances": [1, 10],
        "test_per_class": 10,
    },
    "classifier": {"epochs": [3, 2, 2], "parameters": 426028},
    "detection": {
        "background": {"live_time": {"validation": 0.005, "test": 0.005}, "batches": 1},
        "per_class": 3,
        "noise_windows": 300,
        "coverage": 0.8,
    },
    "saliency": {
        "methods": ["grad-cam", "grad-cam++", "score-cam"],
        "distances": [1],
        "per_class": 3,
    },
    "figures": {"distances": [1, 10]},
}


def git(folder, *arguments):
    """Output of a command of git in a folder, by somebody."""
    command = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Workflow:
    """The workflow in a folder of its own, with a config on top of the default."""

    def __init__(self, folder, root, config):
        self.folder, self.root = Path(folder), root
        shutil.copytree(root / "config", self.folder / "config", dirs_exist_ok=True)
        self.write(config)

    def write(self, config):
        (self.folder / "my.yaml").write_text(yaml.safe_dump(config))

    def command(self, *arguments, cores=2):
        return [
            *(sys.executable, "-m", "snakemake", "--snakefile", self.root / "Snakefile"),
            *("--directory", self.folder, "--cores", cores),
            *("--configfile", self.folder / "my.yaml", *arguments),
        ]

    def start(self, *arguments, cores=2):
        """Start a run in a process group of its own."""
        return subprocess.Popen(
            list(map(str, self.command(*arguments, cores=cores))),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        )

    def run(self, *arguments, cores=2, fails=False):
        """Run to the end; the output."""
        process = self.start(*arguments, cores=cores)
        output, _ = process.communicate(timeout=600)
        assert (process.returncode != 0) == fails, output
        return output

    def files(self):
        """All results by their path below the run's folder."""
        top = self.folder / "results"
        return {str(p.relative_to(top)): p for p in sorted(top.rglob("*")) if p.is_file()}
