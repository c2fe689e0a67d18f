import h5py
import numpy as np
import pytest
from made_results import CLASSES, ORIGIN

from ccsncam.saliency.shown import ROOT, NoSample, ShownSample, ShownSamples


def sample(rule=None):
    random = np.random.default_rng(0)
    return ShownSample(
        image=random.random((4, 3, 2), np.float32),
        maps={"ones": np.ones((4, 3), np.float32), "grad-cam": random.random((4, 3), np.float32)},
        names={"ones": "all ones", "grad-cam": "Grad-CAM"},
        prediction=1,
        target=2,
        probability=np.array([0.1, 0.8, 0.1]),
        label=0,
        network_snr=0.0,
        snr=np.zeros(2),
        distance_kpc=np.nan,
        row=7,
        rule=rule,
    )


def collected(samples):
    return ShownSamples(
        samples=samples,
        classes=CLASSES,
        detectors=["H1", "L1"],
        dataset="test-1kpc",
        frequencies=np.arange(4) * 16.0,
        times=np.arange(3) / 32,
        origin=ORIGIN,
    )


def assert_same(found, written):
    for name in ("prediction", "target", "label", "network_snr", "row", "rule", "names"):
        assert getattr(found, name) == getattr(written, name)
    for name in ("image", "probability", "snr", "distance_kpc"):
        np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
    assert found.maps.keys() == written.maps.keys()
    for method, values in written.maps.items():
        np.testing.assert_array_equal(found.maps[method], values)


def test_panels_are_read_as_they_were_written(tmp_path):
    samples = {
        "gallery/noise": sample("right"),
        "gallery/a": NoSample("loud"),
        "glitch": sample(""),
    }
    written = collected(samples)
    written.write(tmp_path / "examples.h5")
    found = ShownSamples.read(tmp_path / "examples.h5")
    assert found.samples.keys() == samples.keys()
    assert found.samples["gallery/a"] == NoSample("loud")
    for panel in ("gallery/noise", "glitch"):
        assert_same(found.samples[panel], samples[panel])
    for name in ("classes", "detectors", "dataset", "origin"):
        assert getattr(found, name) == getattr(written, name)
    np.testing.assert_array_equal(found.frequencies, written.frequencies)
    np.testing.assert_array_equal(found.times, written.times)
    with pytest.raises(ValueError, match=r"not one sample.*gallery/noise"):
        _ = found.sample


def test_a_single_sample_lies_in_the_root_group(tmp_path):
    collected({ROOT: sample()}).write(tmp_path / "one.h5")
    assert_same(ShownSamples.read(tmp_path / "one.h5").sample, sample())
    with h5py.File(tmp_path / "one.h5") as file:
        assert file["image"].shape == (4, 3, 2)
        assert file.attrs["row"] == 7
