"""A network that is cut behind a layer: receptive fields, and maps at the size of the image."""

import numpy as np
import pytest
from test_classifier import small

from ccsncam.network import classifier
from ccsncam.network.architecture import layers_of
from ccsncam.network.backend import tf
from ccsncam.network.chain import Network
from ccsncam.saliency import randomisation
from ccsncam.saliency.maps import METHODS, maps
from ccsncam.saliency.names import CONTROLS

pytestmark = pytest.mark.usefixtures("tensorflow")


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((7, 22, 14, 2), np.float32)


@pytest.mark.parametrize("layer", ["conv1", "pool1", "relu2"])
def test_any_layer_can_be_explained(network, images, layer):
    other = Network(network.model, layer)
    found = maps(other, "grad-cam", images, np.zeros(7, int))
    assert found.shape[1:] == other.map_shape
    with pytest.raises(ValueError, match=r"conv9.*conv1"):
        Network(network.model, "conv9")


def test_receptive_fields(network):
    """The cell (2, 1) of the layer sees a window whose centre is where `positions` says."""
    (down, top), (right, left) = network.positions()
    size = 50
    noise = np.random.default_rng(0).standard_normal((size, 22, 14, 2)).astype(np.float32)
    image = tf.constant(noise)
    with tf.GradientTape() as tape:
        tape.watch(image)
        cell = network.head(image)[:, 2, 1]
    seen = np.abs(tape.gradient(cell, image).numpy()).sum(axis=(0, 3)) > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert (rows[0] + rows[-1]) / 2 == top + 2 * down
    assert (columns[0] + columns[-1]) / 2 == left + right


def test_stretching(network):
    rows, columns = network.stretch("field")
    # Cell 3 lies at pixel 3.5 + 2 · 3 = 9.5, between pixels 9 and 10.
    np.testing.assert_allclose(rows[9, 2:5], [0.25, 0.75, 0])
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    np.testing.assert_allclose(columns[:4, 0], 1)
    # One step beyond the outermost centres the map ends; every cell has the same weight.
    rows, columns = network.stretch("reach")
    np.testing.assert_allclose(columns[:4, 0], [0, 0, 0.25, 0.75])
    np.testing.assert_allclose(rows.sum(axis=0), 2)
    np.testing.assert_allclose(network.stretch("corners")[0][[0, -1], [0, -1]], 1)


@pytest.mark.parametrize(
    ("kind", "filters", "layer"), [("averaged", (4, 3), "conv2"), ("track", (5,), "conv1")]
)
def test_other_networks_are_chains_too(images, kind, filters, layer):
    """Their layers of normalisation take the running means, not those of the batch."""
    model = classifier.build(small(network=kind, filters=filters), (22, 14, 2), 3, seed=4)
    model(images * 0.7, training=True)
    expected = model(images, training=False)[1]
    network = Network(model, layer)
    np.testing.assert_allclose(network.logits(images), expected, atol=1e-5)
    np.testing.assert_allclose(network.logits(images[:1]), expected[:1], atol=1e-5)
    assert network.head(images).shape[1:3] == network.map_shape
    assert [len(matrix) for matrix in network.stretch("field")] == [22, 14]
    kernels = [one.name for one in reversed(model.layers) if "norm" not in one.name and one.weights]
    assert list(randomisation.randomise(model, 1)) == kernels


@pytest.mark.parametrize(
    ("changes", "layer", "kernels"),
    [
        (
            {"network": "residual"},
            "block2",
            ["logits", "dense1", "block2_around", "block2_conv2", "block2_conv1", "conv1"],
        ),
        (
            {"network": "late"},
            "conv2",
            ["logits", "dense1", "conv2_1", "conv2_0", "conv1_1", "conv1_0"],
        ),
        ({"network": "late-shared"}, "conv2", ["logits", "dense1", "conv2_0", "conv1_0"]),
        ({"extra": ("scales",)}, "conv2", ["logits", "dense1", "conv2", "conv1"]),
    ],
)
def test_links_of_a_chain_may_hold_layers(images, changes, layer, kernels):
    """Any layer can be explained, and every kernel is randomised."""
    model = classifier.build(small(**changes), (22, 14, 2), 3, seed=4)
    model(images * 0.7, training=True)
    expected = model(images, training=False)[1]
    for name in layers_of(changes.get("network", "paper"), (4, 3)):
        network = Network(model, name)
        np.testing.assert_allclose(network.logits(images), expected, atol=1e-5)
        assert network.head(images).shape[1:3] == network.map_shape
    network = Network(model, layer)
    assert [len(matrix) for matrix in network.stretch("field")] == [22, 14]
    for method in ("grad-cam", "ablation-cam"):
        found = maps(network, method, images, np.arange(7) % 3)
        assert np.isfinite(found).all()
        assert found.max() > 0, method
    before = model.get_weights()
    assert list(randomisation.randomise(model, 1)) == kernels
    pairs = zip(before, model.get_weights(), strict=True)
    changed = sum(not np.array_equal(*pair) for pair in pairs)
    assert changed >= len(kernels)


