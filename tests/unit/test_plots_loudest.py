"""The figure of the loudest clusters of noise."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from made_backgrounds import DETECTORS, make_background, make_clusters, make_white

from ccsncam.config.blocks import Spectrogram
from ccsncam.plots.loudest import loudest

BLOCK = Spectrogram(256, 128, 1500.0, "amplitude", "detector", None)


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Two pieces of 4 s in each detector, and a glitch 0.5 s into the first whole second."""
    folder = tmp_path_factory.mktemp("noise")
    return [
        make_white(folder / f"{name}.h5", name, [1000.0, 1064.0], seed, 4, glitches=[1001.5])
        for seed, name in enumerate(DETECTORS)
    ]


def test_the_windows_are_those_of_the_clusters(noise):
    background = make_background(make_clusters([9.0, 7.5], [[0], [1]]), 86400.0, pieces=2)
    figure = loudest(background, noise, BLOCK, 4096, 5)
    panels = np.reshape(figure.axes[:6], (2, 3))
    words = [axes.get_ylabel() for axes in panels[:, 0]]
    assert words == ["1: 9.0\n1 / day\na", "2: 7.5\n2 / day\na"]
    assert panels[0, 0].get_title() == "GPS 1001.00"
    assert panels[1, 2].get_title() == "GPS 1065.00"
    # The first row has the glitch in its middle, the second has none.
    assert [axes.lines[0].get_xdata().tolist() for axes in panels[0]] == [[0.5]] * 3
    assert [len(axes.lines[0].get_xdata()) for axes in panels[1]] == [0, 0, 0]
    # Each detector has its own window.
    images = [np.asarray(axes.collections[0].get_array()) for axes in panels.flat]
    assert all(image.shape == (94, 31) and image.max() == 1 for image in images)
    assert len({image.tobytes() for image in images}) == 6
    plt.close(figure)


def test_strain_is_shown_as_its_spectrogram(noise):
    background = make_background(make_clusters([9.0], [[0]]), 86400.0, pieces=2)
    figures = [
        loudest(background, noise, replace(BLOCK, kind=kind), 4096, 1)
        for kind in ("stft", "strain")
    ]
    one, other = ([axes.collections[0] for axes in figure.axes[:3]] for figure in figures)
    for expected, found in zip(one, other, strict=True):
        np.testing.assert_allclose(found.get_array(), expected.get_array(), atol=1e-5)
    for figure in figures:
        plt.close(figure)


def test_a_background_without_clusters_is_said(noise):
    figure = loudest(make_background(make_clusters([]), 10.0), noise, BLOCK, 4096, 5)
    assert figure.axes[0].texts[0].get_text() == "no cluster"
    plt.close(figure)
