"""Grades of a study: removal of modes, deletion of pixels, and unseen waveforms."""

import dataclasses
import re

import numpy as np
import pytest
from made_results import make_evaluation
from made_saliency import METHODS, write_attributed, write_explained
from test_detection_tables import PROBABILITIES, RATES, background, searched, windows
from test_studies import POWER, plan  # noqa: F401

import tabulate_study
from ccsncam.detection import store
from ccsncam.detection.searched import write_noise
from ccsncam.planning.study_files import graded
from ccsncam.plots import study_page
from ccsncam.results import paired, study_data, study_tables
from ccsncam.results.faithfulness_tables import faithfulness_tables
from ccsncam.results.mode_tables import mode_tables
from ccsncam.results.study_data import DELETION, EVERY, KPC, LOST, RIGHT_WITHOUT, UNSEEN
from ccsncam.saliency import names
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained

MAPS = (*METHODS, ("random", "random map"))
POINTS = study_data.points(RATES, PROBABILITIES)
NAMES = {
    "removal": ["test-1kpc", "test-5kpc"],
    "deletion": [f"test-1kpc/{key}" for key, _ in MAPS],
    "unseen": ["test-unseen-1kpc"],
}


def finish(folder, path):
    """The files of one network that its grades read."""
    label = np.repeat([0, 1, 2], 10)
    own = path / "evaluation/seed-0/test-1kpc.h5"
    for grade, files in NAMES.items():
        for one in graded(str(path), 0, grade, files):
            (folder / one).parent.mkdir(parents=True, exist_ok=True)
    own.parent.mkdir(parents=True)
    make_evaluation(label, label, 1.0).write(own)
    for distance in (1, 5):
        (written,) = write_attributed(path, [0], distance)
        written.rename(path / f"attribution/seed-0/test-{distance}kpc.h5")
    for written, (key, _) in zip(write_explained(path, [0], MAPS), MAPS, strict=True):
        written.rename(path / f"saliency/seed-0/test-1kpc/{key}.h5")
    (path / "background").mkdir()
    store.write(path / "background/seed-0.h5", [background("validation")])
    write_noise(path / "detection/seed-0/noise.h5", {"validation": windows("validation")})
    searched(1, 99.5).write(path / "detection/seed-0/test-unseen-1kpc.h5")
    return path


@pytest.fixture(scope="module")
def grades(tmp_path_factory):
    """Folder of a network, and what its grades are made of."""
    folder = tmp_path_factory.mktemp("graded")
    path = finish(folder, folder / "one")
    read = {
        grade: tabulate_study.graded_by(grade, files, str(path), 0, POINTS)
        for grade, files in NAMES.items()
    }
    return path, read


def test_removal_is_that_of_the_run_s_own_table(grades):
    path, read = grades
    files = [Attribution.read(one) for one in graded(str(path), 0, "removal", NAMES["removal"])]
    known = mode_tables(files)["removal"].set_index(["distance_kpc", "class", "outcome", "kind"])
    known = known.sort_index()
    for distance in (1, 5):
        rows = known.loc[(distance, "all", "all", "mode")].set_index("part")
        for mode in ("g_mode", "sasi"):
            whole = read["removal"][LOST, mode]
            own = whole.hit[whole.distance == distance]
            assert (own.mean(), len(own)) == tuple(rows.loc[mode, ["flipped", "n"]]), mode
    # All is taken for noise without the mode, so no class is right.
    assert not read["removal"][RIGHT_WITHOUT, "g_mode"].hit.any()
    assert len(read["removal"][RIGHT_WITHOUT, "sasi"].hit) == 20


def test_deletion_is_that_of_the_run_s_own_table(grades):
    path, read = grades
    files = [Explained.read(one) for one in graded(str(path), 0, "deletion", NAMES["deletion"])]
    known = faithfulness_tables(files)["measures"].set_index(["key", "measure"])["mean"]
    for key, _ in METHODS:
        own = read["deletion"][DELETION, key]
        # A network that is less sure has smaller areas with any map.
        expected = known[key, "deletion_noise"] - known["random", "deletion_noise"]
        assert own.hit.mean() == pytest.approx(expected)
        assert set(own.label) == {1, 2}
        # The SNRs are those of the rows of the maps.
        np.testing.assert_array_equal(own.snr, 20.0 + np.arange(20))


def test_unseen_signals_are_found_at_the_same_thresholds(grades):
    _, read = grades
    assert {quantity for quantity, _ in read["unseen"]} == {UNSEEN}
    assert "1 a day" in {criterion for _, criterion in read["unseen"]}
    own = read["unseen"][UNSEEN, "1 a day"]
    assert 0 < own.hit.mean() < 1


