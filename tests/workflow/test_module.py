"""The workflow as a module of another, as docs/module.md says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from runner import TINY, git

SAME = ("datasets/test-1kpc.h5", "models/seed-0/best.weights.h5", "models/seed-0/history.csv")


class Outer:
    """A workflow around this one, in a folder of its own with the keys that it changes."""

    def __init__(self, folder, root, config, prefix=""):
        self.folder = folder
        folder.mkdir()
        page = (root / "docs/module.md").read_text()
        text = re.search(r"```python\n(configfile.*?)```", page, re.DOTALL)[1]
        text = text.replace("path/to/ccsncam", str(root))
        if prefix:
            text = text.replace("from ccsncam\n", f"from ccsncam as {prefix}*\n")
            text = text.replace("rules.all", f"rules.{prefix}all")
        (folder / "Snakefile").write_text(text)
        self.write(config)

    def write(self, config):
        (self.folder / "my.yaml").write_text(yaml.safe_dump(config))

    def run(self, *arguments, fails=False, environment=None):
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env=os.environ | (environment or {}),
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


def test_a_rule_is_changed_and_another_left_out(tmp_path, root):
    """Snakemake reads the module anew for each `use rule`."""
    outer = Outer(tmp_path / "outer", root, TINY)
    text = (outer.folder / "Snakefile").read_text()
    text = text.replace("use rule * from ccsncam\n", "use rule * from ccsncam exclude fig12\n")
    text = text.replace("rules.all.input", '"results/tiny/models/seed-0/best.weights.h5"')
    change = 'use rule train from ccsncam as train with:\n    message:\n        "My way"\n\n\n'
    (outer.folder / "Snakefile").write_text(text.replace("rule mine:", change + "rule mine:"))
    assert "My way" in outer.run("--dry-run")


@pytest.mark.parametrize("prefix", ["", "inner_"])
def test_a_figure_is_changed(tiny, tmp_path, root, prefix):
    """The rules of figures come from a table; each can be changed like any other rule."""
    outer = Outer(tmp_path / "outer", root, TINY, prefix)
    text = (outer.folder / "Snakefile").read_text()
    change = (
        f"use rule fig4 from ccsncam as {prefix}fig4 with:\n"
        '    output:\n        pdf="mine.pdf",\n        png="mine.png",\n'
        '    message:\n        "My figure"\n\n\n'
    )
    text = text.replace(f"rules.{prefix}all.input", '"mine.png"')
    (outer.folder / "Snakefile").write_text(text.replace("rule mine:", change + "rule mine:"))
    shutil.copytree(tiny.folder / "config", outer.folder / "config")
    shutil.copytree(tiny.folder / "results", outer.folder / "results")
    output = outer.run("--rerun-triggers", "mtime", "--", "mine.png")
    assert "My figure" in output
    ours = (tiny.folder / "results/tiny/figures/fig04.png").read_bytes()
    assert (outer.folder / "mine.png").read_bytes() == ours


def test_the_report_of_another_workflow(tiny, tmp_path, root):
    """Whose config may have this one's as a part."""
    outer = Outer(tmp_path / "outer", root, {"inner": TINY, "classes": ["of its own"]})
    text = (outer.folder / "Snakefile").read_text()
    text = text.replace("        config\n", '        config["inner"]\n')
    (outer.folder / "Snakefile").write_text(text)
    name = "results/tiny/waveforms/s18.png"
    outer.run(name)
    outer.run("--report", "report.html", "--", name)
    assert "s18.png" in (outer.folder / "report.html").read_text()


@pytest.fixture
def hosted(tmp_path, root):
    """Environment in which github.com/me/ccsncam is these files, and their commit."""
    source = tmp_path / "source"
    for name in filter(None, git(root, "ls-files", "-z").split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, source / name)

    git(source, "init", "--quiet")
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message", "all")
    environment = {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{source}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/me/ccsncam",
    }
    return environment, git(source, "rev-parse", "HEAD")


