import copy
import hashlib
import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from runner import TINY, Workflow

from ccsncam.detection.store import Background


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
    assert set(numbers["detector"]["operating_points"]["0.01 a window"]["found"]) == {"1", "10"}
    # Noise of 432 s is too short for all rates.
    assert numbers["detector"]["operating_points"]["1 an hour"]["snr50"] is None
    assert set(numbers["inputs"]["waveforms"].values()) == {"surrogate"}


def test_the_background_holds_what_was_asked(tiny):
    """0.005 days are 432 s; one piece of 62 s is used again and again, at other lags."""
    folder = tiny.folder / "results/tiny"
    # Parts are small and stay.
    parts = sorted(path.name for path in (folder / "background/seed-0").iterdir())
    assert parts == ["test-0.h5", "validation-0.h5"]
    table = pd.read_csv(folder / "tables/background.csv")
    for split in ("validation", "test"):
        background = Background.read(folder / "background/seed-0.h5", split)
        assert 432 <= background.live_time < 432 + 62
        assert background.zero_time == 651 * 0.09375
        assert [len(one) for one in background.exposure] == [1, 1]
        assert (np.abs(np.diff(background.gps)) >= 1.0425).all()
        # Of 100 an hour, at least 12 are kept in 432 s.
        assert len(background) in (12, 13, 14)
        top = table[(table["split"] == split) & (table["count"] == 1)]
        assert top["threshold"].to_numpy() == pytest.approx(background.statistic[0], rel=1e-6)
    loudest = pd.read_csv(folder / "tables/loudest.csv")
    assert len(loudest) == 2 * 10 * 2
    assert {"tiny/figures/loudest.pdf", "tiny/figures/loudest.png"} <= set(tiny.files())


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
    ("change", "reruns", "spared"),
    [
        (
            {"classifier": {"learning_rate": 1e-3}},
            {
                "train",
                "evaluate",
                "search_background",
                "tabulate_results",
                "explain",
                "paper_numbers",
            },
            {"build_snr_dataset", "build_distance_dataset", "take_apart", "fig1"},
        ),
        ({"figures": {"distances": [1]}}, {"fig5", "fig16"}, None),
        (
            {"figures": {"gallery_snr": 30}},
            {"pick_examples", "explain_examples", "fig7", "fig8", "fig9", "fig10"},
            None,
        ),
        (
            {"figures": {"examples": {"snr": 30, "bounce_time": 0.1}}},
            {"build_examples", "fig2", "representations"},
            None,
        ),
        (
            {"saliency": {"target": "label"}},
            {"explain", "explain_examples", "attribute", "table1", "fig11", "fig12"},
            {"train", "evaluate", "take_apart", "embed", "fig5"},
        ),
        (
            {"spectrogram": {"scale": "power"}},
            {"build_snr_dataset", "build_distance_dataset", "train"},
            {"select_noise", "make_waveform", "fig1"},
        ),
        (
            {"signal": {"bounce_window": [0.0, 0.1]}},
            {"build_snr_dataset", "build_distance_dataset"},
            {"select_noise", "make_waveform"},
        ),
        ({"signal": {"f_max": 1900.0}}, {"select_noise", "train"}, {"make_waveform"}),
        ({"signal": {"highpass": 12.0}}, {"make_waveform", "train"}, {"select_noise"}),
        ({"noise": {"coincident": True}}, {"build_snr_dataset"}, {"select_noise"}),
        (
            {"noise": {"simulated": {"live_time": {"test": {"H1": 80}}}}},
            {"select_noise", "build_distance_dataset", "evaluate"},
            {"build_snr_dataset", "train", "fig1", "make_waveform"},
        ),
        (
            {"datasets": {"test_per_class": 11}},
            {"build_distance_dataset", "evaluate", "take_apart", "fig5"},
            {"select_noise", "make_waveform", "build_snr_dataset", "train"},
        ),
        (
            {"datasets": {"train_per_class": 41}},
            {"build_snr_dataset", "train"},
            {"select_noise", "make_waveform", "build_distance_dataset"},
        ),
        (
            {"datasets": {"validation_per_class": 11}},
            {"build_snr_dataset", "train"},
            {"select_noise", "make_waveform", "build_distance_dataset"},
        ),
        ({"noise": {"simulated": {"glitches": {"V1": 9.0}}}}, set(), None),
        ({"noise": {"files": {"quality": ["DATA"]}}}, set(), None),
        ({"noise": {"events": {"window": [1, 1]}}}, set(), None),
        ({"moment": {"span": 3.0}}, set(), None),
        (
            {"detection": {"background": {"live_time": {"test": 0.004}}}},
            {
                *("search_background", "background", "tabulate_background", "loudest"),
                *("search_controls", "tabulate_detection", "fig13", "fig14", "fig15"),
                "paper_numbers",
            },
            None,
        ),
        (
            {"detection": {"background": {"loudest": 3}}},
            {"tabulate_background", "loudest", "fig13"},
            None,
        ),
        ({"detection": {"rate": "1 an hour"}}, {"fig14", "fig15"}, None),
        (
            {"detection": {"coverage": 0.7}},
            {"calibrate", "tabulate_calibration", "fig16"},
            None,
        ),
        (
            {"detection": {"per_class": 2}},
            {"efficiency", "tabulate_detection", "paper_numbers", "fig13", "fig14", "fig15"},
            None,
        ),
    ],
)
def test_a_changed_key_reruns_the_rules_that_use_it(tiny, change, reruns, spared):
    """``spared`` None: these rules and no others."""

    def merge(block, change):
        for key, value in change.items():
            if isinstance(value, dict) and isinstance(block.get(key), dict):
                merge(block[key], value)
            else:
                block[key] = value

    config = copy.deepcopy(TINY)
    merge(config, change)
    tiny.write(config)
    planned = jobs(tiny.run("--dry-run"))
    tiny.write(TINY)
    if spared is None:
        assert planned == reruns
    else:
        assert reruns <= planned
        assert not planned & spared


