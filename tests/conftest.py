import os
from pathlib import Path

import pytest
import yaml
from jobs import make_inputs

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root():
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def real_data():
    """The folder of real strain and waveforms, where the environment names one."""
    folder = os.environ.get("CCSNCAM_DATA")
    if not folder:
        pytest.skip("CCSNCAM_DATA names no folder of real data")
    return Path(folder)


@pytest.fixture(scope="session")
def config(root):
    """The default configuration, with little noise."""
    values = yaml.safe_load((root / "config/config.yaml").read_text())
    for live in values["noise"]["simulated"]["live_time"].values():
        live.update(dict.fromkeys(live, 128))
    return values


@pytest.fixture(scope="session")
def made(root, config, tmp_path_factory):
    """Waveforms of three classes and training noise of three detectors."""
    return make_inputs(root, config, tmp_path_factory.mktemp("made"), ("m39", "s25", "z100_sfho"))