def test_a_module_from_github(tiny, hosted, tmp_path, root):
    """As snakedeploy writes it, and the workflow catalog says."""
    environment, commit = hosted
    outer = Outer(tmp_path / "outer", root, TINY)
    text = (outer.folder / "Snakefile").read_text()
    local = f'"{root}/workflow/Snakefile"'
    assert local in text
    path = f'github("me/ccsncam", path="workflow/Snakefile", commit="{commit}")'
    (outer.folder / "Snakefile").write_text(text.replace(local, path))
    for name in ("datasets/test-1kpc.h5", "figures/fig01.png"):
        outer.run(f"results/tiny/{name}", environment=environment)
        ours = (tiny.folder / "results/tiny" / name).read_bytes()
        assert (outer.folder / "results/tiny" / name).read_bytes() == ours, name
    planned = outer.run("--dry-run", environment=environment)
    assert "train" in planned
    # Tables are known by name, and code by the imports of scripts: no folder can be listed there.
    rules = (root / "workflow/rules/common.smk").read_text()
    names = re.search(r'^SHIPPED_TABLES = """(.*?)"""', rules, re.MULTILINE | re.DOTALL)[1].split()
    assert names == sorted(path.name for path in (root / "resources").iterdir() if path.is_file())
    cached = {path.name for path in Path(environment["XDG_CACHE_HOME"]).rglob("*.py")}
    library = (root / "workflow/scripts/ccsncam").rglob("*.py")
    assert cached >= {path.name for path in library}


def test_a_source_that_cannot_carry_it_is_said(hosted, tmp_path, root):
    environment, commit = hosted
    outer = Outer(tmp_path / "outer", root, TINY)
    text = (outer.folder / "Snakefile").read_text()
    path = f'"git+file://{tmp_path}/source/workflow/Snakefile@{commit}"'
    text = text.replace(f'"{root}/workflow/Snakefile"', path)
    (outer.folder / "Snakefile").write_text(text)
    output = outer.run("--dry-run", fails=True, environment=environment)
    assert "or the path to workflow/Snakefile in a clone" in output
    assert "ModuleNotFoundError" not in output


def test_what_is_wrong_is_said(tmp_path, root):
    outer = Outer(tmp_path / "outer", root, {"run": "mine", "seed": "one"})
    assert "config, seed: 'one' is not of type 'integer'" in outer.run("--dry-run", fails=True)
    # The default table is the one beside the default config.
    outer.write({"run": "mine"})
    assert "train" in outer.run("--dry-run")
    outer.write({"run": "mine", "waveforms": "none.tsv"})
    assert "config, waveforms: there is no file none.tsv" in outer.run("--dry-run", fails=True)
    # Without a module around it the workflow asks for its config file.
    command = [sys.executable, "-m", "snakemake", "-n", "-s", root / "workflow/Snakefile"]
    done = subprocess.run(command, cwd=outer.folder, capture_output=True, text=True, check=False)
    assert re.search(r"config/config\.yaml.*not present", done.stdout + done.stderr)


def test_a_rule_of_a_study_may_be_replaced(tmp_path, root):
    study = {"study": {"name": "both", "variants": {"power": {"spectrogram": {"scale": "power"}}}}}
    outer = Outer(tmp_path / "outer", root, TINY | study)
    snakefile = outer.folder / "Snakefile"
    change = "use rule train from ccsncam as train with:\n    threads: 1\n"
    snakefile.write_text(snakefile.read_text() + "\n\n" + change)
    (outer.folder / "config").mkdir()
    shutil.copy(root / "config/waveforms.tsv", outer.folder / "config")
    planned = outer.run("--dry-run", "results/both/power/figures/fig03.png")
    rules = set(re.findall(r"^([\w.]+) +\d+$", planned, re.MULTILINE))
    assert {"power.train", "power.fig3", "make_waveform"} <= rules
    assert "train" in set(re.findall(r"^(\w+) +\d+$", outer.run("--dry-run"), re.MULTILINE))
