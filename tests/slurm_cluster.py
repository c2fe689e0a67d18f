"""A Slurm cluster of one node in a folder of its own, for tests.

    python tests/slurm_cluster.py FOLDER

brings it up, says what to export, and takes it down at Ctrl-C. It needs root and Debian's packages
slurm-wlm and munge; no systemd, no accounting database. Its one GPU is a plain file.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = (
    "munged",
    "slurmctld",
    "slurmd",
    "sbatch",
    "squeue",
    "scancel",
    "scontrol",
    "sinfo",
    "srun",
)
PARTITION = "work"
# Seconds in which a daemon is to answer.
PATIENCE = 30

SLURM_CONF = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=2
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName={partition} Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """Why no cluster can be brought up here; empty where one can."""
    absent = [name for name in PROGRAMS if _program(name) is None]
    if absent:
        return f"no {', '.join(absent)}: install slurm-wlm and munge"
    return "" if os.geteuid() == 0 else "daemons of Slurm need root"


def _program(name):
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


class Cluster:
    """A running cluster; a context manager.

    Attributes
    ----------
    environment : dict
        What its commands need, beside what the process has.
    """

    def __init__(self, folder):
        self.folder = Path(folder).absolute()
        self.environment = {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
        }
        self._daemons = []

    def __enter__(self):
        """Write the configuration and start the daemons."""
        for name in ("bin", "state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            ends = [stack.enter_context(socket.socket()) for _ in range(2)]
            for end in ends:
                end.bind(("127.0.0.1", 0))
            ports = [end.getsockname()[1] for end in ends]
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        host = socket.gethostname().split(".")[0]
        text = SLURM_CONF.format(
            host=host,
            folder=self.folder,
            ports=ports,
            cpus=os.cpu_count(),
            memory=memory,
            partition=PARTITION,
        )
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "gpu0").touch()
        (self.folder / "gres.conf").write_text(f"Name=gpu File={self.folder}/gpu0\n")
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        # Snakemake's plugin takes SLURM_CONF away from the srun of a job.
        srun = self.folder / "bin/srun"
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {_program("srun")} "$@"\n'
        )
        srun.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        try:
            self._start("munged", "--foreground", "--force", "--num-threads=2", *self._munge())
            self._wait(lambda: (self.folder / "munge.socket").exists(), "munged")
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D")
            self._wait(lambda: self.call("sinfo", "-h", "-o", "%T").strip() == "idle", "slurmd")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _munge(self):
        ends = {"key-file": "key", "socket": "socket", "pid-file": "pid"}
        ends |= {"log-file": "log", "seed-file": "seed"}
        return [f"--{name}={self.folder}/munge.{end}" for name, end in ends.items()]

    def _start(self, name, *arguments):
        with open(self.folder / f"{name}.out", "w") as out:
            self._daemons.append(
                subprocess.Popen(
                    [_program(name), *arguments],
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=os.environ | self.environment,
                )
            )

    def _wait(self, ready, name):
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if time.monotonic() > deadline or self._daemons[-1].poll() is not None:
                said = "".join(path.read_text() for path in sorted(self.folder.glob("*.out")))
                raise RuntimeError(f"{name} does not come up:\n{said}")
            time.sleep(0.2)

    def call(self, name, *arguments):
        """Output of a command of Slurm; empty where it fails."""
        command = [_program(name), *map(str, arguments)]
        environment = os.environ | self.environment
        return subprocess.run(command, env=environment, capture_output=True, text=True).stdout

    def __exit__(self, *error):
        """Cancel what runs, and stop the daemons."""
        self.call("scancel", "--user=root", "--signal=KILL", "--full")
        self.call("scancel", "--user=root")
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in reversed(self._daemons):
            try:
                daemon.wait(5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def main():
    """Bring a cluster up until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if missing():
        parser.error(missing())
    with Cluster(folder) as cluster:
        print(cluster.call("sinfo"), end="")
        for key, value in cluster.environment.items():
            print(f"export {key}={value}", flush=True)
        # A shell's background jobs ignore Ctrl-C.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        signal.pause()


if __name__ == "__main__":
    main()
