import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from jobs import Params
from made_results import SAMPLING, make_evaluation
from matplotlib import colors, pyplot
from scipy import stats

import figure as figure_script
from ccsncam.network.evaluation import Evaluation
from ccsncam.origin import Origin
from ccsncam.plots import (
    examples,
    losses,
    matrices,
    rates,
    representations,
    spectra,
    spectrum,
    style,
    waveform,
)
from ccsncam.results.tables import rate_tables
from ccsncam.samples.dataset import DataSet, Header
from ccsncam.samples.grid import Grid
from ccsncam.samples.representations.names import CHANNELS, possible
from ccsncam.waveforms.model import KPC_IN_CM, Waveform

CLASSES = ["noise", "he3.5", "m39", "z85_sfhx"]
ORIGIN = Origin("simulated", dict.fromkeys(CLASSES[1:], "surrogate"))
FOOTER = "run tried; inputs: surrogate waveforms, simulated noise"


def models(names=CLASSES[1:]):
    """A burst at 300 Hz per model."""
    time = np.arange(4096) / 4096
    wave = 20 * np.sin(2 * np.pi * 300 * time) * np.exp(-(((time - 0.5) / 0.05) ** 2))
    quadrupole = np.zeros((3, 3, 4096))
    quadrupole[0, 0], quadrupole[1, 1] = wave, -wave
    return [
        Waveform(name, quadrupole, 4096, 0.0, "surrogate", "made", np.nan, {}) for name in names
    ]


def test_sheet_of_a_waveform():
    model = models(["m39"])[0]
    model.modes = {"g_mode": model.quadrupole}
    figure = waveform.sheet(model)
    # 20 cm from the equator, 40 cm from the pole; no sample falls on the very peak.
    assert "peak 19.9 cm" in figure.get_suptitle()
    spectrum = figure.axes[2].lines[0].get_xydata()
    assert spectrum[spectrum[:, 1].argmax(), 0] == pytest.approx(300, abs=10)
    pyplot.close(figure)


def test_sheet_of_a_waveform_that_is_known_in_one_direction():
    model = models(["m39"])[0]
    model.one_direction = True
    figure = waveform.sheet(model)
    assert "peak 39.7 cm" in figure.get_suptitle()
    assert "energy not known from one direction" in figure.get_suptitle()
    assert "only direction" in figure.axes[0].get_ylabel()
    pyplot.close(figure)


def noises(detectors=("H1", "L1", "V1")):
    frequency = np.arange(8193) / 4
    return [(name, frequency, np.full(8193, 1e-23)) for name in detectors]


def history(epochs=(2, 2, 2), seed=0):
    random = np.random.default_rng(seed)
    stages = np.repeat(["40-50", "30-40", "20-30"], epochs)
    table = pd.DataFrame({"epoch": np.arange(1, len(stages) + 1), "stage": stages})
    for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
        table[name] = random.uniform(0.2, 0.9, len(stages))
    return table


def evaluations(distances, seeds=(0,), classes=CLASSES):
    """Evaluations as the workflow makes them, one per seed and distance."""
    found = []
    for seed in seeds:
        for distance in distances:
            random = np.random.default_rng([seed, int(10 * distance)])
            label = np.repeat(np.arange(len(classes)), 20)
            # The noise class holds more and more of the signals.
            lost = random.uniform(size=len(label)) < distance / (1 + distance)
            snr = random.lognormal(3, 0.4, len(label)) / distance
            prediction = np.where(lost, 0, label)
            found.append(
                Evaluation(
                    label=label,
                    prediction=prediction,
                    logits=20 * np.eye(len(classes), dtype="f4")[prediction],
                    probability=np.eye(len(classes), dtype="f4")[prediction],
                    embedding=np.zeros((len(label), 2), "f4"),
                    network_snr=np.where(label > 0, snr, 0.0),
                    distance_kpc=np.where(label > 0, distance, np.nan),
                    classes=classes,
                    dataset=f"test-{distance:g}kpc",
                    origin=ORIGIN,
                    seed=seed,
                )
            )
    return found


def write_dataset(path, name, columns, detectors=("H1",), sampling=SAMPLING):
    """A data set as the workflow writes it."""
    grid = Grid(np.arange(94) * 16.0, np.arange(1, 32) / 32)
    header = Header(name, "tried", 0, CLASSES, CLASSES[1:], list(detectors), grid, ORIGIN, sampling)
    with DataSet.create(path, header, len(columns["label"])) as writer:
        writer.write(slice(None), columns)
    return path


