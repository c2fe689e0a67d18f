"""Deletion and insertion: the order of pixels, and the ends of the curves."""

import numpy as np
import pytest
from scipy import stats

from ccsncam.saliency.curves import baseline, curves, ranks
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
