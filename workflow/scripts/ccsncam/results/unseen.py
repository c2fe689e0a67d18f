"""What networks say of waveforms that they have not seen: found, and taken for what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ccsncam.detection.names import ARGMAX, LOUDEST, MISSED, NETWORK, SINGLE
from ccsncam.detection.searched import Searched
from ccsncam.results.rates import wilson
from ccsncam.results.tables import NOISE, SNR_BINS

Hits = Mapping[tuple[str, str, str], np.ndarray]


@dataclass(frozen=True)
class Classes:
    """Classes of a network and of what it has not seen.

    Attributes
    ----------
    known : list of str
        Classes of the network, noise first.
    all : list of str
        Those, and then the unseen ones; labels count them.
    families : mapping of str to str
        Kind of emission, by class; not all have one.
    """

    known: Sequence[str]
    all: Sequence[str]
    families: Mapping[str, str]

    def by_chance(self, name: str) -> float:
        """Share of the signal classes of the network that are of the family of a class."""
        signals = self.known[1:]
        own = self.families.get(name)
        if own is None or any(one not in self.families for one in signals):
            return np.nan
        return sum(self.families[one] == own for one in signals) / len(signals)

    def related(self, name: str) -> np.ndarray:
        """Whether each class of the network is of the family of a class."""
        own = self.families.get(name, "")
        return np.array([bool(own) and self.families.get(one) == own for one in self.known])


def found(searched: Sequence[Searched], hits: Hits, classes: Classes) -> pd.DataFrame:
    """Share of unseen and of known signals that are found, and how often their family is right.

    Parameters
    ----------
    searched : list of Searched
        What one network says of the data sets of known and of unseen waveforms.
    hits : mapping
        Whether each sample of these, one data set after the other, is found: arrays (n,) by
        statistic, rule and criterion, as `ccsncam.results.operating_points.gather` gives them.
    classes : Classes

    Returns
    -------
    pandas.DataFrame
        docs/tables.md explains the columns. A row has a distance or a bin of SNR.
    """
    said = {
        rule: np.concatenate([one.said(rule) for one in searched])
        for rule in (LOUDEST, SINGLE, ARGMAX)
    }
    groups = list(_groups(searched))
    rows = []
    for (statistic, rule, criterion), own in hits.items():
        for label, where, there in groups:
            name = classes.all[label]
            row: dict[str, Any] = {"role": "unseen" if label >= len(classes.known) else "train"}
            row |= {"class": name, "statistic": statistic, "rule": rule, "criterion": criterion}
            row |= where | {"n": int(there.sum()), "found": int(own[there].sum())}
            chance = classes.by_chance(name)
            if statistic == NETWORK and not np.isnan(chance):
                right = classes.related(name)[said[rule][there & own]]
                row |= {"right": int(right.sum()), "family_by_chance": chance}
            rows.append(row)
    columns = ["role", "class", "family", "statistic", "rule", "criterion", "distance_kpc"]
    columns += ["snr_low", "snr_high", "n", "found", "efficiency", "low", "high"]
    columns += ["family_right", "family_low", "family_high", "family_by_chance"]
    table = pd.DataFrame(rows).reindex(columns=[*columns, "right"])
    table["family"] = table["class"].map(dict(classes.families))
    table["efficiency"] = table["found"] / table["n"]
    table["low"], table["high"] = wilson(table["found"], table["n"])
    table["family_right"] = table["right"] / table["found"]
    table["family_low"], table["family_high"] = wilson(table.pop("right"), table["found"])
    return table


def _groups(searched: Sequence[Searched]) -> Iterator[tuple[int, dict[str, float], np.ndarray]]:
    """Label, place in words of the table, and rows of the signals of a class at each place."""
    names = ("label", "distance_kpc", "network_snr")
    label, distance, snr = (
        np.concatenate([getattr(one, name) for one in searched]) for name in names
    )
    edges = np.array([*SNR_BINS, np.inf])
    bins = np.digitize(snr, edges) - 1
    for kind in np.unique(label):
        own = label == kind
        for value in np.unique(distance[own]):
            yield int(kind), {"distance_kpc": float(value)}, own & (distance == value)
        for number in np.unique(bins[own]):
            ends = {"snr_low": edges[number], "snr_high": edges[number + 1]}
            yield int(kind), ends, own & (bins == number)


def taken_for(searched: Sequence[Searched], hits: Hits, classes: Classes) -> pd.DataFrame:
    """Which class unseen signals are taken for, at each rate that noise reaches, and by argmax.

    Parameters are those of `found`.

    Returns
    -------
    pandas.DataFrame
        One row for each rule, distance, unseen class and class of the network. At a rate the class
        is ``not found`` where the signal is not found; by the rule of the paper it is ``noise``.
    """
    rows: list[dict[str, Any]] = []
    ends = np.cumsum([0, *(len(one.label) for one in searched)])
    for number, one in enumerate(searched):
        said = {ARGMAX: (NOISE, one.own.argmax(axis=1))}
        for (statistic, rule, criterion), every in hits.items():
            if statistic == NETWORK and rule == LOUDEST:
                there = every[ends[number] : ends[number + 1]]
                said[criterion] = MISSED, np.where(there, one.said(LOUDEST), 0)
        for label in np.unique(one.label[one.label >= len(classes.known)]):
            own = one.label == label
            for criterion, (silent, predictions) in said.items():
                counts = np.bincount(predictions[own], minlength=len(classes.known))
                key = {"criterion": criterion, "distance_kpc": float(one.distance_kpc[own][0])}
                key |= {"true": classes.all[label], "n": int(own.sum())}
                rows += [
                    {**key, "predicted": other, "count": int(count)}
                    for other, count in zip((silent, *classes.known[1:]), counts, strict=True)
                ]
    columns = ["criterion", "distance_kpc", "true", "true_family", "predicted"]
    columns += ["predicted_family", "n", "count", "fraction", "low", "high"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    for column in ("true", "predicted"):
        table[f"{column}_family"] = table[column].map(dict(classes.families))
    table["fraction"] = table["count"] / table["n"]
    table["low"], table["high"] = wilson(table["count"], table["n"])
    return table
