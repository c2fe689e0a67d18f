"""Images seen through their maps, and all measures of a method together."""

import numpy as np
import pytest
from test_classifier import write

from ccsncam.config.saliency import Saliency
from ccsncam.network.chain import Network
from ccsncam.saliency.faithfulness import Judged, explain_dataset, judge, through
from ccsncam.saliency.maps import maps
from ccsncam.saliency.randomisation import DRAWS
from ccsncam.saliency.scores import log_probability, logits
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import WHOLE, Parts

pytestmark = pytest.mark.usefixtures("tensorflow")


def test_maps_of_ones_drop_nothing_and_empty_maps_are_counted(network, images, target):
    ones = np.ones((9, 8, 4), np.float32)
    ones[2] = 0
    before = log_probability(logits(network, images), target)
    found = through(network, images, ones, target, before)
    np.testing.assert_allclose(np.delete(found["drop"], 2), 0, atol=1e-4)
    assert found["empty"].tolist() == [k == 2 for k in range(9)]
    black = log_probability(logits(network, 0 * images), target)
    np.testing.assert_allclose(found["after"][2], black[2], rtol=1e-5)


def test_randomisation_is_undone(network, images, target):
    before = network.model.get_weights()
    own = maps(network, "smooth-grad", images, target)
    known = log_probability(logits(network, images), target)
    samples = Judged(images, np.zeros_like(images), own, target, known)
    found = judge(network, "smooth-grad", samples, 0)
    for one, other in zip(before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert found["randomised_ssim"].shape == (9, 4, DRAWS)
    assert np.nanmean(found["randomised_correlation"][:, -1]) < 0.9
    # Each draw has weights of its own.
    assert len(np.unique(found["randomised_correlation"][0, -1])) == DRAWS


def test_maps_that_do_not_see_the_network_are_alike_in_every_draw(network, images, target):
    known = log_probability(logits(network, images), target)
    found = {}
    for method in ("input", "grad-cam"):
        own = maps(network, method, images, target)
        samples = Judged(images, np.zeros_like(images), own, target, known)
        found[method] = judge(network, method, samples, 0)
    np.testing.assert_allclose(found["input"]["randomised_correlation"], 1)
    np.testing.assert_allclose(found["input"]["randomised_ssim"], 1)
    # Others are compared anew at each step.
    steps = found["grad-cam"]["randomised_ssim"].reshape(len(images), -1)
    assert (np.ptp(steps, axis=1) > 0).all()


def test_maps_of_strain_are_judged_by_every_measure(serial, target):
    """The samples that make the logit are deleted first by a map that knows them."""
    model, seconds = serial
    network, before = Network(model, "conv2"), model.get_weights()
    known = log_probability(logits(network, seconds), target)
    found = {}
    for method in ("grad-cam", "integrated-gradients", "random"):
        own = maps(network, method, seconds, target)
        samples = Judged(seconds, np.zeros_like(seconds), own, target, known)
        found[method] = judge(network, method, samples, 0)
        assert all(np.isfinite(values).mean() > 0.9 for values in found[method].values())
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    area = {method: one["deletion_noise"].mean() for method, one in found.items()}
    assert area["integrated-gradients"] < area["random"] - 0.02
    road = {method: one["road"].mean() for method, one in found.items()}
    assert road["integrated-gradients"] > road["random"]


@pytest.mark.parametrize("aim", ["label", "predicted"])
def test_a_data_set_is_explained(network, tmp_path, aim):
    write(tmp_path / "data.h5", 12, 0)
    data = DataSet.open(tmp_path / "data.h5")
    rows, shape = np.array([1, 2, 4]), data.image_shape
    with Parts.create(tmp_path / "parts.h5", rows, shape, ["g_mode"], data.attributes()) as writer:
        writer.write(np.arange(3), dict.fromkeys(WHOLE, np.zeros((3, *shape), "f4")))
    parts, values = Parts.read(tmp_path / "parts.h5"), logits(network, data.spectrograms)
    prediction = values.argmax(axis=1)
    block = Saliency(layer="conv2", options={}, target=aim)
    found = explain_dataset(network, "grad-cam", data, parts, values, block, 0)
    images, target = data.images(), data.column("label") if aim == "label" else prediction
    np.testing.assert_array_equal(found.target, target)
    np.testing.assert_array_equal(found.map, maps(network, "grad-cam", images, target))
    assert found.target.dtype == "i4"
    before = log_probability(values, target)
    whole = through(network, images, found.map, target, before)
    np.testing.assert_array_equal(found.drop, whole["drop"])
    field = through(network, images, found.map, target, before, "field")
    variant = found.variants["cells at their receptive fields"]
    np.testing.assert_array_equal(variant["drop"], field["drop"])
    np.testing.assert_allclose(found.subset["drop"], field["drop"][rows], rtol=1e-5)
    assert list(found.variants) == ["after the ReLU", "cells at their receptive fields"]
    assert found.layers == ["logits", "dense1", "conv2", "conv1"]
    assert found.black.sum() == pytest.approx(1)
