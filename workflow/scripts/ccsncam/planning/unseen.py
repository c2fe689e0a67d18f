"""Waveforms that no network is trained on: their data sets, and networks that lack one class."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ccsncam.planning import checks
from ccsncam.waveforms import table

Config = Mapping[str, Any]


def distances(config: Config) -> list[float]:
    """Distances at which unseen waveforms are placed [kpc]."""
    chosen = config["unseen"]["distances"]
    return list(config["datasets"]["distances"] if chosen is None else chosen)


def require(rows: pd.DataFrame, where: str) -> list[str]:
    """List the waveforms that are scored and never trained, of which there must be some.

    Parameters
    ----------
    rows : pandas.DataFrame
        The waveform table, as `ccsncam.waveforms.table.read_table` gives it.
    where : str
        Its path, for the message.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        In one line, if there are none.
    """
    found = table.unseen(rows)
    if not found:
        raise ValueError(
            f"{where}: no row has the role unseen, so there is nothing to score: add a row, with "
            "unseen in the column role (docs/unseen.md)"
        )
    return found


def classes_without(config: Config, left: str) -> list[str]:
    """Classes of a run without one.

    Parameters
    ----------
    config : mapping
    left : str
        The class that is left out.

    Returns
    -------
    list of str
        In the order of the configuration, noise first.

    Raises
    ------
    ValueError
        In one line, if there is no such class, or no signal would remain.
    """
    signals = config["classes"][1:]
    if left not in signals:
        raise ValueError(
            f"without-{left}: {left!r} is no signal class of the config; one of "
            f"{', '.join(signals)}"
        )
    if len(signals) < 2:
        raise ValueError(f"without-{left}: no signal class remains; put a second one into classes")
    return [name for name in config["classes"] if name != left]


def classifier_without(config: Config, left: str) -> dict[str, Any]:
    """Make the block ``classifier`` of the network that lacks a class.

    Parameters and errors are those of `classes_without`.

    Returns
    -------
    dict
        Without ``seeds``; ``parameters`` is that of the smaller network.
    """
    counts = checks.network_of({**config, "classes": classes_without(config, left)})[1]
    own = {key: value for key, value in config["classifier"].items() if key != "seeds"}
    return own | counts
