"""Tables of saliency, and their figures, from made files."""

import h5py
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from ccsncam import plots_saliency, relevance

CLASSES = ["noise", "a", "b"]
FRACTIONS = np.linspace(0, 1, 21)


def explained(folder, seeds, methods=(("grad-cam", "Grad-CAM"), ("ones", "all ones"))):
    paths = []
    for seed in seeds:
        for key, name in methods:
            random = np.random.default_rng([seed, len(key)])
            paths.append(folder / f"{seed}-{key}.h5")
            with h5py.File(paths[-1], "w") as file:
                file["label"] = np.repeat([0, 1, 2], 10)
                file["drop"] = np.repeat([99.0, 10, 20], 10) + seed
                file["increase"] = np.repeat([1.0, 0, 1], 10)
                file["empty"] = np.arange(30) == 15
                for measure in relevance.MEASURES:
                    size = (20, 21) if measure.startswith(("del", "ins")) else 20
                    file[f"subset/{measure}"] = random.random(size)
                for measure in ("correlation", "ssim"):
                    file[f"subset/randomised_{measure}"] = random.random((20, 2, 5))
                file.create_group("variants")
                if key == "grad-cam":
                    for name_, less in (("after the ReLU", 5), ("other", 0)):
                        file[f"variants/{name_}/drop"] = file["drop"][()] - less
                        for name__ in ("increase", "empty"):
                            file[f"variants/{name_}/{name__}"] = file[name__][()]
                file.attrs.update({"method": key, "name": name, "seed": seed})
                file.attrs["layers"], file.attrs["classes"] = ["logits", "conv1"], CLASSES
                file.attrs["fractions"], file.attrs["black"] = FRACTIONS, [0.9, 0.1, 0.0]
    return paths


def attributed(folder, seeds, distance=1.0, modes=2):
    paths = []
    for seed in seeds:
        random = np.random.default_rng(seed)
        paths.append(folder / f"{seed}-{distance:g}.h5")
        with h5py.File(paths[-1], "w") as file:
            label = np.repeat([1, 2], 10)
            file["label"], file["prediction"] = label, np.where(np.arange(20) % 5, label, 0)
            file["distance_kpc"] = np.full(20, distance)
            area = np.tile([0.1, 0.05, 0.05], (20, 1))
            area[:10, 2] = np.nan
            area[:, 1 + modes :] = np.nan
            file["power"] = 5 * area
            change = -random.random((20, 2))
            change[:10, 1] = np.nan
            change[:, modes:] = np.nan
            for kind in ("mode", "mode_fixed_scale"):
                file[f"{kind}_change"] = change
                file[f"{kind}_prediction"] = np.where(np.isnan(change), -1, 0)
            file["detector_change"] = -random.random((20, 1))
            file["detector_prediction"] = label[:, None]
            for key, name in (("score-cam", "Score-CAM"), ("power", "signal power")):
                group = file.create_group(f"methods/{key}")
                group.attrs["name"] = name
                group["share"], group["area"] = 3 * area, area
                group["pointing"] = np.where(np.isnan(area), np.nan, 1.0)
                for measure in relevance.AGREEMENT:
                    group[measure] = np.where(np.isnan(change[:, 1]) | (modes < 2), np.nan, 0.5)
            file.attrs.update({"seed": seed, "dataset": f"test-{distance:g}kpc"})
            file.attrs["classes"], file.attrs["detectors"] = CLASSES, ["H1"]
            file.attrs["modes"] = ["g_mode", "sasi"]
    return paths


def test_drops_are_those_of_signals(tmp_path):
    whole = relevance.drops(explained(tmp_path, [0]))
    variant = whole.set_index(["method", "variant"])["average_drop_percent"]
    assert variant["Grad-CAM", "after the ReLU"] == 10
    table = whole[whole["variant"] == relevance.CONFIGURED].set_index("method")
    assert table.loc["Grad-CAM", "average_drop_percent"] == 15
    assert table.loc["Grad-CAM", "average_increase_percent"] == 50
    # Wilson's interval of 10 in 20.
    assert table.loc["Grad-CAM", "average_increase_percent_low"] == pytest.approx(29.93, abs=0.01)
    assert table.loc["Grad-CAM", "empty_maps"] == 1
    published = {"Grad-CAM": {"average_drop": {"value": 30.7}}}
    beside = relevance.table1(whole, published)
    # The paper's value stands once.
    assert beside["paper_average_drop_percent"].dropna().tolist() == [30.7]
    numbers = relevance.numbers(beside)
    assert numbers["Grad-CAM"] == {"average_drop": 15.0, "average_increase": 50.0}


