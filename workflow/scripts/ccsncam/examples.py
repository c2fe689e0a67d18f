"""Samples that figures show, picked by rules and not by eye."""

import logging

import h5py
import numpy as np
import pandas as pd

LOGGER = logging.getLogger(__name__)


def read(evaluations):
    """Class names, and labels, predictions and SNR of evaluated data sets.

    Parameters
    ----------
    evaluations : list of path

    Returns
    -------
    classes : list of str
    tables : dict
        By data set: ``label``, ``prediction``, ``network_snr``, each of shape (n,).
    """
    tables = {}
    for path in evaluations:
        with h5py.File(path) as file:
            classes = list(file.attrs["classes"])
            names = ("label", "prediction", "network_snr")
            tables[file.attrs["dataset"]] = {name: file[name][()] for name in names}
    return classes, tables


def typical(table, label):
    """The right sample of a class whose network SNR is nearest the class's median; None if none."""
    own = table["label"] == label
    return nearest(table, label, np.median(table["network_snr"][own])) if own.any() else None


def nearest(table, label, snr):
    """The right sample of a class whose network SNR is nearest ``snr``; None if there is none."""
    right = np.flatnonzero((table["label"] == label) & (table["prediction"] == label))
    if not len(right):
        return None
    return int(right[np.abs(table["network_snr"][right] - snr).argmin()])


def wrong(tables, least_snr):
    """Signals that were taken for another signal, the loudest first.

    Parameters
    ----------
    tables : dict
        From `read`.
    least_snr : float
        Least network SNR.

    Returns
    -------
    list of tuple
        (data set, row).
    """
    found = []
    for name, table in tables.items():
        label, prediction = table["label"], table["prediction"]
        loud = table["network_snr"] >= least_snr
        rows = np.flatnonzero((label > 0) & (prediction > 0) & (label != prediction) & loud)
        found += [(-table["network_snr"][row], name, int(row)) for row in rows]
    return [(name, row) for _, name, row in sorted(found)]


def glitched(peaks, threshold):
    """True where exactly one detector has a glitch, False where none has, else None.

    Parameters
    ----------
    peaks : numpy.ndarray
        Power of the loudest cell of each detector's noise, in mean powers of white noise.
    threshold : float
    """
    count = int(np.sum(np.asarray(peaks) >= threshold))
    return {0: False, 1: True}.get(count)


def pick(rules, classes, tables, comparison, gallery, peaks_of):
    """The samples of Figures 7 to 10.

    Parameters
    ----------
    rules : dict
        The config's ``figures`` block: ``comparison`` (a class), ``gallery_snr``,
        ``misclassified`` (``snr``, ``glitch_power``).
    classes : list of str
    tables : dict
        From `read`.
    comparison, gallery : str
        Data sets of Figures 7 and 8.
    peaks_of : callable
        From (data set, row) to the powers that `glitched` takes.

    Returns
    -------
    pandas.DataFrame
        One row a panel: ``panel`` (comparison, gallery/<class>, glitch, no_glitch), ``dataset``,
        ``row`` (-1 where no sample satisfies the rule), ``loudest_noise`` and ``rule``.
    """
    name = rules["comparison"]
    row = typical(tables[comparison], classes.index(name))
    rule = f"{name}, rightly classified, of median network SNR"
    picks = [("comparison", comparison, row, np.nan, rule)]
    loudness = rules["gallery_snr"]
    for label, name in enumerate(classes):
        row = nearest(tables[gallery], label, loudness)
        rule = f"rightly classified, network SNR nearest {loudness:g}" if label else "right"
        picks.append((f"gallery/{name}", gallery, row, np.nan, rule))
    limit, least = (rules["misclassified"][key] for key in ("glitch_power", "snr"))
    found = {}
    tests = {name: table for name, table in tables.items() if name != gallery}
    for name, row in wrong(tests, least):
        peaks = peaks_of(name, row)
        state = glitched(peaks, limit)
        if state is not None:
            found.setdefault(state, (name, row, float(np.max(peaks))))
        if len(found) == 2:
            break
    for state, panel in ((True, "glitch"), (False, "no_glitch")):
        rule = (
            f"loudest signal above SNR {least:g} that was taken for another, a cell of noise above "
            f"{limit:g} mean powers in {'one detector' if state else 'no detector'}"
        )
        picks.append((panel, *found.get(state, ("", None, np.nan)), rule))
    table = pd.DataFrame(picks, columns=["panel", "dataset", "row", "loudest_noise", "rule"])
    for panel, rule in table.loc[table["row"].isna(), ["panel", "rule"]].itertuples(index=False):
        LOGGER.warning("%s: no sample of this run: %s", panel, rule)
    table["row"] = table["row"].fillna(-1).astype(int)
    return table
