"""t-SNE and the separation of classes."""

import logging

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ccsncam.plots import embedding
from ccsncam.results import separation


def blobs(distance):
    random = np.random.default_rng(0)
    label = np.repeat(np.arange(3), 40)
    return random.standard_normal((120, 20)) + distance * np.eye(20)[label], label


def test_far_classes_are_apart_and_near_ones_are_not():
    found = {}
    for distance in (0, 20):
        features, label = blobs(distance)
        points = separation.embed(features, 1)
        assert points.shape == (120, 2)
        table = separation.separation(features, points, label, ["noise", "a", "b"])
        found[distance] = table.set_index(["space", "class"])
    assert (found[20]["knn_accuracy"] == 1).all()
    assert (found[20]["silhouette"] > 0.5).all()
    assert (found[0].loc["plane", "knn_accuracy"] < 0.7).all()
    assert abs(found[0].loc[("features", "all"), "silhouette"]) < 0.05
    assert found[0].loc[("plane", "a"), "n"] == 40


def test_the_same_seed_gives_the_same_points():
    features, _ = blobs(5)
    np.testing.assert_array_equal(separation.embed(features, 3), separation.embed(features, 3))


@pytest.mark.parametrize(
    ("each", "silhouette", "accuracy"),
    [(1, False, False), (2, True, False), (4, True, False), (5, True, True)],
)
def test_what_a_run_is_too_small_for_is_left_out_and_said(each, silhouette, accuracy, caplog):
    label = np.repeat(np.arange(3), each)
    features = np.random.default_rng(0).standard_normal((3 * each, 20)) + 9 * np.eye(20)[label]
    points = separation.embed(features, 1)
    assert points.shape == (3 * each, 2)
    with caplog.at_level(logging.WARNING):
        table = separation.separation(features, points, label, ["noise", "a", "b"])
    assert table["silhouette"].notna().all() == silhouette
    assert table["knn_accuracy"].notna().all() == accuracy
    assert ("silhouette is left out: a class has one sample only" in caplog.text) != silhouette
    few = f"knn_accuracy is left out: {3 * each} samples, {each} in the smallest class, are too few"
    assert (few in caplog.text) != accuracy


def test_two_classes_of_the_fewest_samples():
    """Eight samples of four folds hold no ten neighbours."""
    label = np.repeat([0, 1], 5)
    features = np.random.default_rng(0).standard_normal((10, 4)) + 9 * np.eye(4)[label]
    points = separation.embed(features, 1)
    table = separation.separation(features, points, label, ["noise", "a"])
    assert table["knn_accuracy"].isna().all()
    assert (table["n"] == [10, 5, 5, 10, 5, 5]).all()


@pytest.mark.parametrize(
    ("silhouette", "accuracy", "title"),
    [
        (0.5, 0.75, "silhouette 0.50, 10-NN accuracy 75.0 %"),
        (0.5, np.nan, "silhouette 0.50, 10-NN accuracy of too few samples"),
        (np.nan, np.nan, "silhouette of too few samples, 10-NN accuracy of too few samples"),
    ],
)
def test_figure_6_says_what_is_left_out(silhouette, accuracy, title):
    measures = {"silhouette": silhouette, "knn_accuracy": accuracy}
    spaces = [{"space": space, "class": "all"} | measures for space in ("features", "plane")]
    points, label = np.eye(2, dtype="f4"), np.arange(2)
    figure = embedding.embedding(points, label, pd.DataFrame(spaces), ["noise", "s18"])
    assert figure.axes[0].get_title() == f"features: {title}; t-SNE plane: {title}"
    plt.close(figure)