def test_several_seeds_have_the_interval_of_their_means(tmp_path):
    table = relevance.drops(explained(tmp_path, [0, 1, 2]))
    row = table.iloc[0]
    assert (row["method"], row["variant"]) == ("Grad-CAM", relevance.CONFIGURED)
    assert row["average_drop_percent"] == 16
    assert row["drop_by_seed"] == "15 16 17"
    # Student's t at two degrees of freedom, 4.303 / sqrt(3).
    assert row["average_drop_percent_high"] == pytest.approx(16 + 4.303 / np.sqrt(3), abs=1e-3)
    found = relevance.numbers(relevance.table1(table, {}))["Grad-CAM"]["average_drop"]
    assert found["values"] == [15, 16, 17]


def test_measures_and_curves(tmp_path):
    assert relevance.area(np.ones((2, 21)), FRACTIONS).tolist() == [1, 1]
    paths = explained(tmp_path, [0])
    tables = relevance.faithfulness(paths)
    with h5py.File(paths[0]) as file:
        curve = file["subset/deletion_noise"][()]
    measures = tables["measures"].set_index(["key", "measure"])
    expected = np.trapezoid(curve, FRACTIONS, axis=1).mean()
    assert measures.loc[("grad-cam", "deletion_noise"), "mean"] == pytest.approx(expected)
    curves = tables["curves"].set_index(["key", "curve", "fraction"])
    assert curves.loc[("grad-cam", "deletion_noise", 0.5), "probability"] == pytest.approx(
        curve[:, 10].mean()
    )
    assert list(tables["randomisation"]["layer"]) == ["logits", "conv1"] * 2
    assert tables["black"]["probability"].tolist() == [0.9, 0.1, 0.0]
    with h5py.File(paths[0]) as file:
        draws = file["subset/randomised_ssim"][:, 1].mean(axis=0)
    row = tables["randomisation"].iloc[1]
    assert (row["ssim"], row["draws"], row["n"]) == (pytest.approx(draws.mean()), 5, 20)
    # Student's t at four degrees of freedom: the interval is one over draws.
    half = 2.776 * draws.std(ddof=1) / np.sqrt(5)
    assert row["ssim_high"] == pytest.approx(draws.mean() + half, rel=1e-3)
    figure = plots_saliency.faithfulness(tables["curves"], tables["randomisation"], "at 1 kpc")
    assert "n = 20" in figure.get_suptitle()
    ticks = [text.get_text() for text in figure.axes[2].get_xticklabels()]
    assert ticks == ["+ logits", "+ conv1"]
    pyplot.close(figure)


def test_bootstrap_stays_in_range_and_has_its_width():
    random = np.random.default_rng(0)
    found = relevance.bootstrap([random.normal(size=400)])
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 / 20, rel=0.1)
    found = relevance.bootstrap([np.array([1.0] * 9 + [-1.0, np.nan])])
    assert (found["mean"], found["high"], found["n"]) == (0.8, 1, 10)
    assert found["low"] >= -1