def write_datasets(folder, found):
    """Data sets of evaluations."""
    names = ("label", "network_snr", "distance_kpc")
    return [
        write_dataset(
            folder / f"{one.dataset}.h5", one.dataset, {name: getattr(one, name) for name in names}
        )
        for one in found
    ]


@pytest.fixture
def spectrograms(tmp_path):
    columns = {
        "spectrogram": np.random.default_rng(0).uniform(size=(4, 94, 31, 1)),
        "label": np.arange(4),
        "snr": np.array([[0.0], [40], [40], [40]]),
    }
    return write_dataset(tmp_path / "examples.h5", "examples", columns)


@pytest.fixture(autouse=True)
def close():
    yield
    pyplot.close("all")


def texts(figure):
    return [item.get_text() for item in figure.findobj(pyplot.Text)]


def test_saved_bytes_repeat_and_name_the_inputs(tmp_path):
    for name in "ab":
        output = {"pdf": tmp_path / f"{name}.pdf", "png": tmp_path / f"{name}.png"}
        figure = losses.losses({0: history()})
        style.save(figure, output, "tried", "surrogate waveforms, simulated noise")
        assert FOOTER in texts(figure)
    for kind in ("pdf", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    assert b"CreationDate" not in (tmp_path / "a.pdf").read_bytes()


def test_what_is_said_of_the_inputs_stays_on_the_page(tmp_path):
    figure = losses.losses({0: history()})
    words = "network trained on surrogate waveforms, simulated noise; strain of H1, L1; V1 without "
    style.save(
        figure, {"png": tmp_path / "a.png"}, "tried", words + "data (white noise); short PSD " * 4
    )
    figure.canvas.draw()
    box = figure._supxlabel.get_window_extent(figure.canvas.get_renderer())
    assert 0 <= box.x0 < box.x1 <= figure.bbox.x1


def test_classes_look_different_without_colour():
    classes = ["noise", *(f"m{number}" for number in range(9))]
    looks = style.looks(classes)
    assert len({colors.to_hex(look["color"]) for look in looks.values()}) == 10
    assert len({look["marker"] for look in looks.values()}) == 10
    # Every colour stands off white paper (WCAG's relative luminance).
    for look in looks.values():
        rgb = np.array(colors.to_rgb(look["color"]))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        assert linear @ [0.2126, 0.7152, 0.0722] < 0.6


def test_spectrum_is_that_of_the_strain():
    (model,) = models(["m39"])
    figure = spectra.spectra([model], noises(["H1"]), ["noise", "m39"])
    noise, curve = figure.axes[0].lines
    assert noise.get_ydata() == pytest.approx(1e-23)
    frequency, drawn = curve.get_data()
    assert frequency[np.argmax(drawn)] == pytest.approx(300, abs=10)
    # h+ = A_xx - A_yy from the pole; the transform of a Gaussian burst, away from its centre too.
    peak = 2 * 20 / KPC_IN_CM * 0.05 * np.sqrt(np.pi) / 2
    offset = np.arange(-8, 8)
    mean = np.sqrt(np.mean(np.exp(-2 * (np.pi * offset * 0.05) ** 2)))
    at = np.argmin(np.abs(frequency - 300))
    assert drawn[at] == pytest.approx(2 * peak * np.sqrt(300) * mean, rel=0.01)


def test_smoothing_keeps_power_positive():
    power = np.full(2049, 1e-70)
    power[100] = 1e-40
    assert (spectrum.smooth(np.arange(2049.0), power, 16.0) > 0).all()


@pytest.mark.parametrize("number", [1, 3, 4, 9])
@pytest.mark.parametrize("detectors", [("H1",), ("H1", "L1", "V1", "K1")])
def test_each_model_has_a_panel(number, detectors):
    names = [f"m{one}" for one in range(number)]
    figure = spectra.spectra(models(names), noises(detectors), ["noise", *names])
    assert [axes.get_title() for axes in figure.axes] == names
    # The lowest panel of each column says what its axis is.
    labelled = [axes.get_xlabel() == "frequency [Hz]" for axes in figure.axes]
    assert sum(labelled) == min(3, number)
    assert labelled[-1]


def test_examples_share_one_scale(spectrograms):
    figure = examples.examples(DataSet.open(spectrograms))
    *panels, bar = figure.axes
    assert [axes.get_title() for axes in panels] == CLASSES
    assert {axes.collections[0].get_clim() for axes in panels} == {(0, 1)}
    assert sum(text == "SNR 40" for text in texts(figure)) == 3
    assert "H1" in bar.get_ylabel()


def test_losses_mark_the_weights_that_are_tested():
    table = history((3, 3, 3))
    table["validation_loss"] = [9, 8, 7, 6, 1, 3, 4, 5, 6]
    figure = losses.losses({0: table})
    star = next(line for line in figure.axes[0].lines if line.get_marker() == "*")
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (5, 1)
    stages = [text for text in texts(figure) if text.startswith("SNR")]
    assert stages == ["SNR 40-50", "SNR 30-40", "SNR 20-30"] * 2


def test_losses_of_several_seeds_have_their_mean():
    tables = {seed: history(seed=seed) for seed in range(3)}
    figure = losses.losses(tables)
    mean = next(line for line in figure.axes[0].lines if line.get_label() == "training")
    expected = np.mean([table["loss"] for table in tables.values()], axis=0)
    np.testing.assert_allclose(mean.get_ydata(), expected)
    assert sum(line.get_marker() == "*" for line in figure.axes[0].lines) == 3


def test_spread_over_seeds_is_not_that_of_pooled_counts():
    right = {0: 5, 1: 6, 2: 7}
    found = [
        make_evaluation([1] * 10, [1] * count + [0] * (10 - count), 1.0, seed=seed)
        for seed, count in right.items()
    ]
    tpr = rate_tables(found)["tpr"]
    rows = tpr[tpr["class"] == "a"]
    one = rates.spread(rows.iloc[:1])
    assert one.loc[0, ["rate", "low", "high"]].tolist() == pytest.approx(
        [0.5, *stats.binomtest(5, 10).proportion_ci(method="wilson")]
    )
    several = rates.spread(rows)
    expected = stats.t.interval(0.95, 2, 0.6, stats.sem([0.5, 0.6, 0.7]))
    assert several.loc[0, ["rate", "low", "high"]].tolist() == pytest.approx([0.6, *expected])


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
@pytest.mark.parametrize(
    ("distances", "scale"), [((1, 5, 10), "linear"), ((0.1, 0.2, 0.5, 1, 2), "log")]
)
def test_rates_for_the_distances_there_are(seeds, distances, scale):
    tpr = rate_tables(evaluations(distances, seeds))["tpr"]
    figure = rates.rates(tpr, CLASSES)
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == CLASSES
    np.testing.assert_allclose(axes.lines[1].get_xdata(), distances)
    assert axes.get_xscale() == scale
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [f"{d:g}" for d in distances]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, ""), (0.1, "<1"), (0.5, "<1"), (1.0, "1"), (50.4, "50"), (99.8, ">99"), (100.0, "100")],
)
def test_cells_never_round_to_none_or_all(share, text):
    assert matrices.percent(share) == text


