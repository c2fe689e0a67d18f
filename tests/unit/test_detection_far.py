"""Rates of thresholds and thresholds of rates."""

import numpy as np
import pytest
from made_backgrounds import make_background, make_clusters

from ccsncam.detection import far


@pytest.fixture(scope="module")
def background():
    """1000 clusters in 1e5 s, with statistics 1 to 1000."""
    return make_background(make_clusters(np.arange(1, 1001)), 1e5)


def test_rate_by_hand(background):
    found = far.rate(background, 991.0)
    assert found.count == 10
    assert found.per_second == pytest.approx(1e-4)
    # Garwood's interval of ten counts.
    assert found.low * 1e5 == pytest.approx(4.795389, rel=1e-6)
    assert found.high * 1e5 == pytest.approx(18.390356, rel=1e-6)


def test_no_counts_are_bounded_by_three_over_the_live_time(background):
    found = far.rate(background, 1000.5)
    assert (found.per_second, found.low, found.count) == (0, 0, 0)
    assert found.high * 1e5 == pytest.approx(2.995732, rel=1e-6)


def test_below_the_floor_there_is_no_rate():
    background = make_background(make_clusters([5.0, 6.0]), 10.0, floor=5.0)
    assert far.rate(background, 5.0).count == 2
    with pytest.raises(ValueError, match=r"no cluster below a statistic of 5, .*keep"):
        far.rate(background, 4.9)
    with pytest.raises(ValueError, match=r"2 clusters of 10 s are kept.*needs 3; raise"):
        far.threshold(background, 0.3)
    with pytest.raises(ValueError, match="positive rate"):
        far.threshold(background, 0.0)


def test_threshold_is_the_inverse_of_the_rate(background):
    for count in (1, 7, 100, 1000):
        found = far.threshold(background, count / 1e5)
        assert found.reached
        assert far.rate(background, found.value).count == count
        assert found.low <= found.value <= found.high
    # Ten are expected; 95 % of Poisson's counts are 4 to 17.
    found = far.threshold(background, 1e-4)
    assert (found.low, found.value, found.high) == (983, 991, 997)


def test_beyond_the_live_time_no_threshold_is_made_up(background):
    found = far.threshold(background, 0.9e-5)
    assert not found.reached
    assert found.value == found.low == 1000
    assert found.high == np.inf
    # One expected cluster is enough, but chance may leave none.
    found = far.threshold(background, 1e-5)
    assert found.reached
    assert (found.value, found.high) == (1000, np.inf)
    empty = make_background(make_clusters([]), 10.0)
    assert far.threshold(empty, 0.01) == (-np.inf, -np.inf, np.inf, False)


def test_intervals_of_rates_hold_the_true_rate():
    random = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        background = make_background(make_clusters(np.ones(random.poisson(20))), 100.0)
        found = far.rate(background, 0.5)
        held += found.low <= 0.2 <= found.high
    # Garwood's interval holds it at least 95 times in 100: 380 ± 4.4 of 400.
    assert held >= 380 - 3 * 4.4


def test_one_glitchy_piece_widens_the_interval():
    """All clusters come from one piece of the first detector, met by all pieces of the others."""
    pieces = np.stack([np.zeros(50), np.arange(50), np.arange(50)[::-1]], axis=1)
    glitchy = make_background(make_clusters(np.ones(50), pieces), 5000.0, pieces=50)
    even = make_background(make_clusters(np.ones(50)), 5000.0, pieces=50)
    assert far.spread(even, 50) == 1
    # The first detector adds (49² + 49)/50 · 50/49 = 50, the others 0, less twice Poisson's part.
    assert far.spread(glitchy, 50) == pytest.approx(50 - 2)
    wide, plain = (far.rate(glitchy, 1.0, blocks=blocks) for blocks in (True, False))
    assert wide.per_second == plain.per_second
    assert wide.high > 3 * plain.high
    assert wide.low < plain.low / 3
    assert far.rate(even, 1.0, blocks=True) == far.rate(even, 1.0)
    assert far.threshold(glitchy, 0.01, blocks=True).reached


def test_the_spread_is_that_of_many_backgrounds():
    """Pieces of one detector are glitchy to different degrees: counts scatter as `spread` says."""
    random = np.random.default_rng(1)
    size, counts, said = 40, [], []
    for _ in range(400):
        loud = random.gamma(1.0, 1.0, size) * 2
        first = np.repeat(np.arange(size), random.poisson(loud))
        others = random.integers(0, size, (len(first), 2))
        pieces = np.column_stack([first, others])
        found = make_background(make_clusters(np.ones(len(first)), pieces), 4000.0, pieces=size)
        counts.append(len(first))
        said.append(far.spread(found, len(first)))
    # The mean is 80, and the variance 80 of Poisson and 40 · 4 of the pieces: three times as much.
    scatter = np.var(counts) / np.mean(counts)
    assert scatter == pytest.approx(3, rel=0.25)
    assert np.mean(said) == pytest.approx(scatter, rel=0.2)


def test_exclusive_leaves_out_candidates():
    """A loud cluster at zero lag: its window in the first detector also made background."""
    zero = make_clusters([50.0, 3.0], pieces=[[7], [1]], slide=0)
    pieces = np.array([[7, 0, 1], [7, 1, 2], [2, 7, 3], [4, 5, 6]])
    offsets = np.full((4, 3), 4096)
    # More than a window away in the same piece.
    offsets[1, 0] += 8192
    clusters = make_clusters([40.0, 30.0, 20.0, 10.0], pieces, offsets)
    background = make_background(clusters, 2e5, zero)
    assert len(far.candidates(background)) == 1
    assert far.candidates(background).statistic[0] == 50
    found = far.exclusive(background)
    np.testing.assert_array_equal(found.statistic, [30, 10])
    # Three detectors lose two windows of 61 s in 200 s of exposure each.
    assert found.live_time == pytest.approx(2e5 - 3 * 200 * 2 / 61)
    quiet = make_background(clusters, 2e5, make_clusters([3.0], slide=0))
    assert far.exclusive(quiet) is quiet
