"""ROAD against dense linear algebra, and on a network whose decisive pixels are known."""

import numpy as np
import pytest

from ccsncam.network.backend import keras
from ccsncam.network.chain import Network
from ccsncam.saliency.curves import ranks
from ccsncam.saliency.imputation import NOISE, impute, road

pytestmark = pytest.mark.usefixtures("tensorflow")


def test_imputation_solves_its_equations(images):
    """Against a dense solution: each removed pixel is the weighted mean of its neighbours."""
    removed = np.random.default_rng(3).random((9, 22, 14)) < 0.7
    filled = impute(images, removed, 0).astype(float)
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
    solved = np.linalg.solve(matrix, right) + NOISE * noise[0][removed[0]]
    np.testing.assert_allclose(filled[0][removed[0]], solved, atol=1e-5)


def test_removed_strain_is_a_straight_line_between_what_is_left():
    """In one row, the mean of both neighbours; beyond the last one left, its value goes on."""
    strain = np.random.default_rng(1).standard_normal((2, 1, 300, 2)).astype(np.float32)
    removed = np.random.default_rng(2).random((2, 1, 300)) < 0.7
    noise = np.random.default_rng(0).standard_normal(strain.shape, np.float32)
    filled = impute(strain, removed, 0)
    for one, gone, seen, added in zip(strain, removed, filled, noise, strict=True):
        left = np.flatnonzero(~gone[0])
        for channel in range(2):
            line = np.interp(np.arange(300), left, one[0, left, channel])
            expected = np.where(gone[0], line + NOISE * added[0, :, channel], one[0, :, channel])
            np.testing.assert_allclose(seen[0, :, channel], expected, atol=1e-5)


def test_road_prefers_the_pixels_that_matter(images):
    """A network that sums one corner: a map of the corner beats one of the opposite corner."""
    layers = keras.layers
    image = keras.Input((22, 14, 2))
    x = layers.Flatten()(layers.Conv2D(1, 1, name="conv2")(image))
    model = keras.Model(image, layers.Dense(2, name="logits")(x))
    model.get_layer("conv2").set_weights([np.ones((1, 1, 2, 1)), np.zeros(1)])
    corner = np.zeros((22, 14))
    corner[:6, :5] = 1
    model.get_layer("logits").set_weights(
        [np.stack([0.5 * corner.ravel(), 0 * corner.ravel()], axis=1), np.array([-12.0, 0])]
    )
    network = Network(model)
    bright = images * 0.1
    bright[:, :6, :5] += 0.5
    target = np.zeros(9, int)
    good, bad = (
        road(network, bright, ranks(maps, 0), target, 0)
        for maps in (np.tile(corner, (9, 1, 1)), np.tile(corner[::-1, ::-1], (9, 1, 1)))
    )
    assert (good > 0.05).all()
    assert (bad < good - 0.05).all()
