"""Saliency maps against values by hand, finite differences, and pytorch-grad-cam."""

import os
import subprocess

import numpy as np
import pytest
from scipy.special import expit
from test_classifier import small

from ccsncam import classifier, saliency

# One image of 2 × 2, two channels A₁ = 2x - 0.5 and A₂ = 1 - 2x, and a logit
# y₀ = ReLU(A₁)₀₀ + 2 ReLU(A₁)₁₀ + ReLU(A₂)₀₁; the other logit is 0.
IMAGE = np.array([[1, 0], [0.5, 0]], np.float32)[None, ..., None]
FIRST = np.array([[1.5, -0.5], [0.5, -0.5]])
SECOND = np.array([[-1, 1], [0, 1]])


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    classifier.prepare(threads=2)


@pytest.fixture(scope="module")
def tiny():
    import keras
    from keras import layers

    image = x = keras.Input((2, 2, 1))
    x = layers.Conv2D(2, 1, name="conv2")(x)
    x = layers.ReLU()(x)
    x = layers.Flatten()(x)
    model = keras.Model(image, layers.Dense(2, name="logits")(x))
    model.get_layer("conv2").set_weights([np.array([[[[2, -2]]]]), np.array([-0.5, 1])])
    # Flattened as (row, column, channel).
    weights = np.zeros((8, 2))
    weights[[0, 4, 3], 0] = [1, 2, 1]
    model.get_layer("logits").set_weights([weights, np.zeros(2)])
    return saliency.Network(model, "conv2")


@pytest.fixture(scope="module")
def network():
    return saliency.Network(classifier.build(small(), (22, 14, 2), 3, seed=4))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((7, 22, 14, 2), np.float32)


def positive(first, second):
    return np.maximum(first * FIRST + second * SECOND, 0)


@pytest.mark.parametrize(
    ("method", "options", "expected"),
    [
        ("grad-cam", {}, positive(3 / 4, 1 / 4)),
        ("grad-cam", {"post_relu": True}, [[1.125, 0.25], [0.375, 0.25]]),
        ("grad-cam++", {}, positive(1 / 3 + 2 / 4, 1 / 3)),
        ("grad-cam++", {"normalise_alpha": True}, positive(10 / 7, 1)),
        ("score-cam", {}, positive(expit(2.5) - expit(1), 0)),
        ("score-cam", {"score": "logit"}, positive(1.5, 0)),
        (
            "score-cam",
            {"score": "logit", "channel_softmax": True},
            positive(expit(1.5), expit(-1.5)),
        ),
        ("hires-cam", {}, [[1.5, 1], [1, 0]]),
        ("layer-cam", {}, [[1.5, 1], [1, 0]]),
        ("ablation-cam", {}, positive(2.5, 1)),
        ("integrated-gradients", {"steps": 400}, [[1.5, 0], [1, 0]]),
    ],
)
def test_methods_by_hand(tiny, method, options, expected):
    found = saliency.maps(tiny, method, IMAGE, [0], **options)
    np.testing.assert_allclose(found[0], expected, atol=2e-6 if "steps" not in options else 1e-2)


def test_the_slope_of_a_class_that_does_not_depend_on_the_image(tiny):
    for method in ("grad-cam", "grad-cam++", "hires-cam", "layer-cam", "ablation-cam"):
        assert not saliency.maps(tiny, method, IMAGE, [1]).any()


def test_eigen_cam_is_the_first_principal_direction(network, images):
    maps = network.head(images).numpy().reshape(7, -1, 3).astype(float)
    for centred in (False, True):
        found = saliency.maps(network, "eigen-cam", images, np.zeros(7), centred=centred)
        for one, values in zip(found.reshape(7, -1), maps, strict=True):
            values = values - centred * values.mean(axis=0)
            direction = np.linalg.svd(values)[2][0]
            along = values @ direction
            along *= np.sign(along[np.abs(along).argmax()])
            np.testing.assert_allclose(one, np.maximum(along, 0), atol=1e-5)


def test_slopes_are_those_of_finite_differences(network, images):
    """Grad-CAM's weights, and SmoothGrad without noise."""
    target = np.arange(7) % 3
    maps = network.head(images).numpy()
    weights = np.empty((7, 3))
    for channel in range(3):
        steps = []
        for sign in (1, -1):
            moved = maps.copy()
            moved[..., channel] += sign * 1e-3
            steps.append(network.tail(moved).numpy()[np.arange(7), target])
        # A step of all cells at once is the sum of the slopes.
        weights[:, channel] = (steps[0] - steps[1]) / 2e-3 / maps[0, ..., 0].size
    expected = np.maximum(np.einsum("nk,nhwk->nhw", weights, maps), 0)
    found = saliency.maps(network, "grad-cam", images, target)
    np.testing.assert_allclose(found, expected, atol=0.02 * expected.max())
    slopes = saliency.maps(network, "smooth-grad", images, target, copies=1, spread=0.0)
    moved = images.copy()
    moved[:, 9, 6, 0] += 1e-2
    moved[:, 9, 6, 1] += 0
    before, after = (saliency.logits(network, x)[np.arange(7), target] for x in (images, moved))
    assert np.all(np.abs(after - before) / 1e-2 <= slopes[:, 9, 6] * 1.2 + 1e-3)


