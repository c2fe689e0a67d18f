"""Figures of saliency, from made files."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_saliency import CLASSES, ORIGIN, write_attributed, write_explained
from matplotlib import pyplot

from ccsncam.config.blocks import Spectrogram
from ccsncam.plots.attribution import at_distance, attribution
from ccsncam.plots.comparison import comparison
from ccsncam.plots.faithfulness import faithfulness
from ccsncam.plots.gallery import gallery
from ccsncam.plots.misclassified import misclassified
from ccsncam.plots.pictures import picture
from ccsncam.plots.single import single
from ccsncam.results.faithfulness_tables import faithfulness_tables
from ccsncam.results.mode_tables import mode_tables
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained
from ccsncam.saliency.names import PAPER
from ccsncam.saliency.shown import ROOT, NoSample, ShownSample, ShownSamples
from ccsncam.samples.spectrogram import magnitude, normalise


def test_figure_of_measures_and_curves(tmp_path):
    paths = write_explained(tmp_path, [0])
    tables = faithfulness_tables([Explained.read(path) for path in paths])
    figure = faithfulness(tables["curves"], tables["randomisation"], "at 1 kpc")
    assert "n = 20" in figure.get_suptitle()
    ticks = [text.get_text() for text in figure.axes[2].get_xticklabels()]
    assert ticks == ["+ logits", "+ conv1"]
    pyplot.close(figure)


def test_figure_of_attribution(tmp_path):
    paths = [*write_attributed(tmp_path, [0]), *write_attributed(tmp_path, [0], 5.0)]
    tables = mode_tables([Attribution.read(path) for path in paths])
    parts = [at_distance(tables[name], 1.0) for name in tables]
    figure = attribution(*parts, CLASSES)
    titles = {axes.get_title() for axes in figure.axes}
    assert {"g-mode", "SASI"} <= titles
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["a", "b"]
    pyplot.close(figure)
    with pytest.raises(ValueError, match="no row at 3 kpc"):
        at_distance(tables["removal"], 3)


@pytest.mark.parametrize("modes", [0, 1])
def test_waveforms_of_one_mode_or_none_have_a_figure(tmp_path, modes):
    (path,) = write_attributed(tmp_path, [0], modes=modes)
    one = Attribution.read(path)
    for method in one.methods.values():
        # Class a has no mode, as where a row of the waveform table has no tracks.
        method["share"][:10, 1:] = np.nan
    tables = []
    for name, table in mode_tables([one]).items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        read = pd.read_csv(tmp_path / f"{name}.csv")
        tables.append(at_distance(read, 1.0))
    assert tables[2].empty
    figure = attribution(*tables, CLASSES)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "no waveform has two modes" in said
    assert len(figure.axes) == 3
    # Without any mode the signal as a whole takes their place.
    assert ("no tracks given" in said) == (modes == 1)
    pyplot.close(figure)


def test_figure_of_attribution_says_that_maps_are_zero(tmp_path):
    """A network that has hardly been trained may give maps of zeros, which have no row."""
    one = Attribution.read(write_attributed(tmp_path, [0])[0])
    tables = list(mode_tables([one]).values())
    tables[0] = tables[0][tables[0]["key"] != "score-cam"]
    figure = attribution(*tables, CLASSES)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "maps are zero" in said
    assert figure.legends[0].get_title().get_text() == "signals at 1 kpc; share on the mode"
    pyplot.close(figure)


def samples(path, detectors, size=(94, 31)):
    """A file of samples in which two panels have none."""
    random = np.random.default_rng(0)
    panels = {}
    for k, panel in enumerate(["comparison", "gallery/noise", "gallery/a", "no_glitch"]):
        panels[panel] = ShownSample(
            image=random.random((*size, len(detectors))),
            maps={method: random.random(size) for method in PAPER},
            names={method: method for method in PAPER},
            label=2 * (k == 3),
            prediction=1,
            target=1,
            network_snr=30.0 * (k != 1),
            snr=np.ones(len(detectors)),
            distance_kpc=1.0,
            probability=np.array([0.1, 0.8, 0.1]),
            row=k,
            rule="typical",
        )
    for panel in ("gallery/b", "glitch"):
        panels[panel] = NoSample("loud, with a glitch")
    ShownSamples(
        samples=panels,
        classes=CLASSES,
        detectors=detectors,
        dataset="test-1kpc",
        frequencies=np.arange(94) * 16.0,
        times=(np.arange(31) + 1) / 32,
        origin=ORIGIN,
    ).write(path)
    return ShownSamples.read(path)


@pytest.mark.parametrize("detectors", [["H1"], ["H1", "L1"], ["H1", "L1", "V1", "K1"]])
def test_figures_of_samples(tmp_path, detectors):
    shown = samples(tmp_path / "examples.h5", detectors)
    figures = [
        comparison(shown),
        gallery(shown),
        misclassified(shown, "no_glitch"),
        misclassified(shown, "glitch"),
    ]
    assert "b, classified as a" in figures[2].get_suptitle()
    assert figures[2].axes[2].get_title() == "(c) an example of a"
    # A rule without a sample is said, not left empty.
    assert "with a glitch" in figures[3].axes[0].texts[0].get_text()
    visible = [axes for axes in figures[1].axes if axes.get_visible() and axes.get_title()]
    assert {axes.get_title() for axes in visible} == {"noise", "a, SNR 30", "b"}
    # Frequencies are those of the grid: cell 0 is centred on 0 Hz.
    assert figures[0].axes[0].get_ylim() == (-8, 93 * 16 + 8)
    for figure in figures:
        pyplot.close(figure)


def test_strain_is_shown_as_its_spectrogram(tmp_path):
    """A map of strain has one row, which is as tall as the picture."""
    shown = samples(tmp_path / "examples.h5", ["H1", "L1"], (1, 4096))
    sample = shown.samples["comparison"]
    figure = comparison(shown)
    left, right, *_ = figure.axes
    assert left.get_ylabel() == "frequency [Hz]"
    block = Spectrogram(256, 128, 1500.0, "amplitude", "detector", None)
    seen = magnitude(np.float32(sample.image[0].T[None]), block, 4096)
    expected = np.moveaxis(normalise(seen, block)[0], 0, -1)
    drawn = left.images[0].get_array()
    np.testing.assert_allclose(drawn[..., :2], expected, atol=1e-5)
    assert not drawn[..., 2].any()
    assert right.images[0].get_array().shape == (1, 4096)
    assert left.images[0].get_extent() == right.images[0].get_extent()
    for other in (figure, gallery(shown), misclassified(shown, "no_glitch")):
        other.draw_without_rendering()
        pyplot.close(other)
    # A detector without strain is black.
    black = np.zeros((1, 4096, 1), np.float32)
    assert not picture(black, shown.frequencies, shown.times).any()


def test_figure_of_one_sample(tmp_path):
    shown = samples(tmp_path / "examples.h5", ["H1", "L1"])
    alone = replace(shown.samples["no_glitch"], rule=None)
    replace(shown, samples={ROOT: alone}).write(tmp_path / "one.h5")
    figure = single(ShownSamples.read(tmp_path / "one.h5"), "grad-cam")
    left, right, _ = figure.axes
    assert left.get_title() == "input (red: H1, green: L1)"
    assert right.get_title() == "grad-cam of a"
    assert "b, classified as a (probability 0.800), network SNR 30" in figure.get_suptitle()
    pyplot.close(figure)
