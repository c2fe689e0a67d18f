"""The workflow as a module of another, as the README says."""

import re
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest
import yaml
from runner import TINY

SAME = ("datasets/test-1kpc.h5", "models/seed-0/best.weights.h5", "models/seed-0/history.csv")


class Outer:
    """A workflow around this one, in a folder of its own with the keys that it changes."""

    def __init__(self, folder, root, config, prefix=""):
        self.folder = folder
        folder.mkdir()
        text = re.search(r"```python\n(configfile.*?)```", (root / "README.md").read_text(), re.S)[
            1
        ]
        text = text.replace("path/to/ccsncam", str(root))
        if prefix:
            text = text.replace("from ccsncam\n", f"from ccsncam as {prefix}*\n")
            text = text.replace("rules.all", f"rules.{prefix}all")
        (folder / "Snakefile").write_text(text)
        self.write(config)

    def write(self, config):
        (self.folder / "my.yaml").write_text(yaml.safe_dump(config))

    def run(self, *arguments, fails=False):
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=600, check=False
        )
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        return output


def test_results_are_those_of_the_workflow_itself(tiny, tmp_path, root):
    outer = Outer(tmp_path / "outer", root, TINY)
    (outer.folder / "config").mkdir()
    shutil.copy(root / "config/waveforms.tsv", outer.folder / "config")
    planned = outer.run("--dry-run")
    rules = set(re.findall(r"^(\w+) +\d+$", planned, re.MULTILINE))
    assert {"train", "fig12", "paper_numbers", "mine"} <= rules
    outer.run(*(f"results/tiny/{name}" for name in SAME))
    for name in SAME:
        ours = (tiny.folder / "results/tiny" / name).read_bytes()
        assert (outer.folder / "results/tiny" / name).read_bytes() == ours, name


@pytest.fixture
def swapped(tmp_path, root):
    """A workflow around this one, with a burst in place of the surrogate of s18."""
    outer = Outer(tmp_path / "outer", root, TINY | {"waveforms": "own/table.tsv"}, "inner_")
    folder = outer.folder / "own"
    folder.mkdir()
    time = np.arange(0, 0.5, 1 / 16384)
    wave = 20 * np.exp(-(((time - 0.2) / 0.05) ** 2)) * np.sin(2 * np.pi * 500 * time)
    for view, sign in (("x", 0.5), ("y", -0.5), ("z", -1)):
        values = np.stack([time, sign * wave, 0 * wave], axis=1)
        np.savetxt(folder / f"burst_{view}.txt", values)
    table = (root / "config/waveforms.tsv").read_text().splitlines()
    header = table[1].split("\t")
    row = dict.fromkeys(header, "-") | {"name": "s18", "source": "numerical", "format": "views"}
    row |= {"path": "burst_{view}.txt", "columns": "t=0 plus=1 cross=2", "unit": "cm"}
    row |= {"bounce_time_s": "0.1", "sha256": "0" * 64}
    kept = [line for line in table[1:] if not line.startswith("s18\t")]
    (folder / "table.tsv").write_text("\n".join([*kept, "\t".join(row.values())]) + "\n")
    return outer


def test_a_swapped_waveform_changes_its_own_samples_alone(tiny, swapped):
    name = "results/tiny/datasets/test-1kpc.h5"
    output = swapped.run("results/tiny/waveforms/s18.h5", fails=True)
    digest = re.search(r"\b(?!0{64})[0-9a-f]{64}\b", output)[0]
    table = swapped.folder / "own/table.tsv"
    table.write_text(table.read_text().replace("0" * 64, digest))
    swapped.run(name)
    with h5py.File(tiny.folder / name) as ours, h5py.File(swapped.folder / name) as theirs:
        label, classes = ours["label"][()], list(ours.attrs["classes"])
        own = label == classes.index("s18")
        np.testing.assert_array_equal(theirs["label"][()], label)
        one, other = (file["spectrogram"][()] for file in (ours, theirs))
        np.testing.assert_array_equal(one[~own], other[~own])
        assert (one[own] != other[own]).any(axis=(1, 2, 3)).all()


def test_what_is_wrong_is_said(tmp_path, root):
    outer = Outer(tmp_path / "outer", root, {"run": "mine", "seed": "one"})
    assert "config, seed: 'one' is not of type 'integer'" in outer.run("--dry-run", fails=True)
    # The default table lies beside the default config, which is not where one works.
    outer.write({"run": "mine"})
    output = outer.run("--dry-run", fails=True)
    assert "config/waveforms.tsv: no such waveform table" in output
    # Without a module around it the workflow asks for its config file.
    command = [sys.executable, "-m", "snakemake", "-n", "-s", root / "workflow/Snakefile"]
    done = subprocess.run(command, cwd=outer.folder, capture_output=True, text=True, check=False)
    assert re.search(r"config/config\.yaml.*not present", done.stdout + done.stderr)
