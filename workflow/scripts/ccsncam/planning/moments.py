"""Find the strain around a moment, as the block ``moment`` of a configuration says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccsncam.gwosc import archive
from ccsncam.noise import folder
from ccsncam.planning import inputs

SOURCES = (
    "add --config moment=\"{'source': 'gwosc'}\", or set the config block moment in a file after "
    "--configfile: source: gwosc, or source: files with their folder and, for files with other "
    "names, plain"
)

Config = Mapping[str, Any]


def source_of(config: Config) -> str:
    """Source of the strain around a moment: its own, or else that of the run's noise."""
    return config["moment"]["source"] or config["noise"]["source"]


def files_block(config: Config) -> tuple[str, Config]:
    """Name and content of the block that says where files of strain are."""
    if config["moment"]["source"] is None:
        return "noise.files", config["noise"]["files"]
    return "moment", config["moment"]


def strain_at(config: Config, gps: float) -> dict[str, list[Path]]:
    """Find files of strain around a moment.

    Parameters
    ----------
    config : mapping
        A configuration that `ccsncam.planning.checks.check` accepts.
    gps : float
        GPS time [s].

    Returns
    -------
    dict of list of pathlib.Path
        By detector; a detector may have no file.

    Raises
    ------
    ValueError
        In one line, when no detector has a file.
    """
    half = config["noise"]["segment_duration"] / 2
    found = {name: _files_around(config, name, gps, half) for name in config["detectors"]}
    if not any(found.values()):
        raise ValueError(
            f"no file holds strain of {', '.join(found)} at GPS {gps:.15g} "
            f"({elsewhere(config, gps)}): {SOURCES}"
        )
    return found


def _files_around(config: Config, detector: str, gps: float, half: float) -> list[Path]:
    """Files of one detector that overlap the piece around a moment."""
    start, end = gps - half, gps + half
    where = f"the piece around the moment, GPS {start:.15g} to {end:.15g},"
    return files_between(config, detector, (start, end), where, "moments")


def files_between(
    config: Config, detector: str, between: tuple[float, float], where: str, use: str
) -> list[Path]:
    """Find the files of one detector that overlap a stretch of time.

    Parameters
    ----------
    config : mapping
    detector : str
    between : (start, end)
        GPS times [s].
    where : str
        Names the stretch in the error.
    use : str
        What the files are for, ``moments`` or ``scan``: the name of a folder for files of GWOSC
        that are not kept.

    Returns
    -------
    list of pathlib.Path
        May be empty.

    Raises
    ------
    ValueError
        In one line, if no source is set, or the stretch lies in no run that is fetched.
    """
    source = source_of(config)
    if source == "simulated":
        raise ValueError(
            f"the noise of this run is simulated, so there is no strain to look at: {SOURCES}"
        )
    if source == "gwosc":
        wanted = archive.files_at(detector, *between, where)
        return inputs.gwosc_paths(wanted, config["noise"]["gwosc"], f"{config['run']}/{use}")
    name, block = files_block(config)
    return folder.files_at(block["folder"], detector, [between], block["plain"], name)


def elsewhere(config: Config, gps: float) -> str:
    """Say what the source holds at other times, in words for a message."""
    if source_of(config) == "gwosc":
        near = ", ".join(archive.science_near(name, gps) for name in config["detectors"])
        return f"science time: {near}"
    _, block = files_block(config)
    held = folder.held(block["folder"], config["detectors"], block["plain"])
    return f"{block['folder']}: {held}"


def settings_of(config: Config) -> dict[str, Any]:
    """What the network's answer to a moment depends on, for `ccsncam.config.moment.Moment`."""
    noise = config["noise"]
    files = {key: noise["files"][key] for key in ("channel", "quality", "injections")}
    _, block = files_block(config)
    return {
        **{key: config["moment"][key] for key in ("span", "step", "missing")},
        **{key: config[key] for key in ("seed", "detectors", "signal", "spectrogram", "whitening")},
        "files": files | {"plain": block["plain"]},
        "segment_duration": noise["segment_duration"],
    }
