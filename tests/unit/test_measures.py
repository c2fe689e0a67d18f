"""Measures of maps against values by hand."""

import numpy as np
from scipy import stats

from ccsncam.saliency.measures import adcc, coherency, drop, increase, rank_correlation, ranked
from ccsncam.saliency.scores import log_probability


def test_drop_and_increase_by_hand():
    before, after = np.log([0.8, 0.5, 0.9]), np.log([0.2, 0.6, 0.9])
    np.testing.assert_allclose(drop(before, after), [75, 0, 0], atol=1e-12)
    np.testing.assert_array_equal(increase(before, after), [0, 1, 0])


def test_increase_where_both_probabilities_are_one_in_single_precision():
    logits = np.array([[40.0, 0, 0], [41.0, 0, 0]])
    before, after = log_probability(logits, [0, 0])[:, None]
    assert increase(before, after) == 1
    assert increase(after, before) == 0


def test_adcc_by_hand():
    found = adcc(np.array([50, 0, 100]), np.array([0.5, 1, 1]), np.array([0.5, 0, 0]))
    np.testing.assert_allclose(found, [0.5, 1, 0])
    maps = np.random.default_rng(0).random((2, 6, 5))
    np.testing.assert_allclose(coherency(maps, maps), 1)
    np.testing.assert_allclose(coherency(maps, -maps), 0, atol=1e-12)
    np.testing.assert_allclose(coherency(maps, np.ones_like(maps)), 0.5)


def test_rank_correlation_is_spearmans():
    maps = np.random.default_rng(0).random((3, 22, 14)).astype(np.float32)
    own = ranked(maps)
    np.testing.assert_allclose(rank_correlation(own, ranked(maps**3)), 1)
    expected = [stats.spearmanr(maps[k].ravel(), maps[2 - k].ravel())[0] for k in range(3)]
    np.testing.assert_allclose(rank_correlation(own, own[::-1]), expected)
    assert np.isnan(rank_correlation(own, ranked(np.ones_like(maps)))).all()
