import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ccsncam import evaluation, strain

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


def test_wilson_at_its_ends():
    low, high = evaluation.wilson([0, 10, 0], [10, 10, 0])
    assert low[0] == 0
    assert high[1] == 1
    assert np.isnan([low[2], high[2]]).all()
    with pytest.raises(ValueError, match="between 0 and the number of trials"):
        evaluation.wilson(11, 10)


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
    published = {"source": "x", "accuracy": {"1": leaf}, "tpr": {"a": {"1": leaf}}}
    published |= {"validation_accuracy": leaf, "noise_false_alarm": leaf}
    published |= {"mean_tpr": {"5": leaf}, "table1": {"Grad-CAM": {"average_drop": leaf}}}
    rates = evaluation.intervals(tables["accuracy"], tables["tpr"])
    rows = evaluation.comparison(numbers, published, rates)
    rows = {row["quantity"]: row for row in rows}
    row = rows["accuracy, 1 kpc"]
    assert (row["paper"], row["here"], row["unit"]) == (0.984, 0.75, "rate in [0, 1]")
    for name, hits, trials in (
        ("accuracy, 1 kpc", 3, 4),
        ("tpr, a, 1 kpc", 1, 1),
        ("validation_accuracy", 2, 3),
        ("noise_false_alarm", 1, 4),
    ):
        expected = stats.binomtest(hits, trials).proportion_ci(method="wilson")
        assert (rows[name]["low"], rows[name]["high"]) == pytest.approx(tuple(expected))
        assert rows[name]["interval"] == "95 % Wilson"
    # What a run does not have stays empty: the paper's value never takes its place.
    for name in ("mean_tpr, 5 kpc", "table1, Grad-CAM, average_drop"):
        assert rows[name]["here"] is None
        assert rows[name]["low"] is None


def test_comparison_of_several_seeds_has_their_interval():
    numbers = {"accuracy": {"1": evaluation.over_seeds([0.4, 0.5, 0.6])}}
    leaf = {"value": 0.984, "unit": "rate in [0, 1]", "where": "III.A"}
    (row,) = evaluation.comparison(numbers, {"accuracy": {"1": leaf}}, {})
    assert row["here"] == pytest.approx(0.5)
    assert (row["low"], row["high"]) == pytest.approx(
        stats.t.interval(0.95, 2, 0.5, stats.sem([0.4, 0.5, 0.6]))
    )
    assert row["interval"] == "95 % over seeds"


def test_published_values_name_their_place(root):
    published = json.loads((root / "resources/published.json").read_text())
    rows = evaluation.comparison({}, published, {})
    assert all(row["where"] and row["unit"] for row in rows)
    paper = {row["quantity"]: row["paper"] for row in rows}
    assert paper["mean_tpr, 10 kpc"] == 0.261
    assert paper["table1, Score-CAM, average_drop"] == 9.61
    assert len(paper) == 15


def test_snr_and_noise_tables(tmp_path):
    path = write(tmp_path / "t.h5", [0, 1, 1, 1, 2], [0, 1, 1, 1, 2], 2.0, "test-2kpc")
    table = evaluation.snr_table([path]).set_index("class")
    assert table.loc["a", "network_snr_50"] == 12
    assert table.loc["b", ["network_snr_5", "network_snr_95"]].tolist() == [14, 14]
    assert table["distance_kpc"].tolist() == [2, 2]
    noise = tmp_path / "test-H1.h5"
    with h5py.File(noise, "w") as file:
        file["gps_start"], file["glitches/gps"] = np.zeros(2), np.arange(3.0)
        file.attrs.update({"split": "test", "detector": "H1", "source": "files"})
        file.attrs.update({"live_time": 8.0, "corrupted": 1.0})
    # Two data sets of five samples draw from two pieces of 4 s, of which 1 s is lost at each end.
    (row,) = evaluation.noise_table([noise], [path, path]).to_dict("records")
    assert (row["live_time_s"], row["usable_time_s"]) == (8.0, 4.0)
    assert (row["samples"], row["glitches"], row["reuse"]) == (10, 3, 2.5)


def test_coincident_noise_counts_what_all_detectors_have(tmp_path):
    path = write(tmp_path / "t.h5", [0, 1], [0, 1], 2.0, "test-2kpc")
    paths = [tmp_path / "test-H1.h5", tmp_path / "test-L1.h5"]
    for noise, starts, glitches in zip(
        paths, ([0.0, 4.0, 12.0], [4.0, 8.0]), ([3.9, 4.1], [7.9, 8.0]), strict=True
    ):
        with h5py.File(noise, "w") as file:
            file["gps_start"], file["glitches/gps"] = starts, glitches
            file["selection/start"], file["selection/end"] = [starts[0]], [starts[-1] + 4]
            file["selection/reason"] = np.array(["kept"], "S4")
            file.attrs.update({"split": "test", "detector": noise.stem[-2:], "source": "files"})
            file.attrs.update({"live_time": 4.0 * len(starts), "corrupted": 1.0, "quality": "DATA"})
    first, second = evaluation.noise_table(paths, [path], coincident=True).to_dict("records")
    for row in (first, second):
        assert (row["live_time_s"], row["usable_time_s"], row["reuse"]) == (4.0, 2.0, 1.0)
        assert row["glitches"] == 1
    table = strain.read_stretches(paths[0], evaluation.common_starts(paths))
    assert table[["start", "end", "reason"]].to_numpy().tolist() == [
        [0.0, 4.0, "another detector off"],
        [4.0, 8.0, "kept"],
        [12.0, 16.0, "another detector off"],
    ]
    assert set(table["quality"]) == {"DATA"}


def test_inputs_are_named(tmp_path):
    path = write(tmp_path / "e.h5", [0, 1], [0, 1])
    text = evaluation.describe(evaluation.sources(path))
    assert text == "numerical and surrogate waveforms, simulated noise"
