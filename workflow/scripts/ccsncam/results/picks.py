"""Samples that Figures 7 to 10 show, picked by rules and not by eye."""

import logging
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from ccsncam.config.picks import Picks
from ccsncam.network.evaluation import Evaluation

logger = logging.getLogger(__name__)


def typical(evaluation: Evaluation, label: int) -> int | None:
    """Row of the rightly classified sample whose network SNR is nearest the median of its class.

    Returns
    -------
    int or None
        None where the class has no such sample.
    """
    own = evaluation.network_snr[evaluation.label == label]
    return nearest(evaluation, label, float(np.median(own))) if len(own) else None


def nearest(evaluation: Evaluation, label: int, snr: float) -> int | None:
    """Row of the rightly classified sample of a class whose network SNR is nearest ``snr``.

    Returns
    -------
    int or None
        None where the class has no such sample.
    """
    right = np.flatnonzero((evaluation.label == label) & (evaluation.prediction == label))
    if not len(right):
        return None
    return int(right[np.abs(evaluation.network_snr[right] - snr).argmin()])


def wrong(evaluations: Iterable[Evaluation], least_snr: float) -> list[tuple[str, int]]:
    """List the signals that were taken for another signal, the loudest first.

    Parameters
    ----------
    evaluations : iterable of Evaluation
    least_snr : float
        Least network SNR.

    Returns
    -------
    list of tuple
        Data set and row of each.
    """
    found = []
    for one in evaluations:
        label, prediction = one.label, one.prediction
        loud = one.network_snr >= least_snr
        rows = np.flatnonzero((label > 0) & (prediction > 0) & (label != prediction) & loud)
        found += [(-one.network_snr[row], one.dataset, int(row)) for row in rows]
    return [(name, row) for _, name, row in sorted(found)]


def glitched(peaks: Sequence[float] | np.ndarray, threshold: float) -> bool | None:
    """Say whether exactly one detector has a glitch, or none.

    Parameters
    ----------
    peaks : array_like
        Power of the loudest cell of each detector's noise, in mean powers of white noise.
    threshold : float
        Least power of a glitch.

    Returns
    -------
    bool or None
        True where exactly one detector has a glitch, False where none has, None where several have.
    """
    count = int(np.sum(np.asarray(peaks) >= threshold))
    return {0: False, 1: True}.get(count)


def pick(
    rules: Picks,
    evaluations: Sequence[Evaluation],
    comparison_dataset: str,
    gallery_dataset: str,
    peaks_of: Callable[[str, int], np.ndarray],
) -> pd.DataFrame:
    """Pick the samples of Figures 7 to 10.

    Parameters
    ----------
    rules : Picks
    evaluations : list of Evaluation
        Of one network, one per data set.
    comparison_dataset, gallery_dataset : str
        Data sets of Figures 7 and 8.
    peaks_of : callable
        Takes a data set and a row, and returns the powers that `glitched` takes.

    Returns
    -------
    pandas.DataFrame
        One row per panel: ``panel`` (comparison, gallery/<class>, glitch, no_glitch), ``dataset``,
        ``row`` (-1 where no sample satisfies the rule), ``loudest_noise`` and ``rule``.
    """
    by_name = {one.dataset: one for one in evaluations}
    classes = by_name[comparison_dataset].classes
    name = rules.comparison
    row = typical(by_name[comparison_dataset], classes.index(name))
    rule = f"{name}, rightly classified, of median network SNR"
    picks = [("comparison", comparison_dataset, row, np.nan, rule)]
    loudness = rules.gallery_snr
    for label, name in enumerate(classes):
        row = nearest(by_name[gallery_dataset], label, loudness)
        rule = f"rightly classified, network SNR nearest {loudness:g}" if label else "right"
        picks.append((f"gallery/{name}", gallery_dataset, row, np.nan, rule))
    limit, least = rules.misclassified["glitch_power"], rules.misclassified["snr"]
    tests = [one for one in evaluations if one.dataset != gallery_dataset]
    found = _misclassified(tests, limit, least, peaks_of)
    for state, panel in ((True, "glitch"), (False, "no_glitch")):
        rule = (
            f"loudest signal above SNR {least:g} that was taken for another, a cell of noise above "
            f"{limit:g} mean powers in {'one detector' if state else 'no detector'}"
        )
        picks.append((panel, *found.get(state, ("", None, np.nan)), rule))
    table = pd.DataFrame(picks, columns=["panel", "dataset", "row", "loudest_noise", "rule"])
    for panel, rule in table.loc[table["row"].isna(), ["panel", "rule"]].itertuples(index=False):
        logger.warning("%s: no sample of this run satisfies the rule: %s", panel, rule)
    table["row"] = table["row"].fillna(-1).astype(int)
    return table


def _misclassified(
    evaluations: Iterable[Evaluation],
    limit: float,
    least: float,
    peaks_of: Callable[[str, int], np.ndarray],
) -> dict[bool, tuple[str, int, float]]:
    """Data set, row and loudest noise of the loudest wrong signals with and without a glitch."""
    found: dict[bool, tuple[str, int, float]] = {}
    for name, row in wrong(evaluations, least):
        peaks = peaks_of(name, row)
        state = glitched(peaks, limit)
        if state is not None:
            found.setdefault(state, (name, row, float(np.max(peaks))))
        if len(found) == 2:
            break
    return found
