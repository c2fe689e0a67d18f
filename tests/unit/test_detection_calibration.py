"""Temperatures, conformal sets and calibration errors, against theory and by hand."""

import json

import numpy as np
import pytest
from jobs import Params
from made_results import CLASSES, ORIGIN, make_evaluation
from scipy import stats

import calibrate as calibrate_script
from ccsncam.detection import calibration
from ccsncam.detection.calibration import Calibration
from ccsncam.detection.names import RAW, SCALED
from ccsncam.results.calibration_tables import calibration_tables


def drawn(count, temperature, seed=0, classes=4):
    """Logits of a network that is too sure by this factor, and labels drawn from the truth."""
    random = np.random.default_rng(seed)
    truth = 2 * random.normal(size=(count, classes))
    label = np.argmax(truth + random.gumbel(size=truth.shape), axis=1)
    return temperature * truth, label


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(temperature):
    logits, label = drawn(40_000, temperature)
    found = calibration.fit_temperature(logits, label)
    assert found == pytest.approx(temperature, rel=0.03)
    step = 1.01
    best = calibration.cross_entropy(logits, label, found)
    for other in (found * step, found / step):
        assert calibration.cross_entropy(logits, label, other) > best
    confidence = calibration.probabilities(logits, found)
    right = confidence.argmax(axis=1) == label
    assert calibration.expected_calibration_error(confidence.max(axis=1), right) < 0.01


def test_temperature_of_no_samples():
    with pytest.raises(ValueError, match="raise validation_per_class"):
        calibration.fit_temperature(np.empty((0, 3)), np.empty(0, int))


def test_cross_entropy_by_hand():
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    assert calibration.cross_entropy(logits, np.array([0, 1])) == pytest.approx(
        -(np.log(0.5) + np.log(0.8)) / 2
    )
    # Logits of single precision beyond the range of exp.
    loud = np.array([[0, 5000, 0]], "f4")
    assert calibration.cross_entropy(loud, np.array([0])) == pytest.approx(5000)


def test_quantiles_by_hand():
    """Of nine samples, coverage 0.8 takes the eighth most probable: ceil(10 x 0.8) = 8."""
    own = np.arange(1, 10) / 10
    probability = np.column_stack([own, 1 - own])
    quantiles, counts = calibration.conformal_quantiles(probability, np.zeros(9, int), 0.8)
    assert quantiles[0] == pytest.approx(0.2)
    # A class without samples is in every set.
    assert quantiles[1] == 0
    assert counts.tolist() == [9, 0]
    # ceil(10 x 0.91) = 10 of 9 samples: no bound.
    quantiles, _ = calibration.conformal_quantiles(probability, np.zeros(9, int), 0.91)
    assert quantiles[0] == 0


def test_sets_by_hand():
    found = calibration.conformal_sets([[0.6, 0.3, 0.1], [0.4, 0.35, 0.25]], [0.5, 0.3, 0.2])
    # The second has its most probable class, although it is below the quantile.
    assert found.tolist() == [[True, True, False], [True, True, True]]


def test_coverage_of_exchangeable_samples():
    """Over many draws the mean coverage is (k / (n + 1)) of the beta distribution, in each class.

    The most probable class is always in a set, so classes may be held more often, never less.
    """
    coverage, each = 0.8, {number: [] for number in range(4)}
    for seed in range(60):
        logits, label = drawn(1200, 1, seed)
        probability = calibration.probabilities(logits)
        quantiles, counts = calibration.conformal_quantiles(
            probability[:400], label[:400], coverage
        )
        above = probability[400:] >= quantiles
        sets = calibration.conformal_sets(probability[400:], quantiles)
        for number in each:
            own = label[400:] == number
            each[number].append(above[own, number].mean())
            rank = np.ceil((counts[number] + 1) * coverage)
            expected = rank / (counts[number] + 1)
            assert coverage <= expected < coverage + 1 / counts[number]
            assert sets[own, number].mean() >= above[own, number].mean()
    for values in each.values():
        error = stats.sem(values)
        assert np.mean(values) == pytest.approx(coverage + 0.005, abs=4 * error)


