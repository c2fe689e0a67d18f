"""The record of a run, read back."""

import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from rocrate.rocrate import ROCrate
from runner import git

from ccsncam import record


@pytest.fixture(scope="module")
def recorded(tiny):
    tiny.run("--", "record")
    folder = tiny.folder / "results/tiny"
    yield tiny, folder, ROCrate(folder)
    (folder / "ro-crate-metadata.json").unlink()
    shutil.rmtree(folder / "record")


def test_it_holds_every_file_as_it_is(recorded):
    tiny, folder, crate = recorded
    there = {name.removeprefix("tiny/") for name in tiny.files()}
    there -= {"ro-crate-metadata.json", "record/.snakemake_timestamp"}
    files = {unquote(one.id): one for one in crate.get_by_type("File") if "://" not in one.id}
    assert set(files) == there
    for name, one in files.items():
        assert one["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    run = crate.dereference("#run")
    results = {unquote(one.id) for one in run["result"]}
    assert results == {name for name in there if not name.startswith("record/")}
    read = {one["name"]: one for one in run["object"] if "://" in one.id}
    assert set(read) == {"waveforms.tsv"}
    table = (tiny.folder / "config/waveforms.tsv").read_bytes()
    assert read["waveforms.tsv"]["sha256"] == hashlib.sha256(table).hexdigest()
    assert "Nothing to be done" in tiny.run("--dry-run", "--", "record")


def test_it_says_by_what_and_at_what_cost(recorded, root):
    tiny, folder, crate = recorded
    assert crate.mainEntity["version"] == record.commit(root)
    assert crate.mainEntity["programmingLanguage"]["version"].startswith("9.")
    # What the profile asks of the root.
    assert crate.license.id.startswith("https://spdx.org/licenses/")
    assert len(crate.root_dataset["conformsTo"]) == 3
    train = crate.dereference("#jobs-train")
    assert train["startTime"] < train["endTime"]
    used = {one["name"]: one for one in train["resourceUsage"]}
    seconds = float((tiny.folder / "benchmarks/tiny/train/seed-0.tsv").read_text().split()[10])
    assert used["wallTime"]["value"] == pytest.approx(seconds)
    assert 200 < used["maxMemory"]["value"] < 6000
    software = {one["name"]: one["version"] for one in train["instrument"]["softwareRequirements"]}
    assert software["tensorflow"] == importlib.metadata.version("tensorflow")
    assert train["instrument"]["isBasedOn"].id == "record/workflow/scripts/train.py"
    # All that was run is there, and each of it once.
    rules = {path.name for path in (tiny.folder / "benchmarks/tiny").iterdir()} - {"record"}
    assert {
        one.id.removeprefix("#rule-") for one in crate.get_by_type("SoftwareApplication")
    } >= rules
    config = yaml.safe_load((folder / "record/config/config.yaml").read_text())
    assert config["classifier"]["epochs"] == [3, 2, 2]
    assert config["signal"]["sample_rate"] == 4096
    copied = (folder / "record/workflow/Snakefile").read_text()
    assert copied == (root / "workflow/Snakefile").read_text()


def test_a_run_is_made_again_from_it(recorded, tmp_path):
    _, folder, _ = recorded
    shutil.copytree(folder / "record", tmp_path / "again")
    command = [sys.executable, "-m", "snakemake", "--dry-run"]
    done = subprocess.run(command, cwd=tmp_path / "again", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^train +1$", done.stdout, re.MULTILINE)


def test_a_commit_is_that_of_the_files(tmp_path):
    assert record.commit(tmp_path) is None

    git(tmp_path, "init")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "one")
    found = record.commit(tmp_path)
    assert len(found) == 40
    (tmp_path / "a").write_text("2")
    assert record.commit(tmp_path) == f"{found}-modified"
    # A folder inside another's checkout is not its own.
    (tmp_path / "inner").mkdir()
    assert record.commit(tmp_path / "inner") is None


def test_a_run_that_left_nothing_is_said():
    with pytest.raises(ValueError, match="make the run first"):
        record.jobs(Path("nowhere"), Path("nowhere"), [])


def test_jobs_of_rules_that_are_gone_do_not_count(tmp_path):
    for rule in ("train", "fig5", "classify"):
        (tmp_path / rule).mkdir()
        (tmp_path / rule / "one.tsv").write_text("s\tmax_rss\n2.5\t90\n")
    table = record.jobs(tmp_path, tmp_path / "logs", ["fig5"])
    assert dict(zip(table["rule"], table["script"], strict=True)) == {
        "fig5": "figure.py",
        "train": "train.py",
    }
