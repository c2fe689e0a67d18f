"""Novelty scores, and the area under their ROC."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score

from ccsncam.detection.names import ALL
from ccsncam.detection.novelty import Mahalanobis, energy
from ccsncam.network.evaluation import Evaluation
from ccsncam.origin import Origin
from ccsncam.results.novelty import Scored, fitted, novelty, roc_area, scored


@pytest.fixture
def random():
    return np.random.default_rng(3)


def test_energy_by_hand():
    logits = np.array([[0.0, 0.0], [1000.0, -1000.0], [-3.0, -3.0]], np.float32)
    np.testing.assert_allclose(energy(logits), [-np.log(2), -1000.0, 3 - np.log(2)])


def made_features(random, count=400, apart=9.0):
    """Three classes whose means are so far apart, with one covariance."""
    label = np.arange(count) % 3
    mixing = np.eye(6) + 0.4 * random.standard_normal((6, 6))
    means = np.array([[0.0] * 6, [apart] + [0.0] * 5, [0.0, apart] + [0.0] * 4])
    return means[label] + random.standard_normal((count, 6)) @ mixing.T, label


def test_distance_is_that_of_the_nearest_normal_distribution(random):
    features, label = made_features(random)
    fit = Mahalanobis.fit(features, label)
    means = np.stack([features[label == number].mean(axis=0) for number in range(3)])
    apart = LedoitWolf(assume_centered=True).fit(features - means[label])
    assert fit.shrinkage == pytest.approx(apart.shrinkage_)
    assert 0 < fit.shrinkage < 0.2
    away = 20 * random.standard_normal((2500, 6))
    top = multivariate_normal(np.zeros(6), apart.covariance_).logpdf(np.zeros(6))
    densities = [multivariate_normal(one, apart.covariance_).logpdf(away) for one in means]
    np.testing.assert_allclose(fit.score(away), 2 * (top - np.max(densities, axis=0)), rtol=1e-9)


def test_mean_distance_is_the_spread_in_units_of_the_covariance(random):
    """The mean of xᵀ C⁻¹ x is the trace of C⁻¹ S; S is the covariance, and C the shrunk one."""
    features, label = made_features(random, 3000, apart=1000.0)
    fit = Mahalanobis.fit(features, label)
    spread = np.cov((features - fit.means[label]).T, bias=True)
    expected = np.trace(np.linalg.solve(fit.factor @ fit.factor.T, spread))
    assert 5 < expected < 6
    assert fit.score(features).mean() == pytest.approx(expected)


def test_a_feature_that_never_varies_is_no_reason_to_fail(random):
    features, label = made_features(random)
    features[:, 2] = 0
    fit = Mahalanobis.fit(features, label)
    assert np.isfinite(fit.score(features)).all()
    strange = features[:1].copy()
    strange[0, 2] = 5.0
    assert fit.score(strange)[0] > 100


def test_features_without_any_variation_are_refused():
    label = np.repeat([0, 1], 4)
    with pytest.raises(ValueError, match="no feature of the network varies within a class of 8"):
        Mahalanobis.fit(label[:, None] * np.ones(3), label)


def test_area_under_the_roc(random):
    usual, found = random.standard_normal(80), random.standard_normal(50) + 1
    usual[:20], found[:20] = usual[:20].round(), found[:20].round()
    truth = np.repeat([0, 1], [80, 50])
    area, low, high = roc_area(usual, found)
    assert area == pytest.approx(roc_auc_score(truth, np.concatenate([usual, found])))
    assert low < area < high
    # Turned round, area and interval are turned round.
    np.testing.assert_allclose(roc_area(found, usual), [1 - area, 1 - high, 1 - low], atol=1e-9)


def test_an_area_of_one_has_an_interval():
    area, low, high = roc_area(np.arange(30.0), 100 + np.arange(20.0))
    assert (area, high) == (1, 1)
    assert 0.8 < low < 0.95
    area, low, high = roc_area(100 + np.arange(20.0), np.arange(30.0))
    assert (area, low) == (0, 0)
    assert 0.05 < high < 0.2


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_intervals_of_areas_hold_the_truth(shift):
    """The area of two normal distributions is Φ(shift / √2)."""
    random = np.random.default_rng(8)
    truth = float(multivariate_normal(0, 2).cdf(shift))
    held = 0
    for _ in range(400):
        _, low, high = roc_area(random.standard_normal(40), random.standard_normal(25) + shift)
        held += low <= truth <= high
    assert held / 400 > 0.92


def evaluation(label, snr, features, logits):
    label = np.array(label)
    return Evaluation(
        label=label,
        prediction=np.zeros_like(label),
        logits=np.array(logits, np.float32),
        probability=np.zeros((len(label), 3), np.float32),
        embedding=np.array(features, np.float32),
        network_snr=np.array(snr, float),
        distance_kpc=np.ones(len(label)),
        classes=["noise", "a", "b", "new", "newer"],
        dataset="test-1kpc",
        origin=Origin("simulated", {}),
        seed=0,
    )


def test_an_unseen_class_has_no_part_in_the_fit(random):
    features = random.standard_normal((90, 4))
    label = np.arange(90) % 3
    features[label == 2] += 50
    one = evaluation(np.where(label == 2, 3, label), np.ones(90), features, np.zeros((90, 3)))
    fit = fitted(one, ["noise", "a", "b"])
    assert fit.means.shape == (2, 4)
    assert np.abs(fit.means).max() < 1
    found = scored(one, fit)
    # Noise is left out, and the unseen class is far away.
    assert set(found.label) == {1, 3}
    assert found.scores["mahalanobis"][found.label == 3].min() > 1000
    assert found.scores["energy"] == pytest.approx(-np.log(3))


def test_unseen_signals_are_compared_with_known_ones_of_their_loudness(random):
    """Faint signals score higher, whatever they are."""
    count = 200
    label = np.repeat([1, 2, 3, 4], count)
    snr = np.tile(np.repeat([10.0, 90.0], count // 2), 4)
    score = random.standard_normal(len(label)) + np.where(snr < 50, 10, 0)
    score[(label == 4) & (snr > 50)] += 20
    names = ["noise", "a", "b"], ["noise", *"ab", "new", "n2"]
    table = novelty([Scored(label, snr, {"energy": score})], *names)
    assert list(table["class"].unique()) == ["new", "n2", ALL]
    assert set(table["snr_low"]) == {8, 75}
    at = table.set_index(["class", "snr_low"])
    assert at.at[("new", 8), "auroc"] == pytest.approx(0.5, abs=0.1)
    assert at.at[("new", 75), "auroc"] == pytest.approx(0.5, abs=0.1)
    assert at.at[("n2", 75), "auroc"] == 1
    few = novelty([Scored(label[::5], snr[::5], {"energy": score[::5]})], *names)
    assert few["auroc"].notna().all()
    assert few["flagged"].isna().all()
    assert at.at[("n2", 75), "flagged"] == 1
    assert at.at[("new", 8), "flagged_low"] < 0.1
    assert tuple(at.loc[(ALL, 8), ["n", "known"]]) == (count, count)
    assert at.at[("new", 8), "known_median"] == pytest.approx(10, abs=0.5)


def test_signals_beyond_the_last_bin_are_not_compared():
    """Nothing bounds their loudness, so that one class may be much louder than another."""
    label = np.repeat([1, 3], 10)
    part = Scored(label, np.where(label == 1, 1001.0, 9000.0), {"energy": np.arange(20.0)})
    assert not len(novelty([part], ["noise", "a"], ["noise", "a", "b", "new"]))


def test_bins_with_few_signals_have_no_row():
    part = Scored(np.array([1] * 9 + [3] * 4), np.full(13, 10.0), {"energy": np.arange(13.0)})
    table = novelty([part], ["noise", "a", "b"], ["noise", "a", "b", "new"])
    assert not len(table)
    assert {"score", "auroc", "known_median"} <= set(table.columns)
