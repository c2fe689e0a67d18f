"""Find the strain of a stretch that is searched, as the blocks ``moment`` and ``scan`` say."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from ccsncam.gwosc import archive
from ccsncam.planning import moments

Config = Mapping[str, Any]

# Length of the parts of a scan [s]: four files of GWOSC's archive. Parts begin on the archive's
# grid, so that most files are read once.
PART = 4 * 4096
# A window has this length [s].
WINDOW = 1


class Part(NamedTuple):
    """A part of a scan; its windows begin from ``start`` to before ``end``, GPS [s]."""

    start: int
    end: int

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"{self.start}-{self.end}"


def parts_of(config: Config, start: int, end: int) -> list[Part]:
    """Cut a stretch into parts, without those for which no detector has a file.

    Parameters
    ----------
    config : mapping
        A configuration that `ccsncam.planning.checks.check` accepts.
    start, end : int
        GPS times [s].

    Returns
    -------
    list of Part

    Raises
    ------
    ValueError
        In one line, if the stretch is no stretch, or if no part has strain.
    """
    where = f"scan of GPS {start} to {end}"
    if end - start < 2 * WINDOW:
        raise ValueError(f"{where}: the end must lie at least {2 * WINDOW} s after the start")
    edges = [start, *range(start - start % PART + PART, end, PART), end]
    if edges[-1] - edges[-2] <= WINDOW and len(edges) > 2:
        del edges[-2]
    parts = [Part(*pair) for pair in pairwise(edges)]
    # No window reaches beyond the end of the stretch.
    parts[-1] = Part(parts[-1].start, end - WINDOW)
    if moments.source_of(config) == "gwosc":
        runs = archive.observing_runs()
        # If no part touches a run, the archive itself says which runs there are.
        parts = [
            part
            for part in parts
            if any(run.start < part.end + WINDOW and part.start < run.end for run in runs)
        ] or parts[:1]
    found = [part for part in parts if any(strain_of(config, part).values())]
    if not found:
        elsewhere = moments.elsewhere(config, (start + end) / 2)
        raise ValueError(
            f"{where}: no file holds strain of {', '.join(config['detectors'])} there "
            f"({elsewhere}): {moments.SOURCES}"
        )
    return found


def strain_of(config: Config, part: Part) -> dict[str, list[Path]]:
    """Find the files of strain that a part needs, by detector; a detector may have none.

    They reach beyond the part by the length of a piece, which lies around its windows.
    """
    longest = config["noise"]["segment_duration"]
    around = part.start - longest, part.end + longest + WINDOW
    # A file that holds nothing but surroundings does not put strain into the part.
    inside = part.start, part.end + WINDOW
    found = {}
    for name in config["detectors"]:
        where = f"the scan, GPS {part.start} to {part.end + WINDOW},"
        own = moments.files_between(config, name, inside, where, "scan")
        found[name] = moments.files_between(config, name, around, where, "scan") if own else []
    return found


def settings_of(config: Config) -> dict[str, Any]:
    """What the candidates of a scan depend on, for `ccsncam.config.scan.Scan`."""
    background = config["detection"]["background"]
    return {
        "moment": moments.settings_of(config),
        "lowest": config["scan"]["lowest"],
        **{key: background[key] for key in ("stride", "cluster")},
    }