def violins(folder, found, distances):
    paths = write_datasets(folder, found)
    pairs = zip(distances, paths, strict=True)
    return {distance: matrices.snr_of_signals(path) for distance, path in pairs}


def test_matrices(tmp_path):
    found = evaluations((1, 10))
    confusion = rate_tables(found)["confusion"]
    snr = violins(tmp_path, found, (1, 10))
    assert set(snr[1]["class"]) == set(CLASSES[1:])
    figure = matrices.matrices(confusion, snr, CLASSES, [1, 10])
    left = figure.axes[2]
    assert left.get_title() == "10 kpc"
    rows = confusion[confusion["distance_kpc"] == 10].set_index(["true", "predicted"])
    drawn = np.asarray(left.collections[0].get_array()).reshape(4, 4)
    # Row: true class; column: predicted.
    assert drawn[2, 0] == pytest.approx(100 * rows.loc[("m39", "noise"), "fraction"])
    assert drawn[0, 2] == pytest.approx(100 * rows.loc[("noise", "m39"), "fraction"])
    np.testing.assert_allclose(drawn.sum(axis=1), 100)
    assert figure.axes[3].get_yscale() == "log"
    assert len(figure.axes[3].lines) == 3 * 3


def test_matrices_of_a_distance_that_was_not_evaluated(tmp_path):
    found = evaluations((1,))
    confusion = rate_tables(found)["confusion"]
    with pytest.raises(ValueError, match=r"no confusion matrix at 5 kpc.*figures\.distances"):
        matrices.matrices(confusion, violins(tmp_path, found, (5,)), CLASSES, [5])


