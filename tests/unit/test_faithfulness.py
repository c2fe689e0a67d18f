"""Measures of faithfulness against values by hand and dense linear algebra."""

import numpy as np
import pytest
from scipy import stats
from test_classifier import small

from ccsncam import classifier, faithfulness, methods, saliency


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    classifier.prepare(threads=2)


@pytest.fixture(scope="module")
def network():
    return saliency.Network(classifier.build(small(), (22, 14, 2), 3, seed=4))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((9, 22, 14, 2), np.float32)


@pytest.fixture(scope="module")
def target():
    return np.arange(9) % 3


def test_drop_and_increase_by_hand():
    before, after = np.log([0.8, 0.5, 0.9]), np.log([0.2, 0.6, 0.9])
    np.testing.assert_allclose(faithfulness.drop(before, after), [75, 0, 0], atol=1e-12)
    np.testing.assert_array_equal(faithfulness.increase(before, after), [0, 1, 0])


def test_increase_where_both_probabilities_are_one_in_single_precision():
    logits = np.array([[40.0, 0, 0], [41.0, 0, 0]])
    before, after = saliency.log_probability(logits, [0, 0])[:, None]
    assert faithfulness.increase(before, after) == 1
    assert faithfulness.increase(after, before) == 0


def test_maps_of_ones_drop_nothing_and_empty_maps_are_counted(network, images, target):
    ones = np.ones((9, 8, 4), np.float32)
    ones[2] = 0
    found = faithfulness.through(network, images, ones, target)
    np.testing.assert_allclose(np.delete(found["drop"], 2), 0, atol=1e-4)
    assert found["empty"].tolist() == [k == 2 for k in range(9)]
    black = saliency.log_probability(saliency.logits(network, 0 * images), target)
    np.testing.assert_allclose(found["after"][2], black[2], rtol=1e-5)


def test_adcc_by_hand():
    found = faithfulness.adcc(np.array([50, 0, 100]), np.array([0.5, 1, 1]), np.array([0.5, 0, 0]))
    np.testing.assert_allclose(found, [0.5, 1, 0])
    maps = np.random.default_rng(0).random((2, 6, 5))
    np.testing.assert_allclose(faithfulness.coherency(maps, maps), 1)
    np.testing.assert_allclose(faithfulness.coherency(maps, -maps), 0, atol=1e-12)
    np.testing.assert_allclose(faithfulness.coherency(maps, np.ones_like(maps)), 0.5)


def test_ranks_put_ties_in_no_order():
    maps = np.zeros((400, 4, 5))
    maps[:, 1, 2], maps[:, 3, 4] = 2, 1
    places = faithfulness.ranks(maps, 0)
    assert (np.sort(places.reshape(400, -1), axis=1) == np.arange(20)).all()
    assert (places[:, 1, 2] == 0).all()
    assert (places[:, 3, 4] == 1).all()
    first = places[:, 0, 0]
    assert stats.chisquare(np.bincount(first, minlength=20)[2:]).pvalue > 1e-3


def test_curves_begin_and_end_where_they_must(network, images, target):
    other = faithfulness.baseline("blurred", images, None)
    assert other.shape == images.shape
    places = faithfulness.ranks(images.mean(axis=-1), 0)
    deletion, insertion = faithfulness.curves(network, images, places, target, other)
    ends = [
        np.exp(saliency.log_probability(saliency.logits(network, x), target))
        for x in (images, other)
    ]
    np.testing.assert_allclose(deletion[:, [0, -1]].T, ends, rtol=1e-6)
    np.testing.assert_allclose(insertion[:, [-1, 0]].T, ends, rtol=1e-6)
    half = images.copy()
    half[places < round(0.5 * places[0].size)] = other[places < round(0.5 * places[0].size)]
    middle = np.exp(saliency.log_probability(saliency.logits(network, half), target))
    np.testing.assert_allclose(deletion[:, 10], middle, rtol=1e-6)


