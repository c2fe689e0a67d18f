"""A background of real strain that holds a real signal: GW150914."""

import numpy as np
import pytest
from made_backgrounds import ORIGIN

from ccsncam.config.blocks import Band, Sampling, Signal, Spectrogram
from ccsncam.config.detection import BackgroundSearch
from ccsncam.config.noise import NoiseSource, Whitening
from ccsncam.detection import background, far, plan
from ccsncam.noise import folder
from ccsncam.noise.making import NoiseRequest, make_noise
from ccsncam.noise.store import Noise

EVENT, BEGIN, CEILING = 1126259462.42, 1126259446, 1000.0
SAMPLING = Sampling(
    Signal(4096, 11.0, 0.1, (0.0, 0.15), 20.0, 1600.0),
    Spectrogram(256, 128, 1500.0, "power", "fixed", CEILING),
    coincident=False,
)


def loudest_cell(images):
    """Power of the loudest cell of 48 to 192 Hz, summed over the detectors."""
    power = CEILING * images[:, 3:13].max(axis=(1, 2)).sum(axis=-1)
    return np.stack([np.zeros_like(power), power], axis=-1)


@pytest.fixture
def noise(real_data, tmp_path):
    """Three pieces of 8 s in H1 and L1; the signal is in the second."""
    ranges = [[BEGIN + 2, BEGIN + 26]]
    found = []
    for detector in ("H1", "L1"):
        source = {
            "source": "files",
            "segment_duration": 8,
            "ranges": ranges,
            "files": {"channel": "", "quality": ["DATA"], "injections": [], "plain": {}},
        }
        files = folder.files_for(real_data / "strain/gw150914", detector, ranges)
        request = NoiseRequest(
            seed=0,
            split="test",
            detector=detector,
            noise=NoiseSource.of(source),
            whitening=Whitening(2, 1),
            band=Band(4096, 20.0, 1600.0),
        )
        make_noise(tmp_path / f"test-{detector}.h5", files, request)
        found.append(Noise.read(tmp_path / f"test-{detector}.h5"))
    return found


def test_gw150914_is_a_candidate_and_no_part_of_the_exclusive_background(noise):
    search = BackgroundSearch({"test": 1.0}, 3, 1.0, 10_000.0)
    laid_out = plan.plan(noise, SAMPLING, search, "test")
    about = plan.About(["noise", "signal"], ORIGIN, 0)
    part = background.part_of(loudest_cell, laid_out, (0, 1), about)
    found = plan.merged(laid_out, [part])
    # The window at zero lag is the loudest of all, and holds the event in both detectors.
    assert found.zero_lag.statistic[0] > found.statistic[0]
    assert (found.zero_lag.gps[0] < EVENT).all()
    assert (found.zero_lag.gps[0] > EVENT - 1).all()
    # In slides one detector has the signal, and it makes the loudest of the background.
    since = EVENT - found.gps[0]
    assert np.count_nonzero((since > 0) & (since < 1)) == 1
    candidates = far.candidates(found, chance=0.1)
    assert len(candidates) == 1
    assert candidates.statistic[0] == found.zero_lag.statistic[0]
    exclusive = far.exclusive(found, chance=0.1)
    since = EVENT - exclusive.gps
    assert not ((since > 0.05) & (since < 0.95)).any()
    assert exclusive.statistic[0] < found.statistic[0] / 2
    assert 0.5 < exclusive.live_time / found.live_time < 1
