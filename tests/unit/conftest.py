import pytest

from ccsncam.network import device


@pytest.fixture(scope="session")
def tensorflow():
    """TensorFlow, set up before any test computes with it: later it takes no settings."""
    device.prepare(threads=2)