def test_a_network_on_strain_is_a_chain_too(serial):
    """Every layer can be explained, and its cells lie where their receptive fields are."""
    model, seconds = serial
    expected = model(seconds, training=False)[1]
    for name in layers_of("strain", (4, 3)):
        network = Network(model, name)
        np.testing.assert_allclose(network.logits(seconds), expected, atol=1e-5)
        assert network.map_shape[0] == 1
    # A cell sees 16 samples; four cells are pooled, and the next filter sees 16 of those.
    assert network.positions() == [(1.0, 0.0), (16.0, 7.5 + 1.5 + 4 * 7.5 + 6)]
    for alignment in ("image", "corners", "field", "reach"):
        rows, columns = network.stretch(alignment)
        assert rows.tolist() == [[1.0]]
        assert columns.shape == (512, network.map_shape[1])
        assert columns.max() <= 1
    # What is larger than 6 standard deviations counts as 6.
    loud, bounded = np.sign(seconds) * 6, np.sign(seconds) * 400
    np.testing.assert_array_equal(network.logits(loud), network.logits(bounded))
    assert np.abs(network.logits(loud) - network.logits(loud * 0.9)).max() > 0.01
    kernels = ["logits", "dense1", "conv2", "conv1"]
    before = model.get_weights()
    assert list(randomisation.randomise(model, 1)) == kernels
    model.set_weights(before)


@pytest.mark.parametrize("method", [*METHODS, *CONTROLS])
def test_every_method_explains_strain(serial, method):
    """Also with its sign, a map has no negative value; contributions add up to the logit."""
    model, seconds = serial
    network, target = Network(model, "conv2"), np.arange(9) % 3
    found = maps(network, method, seconds, target)
    size = (1, 512) if method in ("integrated-gradients", "smooth-grad", "input") else (1, 109)
    assert found.shape == (9, *size)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() > 0
    if method == "integrated-gradients":
        parts = maps(network, method, seconds, target, signed=True, steps=200)
        logits = network.logits(seconds).numpy() - network.logits(np.zeros_like(seconds)).numpy()
        aimed = logits[np.arange(9), target]
        np.testing.assert_allclose(parts.sum(axis=(1, 2, 3)), aimed, atol=0.02)


def test_a_padded_block_keeps_the_centres(images):
    """The cell (2, 1) of a block sees a window whose centre is that of the cell before it."""
    model = classifier.build(small(network="residual"), (22, 14, 2), 3, seed=4)
    pooled, block = (Network(model, name).positions() for name in ("pool1", "block2"))
    assert pooled == block


def test_branches_see_their_own_detector(images):
    """With shared weights, other detectors in another order are other channels in that order."""
    for kind in ("late", "late-shared"):
        model = classifier.build(small(network=kind), (22, 14, 2), 3, seed=4)
        head = Network(model, "conv2").head
        cells, other = head(images).numpy(), images.copy()
        other[..., 1] = 1 - other[..., 1]
        changed = np.abs(head(other) - cells).max(axis=(0, 1, 2)) > 1e-6
        # Filters of the first detector are the first three.
        assert not changed[:3].any()
        assert changed[3:].any()
        swapped = head(np.ascontiguousarray(images[..., ::-1])).numpy()
        same = np.allclose(swapped, np.roll(cells, 3, axis=-1), atol=1e-6)
        assert same == (kind == "late-shared")