@pytest.fixture(scope="module")
def table(grades):
    """Of two networks: one keeps half of the classes without a mode, and has smaller areas."""
    base = {key: one for answers in grades[1].values() for key, one in answers.items()}
    other = dict(base)
    key = RIGHT_WITHOUT, "g_mode"
    other[key] = dataclasses.replace(base[key], hit=np.arange(len(base[key].hit)) % 2 == 0)
    for name, _ in METHODS:
        one = base[DELETION, name]
        other[DELETION, name] = dataclasses.replace(one, hit=one.hit**2)
    variants = {"base": {0: base}, "other": {0: other}, "none": {0: {}}}
    bases = {"base": "base", "other": "base", "none": "base"}
    (point,) = [one for one in POINTS if one.criterion == "1 a day"]
    return study_tables.study(variants, bases, POINTS, point), base, other


def row(table, **values):
    keep = np.logical_and.reduce([table[name] == value for name, value in values.items()])
    assert keep.sum() == 1, values
    return table[keep].iloc[0]


def test_grades_are_compared_in_pairs(table):
    rows, base, other = table
    own = row(rows, variant="other", seed=EVERY, quantity=RIGHT_WITHOUT, criterion="g_mode", at=5.0)
    assert (own["value"], own["difference"], own["n"], own["unit"]) == (0.5, 0.5, 20, KPC)
    assert own["paired"]
    assert 0 < own["samples_low"] < 0.5 < own["samples_high"]
    own = row(rows, variant="other", seed=EVERY, quantity=DELETION, criterion="ones", unit=KPC)
    apart = other[DELETION, "ones"].hit - base[DELETION, "ones"].hit
    expected = paired.of_seeds(apart)
    ends = tuple(own[["difference", "samples_low", "samples_high"]])
    assert ends == pytest.approx(expected[:3])
    assert own["low"] < own["value"] < own["high"]
    assert row(rows, variant="other", seed=EVERY, quantity=UNSEEN, unit=KPC)["difference"] == 0
    assert set(rows.loc[rows["quantity"] == UNSEEN, "criterion"]) == {"1 a day"}
    assert "none" not in set(rows["variant"])


def test_a_grade_that_the_other_lacks_has_no_difference(table):
    _, base, _ = table
    some = {key: one for key, one in base.items() if key[0] == LOST}
    near = {
        key: one.part(one.distance == 1) if key[1] == "sasi" else one for key, one in some.items()
    }
    variants = {"base": {0: near}, "other": {0: some}, "first": {0: {}}}
    bases = {"base": "first", "other": "base", "first": "first"}
    rows = study_tables.study(variants, bases, POINTS, None)
    key = {"seed": EVERY, "quantity": LOST, "criterion": "sasi"}
    assert row(rows, variant="other", at=1.0, **key)["difference"] == 0
    far = row(rows, variant="other", at=5.0, **key)
    assert np.isnan(far["difference"])
    assert far["value"] == pytest.approx(0.8)
    assert np.isnan(row(rows, variant="base", at=1.0, **key)["difference"])


def test_the_page_has_them(table):
    rows = table[0][table[0]["seed"] == EVERY]
    text = study_page.grades(rows)
    found = re.search(r"<tr><td>other</td><td>class is right without the mode</td>.*?</tr>", text)
    assert "<td>g_mode</td><td>1</td><td>20</td><td>50.0</td><td>+50.0</td>" in found[0]
    assert found[0].endswith("<td>base</td></tr>")
    assert study_page.grades(rows[rows["quantity"] == "accuracy"]) == ""


def test_the_study_reads_them(plan):  # noqa: F811
    study = plan(
        {"paper": {}, "power": POWER, "left": {}},
        {"saliency": {"distances": [1, 5], "methods": [*names.PAPER]}},
        grades={"power": ["removal", "deletion"], "left": ["unseen"]},
        leave_out=["left"],
        seeds=[2],
    )
    wanted = {"removal": ["test-1kpc", "test-5kpc"], "deletion": []}
    wanted["deletion"] = [f"test-1kpc/{method}" for method in (*names.PAPER, "random")]
    assert study.settings()["grades"] == {"power": wanted}
    own = [path for path in study.files() if "attribution" in path or "saliency" in path]
    assert own[:3] == [
        "results/study/power/attribution/seed-2/test-1kpc.h5",
        "results/study/power/attribution/seed-2/test-5kpc.h5",
        "results/study/power/saliency/seed-2/test-1kpc/grad-cam.h5",
    ]
    assert len(own) == 6
    costs = study.costs()
    assert {"take_apart", "attribute", "explain"} <= set(costs["power"])
    assert not {"take_apart", "attribute", "explain"} & set(costs["paper"])
    assert "search_unseen" not in costs["power"]
