"""Tables and figure of unseen waveforms, from logits that are known."""

import numpy as np
import pandas as pd
import pytest
from jobs import Params
from made_results import ORIGIN, make_dataset
from matplotlib import pyplot

from ccsncam.detection.names import ARGMAX, LOUDEST, NETWORK
from ccsncam.detection.searched import Searched
from ccsncam.network.evaluation import Evaluation
from ccsncam.plots import style
from ccsncam.plots import unseen as figure
from ccsncam.plots.operating import Shown
from ccsncam.results import unseen

KNOWN = ["noise", "a", "b"]
CLASSES = unseen.Classes(KNOWN, [*KNOWN, "new"], {"a": "g-mode", "b": "bounce", "new": "g-mode"})
KEY = NETWORK, LOUDEST, "1 a day"


def searched(label, said, own, distance, snr=20.0):
    """Samples whose last window is the loudest, and says a class; their own image says another."""
    count = len(label)
    logits = np.zeros((count, 3, 3), np.float32)
    logits[np.arange(count), 2, said] = 9.0
    logits[:, 2, 0] = -9.0
    mine = np.zeros((count, 3), np.float32)
    mine[np.arange(count), own] = 5.0
    return Searched(
        logits=logits,
        own=mine,
        control=np.zeros((count, 3, 0)),
        row=np.arange(count),
        label=np.array(label),
        network_snr=np.full(count, snr),
        distance_kpc=np.full(count, float(distance)),
        starts=np.array([-1, 0, 1]),
        controls=[],
        classes=list(CLASSES.all),
        dataset="test-1kpc",
        origin=ORIGIN,
        seed=0,
    )


@pytest.fixture
def made():
    """Two data sets, and which of their samples are found at a rate and by argmax."""
    sets = [
        searched([1, 2, 2], [1, 2, 1], [1, 2, 0], 1),
        searched([3, 3, 3, 3], [1, 1, 2, 1], [1, 0, 2, 2], 1),
        searched([3, 3], [2, 1], [0, 0], 5, snr=6.0),
    ]
    every = np.array([1, 1, 1, 1, 1, 1, 0, 1, 0], bool)
    argmax = np.concatenate([one.own.argmax(axis=1) > 0 for one in sets])
    control = "pixels", LOUDEST, "1 a day"
    return sets, {KEY: every, (NETWORK, ARGMAX, ARGMAX): argmax, control: every}


def test_what_is_found_and_whose_family_is_right(made):
    table = unseen.found(*made, CLASSES)

    def at(statistic, rule, name, distance):
        own = table[(table["statistic"] == statistic) & (table["rule"] == rule)]
        (row,) = own[(own["class"] == name) & (own["distance_kpc"] == distance)].to_dict("records")
        return row

    near = at(NETWORK, LOUDEST, "new", 1.0)
    assert (near["role"], near["family"]) == ("unseen", "g-mode")
    assert (near["n"], near["found"], near["efficiency"]) == (4, 3, 0.75)
    assert near["low"] < 0.75 < near["high"]
    # Of the three that are found, two are taken for the class of the same family.
    assert near["family_right"] == pytest.approx(2 / 3)
    assert near["family_low"] < 2 / 3 < near["family_high"]
    assert near["family_by_chance"] == 0.5
    far = at(NETWORK, LOUDEST, "new", 5.0)
    assert (far["found"], far["family_right"]) == (1, 0)
    # By the rule of the paper three of four are no noise, one of them a g-mode.
    paper = at(NETWORK, ARGMAX, "new", 1.0)
    assert (paper["found"], paper["family_right"]) == (3, pytest.approx(1 / 3))
    known = at(NETWORK, LOUDEST, "b", 1.0)
    assert (known["role"], known["n"], known["family_right"]) == ("train", 2, 0.5)
    # Excess power names no class.
    assert np.isnan(at("pixels", LOUDEST, "new", 1.0)["family_right"])
    by_snr = table[(table["class"] == "new") & (table["rule"] == ARGMAX) & table["snr_low"].notna()]
    assert by_snr[["snr_low", "snr_high", "n", "found"]].values.tolist() == [
        [5, 8, 2, 0],
        [20, 25, 4, 3],
    ]


def test_without_families_the_rest_is_there(made):
    table = unseen.found(*made, unseen.Classes(KNOWN, CLASSES.all, {"a": "g-mode"}))
    assert table["family_right"].isna().all()
    assert table["family_by_chance"].isna().all()
    own = table[(table["class"] == "new") & (table["distance_kpc"] == 1)]
    assert own["found"].tolist() == [3, 3, 3]


