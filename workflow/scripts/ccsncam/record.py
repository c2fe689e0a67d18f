"""The record of a run: inputs, code, software and costs, in machine-readable form.

It is an RO-Crate 1.1 with the profiles Process Run Crate and Workflow Run Crate 0.5
(https://www.researchobject.org/workflow-run-crate). The folder of the run is the crate.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from ccsncam.aliases import PathLike

ROOT = Path(__file__).parents[3]
# The parts of the repository from which the results follow; they are copied beside the results.
CODE = (
    "Snakefile",
    "workflow",
    "envs",
    "profiles",
    "resources",
    "pyproject.toml",
    "requirements.txt",
)
CONFIG = "config/config.yaml"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
LICENSE = {
    "@id": "https://spdx.org/licenses/MIT",
    "@type": "CreativeWork",
    "name": "MIT License",
    "description": "Covers the workflow and its results. Strain of GWOSC is under CC BY 4.0, and "
    "files of waveforms are under the terms of their authors.",
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
VERSIONS = re.compile(r" INFO ran with (.*)$", re.MULTILINE)


def digest(path: PathLike) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def commit(folder: PathLike = ROOT) -> str | None:
    """Git commit of the workflow, with ``-modified`` where files differ from it.

    Parameters
    ----------
    folder : path
        The repository.

    Returns
    -------
    str or None
        None where the folder is not the top of a git checkout, or git is not installed.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")) != Path(folder).resolve():
            return None
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("-modified" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def keep_code(target: PathLike, config: Mapping[str, Any]) -> None:
    """Copy what is needed to make the run again: code, configuration and waveform table.

    Parameters
    ----------
    target : path
        A folder that does not exist yet.
    config : mapping
        The configuration of the run.
    """
    target, table = Path(target), Path(config["waveforms"])
    (target / "config").mkdir(parents=True)
    leave = shutil.ignore_patterns("__pycache__", ".snakemake")
    # Fetched strain and the waveforms of others lie there, too.
    tables = shutil.ignore_patterns("strain", "waveforms")
    for name in CODE:
        if (ROOT / name).is_dir():
            ignore = tables if name == "resources" else leave
            shutil.copytree(ROOT / name, target / name, ignore=ignore)
        # A module from github() has only the files that were needed.
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, target / name)
    shutil.copy(table, target / "config" / table.name)
    # The workflow itself has added the keys that begin with an underscore.
    said = {key: value for key, value in config.items() if not key.startswith("_")}
    said["waveforms"] = f"config/{table.name}"
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    (target / CONFIG).write_text(text, encoding="utf-8")


def jobs(benchmarks: PathLike, logs: PathLike, figures: Iterable[str]) -> pd.DataFrame:
    """Read wall time, memory and software of the jobs of a run.

    Parameters
    ----------
    benchmarks, logs : path
        Folders with one folder per rule and one file per job. A folder of a rule that the
        workflow no longer has is passed over.
    figures : list of str
        Names of the rules that ``figure.py`` draws; every other rule has a script of its name.

    Returns
    -------
    pandas.DataFrame
        ``rule``, ``script`` (name of its file), ``wall_s``, ``memory_mb`` (largest resident set,
        in 2^20 bytes; NaN for a job that ended before it was measured), ``ended`` [s since 1970]
        and ``software`` (names with versions).

    Raises
    ------
    ValueError
        If there is no job.
    """
    rows = []
    drawn = dict.fromkeys(figures, "figure.py")
    for path in sorted(Path(benchmarks).rglob("*.tsv")):
        one = pd.read_csv(path, sep="\t", na_values="-").iloc[-1]
        name = path.relative_to(benchmarks)
        rule = name.parts[0]
        script = drawn.get(rule, f"{rule}.py")
        if not (ROOT / "workflow/scripts" / script).is_file():
            continue
        log = Path(logs, name).with_suffix(".log")
        said = VERSIONS.findall(log.read_text(encoding="utf-8")) if log.exists() else []
        software = said[-1].split(", ") if said else []
        row = {"rule": rule, "script": script, "wall_s": one["s"], "memory_mb": one["max_rss"]}
        rows.append(row | {"ended": path.stat().st_mtime, "software": software})
    if not rows:
        raise ValueError(
            f"{benchmarks}: no job of this run has a benchmark file; make the run first"
        )
    return pd.DataFrame(rows)


