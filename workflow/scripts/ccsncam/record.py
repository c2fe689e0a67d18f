"""What a run was made of and by, as an RO-Crate: a machine-readable record.

RO-Crate 1.1 with the profiles Process Run Crate and Workflow Run Crate 0.5
(https://www.researchobject.org/workflow-run-crate): the folder of the run is the crate.
"""

import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

ROOT = Path(__file__).parents[3]
# What of the repository is copied beside the results: what they follow from.
CODE = (
    *("Snakefile", "workflow", "envs", "profiles", "resources", "pyproject.toml"),
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
    "description": "Of the workflow and of what it made. Strain of GWOSC is under CC BY 4.0, files "
    "of waveforms are under the terms of their authors.",
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
VERSIONS = re.compile(r" INFO ran with (.*)$", re.MULTILINE)


def digest(path):
    """SHA-256 of a file, as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def commit(folder=ROOT):
    """Git commit of the workflow, with ``-modified`` where files differ from it.

    Parameters
    ----------
    folder : path
        Of the repository.

    Returns
    -------
    str or None
        None where the folder is not the top of a git checkout, or there is no git.
    """

    def git(*arguments):
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")) != Path(folder).resolve():
            return None
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("-modified" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def keep_code(target, config):
    """Copy what the run can be made from again: code, configuration and waveform table.

    Parameters
    ----------
    target : path
        A folder that is not there yet.
    config : dict
        The configuration as the run had it.
    """
    target, table = Path(target), Path(config["waveforms"])
    (target / "config").mkdir(parents=True)
    # Strain that was fetched and waveforms of others lie in the resources too.
    leave = shutil.ignore_patterns("__pycache__", "strain", "waveforms", ".snakemake")
    for name in CODE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=leave)
        # Of a module from github() there is what was needed.
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, target / name)
    shutil.copy(table, target / "config" / table.name)
    # What begins so was worked out by the workflow.
    said = {key: value for key, value in config.items() if not key.startswith("_")}
    said["waveforms"] = f"config/{table.name}"
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    (target / CONFIG).write_text(text)


def jobs(benchmarks, logs):
    """Wall time, memory and software of the jobs of a run.

    Parameters
    ----------
    benchmarks, logs : path
        Folders with a file a job, in one folder a rule.

    Returns
    -------
    pandas.DataFrame
        ``rule``, ``wall_s``, ``memory_mb`` (largest resident set, in 2^20 bytes; NaN for a job too
        short to be looked at), ``ended`` [s since 1970] and ``software`` (names with versions).

    Raises
    ------
    ValueError
        If there is none.
    """
    rows = []
    for path in sorted(Path(benchmarks).rglob("*.tsv")):
        one = pd.read_csv(path, sep="\t", na_values="-").iloc[-1]
        name = path.relative_to(benchmarks)
        log = Path(logs, name).with_suffix(".log")
        said = VERSIONS.findall(log.read_text()) if log.exists() else []
        software = said[-1].split(", ") if said else []
        row = {"rule": name.parts[0], "wall_s": one["s"], "memory_mb": one["max_rss"]}
        rows.append(row | {"ended": path.stat().st_mtime, "software": software})
    if not rows:
        raise ValueError(
            f"{benchmarks}: no job of this run has a benchmark file; make the run first"
        )
    return pd.DataFrame(rows)


def write(folder, code, inputs, table, name, snakemake, ref=None):
    """Write ``ro-crate-metadata.json`` of a run.

    Parameters
    ----------
    folder : path
        Of the run's results; all files in it become part of the crate.
    code : path
        From `keep_code`, inside the folder.
    inputs : list of path
        Files that the run read; those that are gone are named without a digest.
    table : pandas.DataFrame
        From `jobs`.
    name : str
        Of the run.
    snakemake : str
        Version of Snakemake.
    ref : str, optional
        Commit or tag of a module that Snakemake has from a host of repositories.
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
        *(entry, entry.relative_to(folder).as_posix()),
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
    results, files = [], {}
    for path in sorted(folder.rglob("*")):
        # Neither an earlier record nor Snakemake's own time stamps are results.
        own = path.name == "ro-crate-metadata.json" or path.name.startswith(".")
        if not path.is_file() or path == entry or own:
            continue
        place = path.relative_to(folder).as_posix()
        files[place] = crate.add_file(path, place, record_size=True)
        files[place]["sha256"] = digest(path)
        if code not in path.parents:
            results.append(files[place])
    read = [files[(code / CONFIG).relative_to(folder).as_posix()]]
    read += [_outside(crate, Path(path)) for path in sorted(set(inputs))]
    begin = (table["ended"] - table["wall_s"]).min()
    run = crate.add_action(
        *(flow, "#run", read, results),
        properties={"name": f"run {name}", **_times(begin, table["ended"].max())},
    )
    actions = [run]
    for rule, own in table.groupby("rule"):
        script = files.get((code / f"workflow/scripts/{rule}.py").relative_to(folder).as_posix())
        tool = crate.add(ContextEntity(crate, f"#rule-{rule}", {"@type": "SoftwareApplication"}))
        tool["name"], tool["version"] = rule, flow["version"]
        if script is not None:
            tool["isBasedOn"] = script
        software = sorted({one for line in own["software"] for one in line})
        tool["softwareRequirements"] = [_package(crate, one) for one in software]
        begin, end = (own["ended"] - own["wall_s"]).min(), own["ended"].max()
        said = {"name": f"{len(own)} x {rule}", **_times(begin, end)}
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
        actions.append(action)
    crate.root_dataset["mentions"] = actions
    crate.metadata.write(folder)


def _times(begin, end):
    """Start and end of an action, from seconds since 1970."""
    stamps = (datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in (begin, end))
    return dict(zip(("startTime", "endTime"), stamps, strict=True))


def _outside(crate, path):
    """A file that the run read, which the crate does not hold."""
    said = {"name": path.name}
    if path.exists():
        said |= {"sha256": digest(path), "contentSize": str(path.stat().st_size)}
    return crate.add_file(path.resolve().as_uri(), properties=said)


def _package(crate, words):
    """Software and its version, such as "numpy 2.3.5"."""
    name, version = words.split()
    entity = ContextEntity(crate, f"#{name}-{version}", {"@type": "SoftwareApplication"})
    entity["name"], entity["version"] = name, version
    return crate.add(entity)


def _amount(crate, key, kind, value, unit):
    """What jobs needed; the unit by its code of UN/CEFACT (SEC: second, E63: mebibyte)."""
    said = {"@type": "PropertyValue", "name": kind, "propertyID": kind}
    said |= {"value": round(float(value), 2), "unitCode": unit}
    return crate.add(ContextEntity(crate, key, said))
