"""t-SNE and the separation of classes."""

import numpy as np

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
