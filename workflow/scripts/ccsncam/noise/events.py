"""Catalogued compact binary mergers, whose times are left out of the noise."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ccsncam import resources
from ccsncam.aliases import PathLike, Ranges


def read_events(path: PathLike) -> pd.DataFrame:
    """Read ``resources/events.tsv``, the table of catalogued compact binary mergers.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``gps`` [s] and ``catalog``. An event has one row per catalog that lists it.
    """
    return resources.read(path, numbers=["gps"], texts=["name", "catalog"])


def events_between(events: pd.DataFrame, start: float, end: float) -> list[tuple[str, float, str]]:
    """List the catalogued events of a stretch of time.

    Parameters
    ----------
    events : pandas.DataFrame
        From `read_events`.
    start, end : float
        GPS times [s].

    Returns
    -------
    list of (name, gps, catalog)
        In the order of time. Each event appears once, although the times that catalogs give may
        differ by a tenth of a second.
    """
    near = events[events["gps"].between(start, end)].drop_duplicates("name").sort_values("gps")
    return list(zip(near["name"], near["gps"], near["catalog"], strict=True))


def event_windows(
    events: pd.DataFrame, catalogs: Iterable[str], window: tuple[float, float], ranges: Ranges
) -> list[list]:
    """List the times to leave out for the events of some catalogs.

    Parameters
    ----------
    events : pandas.DataFrame
        From `read_events`.
    catalogs : list of str
        Such as ``GWTC-2.1``, which also stands for its parts (``GWTC-2.1-confident``, …).
    window : (before, after)
        Length of the window before and after an event [s].
    ranges : list of [start, end]
        GPS times [s]. A window that touches no range is not listed.

    Returns
    -------
    list of [start, end, name]
        GPS times [s], in the order of time. An event to which two catalogs give different times
        has two windows.

    Raises
    ------
    ValueError
        If the table has no event of a catalog.
    """
    asked = np.zeros(len(events), dtype=bool)
    for catalog in catalogs:
        own = (events["catalog"] == catalog) | events["catalog"].str.startswith(f"{catalog}-")
        if not own.any():
            raise ValueError(
                f"noise.events.catalogs: no event of {catalog!r} in resources/events.tsv; it has "
                f"{', '.join(sorted(set(events['catalog'])))}"
            )
        asked |= own
    times = events[asked].drop_duplicates(["name", "gps"]).sort_values(["gps", "name"])
    return [
        [begin, end, name]
        for name, begin, end in zip(
            times["name"], times["gps"] - window[0], times["gps"] + window[1], strict=True
        )
        if any(begin < stop and start < end for start, stop in ranges)
    ]
