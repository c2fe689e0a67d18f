"""Thresholds, reach and chances from counts that are known."""

import numpy as np
import pytest
import scipy.optimize
from scipy import stats

from ccsncam.detection import operating


def test_threshold_of_windows_is_the_quantile():
    values = np.random.default_rng(0).permutation(1000.0 * np.arange(1, 1001) / 1000)
    found = operating.window_threshold(values, 0.01)
    # Ten of a thousand are at or above 991.
    assert (found.value, found.reached) == (991, True)
    assert (values >= found.value).mean() == 0.01
    # Of ten that are expected, 4 to 17 are within chance: 17 leave the threshold above the 18th.
    assert stats.poisson.interval(0.95, 10) == (4, 17)
    assert (found.low, found.high) == (983, 997)
    unknown = operating.window_threshold(values, 0.01, np.nan)
    assert unknown == (991, -np.inf, np.inf, True)
    short = operating.window_threshold(values, 1e-4)
    assert (short.value, short.high, short.reached) == (1000, np.inf, False)


def test_interval_of_a_threshold_holds_the_true_one():
    """Windows in groups of five equal ones are as many as a fifth of independent ones."""
    random = np.random.default_rng(2)
    true = stats.norm.isf(0.01)
    outside = {1.0: [0, 0], 5.0: [0, 0]}
    for _ in range(400):
        values = np.repeat(random.normal(size=400), 5)
        for effect, ends in outside.items():
            found = operating.window_threshold(values, 0.01, effect)
            ends[0] += found.low > true
            ends[1] += found.high < true
    # 2.5 % of 400 are 10, and 20 are three standard deviations more.
    assert max(outside[5.0]) <= 20
    assert sum(outside[1.0]) > 80


def test_nominal_and_measured_probability_agree():
    """Of thresholds from some noise, other noise passes the nominal share, within its errors."""
    random = np.random.default_rng(1)
    for probability in (1e-1, 1e-2, 1e-3):
        found = operating.window_threshold(random.normal(size=100_000), probability)
        other = (random.normal(size=100_000) >= found.value).mean()
        assert other == pytest.approx(probability, rel=5 * np.sqrt(2 / (probability * 1e5)))
        assert found.low < stats.norm.isf(probability) < found.high


def test_chance_of_a_false_alarm():
    assert operating.false_alarm_chance(1 / 86400, 10) == pytest.approx(1.157e-4, rel=1e-3)
    assert operating.false_alarm_chance(1, np.log(2)) == pytest.approx(0.5)
    assert operating.false_alarm_chance(0, 10) == 0


def test_crossing_by_hand():
    places, trials = np.array([1.0, 2, 3, 4]), np.full(4, 1000)
    found = np.array([1000, 800, 400, 0])
    half = operating.crossing(places, found, trials, 0.5, rising=False)
    assert half.value == pytest.approx(2.75)
    assert half.low < half.value < half.high
    assert half.high - half.low < 0.2
    most = operating.crossing(places, found, trials, 0.9, rising=False)
    assert most.value == pytest.approx(1.5)
    rising = operating.crossing(places, found[::-1], trials, 0.5, rising=True)
    assert rising.value == pytest.approx(2.25)
    # A dip that chance made is smoothed: 500 and 300 become 400 each.
    dip = operating.crossing(places, np.array([1000, 300, 500, 0]), trials, 0.4, rising=False)
    assert dip.value == pytest.approx(3)


@pytest.mark.parametrize(
    ("found", "falling", "rising"),
    [([10, 10, 9], np.inf, 0.0), ([1, 0, 0], 0.0, np.inf)],
)
def test_a_level_that_is_not_crossed(found, falling, rising):
    places, trials = np.array([1.0, 2, 3]), np.full(3, 10)
    assert operating.crossing(places, np.array(found), trials, 0.5, False).value == falling
    assert operating.crossing(places, np.array(found[::-1]), trials, 0.5, True).value == rising


def test_many_fits_are_those_of_scipy():
    random = np.random.default_rng(3)
    for places in (1, 2, 7):
        weights = random.integers(1, 50, places)
        shares = random.random((50, places))
        for own, fit in zip(shares, operating.isotonic(shares, weights), strict=True):
            expected = scipy.optimize.isotonic_regression(own, weights=weights).x
            np.testing.assert_allclose(fit, expected, rtol=1e-12)


def test_crossing_without_signals():
    places, none = np.array([1.0, 2]), np.zeros(2, int)
    assert np.isnan(operating.crossing(places, none, none, 0.5, False)).all()
    # Places without signals are left out.
    half = operating.crossing(
        np.array([1.0, 2, 3]), np.array([10, 0, 0]), np.array([10, 0, 10]), 0.5, False
    )
    assert half.value == 2


def test_intervals_of_crossings_hold_the_truth():
    """A share that falls as a logistic function, with 0.5 at 5 kpc."""
    random, held = np.random.default_rng(2), 0
    places, trials = np.arange(1.0, 11), np.full(10, 300)
    truth = 1 / (1 + np.exp((places - 5) / 1.2))
    for _ in range(60):
        found = random.binomial(trials, truth)
        ends = operating.crossing(places, found, trials, 0.5, rising=False)
        held += ends.low <= 5 <= ends.high
    assert held >= 51
