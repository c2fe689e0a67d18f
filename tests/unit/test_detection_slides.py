"""Time slides: live time by hand, no combination twice, nothing at the same time."""

import itertools

import numpy as np
import pytest

from ccsncam.detection.slides import LIGHT, Layout, time_slides, whole_pieces, zero_lag

HOP = 1 / 32


def layout(*starts, frames=32 * 7, stride=3):
    """Pieces of 7 s by default: (224 - 31) // 3 + 1 = 65 windows each."""
    return Layout([np.array(one, float) for one in starts], frames, 31, stride, HOP, 1.0)


def windows_of(found, one):
    """GPS times of every single window, shape (window, detector)."""
    times = []
    for piece, frame, count in zip(found.piece, found.frame, found.windows, strict=True):
        start = [starts[row] for starts, row in zip(one.starts, piece, strict=True)]
        steps = np.arange(count) * one.stride * HOP
        times.append(np.array(start) + frame * HOP + steps[:, None])
        assert (frame + (count - 1) * one.stride + one.width <= one.frames).all()
        assert (frame >= 0).all()
    return np.concatenate(times)


def test_live_time_by_hand():
    """Two detectors with a gap each: H1 has 0, 8, 40; L1 has 0, 24. One pairing is of one time."""
    one = layout([0, 8, 40], [0, 24])
    # 3 · 2 pairings without the one of 0 with 0, of 65 windows each.
    found = time_slides(one, 5 * 65 * 3 * HOP)
    assert found.windows.sum() == 5 * 65
    assert sorted(map(tuple, found.piece)) == [(0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert len(set(found.slide)) == 2
    # 1.0425 s are 12 windows of 0.09375 s, so there are ceil(65 / 12) = 6 lags in a piece. In the
    # five lags that are not 0, the piece (0, 0) is used as well, in two stretches: by 12, 24, 36,
    # 48 or 60 windows. A lag of 60 windows goes round to 5 windows, which is too near.
    everything = time_slides(one, np.inf)
    assert everything.windows.sum() == 5 * 65 + 5 * 6 * 65 - 60
    both = (everything.piece == 0).all(axis=1)
    assert sorted(everything.windows[both]) == [5, 12, 17, 24, 29, 36, 41, 48, 53]


def test_time_that_overlaps_in_part():
    """The pieces start 2.5 s apart. Windows 2.5 s apart hold no common wave; others do."""
    one = layout([100.0], [102.5])
    found = time_slides(one, 1e-9)
    assert found.windows.tolist() == [65]
    zero = zero_lag(one)
    assert zero.frame.tolist() == [[80, 0]]
    # (224 - 31 - 80) // 3 + 1
    assert zero.windows.tolist() == [38]
    near = layout([100.0], [101.0])
    assert (np.abs(np.diff(windows_of(time_slides(near, np.inf), near))) >= 1 + LIGHT).all()


@pytest.mark.parametrize(
    "starts",
    [
        ([0, 7, 14, 30], [0, 7, 14, 30]),
        ([0, 7, 14], [0, 7, 14], [0, 7, 14]),
        ([0, 7, 14, 21, 28], [3, 10], [0.3, 21, 60]),
        ([0, 7], [0, 7], [0, 7], [0, 7]),
        ([0], [0], [0]),
    ],
)
def test_no_combination_comes_twice_and_none_is_at_one_time(starts):
    one = layout(*starts, stride=8)
    found = time_slides(one, np.inf)
    times = windows_of(found, one)
    assert len(times) == found.windows.sum() > 0
    assert len(np.unique(times.round(6), axis=0)) == len(times)
    for first, second in itertools.combinations(range(len(starts)), 2):
        assert (np.abs(times[:, first] - times[:, second]) >= 1 + LIGHT - 1e-9).all()


def test_slides_are_taken_until_the_time_is_reached():
    starts = np.arange(20) * 7.0
    one = layout(starts, starts, starts)
    seconds = 65 * 3 * HOP
    short, long = time_slides(one, 50.5 * seconds), time_slides(one, 95 * seconds)
    assert (short.windows.sum(), long.windows.sum()) == (51 * 65, 95 * 65)
    # The shorter one is the beginning of the longer one.
    beginning = long.take(slice(len(short)))
    for name in ("piece", "frame", "windows", "slide"):
        np.testing.assert_array_equal(getattr(short, name), getattr(beginning, name))
    # Early slides share no pair of pieces of any two detectors.
    for first, second in itertools.combinations(range(3), 2):
        pairs = long.piece[:, [first, second]]
        assert len(np.unique(pairs, axis=0)) == len(pairs)
    heard = short.heard([20, 20, 20])
    # Two slides and a half of 20 pieces; the pairings of one piece with itself are left out.
    assert heard[0][0] == 3 * 65
    assert [counts.sum() for counts in heard] == [51 * 65] * 3


def test_zero_lag_of_gaps_by_hand():
    """H1 has 0-7 and 10-17, L1 has 3-10 and 10-17, V1 has 3-10 and 11-18."""
    found = zero_lag(layout([0, 10], [3, 10], [3, 11]))
    assert found.piece.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert found.frame.tolist() == [[96, 0, 0], [32, 32, 0]]
    assert found.windows.tolist() == [(224 - 31 - 96) // 3 + 1, (224 - 31 - 32) // 3 + 1]
    assert len(zero_lag(layout([0.0], [7.0]))) == 0


def test_one_detector_has_its_noise_and_no_slides():
    one = layout([0, 7, 30])
    found = whole_pieces(one)
    assert found.windows.tolist() == [65] * 3
    assert not found.slide.any()
    assert len(zero_lag(one)) == len(whole_pieces(layout([0.0], frames=30))) == 0
