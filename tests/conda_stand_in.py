"""Answers what Snakemake asks of conda, with environments made by uv from the lock.

A channel is not needed: a package's version is that of requirements.txt, which must satisfy the
environment file. Called as ``conda``; the folder of its executable's parent is the base.
"""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
# Names that differ between conda-forge and Python's own index.
LAL = {"python-lal": "lalsuite", "python-lalframe": "lalsuite"}
PYPI = {"matplotlib-base": "matplotlib", **LAL}
ACTIVATE = 'export CONDA_PREFIX="$1"\nexport PATH="$1/bin:$PATH"\n'


def install(base):
    """Put ``conda`` and its ``activate`` into ``base/bin``; that folder."""
    folder = Path(base) / "bin"
    folder.mkdir(parents=True)
    (folder / "activate").write_text(ACTIVATE)
    call = f'#!/bin/sh\nSTAND_IN_BASE={base} exec {sys.executable} {__file__} "$@"\n'
    (folder / "conda").write_text(call)
    (folder / "conda").chmod(0o755)
    return folder


def create(file, prefix):
    """Make an environment, or fail as conda does where a version cannot be had."""
    lock = (ROOT / "requirements.txt").read_text()
    wanted = []
    for entry in yaml.safe_load(Path(file).read_text())["dependencies"]:
        name, version = entry.split(" =")
        if name == "python":
            python = version
            continue
        name = PYPI.get(name, name)
        locked = re.search(rf"^{re.escape(name)}==(\S+)", lock, re.MULTILINE)[1]
        # The interface of LAL has a version of its own on conda-forge.
        if name != "lalsuite" and not f"{locked}.".startswith(f"{version}."):
            sys.exit(f"PackagesNotFoundError: {entry}; the lock has {locked}")
        wanted.append(f"{name}=={locked}")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", python, prefix], check=True)
    command = [uv, "pip", "install", "--quiet", "--python", Path(prefix, "bin/python")]
    subprocess.run([*command, "--constraint", ROOT / "requirements.txt", *wanted], check=True)


def main(arguments):
    """Answer one call."""
    options = dict(pairwise(arguments))
    if arguments[:2] == ["env", "create"]:
        create(options["--file"], options["--prefix"])
    elif arguments == ["info", "--json"]:
        print(json.dumps({"conda_prefix": os.environ["STAND_IN_BASE"], "platform": "linux-64"}))
    elif arguments == ["config", "--get", "channel_priority", "--json"]:
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif arguments == ["--version"]:
        print("conda 24.7.1")
    # It keeps no archives of packages that could be removed.
    elif arguments[:1] != ["clean"]:
        sys.exit(f"conda {' '.join(arguments)}: the stand-in does not know this call")


if __name__ == "__main__":
    main(sys.argv[1:])
