"""What a configuration reads: its waveform table, its strain files, and the source of its noise."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ccsncam import resources
from ccsncam.aliases import Ranges
from ccsncam.gwosc import archive
from ccsncam.noise import asd, events, folder
from ccsncam.text import is_file
from ccsncam.waveforms import files, surrogate_table, table

Config = Mapping[str, Any]


def surrogates() -> Path:
    """The shipped table of surrogates."""
    return resources.path("surrogates.tsv")


def waveforms_of(config: Config) -> pd.DataFrame:
    """Read the waveform table of a run, with the surrogates that the configuration chooses.

    Parameters
    ----------
    config : mapping

    Returns
    -------
    pandas.DataFrame
        As `ccsncam.waveforms.table.read_table` gives it.

    Raises
    ------
    ValueError
        As `read_table` and `substitute` of `ccsncam.waveforms.table`.
    """
    if not is_file(config["waveforms"]):
        raise ValueError(
            f"config, waveforms: there is no file {str(config['waveforms'])[:200]}; name a table "
            "such as config/waveforms.tsv, relative to the working directory"
        )
    rows = table.read_table(config["waveforms"])
    return table.substitute(rows, config["surrogates"], surrogates())


def check_files(config: Config) -> None:
    """Check the rows of waveforms, and that files of waveforms and strain exist, before any job.

    Parameters
    ----------
    config : mapping
        A configuration that `ccsncam.planning.checks.check` accepts.

    Raises
    ------
    ValueError
        One line per problem: what is missing, where it is expected, where it comes from.
    """
    rows = waveforms_of(config)
    problems = {}
    for name in [*table.models(rows, config["classes"][1:]), *table.unseen(rows)]:
        try:
            row = table.row_of(rows, name)
            files.files_of(row, config["waveforms"])
            table.entry(row, surrogates())
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        known = {row["model"] for row in surrogate_table.read_surrogates(surrogates())}
        embedded = [
            name for name in problems if name in known and rows.at[name, "source"] == "numerical"
        ]
        lines = list(problems.values())
        if embedded:
            names = ", ".join([*config["surrogates"], *embedded])
            lines.append(
                f"To use embedded surrogates in their place, set surrogates: [{names}] in the "
                "config, without those whose file you have."
            )
        raise ValueError("\n".join(lines))
    strain_files(config)
    if config["noise"]["source"] == "gwosc":
        _check_pieces(config)


def strain_files(config: Config) -> set[Path]:
    """List all files that the noise of a run is made from; GWOSC's may not have been fetched yet.

    Parameters
    ----------
    config : mapping
        A configuration that `ccsncam.planning.checks.check` accepts.

    Returns
    -------
    set of pathlib.Path

    Raises
    ------
    ValueError
        In one line: what is missing, or which range holds no strain.
    """
    return {
        path
        for split in config["noise"]["ranges"]
        for detector in config["detectors"]
        for path in strain_of(config, split, detector)
    }


def strain_of(config: Config, split: str, detector: str) -> list[Path]:
    """List the files that the noise of one split and detector is made from.

    Parameters
    ----------
    config : mapping
    split, detector : str

    Returns
    -------
    list of pathlib.Path
        Files of strain. For simulated noise, the file of its spectrum if the config names one.

    Raises
    ------
    ValueError
        As `strain_files`.
    """
    noise = config["noise"]
    ranges = noise["ranges"][split]
    if noise["source"] == "gwosc":
        wanted = archive.files_for(detector, ranges)
        return gwosc_paths(wanted, noise["gwosc"], f"{config['run']}/noise")
    if noise["source"] == "files":
        return folder.files_for(noise["files"]["folder"], detector, ranges, noise["files"]["plain"])
    return _spectrum_of(noise["simulated"]["psd"].get(detector, ""), detector)


def _spectrum_of(name: str, detector: str) -> list[Path]:
    """The file of a simulation's spectrum, once it has been read; nothing for a known curve."""
    if not asd.names_file(name):
        return []
    where = f"config, noise.simulated.psd.{detector}"
    if not is_file(name):
        what = "a folder: name the file in it" if Path(name).is_dir() else "no such file"
        raise ValueError(f"{where}: {name}: {what} (of an amplitude spectral density)")
    try:
        asd.read_file(name)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    return [Path(name)]


