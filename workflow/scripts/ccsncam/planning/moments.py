"""Find the strain around a moment, as the block ``moment`` of a configuration says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccsncam.gwosc import archive
from ccsncam.noise import folder
from ccsncam.planning import inputs

_SOURCES = (
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
            f"({_elsewhere(config, gps)}): {_SOURCES}"
        )
    return found


def _files_around(config: Config, detector: str, gps: float, half: float) -> list[Path]:
    """Files of one detector that overlap the piece around a moment."""
    source, start, end = source_of(config), gps - half, gps + half
    if source == "simulated":
        raise ValueError(
            f"the noise of this run is simulated, so no strain holds the moment: {_SOURCES}"
        )
    if source == "gwosc":
        where = f"the piece around the moment, GPS {start:.15g} to {end:.15g},"
        wanted = archive.files_at(detector, start, end, where)
        return inputs.gwosc_paths(wanted, config["noise"]["gwosc"], f"{config['run']}/moments")
    name, block = files_block(config)
    return folder.files_at(block["folder"], detector, [[start, end]], block["plain"], name)


def _elsewhere(config: Config, gps: float) -> str:
    """What the source holds at other times, in words."""
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
