"""The numbers that a paper would print, beside the published ones."""

import json

import numpy as np
import pandas as pd
import pytest
from made_results import ORIGIN, make_dataset, make_evaluation
from scipy import stats

from ccsncam.results import paper, tables
from ccsncam.results.rates import by_pieces, over_seeds


def test_paper_numbers(tmp_path):
    columns = [
        ([0, 1, 2], [0, 1, 1], float("nan"), "validation-snr-20-50"),
        ([0, 0, 1, 2], [0, 1, 1, 2], 1.0, "test-1kpc"),
        ([0, 0, 1, 2], [0, 0, 0, 2], 10.0, "test-10kpc"),
    ]
    evaluations = [make_evaluation(*one) for one in columns]
    # Each sample of noise has a piece of its own.
    shared = {
        one.dataset: tables.NoiseOf(np.arange(len(one.label))[:, None], 99.0) for one in evaluations
    }
    found = tables.rate_tables(evaluations, shared)
    alarms = tables.false_alarms(evaluations, shared)
    datasets = [
        make_dataset(tmp_path / f"{name}.h5", label, distance, name)
        for label, _, distance, name in columns
    ]
    noise = pd.DataFrame({"split": ["test"], "detector": ["H1"], "reuse": [2.0]})
    numbers = paper.paper_numbers(
        found["accuracy"],
        found["tpr"],
        alarms,
        tables.snr_table(datasets),
        noise,
        size={"parameters": 1, "features": 2},
        seeds=[0],
        origin=ORIGIN,
    )
    assert (numbers["parameters"], numbers["features"], numbers["seeds"]) == (1, 2, [0])
    assert numbers["inputs"] == ORIGIN.as_dict()
    assert numbers["validation_accuracy"] == pytest.approx(2 / 3)
    assert numbers["accuracy"] == {"1": 0.75, "10": 0.75}
    assert numbers["mean_tpr"] == {"1": 1.0, "10": 0.5}
    assert numbers["noise_false_alarm"] == pytest.approx(0.25)
    assert numbers["noise_alarms_per_hour"] == pytest.approx(900)
    assert numbers["tpr"]["a"] == {"1": 1.0, "10": 0.0}
    assert numbers["reuse"] == {"test": {"H1": 2.0}}
    leaf = {"value": 0.984, "unit": "rate in [0, 1]", "where": "III.A"}
    published = {"source": "x", "accuracy": {"1": leaf}, "tpr": {"a": {"1": leaf}}}
    published |= {"validation_accuracy": leaf, "noise_false_alarm": leaf}
    published |= {"mean_tpr": {"5": leaf}, "table1": {"Grad-CAM": {"average_drop": leaf}}}
    intervals = paper.rate_intervals(found["accuracy"], found["tpr"], alarms)
    rows = paper.compare_with_paper(numbers, published, intervals)
    rows = {row["quantity"]: row for row in rows}
    row = rows["accuracy, 1 kpc"]
    assert (row["paper"], row["here"], row["unit"]) == (0.984, 0.75, "rate in [0, 1]")
    for name, hits, trials in (
        ("accuracy, 1 kpc", 3, 4),
        ("tpr, a, 1 kpc", 1, 1),
        ("validation_accuracy", 2, 3),
    ):
        expected = stats.binomtest(hits, trials).proportion_ci(method="wilson")
        assert (rows[name]["low"], rows[name]["high"]) == pytest.approx(tuple(expected))
        assert rows[name]["interval"] == "95 % Wilson"
    alarm = rows["noise_false_alarm"]
    hits, pieces = np.array([False, True, False, False]), np.array([[0], [1], [0], [1]])
    assert (alarm["low"], alarm["high"]) == pytest.approx(by_pieces(hits, pieces, 99))
    assert alarm["interval"] == "95 % over pieces of noise"
    # What a run does not have stays empty: the paper's value never takes its place.
    for name in ("mean_tpr, 5 kpc", "table1, Grad-CAM, average_drop"):
        assert rows[name]["here"] is None
        assert rows[name]["low"] is None


def test_comparison_of_several_seeds_has_their_interval():
    numbers = {"accuracy": {"1": over_seeds([0.4, 0.5, 0.6])}}
    leaf = {"value": 0.984, "unit": "rate in [0, 1]", "where": "III.A"}
    (row,) = paper.compare_with_paper(numbers, {"accuracy": {"1": leaf}}, {})
    assert row["here"] == pytest.approx(0.5)
    assert (row["low"], row["high"]) == pytest.approx(
        stats.t.interval(0.95, 2, 0.5, stats.sem([0.4, 0.5, 0.6]))
    )
    assert row["interval"] == "95 % over seeds"


def test_published_values_name_their_place(root):
    published = json.loads((root / "resources/published.json").read_text())
    rows = paper.compare_with_paper({}, published, {})
    assert all(row["where"] and row["unit"] for row in rows)
    values = {row["quantity"]: row["paper"] for row in rows}
    assert values["mean_tpr, 10 kpc"] == 0.261
    assert values["table1, Score-CAM, average_drop"] == 9.61
    assert len(values) == 15