def test_what_unseen_signals_are_taken_for(made):
    table = unseen.taken_for(*made, CLASSES)
    assert set(table["true"]) == {"new"}
    near = table[table["distance_kpc"] == 1]
    at_rate = near[near["criterion"] == "1 a day"].set_index("predicted")
    assert at_rate["count"].to_dict() == {"not found": 1, "a": 2, "b": 1}
    assert at_rate["predicted_family"].to_dict()["b"] == "bounce"
    assert (at_rate["true_family"] == "g-mode").all()
    assert at_rate.at["a", "fraction"] == 0.5
    assert at_rate.at["a", "low"] < 0.5 < at_rate.at["a", "high"]
    argmax = near[near["criterion"] == ARGMAX].set_index("predicted")
    assert argmax["count"].to_dict() == {"noise": 1, "a": 1, "b": 2}
    assert table.groupby(["criterion", "distance_kpc"])["count"].sum().tolist() == [4, 2, 4, 2]


def test_labels_count_the_classes_of_the_network_first(tmp_path):
    data = make_dataset(tmp_path / "a.h5", [0, 1, 2, 2], 1.0)
    prediction = np.array([0, 1, 1, 0], np.int32)
    one = Evaluation(
        **data.columns(("label", "network_snr", "distance_kpc")),
        prediction=prediction,
        logits=np.zeros((4, 2), np.float32),
        probability=np.zeros((4, 2), np.float32),
        embedding=np.zeros((4, 2), np.float32),
        classes=data.classes,
        dataset=data.name,
        origin=data.origin,
        seed=0,
    )
    # A network without the class a, which is labelled 1 in the data set.
    other = one.among(["noise", "b"])
    assert other.classes == ["noise", "b", "a"]
    assert other.label.tolist() == [0, 2, 1, 1]
    assert other.label.dtype == one.label.dtype
    assert other.accuracy == 0.5
    # A network that knows all of them changes nothing.
    same = one.among(data.classes)
    assert same.classes == data.classes
    np.testing.assert_array_equal(same.label, one.label)
    other.write(tmp_path / "b.h5")
    assert Evaluation.read(tmp_path / "b.h5").classes == ["noise", "b", "a"]


def drawn(made, tmp_path, areas=True):
    """The figure that is drawn from the tables."""
    unseen.found(*made, CLASSES).assign(seed=0, inputs="made").to_csv(tmp_path / "unseen.csv")
    bins = [(8, 12), (100, 200)]
    rows = [
        {"seed": 0, "score": score, "class": "new", "snr_low": low, "snr_high": high}
        | {"auroc": 0.6, "auroc_low": 0.5, "auroc_high": 0.7}
        for score in ("energy", "mahalanobis")
        for low, high in bins
    ]
    novelty = pd.DataFrame(rows) if areas else pd.DataFrame(rows).iloc[:0]
    novelty.to_csv(tmp_path / "novelty.csv")
    points = {"seed": 0, "statistic": NETWORK, "rule": LOUDEST, "criterion": "1 a day"}
    pd.DataFrame([points | {"reached": True, "asked": 1.0}]).to_csv(tmp_path / "points.csv")
    names = {"unseen": "unseen", "novelty": "novelty", "operating_point": "points"}
    inputs = Params({key: tmp_path / f"{name}.csv" for key, name in names.items()})
    return figure.draw(inputs, Params(rate="1 a day"))


def test_the_figure_shows_what_the_tables_say(made, tmp_path):
    shown, words = drawn(made, tmp_path)
    assert words == "made"
    found, family, areas = shown.axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in found.lines}
    assert lines["new"] == [[1, 0.75], [5, 0.5]]
    assert [1, 1] in lines["trained classes"]
    # The family of new, and what chance gives.
    assert [line.get_ydata()[0] for line in family.lines] == [pytest.approx(2 / 3), 0.5]
    assert {line.get_label() for line in areas.containers} == {"energy", "Mahalanobis distance"}
    assert "false alarms: 1 a day" in shown.legends[0].get_title().get_text()
    pyplot.close(shown)


def test_the_figure_does_without_families_and_areas(made, tmp_path):
    shown, words = drawn(made, tmp_path, areas=False)
    assert "too few signals" in shown.axes[2].texts[0].get_text()
    # An axis without a positive number cannot be logarithmic, which shows when it is drawn.
    style.save(shown, {"png": tmp_path / "empty.png"}, "tried", words)
    table = unseen.found(*made, unseen.Classes(KNOWN, CLASSES.all, {})).assign(seed=0)
    empty = pd.read_csv(tmp_path / "novelty.csv")
    shown = figure.unseen(table, empty, Shown(LOUDEST, "1 a day", "1 a day", None))
    assert "no family in the table" in shown.axes[1].texts[0].get_text()
    pyplot.close(shown)
