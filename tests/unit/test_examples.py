"""Samples of figures, picked by rule."""

import numpy as np
import pandas as pd
import pytest

from ccsncam import examples

CLASSES = ["noise", "a", "b"]
RULES = {"comparison": "b", "gallery_snr": 40, "misclassified": {"snr": 20, "glitch_power": 30}}


def table(label, prediction, snr):
    columns = {"label": label, "prediction": prediction, "network_snr": snr}
    return {name: np.array(values) for name, values in columns.items()}


@pytest.fixture
def tables():
    return {
        "validation": table([0, 1, 1, 2, 2, 2], [0, 1, 2, 2, 2, 1], [0, 45, 40, 22, 38, 99]),
        "near": table([1, 2, 2, 2, 2], [2, 2, 2, 2, 1], [90, 10, 50, 55, 70]),
        "far": table([1, 1, 2, 0], [2, 0, 1, 1], [60, 80, 19, 0]),
    }


def test_rules(tables):
    peaks = {("near", 0): [31, 40], ("near", 4): [31, 3], ("far", 0): [9, 8]}
    asked = []

    def peaks_of(name, row):
        asked.append((name, row))
        return np.array(peaks[name, row])

    found = examples.pick(RULES, CLASSES, tables, "near", "validation", peaks_of)
    picks = found.set_index("panel")[["dataset", "row"]].apply(tuple, axis=1).to_dict()
    assert picks == {
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


def test_a_rule_that_no_sample_satisfies_is_said(tables, caplog):
    quiet = RULES | {"misclassified": {"snr": 1000, "glitch_power": 30}}
    found = examples.pick(quiet, CLASSES, tables, "near", "validation", None)
    rows = found.set_index("panel").loc[["glitch", "no_glitch"]]
    assert (rows["row"] == -1).all()
    assert "no sample of this run" in caplog.text
    assert isinstance(found, pd.DataFrame)
