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