def test_imputation_solves_its_equations(images):
    """Against a dense solution: each removed pixel is the weighted mean of its neighbours."""
    removed = np.random.default_rng(3).random((9, 22, 14)) < 0.7
    filled = faithfulness.impute(images, removed, 0).astype(float)
    noise = np.random.default_rng(0).standard_normal(images.shape, np.float32)
    np.testing.assert_array_equal(filled[~removed], images[~removed])
    values = images[0].astype(float)
    rows = np.argwhere(removed[0])
    number = {tuple(row): k for k, row in enumerate(rows)}
    matrix, right = np.zeros((len(rows), len(rows))), np.zeros((len(rows), 2))
    for k, (i, j) in enumerate(rows):
        for a in (-1, 0, 1):
            for b in (-1, 0, 1):
                if (a, b) == (0, 0) or not (0 <= i + a < 22 and 0 <= j + b < 14):
                    continue
                weight = 1 / 6 if a == 0 or b == 0 else 1 / 12
                matrix[k, k] += weight
                if (i + a, j + b) in number:
                    matrix[k, number[i + a, j + b]] -= weight
                else:
                    right[k] += weight * values[i + a, j + b]
    solved = np.linalg.solve(matrix, right) + faithfulness.NOISE * noise[0][removed[0]]
    np.testing.assert_allclose(filled[0][removed[0]], solved, atol=1e-5)


def test_road_prefers_the_pixels_that_matter(images):
    """A network that sums one corner: a map of the corner beats one of the opposite corner."""
    import keras
    from keras import layers

    image = keras.Input((22, 14, 2))
    x = layers.Flatten()(layers.Conv2D(1, 1, name="conv2")(image))
    model = keras.Model(image, layers.Dense(2, name="logits")(x))
    model.get_layer("conv2").set_weights([np.ones((1, 1, 2, 1)), np.zeros(1)])
    corner = np.zeros((22, 14))
    corner[:6, :5] = 1
    model.get_layer("logits").set_weights(
        [np.stack([0.5 * corner.ravel(), 0 * corner.ravel()], axis=1), np.array([-12.0, 0])]
    )
    network = saliency.Network(model)
    bright = images * 0.1
    bright[:, :6, :5] += 0.5
    target = np.zeros(9, int)
    good, bad = (
        faithfulness.road(network, bright, faithfulness.ranks(maps, 0), target, 0)
        for maps in (np.tile(corner, (9, 1, 1)), np.tile(corner[::-1, ::-1], (9, 1, 1)))
    )
    assert (good > 0.05).all()
    assert (bad < good - 0.05).all()


def test_randomisation_cascades_and_is_undone(network, images, target):
    before = network.model.get_weights()
    maps = saliency.maps(network, "smooth-grad", images, target)
    noise = np.zeros_like(images)
    found = faithfulness.judge(network, "smooth-grad", images, maps, noise, target, 0)
    for one, other in zip(before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert faithfulness.layers(network.model) == ["logits", "dense1", "conv2", "conv1"]
    assert found["randomised_ssim"].shape == (9, 4, faithfulness.DRAWS)
    assert np.nanmean(found["randomised_correlation"][:, -1]) < 0.9
    # Each draw has weights of its own.
    assert len(np.unique(found["randomised_correlation"][0, -1])) == faithfulness.DRAWS
    seen = []
    for name in faithfulness.randomise(network.model, 0):
        now = network.model.get_weights()
        changed = [not np.array_equal(a, b) for a, b in zip(before[::2], now[::2], strict=True)]
        seen.append((name, changed))
    network.model.set_weights(before)
    # Kernels of conv1, conv2, dense1, logits.
    assert [changed for _, changed in seen] == [
        [False, False, False, True],
        [False, False, True, True],
        [False, True, True, True],
        [True, True, True, True],
    ]


def test_similarities():
    maps = np.random.default_rng(0).random((3, 22, 14)).astype(np.float32)
    np.testing.assert_allclose(faithfulness.rank_correlation(maps, maps**3), 1)
    expected = [stats.spearmanr(maps[k].ravel(), maps[2 - k].ravel())[0] for k in range(3)]
    np.testing.assert_allclose(faithfulness.rank_correlation(maps, maps[::-1]), expected)
    assert np.isnan(faithfulness.rank_correlation(maps, np.ones_like(maps))).all()
    np.testing.assert_allclose(faithfulness.similarity(maps, maps), 1, atol=1e-6)


def test_variants_of_table_1():
    found = methods.variants("grad-cam", {})
    assert found["after the ReLU"] == ({"post_relu": True}, "image")
    assert found["cells at their receptive fields"] == ({}, "field")
    # What the config asks for already is no variant of it; controls and others have none.
    assert list(methods.variants("grad-cam", {"post_relu": True})) == [
        "cells at their receptive fields"
    ]
    assert methods.variants("ones", {}) == methods.variants("eigen-cam", {}) == {}
