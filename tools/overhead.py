"""What Snakemake and the start of jobs cost, in comparison with the work itself.

Call it in the folder of a finished run, as ``python tools/overhead.py embedded``.

Three sources say how long a job took. Snakemake's metadata has its beginning and end. Its
benchmark file has the running time of its process. Its log says when Python had started, and also
TensorFlow if the job uses it. Everything after that is work. Overhead is the rest: the start of
processes, Snakemake's handling of each job, and the time in which Snakemake ran but no job did.
That last time is multiplied by the largest number of jobs that ran at once, because so many jobs
could have run.
"""

import argparse
import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

PathLike = str | Path

# A job of a call may begin up to this long after the last line of the call's log [s].
LATE = 60
# Lines of a job's log that say when it had started.
STAMP = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) \w+ INFO (started$|TensorFlow \S+ on )"
)


@dataclass(frozen=True)
class Job:
    """A job: its rule, and when it began, had started up, and ended [s since 1970]."""

    rule: str
    begin: float
    ready: float
    end: float
    ran: float


def jobs(folder: PathLike, run: str) -> list[Job]:
    """Read the jobs of a run from metadata, benchmark files and logs; skip the rule ``record``.

    Parameters
    ----------
    folder : path
        The folder in which Snakemake ran.
    run : str

    Returns
    -------
    list of Job

    Raises
    ------
    ValueError
        If a job has no benchmark file or its log does not say when it had started.
    """
    found = {}
    for path in Path(folder, ".snakemake/metadata").rglob("*"):
        if not path.is_file():
            continue
        # Snakemake cuts a long name into folders whose names begin with @.
        name = "".join(
            part.removeprefix("@") for part in path.parts[path.parts.index("metadata") + 1 :]
        )
        said = json.loads(path.read_text(encoding="utf-8"))
        if not base64.b64decode(name).decode().startswith(f"results/{run}/") or not said["log"]:
            continue
        if said["rule"] == "record":
            continue
        log = said["log"][0]
        bench = Path(folder, log.replace("logs/", "benchmarks/", 1)).with_suffix(".tsv")
        lines = Path(folder, log).read_text(encoding="utf-8").splitlines()
        stamps = [match[1] for match in map(STAMP.match, lines) if match]
        if not bench.exists() or not stamps:
            raise ValueError(
                f"{log}: no {bench.name}, or no time of its start in the log: make the run again"
            )
        ready = datetime.strptime(stamps[-1], "%Y-%m-%d %H:%M:%S,%f").timestamp()
        ran = float(pd.read_csv(bench, sep="\t")["s"].iloc[0])
        found[log] = Job(said["rule"], said["starttime"], ready, said["endtime"], ran)
    if not found:
        runs = sorted(path.name for path in Path(folder, "results").glob("*"))
        raise ValueError(
            f"{folder}: Snakemake knows no job of run {run!r}; runs: {', '.join(runs) or 'none'}"
        )
    return list(found.values())


def sessions(folder: PathLike) -> list[tuple[float, float]]:
    """Beginning and end of each call of Snakemake [s since 1970], from its log files."""
    spans = []
    for path in Path(folder, ".snakemake/log").glob("*.snakemake.log"):
        begin = datetime.strptime(path.name.split(".snakemake")[0], "%Y-%m-%dT%H%M%S.%f")
        spans.append((begin.timestamp(), path.stat().st_mtime))
    return sorted(spans)


def wall(found: list[Job], calls: list[tuple[float, float]]) -> float:
    """Seconds in which Snakemake ran for these jobs.

    Parameters
    ----------
    found : list of Job
    calls : list of (begin, end)
        Calls of Snakemake. Those in which none of the jobs began do not count. The log of a call
        may end before its last job does.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a job began in no known call; a call with --quiet all leaves no log.
    """
    begins, total, counted = sorted(begin for begin, _ in calls), 0.0, 0
    for begin, end in calls:
        after = min((other for other in begins if other > begin), default=float("inf"))
        own = [job for job in found if begin <= job.begin < after and job.begin <= end + LATE]
        if own:
            total += max(end, *(job.end for job in own)) - begin
            counted += len(own)
    if counted < len(found):
        raise ValueError(
            f"{len(found) - counted} of {len(found)} jobs belong to a call that left no "
            "log (--quiet all): make the run again"
        )
    return total


def costs(found: list[Job], calls: list[tuple[float, float]]) -> dict[str, float]:
    """Seconds of work and of overhead.

    Parameters
    ----------
    found : list of Job
    calls : list of (begin, end)
        Calls of Snakemake.

    Returns
    -------
    dict
        ``wall``, ``work``, ``start-up``, ``Snakemake, per job`` and ``Snakemake, no job``, in s.
        The last is multiplied by ``side_by_side``, the largest number of jobs at once.

    Raises
    ------
    ValueError
        As `wall`.
    """
    edges = sorted([(job.begin, 1) for job in found] + [(job.end, -1) for job in found])
    side_by_side = running = 0
    busy = 0.0
    for (at, step), (after, _) in zip(edges, [*edges[1:], (edges[-1][0], 0)], strict=True):
        running += step
        side_by_side = max(side_by_side, running)
        busy += (after - at) * (running > 0)
    total = wall(found, calls)
    started = sum(job.ready - job.begin for job in found)
    ran = sum(job.ran for job in found)
    return {
        "wall": total,
        "side_by_side": side_by_side,
        "work": ran - started,
        "start-up": started,
        "Snakemake, per job": sum(job.end - job.begin for job in found) - ran,
        "Snakemake, no job": (total - busy) * side_by_side,
    }


def main() -> None:
    """Print the costs of a run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--folder", default=".")
    arguments = parser.parse_args()
    try:
        found = jobs(arguments.folder, arguments.run)
        cost = costs(found, sessions(arguments.folder))
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    count, total, work = cost.pop("side_by_side"), cost.pop("wall"), cost.pop("work")
    print(f"{len(found)} jobs, at most {count} side by side, {total:.0f} s; work {work:.0f} s")
    for name, seconds in cost.items():
        print(f"{name}: {seconds:.0f} s, {100 * seconds / work:.1f} % of the work")
    print(f"overhead: {100 * sum(cost.values()) / work:.1f} % of the work")
    by_rule = pd.DataFrame([vars(job) for job in found]).assign(
        start=lambda table: table["ready"] - table["begin"]
    )
    by_rule = by_rule.groupby("rule").agg(
        jobs=("ran", "size"), ran=("ran", "sum"), start_up=("start", "sum")
    )
    print(by_rule.sort_values("ran", ascending=False).round(1).to_string())


if __name__ == "__main__":
    main()
