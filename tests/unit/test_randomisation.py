import numpy as np
import pytest

from ccsncam.saliency.randomisation import layers, randomise, similarity

pytestmark = pytest.mark.usefixtures("tensorflow")


def test_randomisation_cascades(network):
    before = network.model.get_weights()
    assert layers(network.model) == ["logits", "dense1", "conv2", "conv1"]
    seen = []
    for name in randomise(network.model, 0):
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


def test_similarity_of_a_map_with_itself():
    maps = np.random.default_rng(0).random((3, 22, 14)).astype(np.float32)
    np.testing.assert_allclose(similarity(maps, maps), 1, atol=1e-6)


def test_similarity_of_maps_of_one_row():
    """The mean over windows of 11 cells, with the weights of a Gaussian of 1.5 cells."""
    one, other = np.random.default_rng(0).random((2, 3, 1, 40)).astype(np.float32)
    weights = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    weights /= weights.sum()
    expected = []
    for a, b in zip(one[:, 0].astype(float), other[:, 0].astype(float), strict=True):
        views = np.lib.stride_tricks.sliding_window_view(np.stack([a, b]), 11, axis=1)
        mean = views @ weights
        away = views - mean[..., None]
        (aa, bb), ab = (away**2) @ weights, (away[0] * away[1]) @ weights
        bright = (2 * mean[0] * mean[1] + 1e-4) / (mean[0] ** 2 + mean[1] ** 2 + 1e-4)
        expected.append(np.mean(bright * (2 * ab + 9e-4) / (aa + bb + 9e-4)))
    np.testing.assert_allclose(similarity(one, other), expected, rtol=1e-3)
    np.testing.assert_allclose(similarity(one, one), 1, atol=1e-6)
