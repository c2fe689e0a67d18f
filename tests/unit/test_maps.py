"""Saliency maps against values by hand, finite differences, and pytorch-grad-cam."""

import os
import subprocess

import numpy as np
import pytest
from scipy.special import expit, softmax
from test_classifier import small, write

from ccsncam.config.saliency import Saliency
from ccsncam.network import classifier
from ccsncam.network.backend import keras, tf
from ccsncam.network.chain import Network
from ccsncam.saliency.maps import (
    METHODS,
    Picked,
    explain,
    explain_rows,
    maps,
    scaled,
    shown_samples,
    upsample,
)
from ccsncam.saliency.scores import logits
from ccsncam.saliency.shown import ROOT
from ccsncam.samples.dataset import DataSet

pytestmark = pytest.mark.usefixtures("tensorflow")

# One image of 2 × 2, two channels A₁ = 2x - 0.5 and A₂ = 1 - 2x, and a logit
# y₀ = ReLU(A₁)₀₀ + 2 ReLU(A₁)₁₀ + ReLU(A₂)₀₁; the other logit is 0.
IMAGE = np.array([[1, 0], [0.5, 0]], np.float32)[None, ..., None]
FIRST = np.array([[1.5, -0.5], [0.5, -0.5]])
SECOND = np.array([[-1, 1], [0, 1]])


@pytest.fixture(scope="module")
def tiny():
    layers = keras.layers
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
    return Network(model, "conv2")


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
    found = maps(tiny, method, IMAGE, [0], **options)
    np.testing.assert_allclose(found[0], expected, atol=2e-6 if "steps" not in options else 1e-2)


def test_the_slope_of_a_class_that_does_not_depend_on_the_image(tiny):
    for method in ("grad-cam", "grad-cam++", "hires-cam", "layer-cam", "ablation-cam"):
        assert not maps(tiny, method, IMAGE, [1]).any()


def test_eigen_cam_is_the_first_principal_direction(network, images):
    cells = network.head(images).numpy().reshape(7, -1, 3).astype(float)
    for centred in (False, True):
        found = maps(network, "eigen-cam", images, np.zeros(7), centred=centred)
        for one, values in zip(found.reshape(7, -1), cells, strict=True):
            values = values - centred * values.mean(axis=0)
            direction = np.linalg.svd(values)[2][0]
            along = values @ direction
            along *= np.sign(along[np.abs(along).argmax()])
            np.testing.assert_allclose(one, np.maximum(along, 0), atol=1e-5)


def test_slopes_are_those_of_finite_differences(network, images):
    """Grad-CAM's weights, and SmoothGrad without noise."""
    target = np.arange(7) % 3
    cells = network.head(images).numpy()
    weights = np.empty((7, 3))
    for channel in range(3):
        steps = []
        for sign in (1, -1):
            moved = cells.copy()
            moved[..., channel] += sign * 1e-3
            steps.append(network.tail(moved).numpy()[np.arange(7), target])
        # A step of all cells at once is the sum of the slopes.
        weights[:, channel] = (steps[0] - steps[1]) / 2e-3 / cells[0, ..., 0].size
    expected = np.maximum(np.einsum("nk,nhwk->nhw", weights, cells), 0)
    found = maps(network, "grad-cam", images, target)
    np.testing.assert_allclose(found, expected, atol=0.02 * expected.max())
    slopes = maps(network, "smooth-grad", images, target, copies=1, spread=0.0)
    moved = images.copy()
    moved[:, 9, 6, 0] += 1e-2
    moved[:, 9, 6, 1] += 0
    before, after = (logits(network, x)[np.arange(7), target] for x in (images, moved))
    assert np.all(np.abs(after - before) / 1e-2 <= slopes[:, 9, 6] * 1.2 + 1e-3)


def test_integrated_gradients_add_up_to_the_change_of_the_logit(network, images):
    target = np.arange(7) % 3
    parts = maps(network, "integrated-gradients", images, target, signed=True, steps=200)
    change = logits(network, images) - logits(network, 0 * images)
    expected = change[np.arange(7), target]
    np.testing.assert_allclose(parts.sum(axis=(1, 2, 3)), expected, atol=2e-3)


@pytest.mark.parametrize("changes", [{"network": "averaged"}, {"extra": ("scales",)}])
def test_they_add_up_where_the_network_scales_its_images(images, changes):
    """A darker image is the same picture to such a network, so the path is one of pictures."""
    model = classifier.build(small(**changes), (22, 14, 2), 3, seed=4)
    network, target = Network(model, "conv2"), np.arange(7) % 3
    parts = maps(network, "integrated-gradients", images, target, signed=True, steps=200)
    dark = network.picture(tf.zeros((7, 22, 14, 2)))
    change = network.logits(images) - network.behind(network.front(dark), network.beside(images))
    expected = change.numpy()[np.arange(7), target]
    assert np.abs(expected).max() > 0.05
    found = parts.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())


@pytest.fixture(scope="module", params=["linear", "relu"])
def first_layer(request):
    """A network whose first layer is affine, and one whose first layer is not."""
    layers = keras.layers
    keras.utils.set_random_seed(5)
    image = x = keras.Input((22, 14, 2))
    x = layers.Conv2D(4, 3, activation=request.param, bias_initializer="random_normal")(x)
    x = layers.Conv2D(3, 3, activation="tanh", name="conv2")(x)
    model = keras.Model(image, layers.Dense(3, name="logits")(layers.Flatten()(x)))
    return Network(model, "conv2")


