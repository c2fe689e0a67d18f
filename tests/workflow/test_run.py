import copy
import hashlib
import json
import os
import re
import signal
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from runner import TINY, Workflow


def digests(workflow, kinds=(".h5", ".csv", ".json", ".png", ".pdf")):
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in workflow.files().items()
        if name.endswith(kinds)
    }


def jobs(output):
    """Rules of a dry run's job table."""
    return set(re.findall(r"^(\w+) +\d+$", output, re.MULTILINE)) - {"total", "everything", "all"}


def test_everything_is_made(tiny):
    names = set(tiny.files())
    for number in range(1, 13):
        assert {f"tiny/figures/fig{number:02d}.{kind}" for kind in ("pdf", "png")} <= names
    numbers = json.loads((tiny.folder / "results/tiny/paper/numbers.json").read_text())
    assert numbers["parameters"] == 426028
    assert numbers["features"] == 2112
    assert set(numbers["accuracy"]) == {"1", "10"}
    assert set(numbers["table1"]) >= {"Grad-CAM", "Grad-CAM++", "Score-CAM"}
    assert numbers["inputs"]["noise"] == "simulated"
    assert set(numbers["inputs"]["waveforms"].values()) == {"surrogate"}


def test_a_data_set_holds_what_was_asked(tiny):
    with h5py.File(tiny.folder / "results/tiny/datasets/train-snr-40-50.h5") as file:
        assert file["spectrogram"].shape == (160, 94, 31, 2)
        signal = file["label"][:] > 0
        assert np.bincount(file["label"][:]).tolist() == [40] * 4
        snr = file["network_snr"][signal]
        assert snr.min() >= 40
        assert snr.max() <= 50
        np.testing.assert_allclose(snr, np.linalg.norm(file["snr"][signal], axis=1))
        assert np.isnan(file["distance_kpc"][~signal]).all()


def test_a_second_run_does_nothing(tiny):
    assert "Nothing to be done" in tiny.run()


@pytest.mark.parametrize(
    ("block", "key", "value", "reruns"),
    [
        ("classifier", "learning_rate", 1e-3, {"train", "evaluate", "tabulate", "paper_numbers"}),
        ("figures", "distances", [1], {"fig5"}),
        (
            *("figures", "gallery_snr", 30),
            {"pick_examples", "explain_examples", "fig7", "fig8", "fig9", "fig10"},
        ),
        (
            *("saliency", "target", "true"),
            {"explain", "explain_examples", "attribute", "table1", "fig11", "fig12"},
        ),
        ("figures", "examples", {"snr": 30, "bounce_time": 0.1}, {"build_examples", "fig2"}),
        ("spectrogram", "scale", "power", {"build_snr_dataset", "build_distance_dataset", "train"}),
    ],
)
def test_a_changed_key_reruns_the_rules_that_use_it(tiny, block, key, value, reruns):
    config = copy.deepcopy(TINY)
    config.setdefault(block, {})[key] = value
    tiny.write(config)
    planned = jobs(tiny.run("--dry-run"))
    tiny.write(TINY)
    assert reruns <= planned
    if block == "figures":
        assert planned == reruns
    else:
        assert not planned & {"select_noise", "make_waveform", "fig1"}
    if block == "classifier":
        assert not {name for name in planned if name.startswith("build_")}


def test_one_core_gives_the_same_bytes(tiny, tmp_path, root):
    other = Workflow(tmp_path, root, TINY)
    other.run(cores=1)
    assert digests(other) == digests(tiny)


def test_a_killed_run_resumes_to_the_same_bytes(tiny, tmp_path, root):
    other = Workflow(tmp_path, root, TINY)
    target = other.folder / "results/tiny"
    # Once while data sets are built, once in the middle of the training.
    for landmark in (
        lambda: list(target.glob("datasets/*.h5")),
        lambda: list(target.glob("models/seed-0/state/state.h5")),
    ):
        process = other.start()
        deadline = time.monotonic() + 300
        while not landmark() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert process.poll() is None, "the run ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        other.run("--unlock")
    other.run()
    log = (other.folder / "logs/tiny/train/seed-0.log").read_text()
    assert "resum" in log.lower()
    assert digests(other) == digests(tiny)


def test_the_default_target_is_not_empty(tiny, tmp_path, root):
    fresh = Workflow(tmp_path, root, TINY)
    for snakefile in ("Snakefile", "workflow/Snakefile"):
        output = fresh.run("--dry-run", "--snakefile", root / snakefile)
        assert {"train", "evaluate", "fig5"} <= jobs(output)


@pytest.mark.parametrize("target", [f"fig{n}" for n in range(1, 13)] + ["table1", "paper_numbers"])
def test_each_figure_is_a_target(tiny, target):
    assert jobs(tiny.run("--dry-run", "--forcerun", target, "--", target)) == {target}


def test_any_single_map_is_a_target(tiny):
    name = "results/tiny/saliency/test-10kpc/m39-3.score-cam"
    tiny.run("--", f"{name}.png")
    with h5py.File(tiny.folder / f"{name}.h5") as file:
        assert file["maps/score-cam"].shape == (94, 31)
        assert file["maps/score-cam"][()].max() in (0, 1)
        assert file.attrs["label"] == 3
    for part, words in (("m39-99", "m39 has 10 samples"), ("m39-1.lime", "No rule|Missing")):
        output = tiny.run("--", f"{Path(name).parent}/{part}.score-cam.png", fails=True)
        assert re.search(words, output)
        assert "Traceback" not in output


def test_tables_of_saliency_hold_what_they_say(tiny):
    tables = tiny.folder / "results/tiny/tables"
    table1 = pd.read_csv(tables / "table1.csv").set_index("method")
    assert table1.loc["all ones", "average_drop_percent"] == pytest.approx(0, abs=1e-3)
    assert table1.loc["Score-CAM", "paper_average_drop_percent"] == 9.61
    assert (table1["n"] == 30).all()
    with h5py.File(tiny.folder / "results/tiny/saliency/seed-0/test-1kpc/grad-cam.h5") as file:
        signal = file["label"][()] > 0
        assert file["map"].shape == (40, 44, 12)
        drop = file["drop"][()][signal].mean()
    assert table1.loc["Grad-CAM", "average_drop_percent"] == pytest.approx(drop, rel=1e-5)
    shares = pd.read_csv(tables / "attribution.csv")
    chance = shares[(shares["key"] == "ones")]
    # A map of ones has on each mode what chance has.
    np.testing.assert_allclose(chance["share"], chance["share_by_chance"], rtol=1e-4)
    removal = pd.read_csv(tables / "removal.csv")
    assert set(removal["part"]) == {"g_mode", "prompt_convection", "sasi", "H1", "L1"}
