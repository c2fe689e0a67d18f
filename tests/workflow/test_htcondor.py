"""The profile for HTCondor, by a dry run: no scheduler is at hand."""

import os
import re
import subprocess
import sys

import pytest
import yaml
from runner import TINY, Workflow

# Not in the lock: in every call the bindings warn where no HTCondor is.
# A rule up to one of its settings; the rules of figures are one rule in a loop, without a name.
RULE = r"^ *rule ?(\w*):(?:(?!^ *rule ?\w*:).)*?"
PLUGIN = ["snakemake-executor-plugin-htcondor==0.3.0", "htcondor==24.12.24"]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("htcondor")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
    made = subprocess.run([*command, "--target", folder, *PLUGIN], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"the HTCondor plugin cannot be installed: {made.stderr.strip()[:200]}")
    return folder


def test_the_profile_is_taken(plugin, tmp_path, root, monkeypatch):
    paths = [str(plugin), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("CONDOR_CONFIG", "/dev/null")
    run = Workflow(tmp_path, root, TINY)
    profiles = ["--profile", root / "profiles/htcondor"]
    profiles += ["--workflow-profile", root / "profiles/site-htcondor"]
    output = run.run(*profiles, "--dry-run", "--", "results/tiny/models/seed-0/best.weights.h5")
    assert re.search(r"^train +1$", output, re.M)


def test_what_every_job_is_sent_is_code_and_tables(root):
    """Not the strain and the waveforms, which lie beside the tables."""
    text = (root / "profiles/site-htcondor/profile.v9+.yaml").read_text()
    sent = re.search(r'htcondor_transfer_input_files: "(.*)"', text)[1].split(",")
    assert all((root / name).exists() for name in sent)
    assert "resources" not in sent
    rules = (root / "workflow/rules/common.smk").read_text()
    tables = re.search(r'^SHIPPED_TABLES = """(.*?)"""', rules, re.MULTILINE | re.DOTALL)[1].split()
    assert {f"resources/{name}" for name in tables} == {
        name for name in sent if name.startswith("resources")
    }


@pytest.mark.parametrize("name", ["htcondor", "site-htcondor"])
def test_rules_have_the_memory_and_the_devices_that_they_need(root, name):
    text = (root / f"profiles/{name}/profile.v9+.yaml").read_text()
    # A block of the site takes the place of the profile's, also once it is filled in.
    for filled in (text, re.sub(r"^( *)#(\w)", r"\1\2", text, flags=re.MULTILINE)):
        _check(root, yaml.safe_load(filled))


def _check(root, profile):
    least = profile["default-resources"]["htcondor_request_mem_mb"]
    own = {
        name: block.get("htcondor_request_mem_mb", least)
        for name, block in profile["set-resources"].items()
    }
    text = "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    needed = re.findall(RULE + r"mem_mb=(\d+)", text, re.M | re.S)
    assert len(needed) > 20
    for name, megabytes in needed:
        assert int(megabytes) <= own.get(name, least), name
    devices = re.findall(RULE + r"gpu=(\d+)", text, re.M | re.S)
    asked = {
        name: block["request_gpus"]
        for name, block in profile["set-resources"].items()
        if "request_gpus" in block
    }
    assert {name: int(count) for name, count in devices} == asked == {"train": 1}