def test_calibration_error_by_hand():
    confidence = np.array([0.95, 0.99, 0.55, 0.55])
    right = np.array([True, True, True, False])
    # Bins of 1/15: [0.933, 1] holds two, with a gap of 0.06; [0.533, 0.6) two, with 0.1.
    assert calibration.expected_calibration_error(confidence, right) == pytest.approx(
        (0.06 + 0.1) / 4
    )
    assert calibration.confidence_bins([0, 0.5, 1]).tolist() == [0, 7, 14]


def test_halves_share_no_sample_and_all_classes():
    label = np.array([0, 0, 0, 1, 1, 2])
    assert calibration.first_half(label).tolist() == [True, False, True, True, False, True]


def evaluation(dataset, seed=0, distance=np.nan, count=600):
    logits, label = drawn(count, 3, seed, classes=len(CLASSES))
    one = make_evaluation(label, logits.argmax(axis=1), distance, dataset)
    one.logits = logits.astype("f4")
    return one


def test_calibration_by_its_script(tmp_path):
    evaluation("validation-snr-20-50").write(tmp_path / "v.h5")
    output = tmp_path / "seed-0.json"
    calibrate_script.main(
        Params(
            rule="calibrate",
            log=[tmp_path / "log"],
            input=[tmp_path / "v.h5"],
            output=[output],
            params=Params(coverage=0.9),
        )
    )
    found = Calibration.read(output)
    assert found.temperature == pytest.approx(3, rel=0.2)
    assert list(found.quantiles) == CLASSES
    assert found.fitted + sum(found.ranked.values()) == 600
    assert found.inputs == ORIGIN.as_dict()
    # The quantiles are those of the half that the temperature was not fitted to.
    one = evaluation("validation-snr-20-50")
    rest = ~calibration.first_half(one.label)
    held = found.probabilities(one.logits[rest])
    for number, name in enumerate(CLASSES):
        own = one.label[rest] == number
        assert (held[own, number] >= found.quantiles[name]).mean() == pytest.approx(0.9, abs=0.02)
    output.write_text(json.dumps({"temperature": 1}))
    with pytest.raises(ValueError, match=r"seed-0\.json: not a whole file of this workflow"):
        Calibration.read(output)


def test_tables_of_calibration():
    validation, test = evaluation("validation-snr-20-50"), evaluation("test-5kpc", 1, 5.0)
    fitted = calibration.calibrate(
        validation.logits, validation.label, CLASSES, 0.9, seed=0, inputs={}
    )
    tables = calibration_tables([validation, test], [fitted])
    errors = tables["calibration"].set_index(["dataset", "variant"])
    raw, scaled = (errors.loc[("test-5kpc", variant)] for variant in (RAW, SCALED))
    assert raw["ece"] > 0.1 > scaled["ece"]
    assert raw["ece_low"] < raw["ece"] < raw["ece_high"]
    assert raw["cross_entropy"] > scaled["cross_entropy"]
    assert raw["accuracy"] == scaled["accuracy"]
    assert errors.loc[("validation-snr-20-50", RAW), "n"] == fitted.ranked["noise"] + sum(
        fitted.ranked[name] for name in CLASSES[1:]
    )
    bins = tables["reliability"]
    bins = bins[(bins["dataset"] == "test-5kpc") & (bins["variant"] == RAW)]
    assert bins["n"].sum() == 600
    gap = np.abs(bins["confidence"] - bins["accuracy"]) * bins["n"]
    assert gap.sum() / 600 == pytest.approx(raw["ece"])
    cover = tables["coverage"].set_index(["dataset", "class"])
    row = cover.loc[("test-5kpc", "all signals")]
    sets = fitted.sets(test.logits)
    own = test.label > 0
    assert row["held"] == sets[own, test.label[own]].sum()
    assert row["size"] == pytest.approx(sets[own].sum(axis=1).mean())
    assert row["coverage"] == pytest.approx(0.9, abs=0.05)
