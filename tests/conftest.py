import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))


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
