"""Deletion and insertion: the order of pixels, and the ends of the curves."""

import numpy as np
import pytest
from scipy import stats

from ccsncam.saliency.curves import Mixed, baseline, curves, ranks
from ccsncam.saliency.scores import log_probability, logits

pytestmark = pytest.mark.usefixtures("tensorflow")


def test_ranks_put_ties_in_no_order():
    maps = np.zeros((400, 4, 5))
    maps[:, 1, 2], maps[:, 3, 4] = 2, 1
    places = ranks(maps, 0)
    assert (np.sort(places.reshape(400, -1), axis=1) == np.arange(20)).all()
    assert (places[:, 1, 2] == 0).all()
    assert (places[:, 3, 4] == 1).all()
    first = places[:, 0, 0]
    assert stats.chisquare(np.bincount(first, minlength=20)[2:]).pvalue > 1e-3


def test_curves_begin_and_end_where_they_must(network, images, target):
    other = baseline("blurred", images, None)
    assert other.shape == images.shape
    places = ranks(images.mean(axis=-1), 0)
    deletion, insertion = curves(network, images, places, target, other)
    ends = [np.exp(log_probability(logits(network, x), target)) for x in (images, other)]
    np.testing.assert_allclose(deletion[:, [0, -1]].T, ends, rtol=1e-6)
    np.testing.assert_allclose(insertion[:, [-1, 0]].T, ends, rtol=1e-6)
    half = images.copy()
    half[places < round(0.5 * places[0].size)] = other[places < round(0.5 * places[0].size)]
    middle = np.exp(log_probability(logits(network, half), target))
    np.testing.assert_allclose(deletion[:, 10], middle, rtol=1e-6)
    half = other.copy()
    half[places < round(0.3 * places[0].size)] = images[places < round(0.3 * places[0].size)]
    shown = np.exp(log_probability(logits(network, half), target))
    np.testing.assert_allclose(insertion[:, 6], shown, rtol=1e-6)


def test_mixed_images_are_made_share_by_share():
    start, end = np.zeros((2, 2, 2, 1)), np.ones((2, 2, 2, 1))
    places = np.array([[[0, 1], [2, 3]], [[3, 2], [1, 0]]])
    mixed = Mixed(start, end, places, np.array([0, 0.5, 1]))
    assert len(mixed) == 6
    found = mixed[0:100][..., 0]
    np.testing.assert_array_equal(found[:2], start[..., 0])
    np.testing.assert_array_equal(found[2:4], [[[1, 1], [0, 0]], [[0, 0], [1, 1]]])
    np.testing.assert_array_equal(found[4:], end[..., 0])
    np.testing.assert_array_equal(mixed[3:5][..., 0], found[3:5])
