"""The file of the network's answer to a moment, its picture and its page."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib import pyplot

from ccsncam.moment.store import DetectorStrain, Event, ExplainedWindow, MomentResult
from ccsncam.origin import Origin
from ccsncam.plots.moment import picture
from ccsncam.plots.moment_page import page
from ccsncam.saliency.shown import Explanation

GPS = 1238303738.0


def explained(start, target, prediction):
    random = np.random.default_rng(target)
    found = Explanation(
        image=random.random((94, 31, 2), np.float32),
        maps={"score-cam": random.random((94, 31), np.float32)},
        names={"score-cam": "Score-CAM"},
        prediction=prediction,
        target=target,
        probability=np.array([0.6, 0.3, 0.1]),
    )
    return ExplainedWindow(start, found)


@pytest.fixture
def result():
    """Strain of H1, and nothing of L1."""
    start = np.arange(-1.8, 0.9, 0.25)
    return MomentResult(
        gps=GPS,
        run="tried",
        classes=["noise", "a", "b"],
        detectors=["H1", "L1"],
        dataset="validation-snr-20-50",
        frequencies=np.arange(94) * 16.0,
        times=np.arange(1, 32) / 32,
        origin=Origin("simulated", {"a": "surrogate", "b": "surrogate"}),
        missing="black",
        data=["H1"],
        begin=-2.0,
        trained_seconds=64,
        aside=(0.1, 1.1),
        validation_accuracy=0.875,
        events={"GW1": Event(GPS - 1.0, "GWTC-2.1-marginal")},
        start=start,
        probability=np.tile([0.6, 0.3, 0.1], (len(start), 1)),
        strain={
            "H1": DetectorStrain(16, True, "DATA set", ["/strain/h1.h5"], np.ones((94, 127), "f4")),
            "L1": DetectorStrain(0, False, "L1: no strain at GPS 1", [], None),
        },
        explained={"loudest": explained(0.45, 1, 0), "moment": explained(-0.05, 2, 2)},
    )


def same(one, other):
    """Whether two values, with all that they hold, are equal."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, tuple):
        return all(map(same, one, other))
    if hasattr(one, "__dataclass_fields__"):
        return same(vars(one), vars(other))
    return one == other


def test_what_is_written_is_read(result, tmp_path):
    result.write(tmp_path / "moment.h5")
    assert same(MomentResult.read(tmp_path / "moment.h5"), result)
    silent = replace(result, events={})
    silent.write(tmp_path / "moment.h5")
    assert same(MomentResult.read(tmp_path / "moment.h5"), silent)
    assert silent.mergers == ""


def test_what_a_picture_cannot_show_is_said(result):
    assert result.words == (
        "strain of H1; L1 without data (black in its place); short PSD (H1 16 s, in training 64 s)"
    )
    strain = result.strain | {"H1": replace(result.strain["H1"], psd_seconds=64, aside=False)}
    seeing = replace(result, strain=strain).words
    assert seeing.endswith("; PSD sees the moment and damps a loud signal (H1)")
    assert "short PSD" not in seeing
    # Not all marginal candidates are mergers.
    assert result.mergers == (
        "GW1 (GWTC-2.1-marginal) at -1.00 s: perhaps a compact binary merger, which is not one of "
        "the network's classes"
    )
    assert result.verdict("loudest") == ("a", "probability 0.300 (noise 0.600)")
    assert result.verdict("moment") == ("b", "probability 0.100")


def test_picture(result):
    figure = picture(result)
    above, below = figure.subfigs
    first, second, curves, *_ = above.axes
    assert first.texts[0].get_text() == "H1"
    assert second.texts[0].get_text() == "L1: no data, black in its place"
    assert first.images
    assert not second.images
    noise = next(line for line in curves.lines if line.get_label() == "noise")
    # A window is drawn where the moment lies in the window at the moment.
    np.testing.assert_allclose(noise.get_xdata(), result.start + 0.05)
    titles = [axes.get_title() for axes in below.axes[:4]]
    assert titles[0].startswith("least like noise, from +0.45 s")
    assert titles[1] == "Score-CAM of a,\nprobability 0.300 (noise 0.600)"
    assert titles[2].startswith("at the moment, from -0.05 s")
    pyplot.close(figure)


def test_page(result):
    text = page(result, b"picture")
    assert "<tr><td>H1</td><td>16</td><td>yes</td><td>DATA set</td><td>h1.h5</td></tr>" in text
    assert "<tr><td>L1</td><td>-</td><td>-</td><td>L1: no strain at GPS 1</td><td>-</td>" in text
    assert "<tr><td>noise</td><td>0.6000</td><td>0.6000</td></tr>" in text
    assert 'src="data:image/png;base64,cGljdHVyZQ=="' in text
    assert "from 0.1 s before to 1.1 s after" in " ".join(text.split())
    assert "$" not in text
    assert "merger, which" not in page(replace(result, events={}), b"")
