"""Samples of figures, picked by rule."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_results import make_evaluation

from ccsncam.config.picks import Picks
from ccsncam.results import picks

RULES = Picks("b", 40, {"snr": 20, "glitch_power": 30})


def evaluation(dataset, label, prediction, snr):
    return replace(make_evaluation(label, prediction, dataset=dataset), network_snr=np.array(snr))


@pytest.fixture
def evaluations():
    return [
        evaluation("validation", [0, 1, 1, 2, 2, 2], [0, 1, 2, 2, 2, 1], [0, 45, 40, 22, 38, 99]),
        evaluation("near", [1, 2, 2, 2, 2], [2, 2, 2, 2, 1], [90, 10, 50, 55, 70]),
        evaluation("far", [1, 1, 2, 0], [2, 0, 1, 1], [60, 80, 19, 0]),
    ]


def test_rules(evaluations):
    peaks = {("near", 0): [31, 40], ("near", 4): [31, 3], ("far", 0): [9, 8]}
    asked = []

    def peaks_of(name, row):
        asked.append((name, row))
        return np.array(peaks[name, row])

    found = picks.pick(RULES, evaluations, "near", "validation", peaks_of)
    rows = found.set_index("panel")[["dataset", "row"]].apply(tuple, axis=1).to_dict()
    assert rows == {
        "comparison": ("near", 2),
        "gallery/noise": ("validation", 0),
        "gallery/a": ("validation", 1),
        "gallery/b": ("validation", 4),
        # Two glitches are neither with nor without; a wrong call of noise is no signal.
        "glitch": ("near", 4),
        "no_glitch": ("far", 0),
    }
    assert asked == [("near", 0), ("near", 4), ("far", 0)]
    assert found.set_index("panel").loc["glitch", "loudest_noise"] == 31


def test_a_rule_that_no_sample_satisfies_is_said(evaluations, caplog):
    quiet = replace(RULES, misclassified={"snr": 1000, "glitch_power": 30})
    found = picks.pick(quiet, evaluations, "near", "validation", None)
    rows = found.set_index("panel").loc[["glitch", "no_glitch"]]
    assert (rows["row"] == -1).all()
    assert "no sample of this run satisfies the rule" in caplog.text
    assert isinstance(found, pd.DataFrame)
