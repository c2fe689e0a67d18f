"""Tables of saliency, from made files."""

import h5py
import numpy as np
import pytest
from made_saliency import FRACTIONS, write_attributed, write_explained

from ccsncam.results import faithfulness_tables, mode_tables
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained


def explained(folder, seeds):
    """What tables are made from."""
    return [Explained.read(path, maps=False) for path in write_explained(folder, seeds)]


def test_drops_are_those_of_signals(tmp_path):
    whole = faithfulness_tables.drop_table(explained(tmp_path, [0]))
    variant = whole.set_index(["method", "variant"])["average_drop_percent"]
    assert variant["Grad-CAM", "after the ReLU"] == 10
    table = whole[whole["variant"] == faithfulness_tables.CONFIGURED].set_index("method")
    assert table.loc["Grad-CAM", "average_drop_percent"] == 15
    assert table.loc["Grad-CAM", "average_increase_percent"] == 50
    # Wilson's interval of 10 in 20.
    assert table.loc["Grad-CAM", "average_increase_percent_low"] == pytest.approx(29.93, abs=0.01)
    assert table.loc["Grad-CAM", "empty_maps"] == 1
    published = {"Grad-CAM": {"average_drop": {"value": 30.7}}}
    beside = faithfulness_tables.add_published(whole, published)
    # The paper's value stands once.
    assert beside["paper_average_drop_percent"].dropna().tolist() == [30.7]
    numbers = faithfulness_tables.table1_numbers(beside)
    assert numbers["Grad-CAM"] == {"average_drop": 15.0, "average_increase": 50.0}


def test_several_seeds_have_the_interval_of_their_means(tmp_path):
    table = faithfulness_tables.drop_table(explained(tmp_path, [0, 1, 2]))
    row = table.iloc[0]
    assert (row["method"], row["variant"]) == ("Grad-CAM", faithfulness_tables.CONFIGURED)
    assert row["average_drop_percent"] == 16
    assert row["drop_by_seed"] == "15 16 17"
    # Student's t at two degrees of freedom, 4.303 / sqrt(3).
    assert row["average_drop_percent_high"] == pytest.approx(16 + 4.303 / np.sqrt(3), abs=1e-3)
    beside = faithfulness_tables.add_published(table, {})
    found = faithfulness_tables.table1_numbers(beside)["Grad-CAM"]["average_drop"]
    assert found["values"] == [15, 16, 17]


def test_measures_and_curves(tmp_path):
    assert faithfulness_tables.area(np.ones((2, 21)), FRACTIONS).tolist() == [1, 1]
    paths = write_explained(tmp_path, [0])
    tables = faithfulness_tables.faithfulness_tables(
        [Explained.read(path, maps=False) for path in paths]
    )
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


def test_saliency_on_modes(tmp_path):
    paths = [*write_attributed(tmp_path, [0]), *write_attributed(tmp_path, [0], 5.0)]
    tables = mode_tables.mode_tables([Attribution.read(path) for path in paths])
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
    assert set(agreement["class"]) == {"all", "b", mode_tables.BOTH}
    own = agreement.set_index(["distance_kpc", "class", "outcome", "key"])
    assert own.loc[(1, mode_tables.BOTH, "all", "score-cam"), "n"] == 10
    assert own.loc[(1, "all", "all", "score-cam"), "tau_above_power"] == 0


@pytest.mark.parametrize("modes", [0, 1])
def test_waveforms_of_one_mode_or_none_have_no_agreement(tmp_path, modes):
    (path,) = write_attributed(tmp_path, [0], modes=modes)
    tables = mode_tables.mode_tables([Attribution.read(path)])
    assert tables["agreement"].empty
    assert list(tables["agreement"]) == ["distance_kpc", "class", "outcome", "key", "method"]
    assert set(tables["attribution"]["region"]) == {"signal", *["g_mode"][:modes]}
