"""Environments of their own for the rules, made by a stand-in of conda from the lock."""

import os
import subprocess
import sys

import conda_stand_in
import pytest
from runner import TINY, Workflow
from test_environments import ENVIRONMENTS, MODULES, needed_by, pins, scripts_of

# Of every environment but those of a moment and of the record, as little as there is.
TARGETS = ("embedding/seed-0/test-1kpc.h5", "models/seed-0/best.weights.h5", "figures/fig06.pdf")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return conda_stand_in.install(tmp_path_factory.mktemp("conda")).parent


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_enough_for_its_scripts(base, root, name):
    """Imported for real: a package may need another that it does not name."""
    prefix = base / "envs" / name
    command = [base / "bin/conda", "env", "create", "--file", root / f"envs/{name}.yaml"]
    subprocess.run([*command, "--prefix", prefix], check=True)
    scripts = sorted(scripts_of(root, name))
    needed = set(scripts).union(*(needed_by(root, script) for script in scripts))
    # Isolated: nothing of the environment in which the tests run.
    path = f"import sys; sys.path.insert(0, {str(root / 'workflow/scripts')!r})"
    names = ", ".join(sorted(MODULES.get(one, one) for one in needed))
    code = f"{path}\nimport {names}"
    subprocess.run([prefix / "bin/python", "-I", "-c", code], check=True, timeout=120)


def test_results_are_those_of_one_environment(base, tiny, tmp_path, root, monkeypatch):
    monkeypatch.setenv("PATH", str(base / "bin"), prepend=os.pathsep)
    workflow = Workflow(tmp_path, root, TINY)
    targets = [f"results/tiny/{name}" for name in TARGETS]
    output = workflow.run("--sdm", "conda", "--", *targets)
    for name in ("strain", "dataset", "keras", "embedding", "figures"):
        assert f"envs/{name}.yaml created" in output
    for name in TARGETS:
        ours = (tiny.folder / "results/tiny" / name).read_bytes()
        assert (workflow.folder / "results/tiny" / name).read_bytes() == ours, name
    log = (workflow.folder / "logs/tiny/embed/seed-0/test-1kpc.log").read_text()
    assert "scikit-learn" in log
    # By its own environment, which has no TensorFlow.
    assert "tensorflow" not in log
    assert "tensorflow" in (workflow.folder / "logs/tiny/train/seed-0.log").read_text()


def test_snakemake_reads_the_workflow_in_its_own(base, tmp_path, root):
    prefix = base / "envs/snakemake"
    command = [base / "bin/conda", "env", "create", "--file", root / "envs/snakemake.yaml"]
    subprocess.run([*command, "--prefix", prefix], check=True)
    workflow = Workflow(tmp_path, root, TINY | {"noise": {"source": "gwosc"}})
    arguments = ["-I", "-X", "importtime", "-m", *map(str, workflow.command("--dry-run")[2:])]
    done = subprocess.run(
        [prefix / "bin/python", *arguments], capture_output=True, text=True, check=False
    )
    lines = done.stderr.splitlines()
    said = [line for line in lines if not line.startswith("import time:")]
    assert done.returncode == 0, "\n".join(said)
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in lines}
    idle = {MODULES.get(name, name) for name in pins(root, "snakemake")} - {"python"} - loaded
    assert not idle


def test_what_cannot_be_had_is_an_error(base, root, tmp_path):
    text = (root / "envs/figures.yaml").read_text().replace("seaborn =0.13", "seaborn =0.12")
    (tmp_path / "figures.yaml").write_text(text)
    command = [base / "bin/conda", "env", "create", "--file", tmp_path / "figures.yaml"]
    done = subprocess.run(
        [*command, "--prefix", tmp_path / "env"], capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert "PackagesNotFoundError: seaborn =0.12" in done.stderr


def test_containerize_has_each_environment(base, root, monkeypatch):
    monkeypatch.setenv("PATH", str(base / "bin"), prepend=os.pathsep)
    command = [sys.executable, "-m", "snakemake", "--containerize"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("FROM condaforge/miniforge3")
    for name in ENVIRONMENTS:
        assert f"COPY envs/{name}.yaml /conda-envs/" in done.stdout
    assert done.stdout.count("conda env create") == len(ENVIRONMENTS)