def test_integrated_gradients_add_up_to_the_change_of_the_logit(network, images):
    target = np.arange(7) % 3
    parts = saliency.maps(network, "integrated-gradients", images, target, signed=True, steps=200)
    change = saliency.logits(network, images) - saliency.logits(network, 0 * images)
    expected = change[np.arange(7), target]
    np.testing.assert_allclose(parts.sum(axis=(1, 2, 3)), expected, atol=2e-3)


def test_a_map_depends_neither_on_the_batch_nor_on_its_neighbours(network, images):
    many = np.tile(images, (60, 1, 1, 1))
    target = np.arange(len(many)) % 3
    for method in saliency.METHODS:
        all_of = saliency.maps(network, method, many, target)
        np.testing.assert_allclose(
            all_of[405:411], saliency.maps(network, method, many[405:411], target[405:411]), 1e-4
        )
        assert (all_of >= 0).all()


@pytest.mark.parametrize("layer", ["conv1", "pool1", "relu2"])
def test_any_layer_can_be_explained(network, images, layer):
    other = saliency.Network(network.model, layer)
    found = saliency.maps(other, "grad-cam", images, np.zeros(7, int))
    assert found.shape[1:] == other.map_shape
    with pytest.raises(ValueError, match=r"conv9.*conv1"):
        saliency.Network(network.model, "conv9")


def test_receptive_fields(network):
    """The cell (2, 1) of the layer sees a window whose centre is where `positions` says."""
    import tensorflow as tf

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


def test_up_sampling(network):
    import tensorflow as tf

    maps = np.random.default_rng(2).random((3, *network.map_shape), np.float32)
    found = saliency.upsample(maps, network.stretch())
    expected = tf.image.resize(maps[..., None], (22, 14)).numpy()[..., 0]
    np.testing.assert_allclose(found, expected, atol=1e-6)
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


def test_probabilities_near_one():
    values = np.array([[40.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    expected = -np.log1p(2 * np.exp(-40)), -np.log(3)
    np.testing.assert_allclose(saliency.log_probability(values, [0, 1]), expected)
    np.testing.assert_allclose(saliency.log_odds(values, [0, 1]), [40 - np.log(2), -np.log(2)])


def test_controls_and_strangers(network, images):
    assert (saliency.maps(network, "ones", images, np.zeros(7)) == 1).all()
    random = saliency.maps(network, "random", images, np.zeros(7), seed=3)
    assert random.shape == (7, *network.map_shape)
    np.testing.assert_array_equal(random, saliency.maps(network, "random", images, range(7), 3))
    itself = saliency.maps(network, "input", images, np.zeros(7))
    np.testing.assert_allclose(itself, images.mean(axis=-1))
    with pytest.raises(ValueError, match=r"cam\+\+\+.*grad-cam"):
        saliency.maps(network, "cam+++", images, np.zeros(7))
    zero = saliency.scaled(np.stack([np.zeros((2, 2)), np.eye(2) * 4]))
    np.testing.assert_array_equal(zero, [np.zeros((2, 2)), np.eye(2)])


@pytest.fixture(scope="module")
def theirs(network, images, tmp_path_factory, root):
    """Maps by pytorch-grad-cam."""
    python = os.environ.get("CCSNCAM_TORCH")
    if not python:
        pytest.skip("CCSNCAM_TORCH names no python with the dependency group compare")
    folder = tmp_path_factory.mktemp("torch")
    weights = {
        f"{layer.name}/{k}": value
        for layer in network.model.layers
        for k, value in enumerate(layer.get_weights())
    }
    np.savez(folder / "in.npz", images=images, target=np.arange(7) % 3, **weights)
    script = root / "tests/benchmarks/torch_cam.py"
    methods = ("grad-cam", "grad-cam++", "hires-cam", "layer-cam", "score-cam")
    command = [python, script, folder / "in.npz", folder / "out.npz", "2", "7", *methods]
    subprocess.run(list(map(str, command)), check=True)
    return np.load(folder / "out.npz")


def ranged(maps):
    """From 0 to 1, as pytorch-grad-cam does before and after it up-samples."""
    low, high = (edge(axis=(1, 2), keepdims=True) for edge in (maps.min, maps.max))
    return (maps - low) / (high - low + 1e-7)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("grad-cam", {}),
        ("grad-cam++", {"epsilon": 1e-6}),
        ("hires-cam", {}),
        ("layer-cam", {}),
        ("score-cam", {"score": "logit", "channel_softmax": True, "alignment": "corners"}),
    ],
)
def test_pytorch_grad_cam_agrees(network, images, theirs, method, options):
    """With the switches that make the published variants those of that library."""
    target = np.arange(7) % 3
    np.testing.assert_allclose(theirs["logits"], saliency.logits(network, images), atol=1e-5)
    found = ranged(saliency.maps(network, method, images, target, **options))
    found = ranged(saliency.upsample(found, network.stretch()))
    np.testing.assert_allclose(found, theirs[method], atol=1e-5)