def test_a_folder_that_is_moved_is_still_done(tiny, tmp_path, root):
    moved = tmp_path / "a place"
    shutil.copytree(tiny.folder, moved, symlinks=True)
    other = Workflow.__new__(Workflow)
    other.folder, other.root = moved, root
    assert "Nothing to be done" in other.run("--dry-run")


def test_what_reruns_is_what_the_code_says(tiny, tmp_path, root):
    """A touched script, a comment and a docstring are nothing; a constant of all figures is."""
    for name in ("config", "workflow", "profiles", "resources"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copy(root / "Snakefile", tmp_path)
    other = Workflow.__new__(Workflow)
    other.folder, other.root = tiny.folder, tmp_path
    scripts = tmp_path / "workflow/scripts"
    (scripts / "train.py").touch()
    for path in (scripts / "train.py", scripts / "ccsncam/seeds.py"):
        text = path.read_text().replace('"""\n', ' And more."""\n', 1)
        path.write_text(text + "\n# A comment.\n")
    assert "Nothing to be done" in other.run("--dry-run")
    plots = scripts / "ccsncam/plots/style.py"
    plots.write_text(plots.read_text().replace("PAGE = 7.0", "PAGE = 7.1"))
    figures = {f"fig{number}" for number in range(1, 17)} | {
        "loudest",
        "representations",
        "segments",
    }
    assert jobs(other.run("--dry-run")) == figures


def test_params_depend_on_wildcards_alone(root):
    """Snakemake does not record params that are made of outputs, inputs or resources."""
    for path in (root / "workflow/rules").glob("*.smk"):
        taken = re.findall(r"^def \w+\(wildcards, *(\w+)", path.read_text(), re.MULTILINE)
        assert not taken, path.name


def test_another_row_or_a_comment_of_the_table_reruns_nothing(tiny):
    table = tiny.folder / "config/waveforms.tsv"
    kept = table.read_text()
    table.write_text(kept.replace("he3.5\t", "# a comment\nhe3.6\t", 1))
    output = tiny.run("--dry-run")
    table.write_text(kept.replace("\t0.89\t", "\t0.8901\t"))
    other = jobs(tiny.run("--dry-run"))
    table.write_text(kept)
    assert "Nothing to be done" in output
    assert {"make_waveform", "train"} <= other


def test_one_core_gives_the_same_bytes(tiny, tmp_path, root):
    """As far as rules take more threads than one, and what follows at once."""
    other = Workflow(tmp_path, root, TINY)
    ends = ("tables/accuracy.csv", "figures/fig06.pdf")
    other.run("--", *(f"results/tiny/{name}" for name in ends), cores=1)
    made, known = digests(other), digests(tiny)
    assert {f"tiny/{name}" for name in ends} <= set(made)
    assert made == {name: known[name] for name in made}


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


@pytest.mark.parametrize(
    "target",
    [f"fig{n}" for n in range(1, 17)]
    + ["loudest", "representations", "segments", "table1", "paper_numbers"],
)
def test_each_figure_is_a_target(tiny, target):
    assert jobs(tiny.run("--dry-run", "--forcerun", target, "--", target)) == {target}


def test_waveforms_are_drawn(tiny):
    tiny.run("--", "waveforms")
    assert {f"tiny/waveforms/{name}.png" for name in ("s18", "s25", "m39")} <= set(tiny.files())


def test_any_single_map_is_a_target(tiny):
    name = "results/tiny/saliency/test-10kpc/m39-3.score-cam"
    tiny.run("--", f"{name}.png")
    with h5py.File(tiny.folder / f"{name}.h5") as file:
        assert file["maps/score-cam"].shape == (94, 31)
        assert file["maps/score-cam"][()].max() in (0, 1)
        assert file.attrs["label"] == 3
    for part, words in (
        ("m39-99.score-cam", "m39 has 10 samples"),
        ("m39-1.lime", "map of 'lime': the method must be one of grad-cam"),
        ("s15-1.score-cam", "map of 's15': the name must be one of noise"),
    ):
        output = tiny.run("--", f"{Path(name).parent}/{part}.png", fails=True)
        assert words in output
        assert "Execute" not in output


def test_tables_of_saliency_hold_what_they_say(tiny):
    tables = tiny.folder / "results/tiny/tables"
    table1 = pd.read_csv(tables / "table1.csv")
    assert set(table1["variant"]) > {"as configured", "after the ReLU"}
    table1 = table1[table1["variant"] == "as configured"].set_index("method")
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
    assert set(removal["kind"]) == {"mode", "mode_fixed_scale", "detector"}
    assert set(removal["part"]) == {"g_mode", "prompt_convection", "sasi", "H1", "L1"}
