from dataclasses import replace

# GWpy changes the settings of Matplotlib when it is imported. Those of our figures come after it.
import gwpy.plot  # noqa: F401
import numpy as np
import pytest
from test_classifier import small

from ccsncam.network import classifier, device
from ccsncam.network.architecture import count_parameters
from ccsncam.network.chain import Network


@pytest.fixture(scope="session")
def tensorflow():
    """TensorFlow, set up before any test computes with it: later it takes no settings."""
    device.prepare(threads=2)


@pytest.fixture(scope="module")
def network(tensorflow):
    """A small network of three classes, one for each module of tests."""
    return Network(classifier.build(small(), (22, 14, 2), 3, seed=4))


@pytest.fixture(scope="module")
def serial(tensorflow):
    """A small network on strain of two detectors, and nine pieces of strain, (9, 1, 512, 2)."""
    seconds = np.random.default_rng(5).standard_normal((9, 1, 512, 2)).astype(np.float32)
    counts = count_parameters((4, 3), (8,), seconds.shape[1:], 3, "strain")
    sizes = dict(zip(("parameters", "features"), counts, strict=True))
    block = replace(small(), network="strain", **sizes)
    model = classifier.build(block, seconds.shape[1:], 3, seed=4)
    # The running means and variances are no longer those of an untrained network.
    model(seconds * 2, training=True)
    return model, seconds


@pytest.fixture(scope="module")
def images():
    """Images of the small network's shape, (9, 22, 14, 2)."""
    return np.random.default_rng(1).random((9, 22, 14, 2), np.float32)


@pytest.fixture(scope="module")
def target():
    """A class for each of the nine images."""
    return np.arange(9) % 3