def gwosc_paths(wanted: list[archive.ArchiveFile], block: Config, own: str) -> list[Path]:
    """Paths of files of GWOSC's archive, as the block ``noise.gwosc`` of a configuration says.

    Parameters
    ----------
    wanted : list of ArchiveFile
    block : mapping
    own : str
        Run and use, such as ``embedded/noise``; see `ccsncam.gwosc.archive.paths_of`.
    """
    return archive.paths_of(wanted, block["folder"], block["cache"], block["keep"], own)


def noise_of(noise: Config, split: str, detector: str) -> dict[str, Any]:
    """What the noise of one split and detector depends on.

    Parameters
    ----------
    noise : mapping
        The block ``noise`` of a configuration.
    split, detector : str

    Returns
    -------
    dict
        For `ccsncam.config.noise.NoiseSource`. It holds only the catalogued events that lie in
        the split's ranges, so that events elsewhere do not make this noise again.

    Raises
    ------
    ValueError
        If the settings of simulated noise have no entry for the detector.
    """
    ranges = noise["ranges"][split]
    found = {key: noise[key] for key in ("source", "segment_duration")} | {"ranges": ranges}
    if noise["source"] == "simulated":
        block = noise["simulated"]
        own = {key: block[key] for key in ("lines", "glitch_kinds", "glitch_snr")}
        for key, by_detector in (
            ("live_time", block["live_time"][split]),
            ("psd", block["psd"]),
            ("glitches", block["glitches"]),
        ):
            if detector not in by_detector:
                where = f"live_time.{split}" if key == "live_time" else key
                raise ValueError(
                    f"config, noise.simulated.{where}: there is no entry for {detector}: add one"
                )
            own[key] = by_detector[detector]
        return found | {"simulated": own}
    block = noise["files"]
    found["leave_out"] = [[start, end, "excluded"] for start, end in noise["exclude"]]
    found["leave_out"] += [
        [start, end, f"event {name}"] for start, end, name in events_of(noise, ranges)
    ]
    plain = block["plain"].items() if noise["source"] == "files" else ()
    found["files"] = {key: block[key] for key in ("channel", "quality", "injections")}
    found["files"]["plain"] = {
        name: entry for name, entry in plain if entry["detector"] == detector
    }
    return found


def events_of(noise: Config, ranges: Ranges) -> list:
    """Windows [start, end, name] of the catalogued events in some GPS ranges."""
    known = events.read_events(resources.path("events.tsv"))
    return events.event_windows(known, **noise["events"], ranges=ranges)


def warnings(config: Config) -> list[str]:
    """Say for which times no catalog of mergers is known, as lines for the log.

    Parameters
    ----------
    config : mapping
        A configuration that `ccsncam.planning.checks.check` accepts.

    Returns
    -------
    list of str
    """
    noise = config["noise"]
    if noise["source"] == "simulated" or not noise["events"]["catalogs"]:
        return []
    known = events_of(noise, [[0, math.inf]])
    searched = [
        (run.start, run.end)
        for run in archive.observing_runs()
        if any(run.start <= begin < run.end for begin, _, _ in known)
    ]
    return [
        f"noise.ranges.{split}: [{begin}, {end}]: resources/events.tsv has no event of "
        "noise.events.catalogs at that time, so a merger there stays in the noise; if you know of "
        "one, add it to noise.exclude"
        for split, ranges in noise["ranges"].items()
        for begin, end in ranges
        if not any(first <= begin and end <= last for first, last in searched)
    ]


def _check_pieces(config: Config) -> None:
    """Refuse ranges in which the science segments leave no piece, before any byte is fetched."""
    noise = config["noise"]
    duration = noise["segment_duration"]
    for split, ranges in noise["ranges"].items():
        common = None
        for detector in config["detectors"]:
            own = archive.science_pieces(detector, ranges, duration)
            if not len(own):
                raise ValueError(
                    f"config, noise.ranges.{split}: no piece of {duration} s "
                    f"(noise.segment_duration) is science time of {detector}: take other ranges"
                )
            common = own if common is None else np.intersect1d(common, own)
        if noise["coincident"] and (common is None or not len(common)):
            raise ValueError(
                f"config, noise.coincident: in noise.ranges.{split} no piece of {duration} s is "
                f"science time of {', '.join(config['detectors'])} at once: set it to false, or "
                "take other ranges or fewer detectors"
            )