def write(
    folder: PathLike,
    code: PathLike,
    inputs: Iterable[PathLike],
    table: pd.DataFrame,
    name: str,
    snakemake: str,
    ref: str | None = None,
) -> None:
    """Write ``ro-crate-metadata.json`` for a run.

    Parameters
    ----------
    folder : path
        Results of the run; all files in it become part of the crate.
    code : path
        Folder that `keep_code` made, inside ``folder``.
    inputs : list of path
        Files that the run read; those that no longer exist are named without a digest.
    table : pandas.DataFrame
        From `jobs`.
    name : str
        Name of the run.
    snakemake : str
        Version of Snakemake.
    ref : str, optional
        Commit or tag, where Snakemake has the workflow from a host of repositories.
    """
    folder, code = Path(folder), Path(code)
    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append(TERMS)
    crate.name = f"ccsncam, run {name}"
    crate.description = (
        "Data sets, classifier of core-collapse supernova waveforms, its evaluation and explanation"
    )
    entry = code / "workflow/Snakefile"
    flow = crate.add_workflow(
        entry,
        entry.relative_to(folder).as_posix(),
        main=True,
        lang="snakemake",
        lang_version=snakemake,
        properties={"name": "ccsncam", "sha256": digest(entry)},
    )
    flow["license"] = crate.license = crate.add(ContextEntity(crate, LICENSE["@id"], LICENSE))
    flow["version"] = commit() or ref or "not a git checkout"
    profiles = [
        crate.add(ContextEntity(crate, url, {"@type": "CreativeWork", "name": words}))
        for url, words in PROFILES.items()
    ]
    crate.root_dataset["conformsTo"] = profiles
    files = _add_files(crate, folder, entry)
    results = [file for place, file in files.items() if code not in (folder / place).parents]
    read = [files[(code / CONFIG).relative_to(folder).as_posix()]]
    read += [_outside(crate, Path(path)) for path in sorted(set(map(str, inputs)))]
    begin = (table["ended"] - table["wall_s"]).min()
    times = _times(begin, table["ended"].max())
    run = crate.add_action(flow, "#run", read, results, properties={"name": f"run {name}", **times})
    scripts = (code / "workflow/scripts").relative_to(folder).as_posix()
    actions = [run]
    for rule, own in table.groupby("rule"):
        script = files.get(f"{scripts}/{own['script'].iloc[0]}")
        actions.append(_add_rule(crate, str(rule), own, script, flow["version"]))
    crate.root_dataset["mentions"] = actions
    crate.metadata.write(folder)


def _add_files(crate: ROCrate, folder: Path, entry: Path) -> dict[str, Any]:
    """Add all files of a folder to a crate, except ``entry``; return the entities by path."""
    files = {}
    for path in sorted(folder.rglob("*")):
        # Neither an earlier record nor Snakemake's own time stamps are results.
        own = path.name == "ro-crate-metadata.json" or path.name.startswith(".")
        if not path.is_file() or path == entry or own:
            continue
        place = path.relative_to(folder).as_posix()
        files[place] = crate.add_file(path, place, record_size=True)
        files[place]["sha256"] = digest(path)
    return files


def _add_rule(crate: ROCrate, rule: str, own: pd.DataFrame, script: Any, version: str) -> Any:
    """Add a rule as a tool, and its jobs as one action with their costs; return the action."""
    tool = crate.add(ContextEntity(crate, f"#rule-{rule}", {"@type": "SoftwareApplication"}))
    tool["name"], tool["version"] = rule, version
    if script is not None:
        tool["isBasedOn"] = script
    software = sorted({one for line in own["software"] for one in line})
    tool["softwareRequirements"] = [_package(crate, one) for one in software]
    times = _times((own["ended"] - own["wall_s"]).min(), own["ended"].max())
    said = {"name": f"{len(own)} x {rule}", **times}
    action = crate.add_action(tool, f"#jobs-{rule}", properties=said)
    spent = {
        "wallTime": (own["wall_s"].sum(), "SEC"),
        "maxMemory": (own["memory_mb"].max(), "E63"),
    }
    action["resourceUsage"] = [
        _amount(crate, f"#{kind}-{rule}", kind, value, unit)
        for kind, (value, unit) in spent.items()
        if pd.notna(value)
    ]
    return action


def _times(begin: float, end: float) -> dict[str, str]:
    """Start and end of an action, which are given in seconds since 1970."""
    stamps = (datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in (begin, end))
    return dict(zip(("startTime", "endTime"), stamps, strict=True))


def _outside(crate: ROCrate, path: Path) -> Any:
    """Name a file that the run read and that the crate does not hold."""
    said: dict[str, str] = {"name": path.name}
    if path.exists():
        said |= {"sha256": digest(path), "contentSize": str(path.stat().st_size)}
    return crate.add_file(path.resolve().as_uri(), properties=said)


def _package(crate: ROCrate, words: str) -> Any:
    """Add software and its version, such as "numpy 2.3.5", to a crate."""
    name, version = words.split()
    entity = ContextEntity(crate, f"#{name}-{version}", {"@type": "SoftwareApplication"})
    entity["name"], entity["version"] = name, version
    return crate.add(entity)


def _amount(crate: ROCrate, key: str, kind: str, value: float, unit: str) -> Any:
    """Add an amount that jobs needed, in units of UN/CEFACT (SEC: second, E63: mebibyte)."""
    said: dict[str, Any] = {"@type": "PropertyValue", "name": kind, "propertyID": kind}
    said |= {"value": round(float(value), 2), "unitCode": unit}
    return crate.add(ContextEntity(crate, key, said))
