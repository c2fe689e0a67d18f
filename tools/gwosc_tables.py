"""Bring the tables of mergers and of science segments up to GWOSC's, which its API v2 gives.

    python tools/gwosc_tables.py events GWTC-4.0 GWTC-5.0
    python tools/gwosc_tables.py segments O4b

``events`` replaces the rows of these catalogs in ``resources/events.tsv``. ``segments`` replaces
the rows of an observing run in ``resources/science_segments.tsv``: the times of the flags
``<detector>_DATA``. A run must be in ``resources/observing_runs.tsv``. Tables are replaced as a
whole, after the server has answered; lines of comment stay.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

import requests  # noqa: E402
from gwosc import timeline  # noqa: E402
from gwosc.api import v2  # noqa: E402

from ccsncam import resources  # noqa: E402
from ccsncam.gwosc import archive  # noqa: E402

HOST = "https://gwosc.org"
UNREADABLE = (
    *(requests.RequestException, v2.tenacity.RetryError),
    *(ValueError, LookupError, TypeError, AttributeError),
)


def events(catalog: str, host: str) -> list[str]:
    """Rows of one catalog: name, GPS time [s] to a tenth, catalog."""
    found = {
        row["name"]: float(row["gps"])
        for row in v2.fetch_event_versions(catalogs=catalog, host=host)
    }
    if not found:
        raise ValueError(f"{host}: no event in the catalog {catalog}")
    timed = sorted(found.items(), key=lambda pair: pair[1])
    return [f"{name}\t{gps:.1f}\t{catalog}" for name, gps in timed]


def segments(name: str, host: str) -> list[str]:
    """Rows of one observing run: detector, run, start and end [GPS s], without touching ones."""
    runs = {run.run: run for run in archive.observing_runs()}
    if name not in runs:
        raise ValueError(
            f"{name}: not in resources/observing_runs.tsv, which has {', '.join(runs)}"
        )
    rows = []
    for detector in runs[name].detectors:
        flag, last = f"{detector}_DATA", runs[name].start
        own = sorted(
            (max(int(start), last), min(int(end), runs[name].end))
            for start, end in timeline.get_segments(flag, last, runs[name].end, host=host)
        )
        if not own:
            raise ValueError(f"{host}: no segment of {flag} in {name}")
        for start, end in own:
            if not last <= start < end:
                raise ValueError(f"{host}: {flag}: the segment [{start}, {end}) is out of order")
            rows.append(f"{detector}\t{name}\t{start}\t{end}")
            last = end
    return rows


def replace(table: str, column: str, value: str, rows: Iterable[str]) -> None:
    """Replace the rows of a shipped table in which a column has a value; new ones come last."""
    path = resources.path(table)
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    place = lines[at].split("\t").index(column)
    kept = [line for line in lines[at + 1 :] if line.split("\t")[place] != value]
    new = path.with_suffix(".new")
    new.write_text("\n".join([*lines[: at + 1], *kept, *rows, ""]), encoding="utf-8")
    os.replace(new, path)


def main(arguments: list[str] | None = None) -> None:
    """Ask the server for what the command line names, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("events", "segments"))
    parser.add_argument("names", nargs="+", help="catalogs such as GWTC-5.0, or runs such as O4b")
    parser.add_argument("--host", default=HOST, help=f"server (default: {HOST})")
    asked = parser.parse_args(arguments)
    get, table, column = {
        "events": (events, "events.tsv", "catalog"),
        "segments": (segments, "science_segments.tsv", "run"),
    }[asked.what]
    for name in asked.names:
        try:
            rows = get(name, asked.host.rstrip("/"))
        except UNREADABLE as error:
            sys.exit(f"{name}: {error}: nothing is changed")
        replace(table, column, name, rows)
        print(f"{table}: {len(rows)} rows of {name}")


if __name__ == "__main__":
    main()