def test_slopes_through_an_affine_front_are_those_of_the_whole_network(first_layer, images):
    """Step by step and through all layers, as the papers of both methods have it."""
    target, span = np.arange(7) % 3, np.ptp(images, axis=(1, 2, 3), keepdims=True)

    def slope(points):
        points = tf.constant(points, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(points)
            score = tf.gather(first_layer.logits(points), target, batch_dims=1)
        return tape.gradient(score, points).numpy()

    path = np.mean([slope(images * (step + 0.5) / 8) for step in range(8)], axis=0)
    found = maps(first_layer, "integrated-gradients", images, target, signed=True, steps=8)
    np.testing.assert_allclose(found, images * path, atol=1e-5 * np.abs(path).max())
    copies = np.random.default_rng(4).standard_normal((4, 22, 14, 2), np.float32)
    mean = np.mean([slope(images + 0.15 * span * copy) for copy in copies], axis=0)
    found = maps(first_layer, "smooth-grad", images, target, copies=4)
    expected = np.abs(mean).sum(axis=-1)
    np.testing.assert_allclose(found, expected, atol=1e-5 * expected.max())


def test_a_map_depends_neither_on_the_batch_nor_on_its_neighbours(network, images):
    many = np.tile(images, (60, 1, 1, 1))
    target = np.arange(len(many)) % 3
    for method in METHODS:
        all_of = maps(network, method, many, target)
        np.testing.assert_allclose(
            all_of[405:411], maps(network, method, many[405:411], target[405:411]), 1e-4
        )
        assert (all_of >= 0).all()


def test_up_sampling(network):
    cells = np.random.default_rng(2).random((3, *network.map_shape), np.float32)
    found = upsample(cells, network.stretch())
    expected = tf.image.resize(cells[..., None], (22, 14)).numpy()[..., 0]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_controls_and_strangers(network, images):
    assert (maps(network, "ones", images, np.zeros(7)) == 1).all()
    random = maps(network, "random", images, np.zeros(7), seed=3)
    assert random.shape == (7, *network.map_shape)
    np.testing.assert_array_equal(random, maps(network, "random", images, range(7), 3))
    itself = maps(network, "input", images, np.zeros(7))
    np.testing.assert_allclose(itself, images.mean(axis=-1))
    with pytest.raises(ValueError, match=r"cam\+\+\+.*grad-cam"):
        maps(network, "cam+++", images, np.zeros(7))
    zero = scaled(np.stack([np.zeros((2, 2)), np.eye(2) * 4]))
    np.testing.assert_array_equal(zero, [np.zeros((2, 2)), np.eye(2)])


def test_a_sample_of_a_data_set_is_explained(network, tmp_path):
    write(tmp_path / "data.h5", 6, 0)
    data = DataSet.open(tmp_path / "data.h5")
    block = Saliency(layer="conv2", options={"grad-cam": {"post_relu": True}}, target="label")
    shown = ["grad-cam", "ones"]
    (found,) = explain_rows(network, [Picked(data, 4, "the fourth")], block, shown)
    image = data.images([4])
    expected = maps(network, "grad-cam", image, [1], post_relu=True)
    expected = scaled(upsample(expected, network.stretch("reach")))
    np.testing.assert_array_equal(found.maps["grad-cam"], expected[0])
    np.testing.assert_array_equal(found.image, image[0])
    np.testing.assert_allclose(found.probability, softmax(logits(network, image)[0]))
    assert (found.label, found.target, found.row, found.rule) == (1, 1, 4, "the fourth")
    assert found.prediction == found.probability.argmax()
    assert found.names == {"grad-cam": "Grad-CAM", "ones": "all ones"}
    predicted = Saliency(layer="conv2", options={}, target="predicted")
    assert explain(network, image, [2], predicted, ["ones"])[0].target == found.prediction
    file = shown_samples({ROOT: found}, data)
    assert file.sample is found
    assert (file.classes, file.dataset) == (["noise", "a", "b"], "data")


def test_samples_that_are_explained_together_are_those_of_each_alone(network, tmp_path):
    write(tmp_path / "one.h5", 6, 0)
    write(tmp_path / "other.h5", 6, 1)
    one, other = DataSet.open(tmp_path / "one.h5"), DataSet.open(tmp_path / "other.h5")
    block = Saliency(layer="conv2", options={}, target="predicted")
    picked = [Picked(one, 4), Picked(other, 4, "why"), Picked(one, 0)]
    together = explain_rows(network, picked, block)
    for pick, found in zip(picked, together, strict=True):
        (alone,) = explain_rows(network, [pick], block)
        assert (found.row, found.rule, found.label) == (alone.row, alone.rule, alone.label)
        assert found.target == alone.target
        np.testing.assert_array_equal(found.image, alone.image)
        for method, values in alone.maps.items():
            np.testing.assert_array_equal(found.maps[method], values)
    assert not np.array_equal(together[0].image, together[1].image)
    assert explain_rows(network, [], block) == []


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
    np.testing.assert_allclose(theirs["logits"], logits(network, images), atol=1e-5)
    found = ranged(maps(network, method, images, target, **options))
    found = ranged(upsample(found, network.stretch()))
    np.testing.assert_allclose(found, theirs[method], atol=1e-5)
