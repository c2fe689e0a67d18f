"""Find the files of GWOSC's archive for some GPS ranges, and where they lie on this machine.

The archive holds a file of 4096 s wherever a detector has science time, on a grid of GPS times.
The files that a range needs therefore follow from the tables of observing runs and of science
segments, and no request to the server is needed.
"""

import functools
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import pandas as pd

from ccsncam import resources
from ccsncam.aliases import PathLike, Ranges
from ccsncam.paths import check_path

# Length of a file, and of the stretch of time that a folder of the archive covers [s].
DURATION = 4096
FOLDER_DURATION = 1 << 20
SAMPLE_RATE = 4096
# Size of a file whose strain is not compressed, with some room for the masks [bytes].
LARGEST = 8 * DURATION * SAMPLE_RATE + 500_000

_NAME = re.compile(
    r"(?P<site>[A-Z])-(?P<detector>(?P=site)1)_GWOSC_(?P<run>\w+)_4KHZ_R1-(?P<start>\d{1,11})"
    r"-4096\.hdf5",
    re.ASCII,
)


@dataclass(frozen=True, order=True)
class ArchiveFile:
    """A file of the archive: 4096 s of one detector at 4096 Hz.

    Attributes
    ----------
    start : int
        GPS time [s], a multiple of 4096.
    detector, run : str
        Such as ``H1`` and ``O3a``.
    """

    start: int
    detector: str
    run: str

    @property
    def name(self) -> str:
        """Name of the file, which is the same in all archives."""
        return f"{self.detector[0]}-{self.detector}_GWOSC_{self.run}_4KHZ_R1-{self.start}-4096.hdf5"

    @property
    def places(self) -> list[PurePosixPath]:
        """Paths of the file in a flat folder, in GWOSC's tree of folders, and in that of CVMFS."""
        part = str(self.start // FOLDER_DURATION * FOLDER_DURATION)
        return [
            PurePosixPath(self.name),
            PurePosixPath(f"{self.run}_4KHZ_R1", part, self.name),
            PurePosixPath(self.run, "strain.4k", "hdf.v1", self.detector, part, self.name),
        ]

    @classmethod
    def from_name(cls, name: str) -> "ArchiveFile":
        """Read the name of a file; raise a ValueError if it is not a name of the archive."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name}: not the name of a 4096-s file of GWOSC strain at 4096 Hz")
        return cls(int(match["start"]), match["detector"], match["run"])


class ObservingRun(NamedTuple):
    """An observing run whose strain is fetched: its name, GPS times [s], and detectors."""

    run: str
    start: int
    end: int
    detectors: tuple[str, ...]


@functools.cache
def observing_runs() -> tuple[ObservingRun, ...]:
    """List the observing runs whose strain is fetched (``resources/observing_runs.tsv``)."""
    table = pd.read_csv(resources.path("observing_runs.tsv"), sep="\t", comment="#")
    rows = table[["run", "start", "end", "detectors"]].to_numpy().tolist()
    return tuple(
        ObservingRun(run, start, end, tuple(detectors.split()))
        for run, start, end, detectors in rows
    )


@functools.cache
def science_segments() -> dict[tuple[str, str], np.ndarray]:
    """Read the science segments (``resources/science_segments.tsv``).

    Returns
    -------
    dict of (str, str) to array (segment, 2), int
        GPS start and end [s], by observing run and detector.
    """
    table = pd.read_csv(resources.path("science_segments.tsv"), sep="\t", comment="#")
    groups = table.groupby(["run", "detector"])[["start", "end"]]
    return {(str(run), str(detector)): group.to_numpy() for (run, detector), group in groups}


def segments_of(run: str, detector: str, where: str) -> np.ndarray:
    """Science segments of one detector in one observing run.

    Parameters
    ----------
    run, detector : str
    where : str
        Names what needs them in the error.

    Returns
    -------
    array (segment, 2), int
        GPS start and end [s].

    Raises
    ------
    ValueError
        If the shipped table does not have them; the line names the command that adds them.
    """
    found = science_segments().get((run, detector))
    if found is None:
        raise ValueError(
            f"{where}: resources/science_segments.tsv has no science time of {detector} in {run}: "
            f"add it with tools/gwosc_tables.py segments {run}, or take files that you have "
            "(source: files)"
        )
    return found


def files_for(detector: str, ranges: Ranges) -> list[ArchiveFile]:
    """List the files of the archive that hold strain of a detector in some GPS ranges.

    A file is needed when its 4096 s hold science time of the detector inside a range.

    Parameters
    ----------
    detector : str
    ranges : list of [start, end]
        GPS times [s].

    Returns
    -------
    list of ArchiveFile
        In the order of their starts.

    Raises
    ------
    ValueError
        If a range lies in no observing run, or holds no strain of the detector.
    """
    found: set[ArchiveFile] = set()
    for begin, end in ranges:
        where = f"noise.ranges: [{begin}, {end}]"
        here = files_at(detector, begin, end, where)
        if not here:
            raise ValueError(
                f"{where}: GWOSC has no strain of {detector} there: take another range, or leave "
                f"{detector} out of detectors"
            )
        found.update(here)
    return sorted(found)


def files_at(detector: str, begin: float, end: float, where: str) -> list[ArchiveFile]:
    """List the files of the archive that hold strain of a detector in one GPS range.

    Parameters
    ----------
    detector : str
    begin, end : float
        GPS times [s].
    where : str
        Names the range in the error.

    Returns
    -------
    list of ArchiveFile
        In the order of their starts; empty if the detector has no strain there.

    Raises
    ------
    ValueError
        If the range lies in no observing run.
    """
    here = [run for run in observing_runs() if run.start < end and begin < run.end]
    if not here:
        known = ", ".join(f"{run.run} [{run.start}, {run.end}]" for run in observing_runs())
        raise ValueError(
            f"{where} lies in no run that is fetched from GWOSC: {known}; to read files that you "
            "have, set source: files"
        )
    found: set[ArchiveFile] = set()
    for run in here:
        if detector not in run.detectors:
            continue
        low, high = max(begin, run.start), min(end, run.end)
        starts = np.arange(int(low // DURATION) * DURATION, high, DURATION)
        first, last = segments_of(run.run, detector, where).T
        on = (np.maximum(starts, low)[:, None] < last) & (
            first < np.minimum(starts + DURATION, high)[:, None]
        )
        found |= {ArchiveFile(int(start), detector, run.run) for start in starts[on.any(axis=1)]}
    return sorted(found)


def science_pieces(detector: str, ranges: Ranges, duration: float) -> np.ndarray:
    """Cut GPS ranges into pieces, and find those that are science time of a detector throughout.

    Data quality may later remove some of these pieces; it never adds one.

    Parameters
    ----------
    detector : str
    ranges : list of [start, end]
        GPS times [s].
    duration : float
        Length of a piece [s]. The first piece of each range begins with the range.

    Returns
    -------
    array (piece,)
        GPS starts [s], rising.
    """
    own = [rows for (_, name), rows in science_segments().items() if name == detector]
    # The segment [-1, -1] comes before all others, so that every start has a segment before it.
    first, last = np.sort(np.concatenate([np.full((1, 2), -1), *own]), axis=0).T
    starts = np.concatenate(
        [np.arange(begin, end - duration + 1, duration) for begin, end in ranges]
    )
    within = starts + duration <= last[np.searchsorted(first, starts, side="right") - 1]
    return np.unique(starts[within])


def science_near(detector: str, gps: float) -> str:
    """Say in words when science time of a detector last ends before a moment, and next begins."""
    own = [
        pair for (_, name), rows in science_segments().items() if name == detector for pair in rows
    ]
    before = max((end for _, end in own if end <= gps), default=None)
    after = min((start for start, _ in own if start > gps), default=None)
    words = []
    if before is not None:
        words.append(f"until GPS {before}")
    if after is not None:
        words.append(f"from {after}")
    return f"{detector} {' and '.join(words) or 'never'}"


def paths_of(
    files: Iterable[ArchiveFile], folder: PathLike | None, cache: PathLike, keep: bool, own: str
) -> list[Path]:
    """Say where files of the archive lie: in the folder of files at hand, or else in the cache.

    Files that are not kept lie in a subfolder of the cache that belongs to one use. So no run
    removes a file that another run keeps or still needs.

    Parameters
    ----------
    files : list of ArchiveFile
    folder : path or None
        The key ``noise.gwosc.folder``: files at hand, flat or in the tree of GWOSC or CVMFS.
    cache : path
        The key ``noise.gwosc.cache``: the folder of downloads.
    keep : bool
        The key ``noise.gwosc.keep``: whether fetched files stay after they are whitened.
    own : str
        Run and use, such as ``embedded/noise``.

    Returns
    -------
    list of pathlib.Path
        Files in the cache may not have been fetched yet.

    Raises
    ------
    ValueError
        If ``folder`` is not a folder, if ``cache`` exists and is not a folder, or if Snakemake
        would take a part of their paths for a wildcard.
    """
    if folder is not None and not os.path.isdir(folder):
        raise ValueError(f"config, noise.gwosc.folder: {folder} is not a folder")
    if os.path.exists(cache) and not os.path.isdir(cache):
        raise ValueError(f"config, noise.gwosc.cache: {cache} is not a folder")
    for place in (folder, cache):
        check_path(place or "")
    fetched = Path(cache) if keep else Path(cache, "temporary", own)
    return [_at_hand(folder, file) or Path(fetched, file.name) for file in files]


def _at_hand(folder: PathLike | None, file: ArchiveFile) -> Path | None:
    """Path of a file in the folder of files at hand; None if the folder does not have it."""
    if folder is None:
        return None
    places = (Path(folder, place) for place in file.places)
    return next((place for place in places if place.is_file()), None)


def plan(
    missing: Sequence[PathLike], cache: PathLike, folder: PathLike | None = None
) -> str | None:
    """Say what will be fetched, and refuse if the disk has no room for it.

    Parameters
    ----------
    missing : list of path
        Files to fetch, in the cache.
    cache : path
        The folder of downloads, which need not exist.
    folder : path, optional
        The folder of files at hand, which has none of these files.

    Returns
    -------
    str or None
        One line; None if the cache has all of them.

    Raises
    ------
    ValueError
        If the files may need more room than is free.
    """
    missing = [path for path in missing if not Path(cache, Path(path).name).exists()]
    if not missing:
        return None
    counts = Counter(ArchiveFile.from_name(Path(path).name).detector for path in missing)
    need = sum(LARGEST - min(_size(f"{os.fspath(path)}.part"), LARGEST) for path in missing)
    free = free_bytes(cache)
    by_detector = ", ".join(f"{counts[detector]} of {detector}" for detector in sorted(counts))
    text = (
        f"strain from GWOSC: {len(missing)} files to fetch ({by_detector}); "
        f"at most {need / 1e9:.1f} GB to {cache}, {free / 1e9:.1f} GB free"
    )
    if folder is not None:
        text += f"; {folder} has none of them"
    if need > free:
        raise ValueError(f"{text}: make room, or set noise.gwosc.cache to a larger disk")
    return text


def _size(path: str) -> int:
    """Bytes of a file; 0 if there is no such file."""
    return os.path.getsize(path) if os.path.exists(path) else 0


def free_bytes(folder: PathLike) -> int:
    """Bytes that are free on the disk where a folder is or will be."""
    folder = Path(folder).absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