def test_attribution_and_its_figure(tmp_path):
    tables = relevance.attribution([*attributed(tmp_path, [0]), *attributed(tmp_path, [0], 5.0)])
    shares = tables["attribution"].set_index(["distance_kpc", "class", "outcome", "key", "region"])
    assert shares.loc[(1, "a", "all", "score-cam", "g_mode"), "share"] == pytest.approx(0.15)
    assert (1, "a", "all", "score-cam", "sasi") not in shares.index
    row = shares.loc[(1, "all", "right", "score-cam", "sasi")]
    assert (row["n"], row["share_by_chance"]) == (8, 0.05)
    removal = tables["removal"][tables["removal"]["kind"] != "mode_fixed_scale"]
    removal = removal.set_index(["distance_kpc", "class", "outcome", "part"]).sort_index()
    # Right predictions all became noise, wrong ones were noise before.
    assert removal.loc[(1, "b", "right", "sasi"), "flipped"] == 1
    assert removal.loc[(1, "b", "wrong", "sasi"), "flipped"] == 0
    assert removal.loc[(1, "b", "right", "sasi"), "n"] == 8
    agreement = tables["agreement"]
    assert set(agreement["class"]) == {"all", "b", relevance.BOTH}
    own = agreement.set_index(["distance_kpc", "class", "outcome", "key"])
    assert own.loc[(1, relevance.BOTH, "all", "score-cam"), "n"] == 10
    assert own.loc[(1, "all", "all", "score-cam"), "tau_above_power"] == 0
    parts = [plots_saliency.at_distance(tables[name], 1.0) for name in tables]
    figure = plots_saliency.attribution(*parts, CLASSES)
    titles = {axes.get_title() for axes in figure.axes}
    assert {"g-mode", "SASI"} <= titles
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["a", "b"]
    pyplot.close(figure)
    with pytest.raises(ValueError, match="no row at 3 kpc"):
        plots_saliency.at_distance(tables["removal"], 3)


@pytest.mark.parametrize("modes", [0, 1])
def test_waveforms_of_one_mode_or_none_have_a_figure(tmp_path, modes):
    paths = attributed(tmp_path, [0], modes=modes)
    with h5py.File(paths[0], "a") as file:
        for group in file["methods"].values():
            # Class a has no mode, as where a row of the waveform table has no tracks.
            group["share"][:10, 1:] = np.nan
    found = relevance.attribution(paths)
    tables = []
    for name, table in found.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        read = pd.read_csv(tmp_path / f"{name}.csv")
        tables.append(plots_saliency.at_distance(read, 1.0))
    assert tables[2].empty
    figure = plots_saliency.attribution(*tables, CLASSES)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "no waveform has two modes" in said
    assert len(figure.axes) == 3
    # Without any mode the signal as a whole takes their place.
    assert ("no tracks given" in said) == (modes == 1)
    pyplot.close(figure)


def samples(path, detectors):
    random = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        file.attrs["classes"], file.attrs["detectors"] = CLASSES, detectors
        file.attrs["frequencies"] = np.arange(94) * 16.0
        file.attrs["times"] = (np.arange(31) + 1) / 32
        for k, panel in enumerate(["comparison", "gallery/noise", "gallery/a", "no_glitch"]):
            group = file.create_group(panel)
            group["image"] = random.random((94, 31, len(detectors)))
            for method in plots_saliency.PAPER:
                group[f"maps/{method}"] = random.random((94, 31))
                group[f"maps/{method}"].attrs["name"] = method
            group.attrs.update(
                {
                    "label": 2 * (k == 3),
                    "prediction": 1,
                    "target": 1,
                    "network_snr": 30.0 * (k != 1),
                    "snr": np.ones(len(detectors)),
                    "distance_kpc": 1.0,
                    "probability": [0.1, 0.8, 0.1],
                }
            )
        for panel in ("gallery/b", "glitch"):
            file.create_group(panel).attrs["rule"] = "loud, with a glitch"


@pytest.mark.parametrize("detectors", [["H1"], ["H1", "L1"], ["H1", "L1", "V1", "K1"]])
def test_figures_of_samples(tmp_path, detectors):
    path = tmp_path / "examples.h5"
    samples(path, detectors)
    figures = [
        plots_saliency.comparison(path),
        plots_saliency.gallery(path),
        plots_saliency.misclassified(path, "no_glitch"),
        plots_saliency.misclassified(path, "glitch"),
    ]
    assert "b, classified as a" in figures[2].get_suptitle()
    assert figures[2].axes[2].get_title() == "(c) an example of a"
    # A rule without a sample is said, not left empty.
    assert "with a glitch" in figures[3].axes[0].texts[0].get_text()
    shown = [axes for axes in figures[1].axes if axes.get_visible() and axes.get_title()]
    assert {axes.get_title() for axes in shown} == {"noise", "a, SNR 30", "b"}
    # Frequencies are those of the grid: cell 0 is centred on 0 Hz.
    assert figures[0].axes[0].get_ylim() == (-8, 93 * 16 + 8)
    for figure in figures:
        pyplot.close(figure)
