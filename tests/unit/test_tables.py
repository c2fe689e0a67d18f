"""Tables of rates, SNRs and noise."""

import numpy as np
import pytest
from made_results import make_dataset, make_evaluation, make_noise

from ccsncam.noise.store import NoiseHeader, common_starts, read_stretches
from ccsncam.results import tables
from ccsncam.results.rates import by_pieces

DATASETS = ("test-1kpc", "test-2kpc", "validation-snr-20-50")


def test_rates():
    evaluation = make_evaluation([0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 0, 2], 1.0)
    found = tables.rate_tables([evaluation])
    assert found["accuracy"].loc[0, ["n", "correct"]].tolist() == [6, 4]
    tpr = found["tpr"].set_index("class")["tpr"]
    assert tpr.to_dict() == pytest.approx({"noise": 0.5, "a": 2 / 3, "b": 1.0})
    matrix = found["confusion"].pivot(index="true", columns="predicted", values="count")
    assert matrix.loc["a", "noise"] == 1
    assert matrix.loc["noise", "a"] == 1
    assert matrix.to_numpy().sum() == 6


def test_false_alarms_and_their_intervals():
    known = [0] * 8 + [1, 2]
    said = [1, 1, 1, 1, 0, 0, 0, 0, 1, 2]
    first = make_evaluation(known, said, 1.0)
    other = make_evaluation(known, [0] * 10, 2.0, "test-2kpc")
    validation = make_evaluation(known, said, dataset="validation-snr-20-50")
    # All four false alarms come from one piece.
    pieces = {name: np.array([0] * 4 + [1, 2, 3, 4, 0, 0])[:, None] for name in DATASETS}
    noise = {name: tables.NoiseOf(own, 100.0) for name, own in pieces.items()}
    (row,) = tables.false_alarms([first, other, validation], noise).to_dict("records")
    assert (row["n"], row["taken"], row["fraction"]) == (16, 4, 0.25)
    assert row["alarms_per_hour"] == 900
    assert row["alarms_per_hour_high"] == pytest.approx(3600 * row["fraction_high"])
    taken = np.array(said[:8] + [0] * 8) > 0
    low, high = by_pieces(taken, np.tile([0] * 4 + [1, 2, 3, 4], 2)[:, None], 100)
    assert (row["fraction_low"], row["fraction_high"]) == (low, high)
    tpr = tables.rate_tables([first], noise)["tpr"].set_index("class")
    plain = tables.rate_tables([first])["tpr"].set_index("class")
    wide, narrow = (one.loc["noise", "high"] - one.loc["noise", "low"] for one in (tpr, plain))
    assert wide > 1.2 * narrow
    assert tpr.loc["a", "low"] == plain.loc["a", "low"]


def test_accuracy_by_snr():
    table = tables.accuracy_by_snr([make_evaluation([0, 1, 1, 2, 2], [0, 1, 1, 0, 2], 1.0)])
    # SNRs of the signals: 11, 12, 13, 14.
    assert table["network_snr_low"].tolist() == [8, 12]
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3])


def test_snr_and_noise_tables(tmp_path):
    data = make_dataset(tmp_path / "t.h5", [0, 1, 1, 1, 2], 2.0, "test-2kpc")
    table = tables.snr_table([data]).set_index("class")
    assert table.loc["a", "network_snr_50"] == 12
    assert table.loc["b", ["network_snr_5", "network_snr_95"]].tolist() == [14, 14]
    assert table["distance_kpc"].tolist() == [2, 2]
    noise = NoiseHeader.read(make_noise(tmp_path / "test-H1.h5", [0.0, 0.0], [0.0, 1.0, 2.0]))
    # Two data sets of five samples draw from two pieces of 4 s, of which 1 s is lost at each end.
    table = tables.noise_table([noise], [data, data])
    assert tables.noise_of([data], table)["test-2kpc"].seconds == 4.0
    (row,) = table.to_dict("records")
    assert (row["live_time_s"], row["usable_time_s"]) == (8.0, 4.0)
    assert (row["samples"], row["glitches"], row["reuse"]) == (10, 3, 2.5)
    assert (row["samples_of_noise"], row["reuse_by_noise"]) == (2, 0.5)


def test_coincident_noise_counts_what_all_detectors_have(tmp_path):
    data = make_dataset(tmp_path / "t.h5", [0, 1], 2.0, "test-2kpc")
    paths = [
        make_noise(tmp_path / "test-H1.h5", [0.0, 4.0, 12.0], [3.9, 4.1]),
        make_noise(tmp_path / "test-L1.h5", [4.0, 8.0], [7.9, 8.0]),
    ]
    headers = [NoiseHeader.read(path) for path in paths]
    found = tables.noise_table(headers, [data], common_starts(paths))
    first, second = found.to_dict("records")
    for row in (first, second):
        assert (row["live_time_s"], row["usable_time_s"], row["reuse"]) == (4.0, 2.0, 1.0)
        assert row["glitches"] == 1
    table = read_stretches(paths[0], common_starts(paths))
    assert table[["start", "end", "reason"]].to_numpy().tolist() == [
        [0.0, 4.0, "another detector off"],
        [4.0, 8.0, "kept"],
        [12.0, 16.0, "another detector off"],
    ]
    assert set(table["quality"]) == {"DATA"}


def test_inputs_are_named(tmp_path):
    evaluation = make_evaluation([0, 1], [0, 1])
    evaluation.write(tmp_path / "e.h5")
    found = type(evaluation).read(tmp_path / "e.h5")
    assert found.origin.words == "numerical and surrogate waveforms, simulated noise"