def test_figures_are_drawn_from_tables_and_files(tmp_path, spectrograms):
    """Figures 2 to 5 by their script, from the tables that `tabulate_results` writes."""
    found = evaluations((1, 10))
    datasets = write_datasets(tmp_path, found)
    for name in ("tpr", "confusion"):
        table = rate_tables(found)[name].assign(inputs=ORIGIN.words)
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    history().to_csv(tmp_path / "history.csv", index=False)
    jobs = {
        "examples": ({"examples": spectrograms}, {}),
        "losses": (
            {"histories": [tmp_path / "history.csv"], "dataset": datasets[0]},
            {"seeds": [0]},
        ),
        "rates": ({"tpr": tmp_path / "tpr.csv"}, {"classes": CLASSES}),
        "matrices": (
            {"confusion": tmp_path / "confusion.csv", "datasets": datasets},
            {"classes": CLASSES, "distances": [1, 10]},
        ),
    }
    for module, (inputs, params) in jobs.items():
        output = {kind: tmp_path / f"{module}.{kind}" for kind in ("pdf", "png")}
        job = Params(rule=module, log=[tmp_path / "log"])
        job |= {"input": Params(inputs), "output": Params(output)}
        job |= {"params": Params(params, module=module), "config": {"run": "tried"}}
        figure_script.main(job)
        assert output["pdf"].read_bytes().startswith(b"%PDF")
        assert output["png"].read_bytes().startswith(b"\x89PNG")


def test_a_user_s_settings_change_no_figure(root, tmp_path):
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib/matplotlibrc").write_text(
        "text.usetex: True\nfont.family: serif\nsavefig.bbox: tight\nlines.linestyle: :\n"
    )
    code = (
        f"import sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "from ccsncam.plots import style\n"
        "import matplotlib as mpl\n"
        "print(mpl.get_backend().lower(), sorted((k, v) for k, v in mpl.rcParams.items()\n"
        "      if not k.startswith('backend')))"
    )
    clean = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "XDG_CONFIG_HOME")}
    clean["MPLCONFIGDIR"] = str(tmp_path / "none")
    own = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    own["MPLCONFIGDIR"] = str(tmp_path / "matplotlib")
    seen = [
        subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
        for environment in (clean, clean | own)
    ]
    assert seen[0] == seen[1]
    assert seen[0].startswith("agg ")


@pytest.mark.parametrize("detectors", [("H1",), ("H1", "L1")])
def test_a_signal_in_each_representation(tmp_path, detectors):
    """The first detector of each; of three resolutions the two that are not the paper's."""
    datasets, shown = [], {}
    for kind in possible(256, 128, 4096):
        each = CHANNELS[kind]
        images = np.random.default_rng(each).uniform(size=(4, 94, 31, each * len(detectors)))
        sampling = replace(SAMPLING, spectrogram=replace(SAMPLING.spectrogram, kind=kind))
        columns = {
            "spectrogram": images,
            "label": np.arange(4),
            "snr": np.full((4, len(detectors)), 40.0),
        }
        path = tmp_path / f"{kind}.h5"
        write_dataset(path, "examples", columns, detectors, sampling)
        datasets.append(DataSet.open(path))
        if each == 1:
            shown[kind] = images[2, ..., 0]
        else:
            shown |= {f"{kind}: short windows": images[2, ..., 0]}
            shown |= {f"{kind}: long windows": images[2, ..., 2]}
    figure = representations.representations(datasets, datasets[0].classes[2])
    panels = {axes.get_title(): axes for axes in figure.axes if axes.get_title()}
    assert list(panels) == list(shown)
    for words, axes in panels.items():
        (mesh,) = axes.collections
        np.testing.assert_allclose(mesh.get_array().reshape(94, 31), shown[words], rtol=1e-6)
    assert f"{datasets[0].classes[2]} at SNR 40 in H1" in texts(figure)
    assert len(representations.representations(datasets[:1], "noise").axes) == 2
