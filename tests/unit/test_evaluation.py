import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ccsncam import evaluation

CLASSES = ["noise", "a", "b"]


def write(path, label, prediction, distance=np.nan, dataset="test-1kpc", seed=0):
    label = np.array(label)
    with h5py.File(path, "w") as file:
        file["label"], file["prediction"] = label, np.array(prediction)
        file["network_snr"] = np.where(label > 0, 10.0 + np.arange(len(label)), 0.0)
        file["distance_kpc"] = np.where(label > 0, distance, np.nan)
        file.attrs.update({"classes": CLASSES, "dataset": dataset, "seed": seed})
        inputs = {"noise": "simulated", "waveforms": {"a": "surrogate", "b": "numerical"}}
        file.attrs["inputs"] = json.dumps(inputs)
    return path


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (5, 10), (10, 10), (977, 1000)])
def test_wilson_is_scipy_s(hits, trials):
    expected = stats.binomtest(hits, trials).proportion_ci(0.95, "wilson")
    np.testing.assert_allclose(evaluation.wilson(hits, trials), expected, atol=1e-12)


def test_tables(tmp_path):
    path = write(tmp_path / "e.h5", [0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 0, 2], 1.0)
    tables = evaluation.tables([path])
    assert tables["accuracy"].loc[0, ["n", "correct"]].tolist() == [6, 4]
    tpr = tables["tpr"].set_index("class")["tpr"]
    assert tpr.to_dict() == pytest.approx({"noise": 0.5, "a": 2 / 3, "b": 1.0})
    matrix = tables["confusion"].pivot(index="true", columns="predicted", values="count")
    assert matrix.loc["a", "noise"] == 1
    assert matrix.loc["noise", "a"] == 1
    assert matrix.to_numpy().sum() == 6


def test_accuracy_by_snr(tmp_path):
    path = write(tmp_path / "e.h5", [0, 1, 1, 2, 2], [0, 1, 1, 0, 2], 1.0)
    table = evaluation.by_snr([path])
    # SNRs of the signals: 11, 12, 13, 14.
    assert table["network_snr_low"].tolist() == [8, 12]
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3])


def test_numbers_of_one_and_of_several_seeds():
    assert evaluation.over_seeds([0.5]) == 0.5
    several = evaluation.over_seeds([0.4, 0.5, 0.6])
    low, high = stats.t.interval(0.95, 2, 0.5, stats.sem([0.4, 0.5, 0.6]))
    assert several["mean"] == pytest.approx(0.5)
    assert (several["low"], several["high"]) == pytest.approx((low, high))


def test_paper_numbers(tmp_path):
    paths = [
        write(tmp_path / "v.h5", [0, 1, 2], [0, 1, 1], dataset="validation-snr-20-50"),
        write(tmp_path / "t.h5", [0, 0, 1, 2], [0, 1, 1, 2], 1.0),
        write(tmp_path / "u.h5", [0, 0, 1, 2], [0, 0, 0, 2], 10.0, "test-10kpc"),
    ]
    tables = evaluation.tables(paths)
    noise = pd.DataFrame({"split": ["test"], "detector": ["H1"], "reuse": [2.0]})
    counts = {"parameters": 1, "features": 2}
    numbers = evaluation.paper_numbers(
        tables["accuracy"], tables["tpr"], evaluation.snr_table(paths), noise, counts, [0], {}
    )
    assert numbers["validation_accuracy"] == pytest.approx(2 / 3)
    assert numbers["accuracy"] == {"1": 0.75, "10": 0.75}
    assert numbers["mean_tpr"] == {"1": 1.0, "10": 0.5}
    assert numbers["noise_false_alarm"] == pytest.approx(0.25)
    assert numbers["tpr"]["a"] == {"1": 1.0, "10": 0.0}
    assert numbers["reuse"] == {"test": {"H1": 2.0}}
    leaf = {"value": 0.984, "unit": "rate in [0, 1]", "where": "III.A"}
    rates = evaluation.intervals(tables["accuracy"], tables["tpr"])
    published = {"source": "x", "accuracy": {"1": leaf}}
    (row,) = evaluation.comparison(numbers, published, rates)
    np.testing.assert_allclose((row["low"], row["high"]), evaluation.wilson(3, 4))
    assert (row["quantity"], row["paper"], row["here"]) == ("accuracy, 1 kpc", 0.984, 0.75)


def test_inputs_are_named(tmp_path):
    path = write(tmp_path / "e.h5", [0, 1], [0, 1])
    text = evaluation.describe(evaluation.sources(path))
    assert text == "numerical and surrogate waveforms, simulated noise"


def test_reuse_counts_the_seconds_that_samples_are_drawn_from(tmp_path):
    data = write(tmp_path / "d.h5", [0, 1, 1], [0, 1, 1], 1.0)
    with h5py.File(tmp_path / "n.h5", "w") as file:
        file["gps_start"], file["glitches/gps"] = np.zeros(2), np.zeros(5)
        file.attrs.update({"split": "test", "detector": "H1", "source": "simulated"})
        file.attrs.update({"live_time": 8.0, "corrupted": 1.0})
    (row,) = evaluation.noise_table([tmp_path / "n.h5"], [data]).to_dict("records")
    assert (row["live_time_s"], row["usable_time_s"], row["reuse"]) == (8.0, 4.0, 0.75)
    assert row["glitches"] == 5
