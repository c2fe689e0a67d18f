"""Rates and means with their intervals."""

import numpy as np
import pytest
from scipy import stats

from ccsncam.results import rates


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (5, 10), (10, 10), (977, 1000)])
def test_wilson_is_scipy_s(hits, trials):
    expected = stats.binomtest(hits, trials).proportion_ci(0.95, "wilson")
    np.testing.assert_allclose(rates.wilson(hits, trials), expected, atol=1e-12)


def test_wilson_at_its_ends():
    low, high = rates.wilson([0, 10, 0], [10, 10, 0])
    assert low[0] == 0
    assert high[1] == 1
    assert np.isnan([low[2], high[2]]).all()
    with pytest.raises(ValueError, match="between 0 and the number of trials"):
        rates.wilson(11, 10)


def test_a_sum_of_rates_has_an_interval_that_holds():
    """Simulated signals and noise with known rates: 95 % of the intervals hold the true sum."""
    random = np.random.default_rng(0)
    weights, truth, trials = (0.9, 0.1), (0.42, 0.99), (300, 200)
    held = 0
    for _ in range(2000):
        hits = random.binomial(trials, truth)
        ends = np.transpose(rates.wilson(hits, trials))
        parts = [(hit / n, *own) for hit, n, own in zip(hits, trials, ends, strict=True)]
        value, low, high = rates.sum_of(parts, weights)
        assert value == pytest.approx(np.dot(weights, hits / np.array(trials)))
        held += low <= np.dot(weights, truth) <= high
    assert 0.935 < held / 2000 < 0.965


def test_numbers_of_one_and_of_several_seeds():
    assert rates.over_seeds([0.5]) == 0.5
    several = rates.over_seeds([0.4, 0.5, 0.6])
    low, high = stats.t.interval(0.95, 2, 0.5, stats.sem([0.4, 0.5, 0.6]))
    assert several["mean"] == pytest.approx(0.5)
    assert (several["low"], several["high"]) == pytest.approx((low, high))


def test_means_of_few_values():
    alone = rates.mean_of([np.array([0.5, np.nan])])
    assert alone[::3] == (0.5, 1)
    assert np.isnan(alone[1:3]).all()
    # A seed without values leaves nothing to compare with.
    none = rates.mean_of([np.array([0.5, 0.6]), np.array([np.nan])])
    assert none.n == 2
    assert np.isnan(none[:3]).all()
    columns = rates.Mean(0.5, 0.4, 0.6, 9).columns("x", 100)
    assert columns == pytest.approx({"x": 50, "x_low": 40, "x_high": 60})


def test_bootstrap_stays_in_range_and_has_its_width():
    random = np.random.default_rng(0)
    found = rates.bootstrap([random.normal(size=400)])
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.1)
    found = rates.bootstrap([np.array([1.0] * 9 + [-1.0, np.nan])])
    assert (found.mean, found.high, found.n) == (0.8, 1, 10)
    assert found.low >= -1


def test_intervals_over_pieces_are_those_of_a_block_bootstrap():
    """A rate whose hits come in runs, against resampled pieces of one and of two detectors."""
    random = np.random.default_rng(2)
    pieces = random.integers(60, size=(6000, 2))
    chance = np.where(random.random((60, 2)) < 0.05, 0.3, 0.002)
    hits = random.random(6000) < np.maximum(chance[pieces[:, 0], 0], chance[pieces[:, 1], 1])
    spread = {}
    for detector in (0, 1):
        own = pieces[:, detector]
        drawn = random.multinomial(60, np.full(60, 1 / 60), 4000)
        taken = drawn @ np.bincount(own, hits, 60)
        spread[detector] = np.var(taken / (drawn @ np.bincount(own, minlength=60)))
    plain = hits.mean() * (1 - hits.mean()) / 6000
    for columns, variance in (([0], spread[0]), ([0, 1], spread[0] + spread[1] - plain)):
        low, high = rates.by_pieces(hits, pieces[:, columns], 6000)
        assert high - low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.1)
        assert low < hits.mean() < high
        # Many times wider than if windows were independent.
        ends = rates.wilson(hits.sum(), 6000)
        assert high - low > 2 * (ends[1] - ends[0])
    # Coincident noise has the same piece in all detectors, which counts once.
    twice = rates.by_pieces(hits, pieces[:, [0, 0]], 6000)
    assert twice == rates.by_pieces(hits, pieces[:, [0]], 6000)
    # Each detector's file may have more pieces than the common ones, which shifts their numbers.
    assert np.isnan(rates.independent(hits, np.zeros((len(hits), 2), int), 6000))
    apart = pieces[:, [0, 0]] + [0, 7]
    assert rates.by_pieces(hits, apart, 6000) == twice


def test_intervals_over_pieces_at_their_ends():
    none, pieces = np.zeros(500, bool), np.arange(500)[:, None] % 100
    z = stats.norm.ppf(0.975)
    # Without hits the rate is below z²/(n + z²), and windows beyond the time there is do not count.
    for seconds, trials in ((1000, 500), (50, 50)):
        low, high = rates.by_pieces(none, pieces, seconds)
        assert (low, high) == (0, pytest.approx(z**2 / (trials + z**2)))
    # Nothing is known of how pieces differ from one piece.
    assert np.isnan(rates.by_pieces(none, np.zeros((500, 1), int), 1000)).all()
    assert np.isnan(rates.by_pieces(none[:0], pieces[:0], 1000)).all()


@pytest.mark.parametrize(("bad", "least"), [(0.06, 0.85), (0.2, 0.9)])
def test_intervals_over_pieces_hold_the_rate_nearly_as_often_as_they_say(bad, least):
    random = np.random.default_rng(3)
    held = {"pieces": 0, "windows": 0}
    for _ in range(200):
        chance = np.where(random.random(160) < bad, random.uniform(0, 0.2, 160), 0)
        pieces = random.integers(160, size=(1000, 1))
        hits = random.random(1000) < chance[pieces[:, 0]]
        truth = bad * 0.1
        low, high = rates.by_pieces(hits, pieces, 1000)
        held["pieces"] += low <= truth <= high
        low, high = rates.wilson(hits.sum(), 1000)
        held["windows"] += low <= truth <= high
    assert held["windows"] < held["pieces"]
    assert held["pieces"] >= least * 200
