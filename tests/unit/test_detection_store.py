import numpy as np
import pytest
from made_backgrounds import make_background, make_clusters

from ccsncam.detection.store import COLUMNS, Background, joined, write


def same(one, other):
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


def test_what_is_written_is_read(tmp_path):
    zero = make_clusters([1.5], slide=0)
    first = make_background(make_clusters([3.0, 9.0, 7.0]), 1e4, zero, floor=2.5)
    second = make_background(make_clusters([]), 50.0, split="validation", pieces=2)
    path = tmp_path / "seed-0.h5"
    write(path, [second, first])
    for expected in (first, second):
        found = Background.read(path, expected.split)
        same(found, expected)
        same(found.zero_lag, expected.zero_lag)
        np.testing.assert_array_equal(found.exposure, expected.exposure)
        for name in ("live_time", "slides", "stride", "cluster", "duration", "floor", "seed"):
            assert getattr(found, name) == getattr(expected, name)
        for name in ("piece_time", "zero_time", "split", "detectors", "classes", "origin"):
            assert getattr(found, name) == getattr(expected, name)
    # Same content, same bytes.
    write(tmp_path / "again.h5", [second, first])
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def test_a_split_that_is_missing_is_said_in_one_line(tmp_path):
    write(tmp_path / "seed-0.h5", [make_background(make_clusters([1.0]), 10.0)])
    with pytest.raises(ValueError, match=r"seed-0\.h5: not a whole file.*validation"):
        Background.read(tmp_path / "seed-0.h5", "validation")


def test_the_order_does_not_depend_on_the_parts():
    clusters = make_clusters([4.0, 1, 4, 4, 2], pieces=[[3], [1], [2], [2], [0]])
    split = [type(clusters)(**clusters.columns([row])) for row in (4, 1, 0, 3, 2)]
    same(joined(split).loudest_first(), clusters)
    np.testing.assert_array_equal(clusters.statistic, [4, 4, 4, 2, 1])
    np.testing.assert_array_equal(clusters.piece[:, 0], [2, 2, 3, 0, 1])
    assert len(clusters.loudest_first(2)) == 2
