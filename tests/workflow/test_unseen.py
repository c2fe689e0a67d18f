"""A waveform of one direction that no network is trained on, put beside a finished run."""

import hashlib
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from bad_waveforms import TIME, text_of, wave
from runner import TINY, Workflow
from test_run import jobs

OWN = {
    "make_unseen_waveform",
    "build_unseen",
    "evaluate_unseen",
    "search_unseen",
    "tabulate_unseen",
    "unseen",
}


@pytest.fixture(scope="module")
def beside(tiny, tmp_path_factory, root):
    """The finished run with a row of the role unseen, and what was planned and done for it."""
    workflow = Workflow.__new__(Workflow)
    workflow.folder, workflow.root = tmp_path_factory.mktemp("unseen") / "run", root
    shutil.copytree(tiny.folder, workflow.folder, symlinks=True)
    file = workflow.folder / "config/mine.txt"
    file.write_text(text_of(TIME, wave(TIME), wave(TIME) / 2))
    table = workflow.folder / "config/waveforms.tsv"
    header = next(line for line in table.read_text().splitlines() if line.startswith("name\t"))
    names = [*header.split("\t"), "role"]
    row = {
        "name": "mine",
        "source": "numerical",
        "format": "single",
        "family": "g-mode",
        "path": "mine.txt",
        "unit": "cm",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "bounce_time_s": "0.02",
        "role": "unseen",
    }
    lines = [
        line if line.startswith("#") else f"{line}\t{'role' if line == header else '-'}"
        for line in table.read_text().splitlines()
    ]
    lines.append("\t".join(row.get(name, "-") for name in names))
    table.write_text("\n".join(lines) + "\n")
    planned = jobs(workflow.run("--dry-run"))
    workflow.run()
    return workflow, planned


def test_a_run_without_such_rows_has_no_job_for_them(tiny):
    assert not (OWN | {"train_without"}) & jobs(tiny.output)
    for target, words in (
        ("unseen", "config/waveforms.tsv: no row has the role unseen, so there is nothing to"),
        ("results/tiny/unseen/without-m40/tables/unseen.csv", "'m40' is no signal class of the"),
    ):
        assert words in tiny.run("--dry-run", "--", target, fails=True)


def test_nothing_else_is_made_again(beside, tiny):
    workflow, planned = beside
    assert planned == OWN
    assert "Nothing to be done" in workflow.run("--dry-run")
    same = [name for name in tiny.files() if name.endswith((".h5", ".csv"))]
    assert len(same) > 30
    made = workflow.files()
    assert all(made[name].read_bytes() == tiny.files()[name].read_bytes() for name in same)


def test_a_single_direction_stays_one(beside):
    folder = beside[0].folder / "results/tiny"
    with h5py.File(folder / "datasets/test-unseen-1kpc.h5") as file:
        assert list(file.attrs["classes"]) == ["noise", "mine"]
        signal = file["label"][:] == 1
        assert signal.sum() == TINY["datasets"]["test_per_class"]
        assert not file["theta"][signal].any()
        assert not file["phi"][signal].any()
        assert len(np.unique(file["psi"][signal])) == signal.sum()
        assert (file["distance_kpc"][signal] == 1).all()
    with h5py.File(folder / "evaluation/seed-0/test-unseen-1kpc.h5") as file:
        assert list(file.attrs["classes"]) == ["noise", "s18", "s25", "m39", "mine"]
        assert file["logits"].shape[1] == 4
        assert set(file["label"][:]) == {0, 4}
    assert (folder / "figures/unseen.pdf").read_bytes().startswith(b"%PDF")


def test_tables_hold_what_they_say(beside):
    folder = beside[0].folder / "results/tiny/tables"
    table, taken = (pd.read_csv(folder / f"{name}.csv") for name in ("unseen", "unseen_classes"))
    assert set(table.loc[table["role"] == "unseen", "class"]) == {"mine"}
    assert set(table.loc[table["role"] == "train", "class"]) == {"s18", "s25", "m39"}
    # Known classes beside it are those of the table of efficiency.
    keys = ["seed", "statistic", "rule", "criterion", "class", "distance_kpc"]
    efficiency = pd.read_csv(folder / "efficiency.csv").dropna(subset="distance_kpc")
    trained = table[table["role"] == "train"].dropna(subset="distance_kpc")
    both = trained.merge(efficiency, on=keys)
    assert len(both) == len(trained) > 20
    assert (both["found_x"] == both["found_y"]).all()
    own = table[(table["class"] == "mine") & (table["statistic"] == "network")]
    # Of s18, s25 and m39 two are g-modes without SASI.
    np.testing.assert_allclose(own["family_by_chance"], 2 / 3, rtol=1e-5)
    counts = taken.groupby(["criterion", "distance_kpc"])[["count", "n"]].agg(["sum", "max"])
    assert (counts["count", "sum"] == counts["n", "max"]).all()
    assert set(table["inputs"]) == {"numerical and surrogate waveforms, simulated noise"}
    # This run is so small that a bin of SNR may hold too few signals to be compared.
    novelty = pd.read_csv(folder / "novelty.csv")
    assert {"seed", "score", "class", "auroc", "shrinkage", "inputs"} <= set(novelty.columns)
    assert novelty["auroc"].between(0, 1).all()


def test_a_network_without_a_class(beside):
    workflow, _ = beside
    table = "results/tiny/unseen/without-s18/tables/unseen.csv"
    steps = {"build", "train", "evaluate", "search_background", "background", "search", "tabulate"}
    planned = jobs(workflow.run("--dry-run", "--", table))
    assert planned == {f"{step}_without" for step in steps}
    end = "results/tiny/unseen/without-s18/evaluation/seed-0/test-1kpc.h5"
    workflow.run("--", end)
    with h5py.File(workflow.folder / end) as file:
        # The label of s18 comes after those of the classes that this network has.
        assert list(file.attrs["classes"]) == ["noise", "s25", "m39", "s18"]
        assert file["logits"].shape[1] == 3
        # Ten samples of each class of the test set: noise, s18, s25, m39.
        assert file["label"][:].tolist() == np.repeat([0, 3, 1, 2], 10).tolist()
        assert set(file["prediction"][:]) <= {0, 1, 2}
    # What only this training needed is gone. The searches read the validation set, too.
    left = workflow.folder.glob("results/tiny/unseen/without-s18/datasets/*.h5")
    assert [path.name for path in left] == ["validation-snr-20-50.h5"]
    assert "Nothing to be done" in workflow.run("--dry-run")
