"""Differences of rates: by hand, against other code, and how often intervals hold the truth."""

import numpy as np
import pytest
from scipy import stats

from ccsncam.results import paired


def test_paired_by_hand():
    """Bonett & Price: of 10 samples 3 are right in the one alone, and 1 in the other alone."""
    found = paired.of_samples(np.array([1, 1, 1, -1, 0, 0, 0, 0, 0, 0]))
    one, two = 4 / 12, 2 / 12
    half = stats.norm.ppf(0.975) * np.sqrt((one + two - (one - two) ** 2) / 12)
    assert found.mean == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((one - two - half, one - two + half))
    assert found.n == 10


def test_paired_without_differences_and_without_samples():
    same = paired.of_samples(np.zeros(100))
    assert same.mean == 0
    assert -same.low == pytest.approx(same.high)
    # Up to three of a hundred further samples may differ.
    assert 0.02 < same.high < 0.03
    assert np.isnan(paired.of_samples(np.zeros(0))[:3]).all()
    assert paired.of_samples(np.ones(3)).high == 1


def test_means_over_seeds_vary_less():
    """A sample that one of two seeds has right counts half."""
    random = np.random.default_rng(1)
    seeds = random.integers(-1, 2, (2, 1000))
    one, both = paired.of_samples(seeds[0]), paired.of_samples(seeds.mean(axis=0))
    assert (both.high - both.low) == pytest.approx((one.high - one.low) / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("count", [30, 500])
@pytest.mark.parametrize("probabilities", [(0.1, 0.05), (0.02, 0.02), (0.3, 0.1)])
def test_paired_intervals_hold_the_truth(count, probabilities):
    """95 % of intervals, within what 4000 draws can tell; few differences make them wider."""
    random = np.random.default_rng(count)
    more, less = probabilities
    draws = random.choice([1, -1, 0], (4000, count), p=[more, less, 1 - more - less])
    ends = [paired.of_samples(draw)[1:3] for draw in draws]
    held = np.mean([low <= more - less <= high for low, high in ends])
    assert 0.94 < held <= 1
    if count == 500:
        assert held < 0.965


def test_an_unpaired_interval_is_wider_where_samples_agree():
    random = np.random.default_rng(2)
    base = random.random(2000) < 0.6
    other = base ^ (random.random(2000) < 0.02)
    own = paired.of_samples(other.astype(float) - base)
    apart = paired.of_counts([other.sum(), base.sum()], [2000, 2000])
    assert own.mean == pytest.approx(apart.mean)
    assert apart.high - apart.low > 3 * (own.high - own.low)


def test_counts_are_those_of_newcombe():
    """Method 10 in Table II of Newcombe 1998: 56/70 and 48/80, 9/10 and 3/10."""
    found = paired.of_counts([56, 48], [70, 80])
    assert found[:3] == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    found = paired.of_counts([9, 3], [10, 10])
    assert found[:3] == pytest.approx((0.6, 0.1705, 0.8090), abs=5e-5)
    assert np.isnan(paired.of_counts([0, 3], [0, 10])[:3]).all()


def test_seeds_are_student_s():
    found = paired.of_seeds([0.01, 0.03, 0.05])
    low, high = stats.ttest_1samp([0.01, 0.03, 0.05], 0).confidence_interval(0.95)
    assert found[:3] == pytest.approx((0.03, low, high))
    two = paired.of_seeds([0.02, 0.04])
    assert (two.high - two.mean) / 0.02 == pytest.approx(6.353, abs=1e-3)
    equal = paired.of_seeds([0.02, 0.02])
    assert equal.mean == 0.02
    assert np.isnan([equal.low, equal.high]).all()
    one = paired.of_seeds([0.02])
    assert one.mean == 0.02
    assert np.isnan([one.low, one.high]).all()


def test_other_seeds_are_welch_s():
    one, two = [0.5, 0.6, 0.55], [0.4, 0.41]
    expected = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    found = paired.apart(one, two)
    assert (found.low, found.high) == pytest.approx(tuple(expected))
    assert np.isnan(paired.apart([0.5], two).low)
    same = paired.apart([0.5, 0.5], [0.4, 0.4])
    assert same.mean == pytest.approx(0.1)
    assert np.isnan([same.low, same.high]).all()
