"""Attribution of saliency to the modes of samples of a data set."""

import numpy as np
import pytest
from test_classifier import write

from ccsncam.config.saliency import Saliency
from ccsncam.saliency.attributing import attribute
from ccsncam.saliency.maps import maps, upsample
from ccsncam.saliency.modes import on_regions, regions, removal
from ccsncam.saliency.scores import logits
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import OF_MODES, WHOLE, Parts

ROWS = np.array([1, 2, 4, 5])


@pytest.fixture(scope="module")
def taken_apart(tmp_path_factory):
    """A data set, and parts of two modes; the first sample does not have the second mode."""
    folder = tmp_path_factory.mktemp("parts")
    write(folder / "data.h5", 12, 0)
    data, random = DataSet.open(folder / "data.h5"), np.random.default_rng(0)
    shape, modes = data.image_shape, ["g_mode", "sasi"]
    with Parts.create(folder / "parts.h5", ROWS, shape, modes, data.attributes()) as writer:
        writer.write(np.arange(4), {name: random.random((4, *shape), "f4") for name in WHOLE})
        for mode, first in (("g_mode", 0), ("sasi", 1)):
            values = {name: random.random((4 - first, *shape), "f4") for name in OF_MODES}
            writer.write_mode(np.arange(first, 4), mode, values)
    return data, Parts.read(folder / "parts.h5")


@pytest.mark.parametrize("aim", ["label", "predicted"])
def test_saliency_is_attributed_to_modes(network, taken_apart, aim):
    data, parts = taken_apart
    block = Saliency(layer="conv2", options={"grad-cam": {"post_relu": True}}, target=aim)
    found = attribute(network, data, parts, ["grad-cam", "ones"], block, 0)
    images = data.images(ROWS)
    prediction = logits(network, images).argmax(axis=1)
    target = data.column("label", ROWS) if aim == "label" else prediction
    np.testing.assert_array_equal(found.prediction, prediction)
    np.testing.assert_array_equal(found.target, target)
    cells = regions(parts.signal_power.sum(axis=-1), parts.mode_power.sum(axis=-1))
    own = maps(network, "grad-cam", images, target, post_relu=True)
    share, pointing = on_regions(upsample(own, network.stretch("reach")), cells)
    np.testing.assert_array_equal(found.methods["grad-cam"]["share"], share)
    np.testing.assert_array_equal(found.methods["grad-cam"]["pointing"], pointing)
    change, without = removal(network, images, target, parts.without)
    np.testing.assert_array_equal(found.mode_change, change)
    np.testing.assert_array_equal(found.mode_prediction, without)
    # The map of ones lies on each region as chance has it.
    ones = found.methods["ones"]
    np.testing.assert_allclose(ones["share"], ones["area"])
    assert np.isnan(found.power[0, 2])
    assert np.isnan(found.methods["power"]["pointing"]).all()
    assert np.isnan(ones["tau_share"]).tolist() == [True, False, False, False]
    assert found.detector_change.shape == (4, 2)
    assert list(found.methods) == ["grad-cam", "ones", "power"]
