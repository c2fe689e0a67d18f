"""The workflow on a Slurm cluster of one node, with the shipped profile."""

import re
import time

import pytest
import slurm_cluster
import yaml
from runner import TINY, Workflow

if slurm_cluster.missing():
    pytest.skip(f"no Slurm: {slurm_cluster.missing()}", allow_module_level=True)

# What a site says, and shorter waits than a real cluster needs.
SITE = {
    "resources": {"downloads": 2},
    "default-resources": {"slurm_partition": slurm_cluster.PARTITION},
    "slurm-status-command": "squeue",
    # The plugin waits 10 s more where it looks before anything has ended.
    "slurm-init-seconds-before-status-checks": 9,
    "seconds-between-status-checks": 9,
    "latency-wait": 5,
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with slurm_cluster.Cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


class OnSlurm(Workflow):
    """A run that the cluster's scheduler carries."""

    def command(self, *arguments, cores=2):
        profiles = "--profile", self.root / "profiles/slurm", "--workflow-profile", "site"
        command = super().command(*arguments, cores=cores)
        at = command.index("--cores")
        return [*command[:at], *profiles, *command[at + 2 :]]


def running(cluster):
    """Slurm's number of each job that runs, by the rule and wildcards of its comment."""
    lines = cluster.call("squeue", "-h", "-t", "RUNNING", "-o", "%A %k").splitlines()
    return {comment: number for number, comment in (line.split(maxsplit=1) for line in lines)}


def test_a_run_on_slurm_is_the_local_one(cluster, tiny, tmp_path, root, monkeypatch):
    for key, value in cluster.environment.items():
        monkeypatch.setenv(key, value)
    run = OnSlurm(tmp_path, root, TINY)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/profile.v9+.yaml").write_text(yaml.safe_dump(SITE))
    monkeypatch.chdir(tmp_path)
    process = run.start()
    deadline = time.monotonic() + 300
    log = tmp_path / "logs/tiny/train/seed-0.log"
    while not (log.exists() and "epoch" in log.read_text()):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.2)
    number = next(number for said, number in running(cluster).items() if "rule_train" in said)
    # Training has a device, two threads, its memory and its time.
    said = cluster.call("scontrol", "show", "job", number)
    assert "TresPerJob=gres:gpu:1" in said
    assert "TimeLimit=04:00:00" in said
    assert "mem=6000M" in said
    # The profile tries again a job that was killed, which goes on where it was.
    cluster.call("scancel", number)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    assert re.search("Trying to restart job [0-9]+", output)
    # The noise of three splits; every other rule has one job in this run.
    assert output.count("Submitted array job") == 1
    assert "resuming after epoch" in log.read_text()
    # The node has a device, and this TensorFlow no CUDA.
    assert "the job was given a GPU and TensorFlow sees none" in log.read_text()
    assert "Nothing to be done" in run.run("--dry-run")
    # Other tests ask the local run for more.
    made, local = run.files(), tiny.files()
    for name, path in made.items():
        assert path.read_bytes() == local[name].read_bytes(), name
