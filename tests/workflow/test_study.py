"""A study of a finished run: what it shares, what it compares, and a variant that fails."""

import re
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from runner import TINY, Workflow

import study_cost
from ccsncam.config.schema import merged
from ccsncam.planning import start

POWER = {"spectrogram": {"scale": "power"}}
VARIANTS = {"paper": {}, "power": POWER, "wrong": {"classifier": {"dropout": 0.5}}}


def config_of(variants, **block):
    return TINY | {"study": {"variants": variants, "detection": False, **block}}


def planned(output):
    """Rules of the jobs that a call plans or has run, by how many."""
    lines = re.findall(r"^(\S+) +(\d+)$", output.split("Job stats:")[1].split("total")[0], re.M)
    return {name: int(count) for name, count in lines}


def planned_study(root):
    """The study as Snakemake plans it in the working directory."""
    defaults = yaml.safe_load((root / "config/config.yaml").read_text())
    rules = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    return start.prepare_study(merged(defaults, config_of(VARIANTS)), defaults, rules)


@pytest.fixture(scope="module")
def studied(tiny, tmp_path_factory, root):
    """The study, of which the weights of one variant cannot be read."""
    folder = tmp_path_factory.mktemp("studied") / "run"
    shutil.copytree(tiny.folder, folder)
    workflow = Workflow(folder, root, config_of(VARIANTS))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        study = planned_study(root)
    models = folder / study.variants[2].levels["models"] / "seed-0"
    models.mkdir(parents=True)
    for name in ("best.weights.h5", "last.weights.h5", "history.csv"):
        (models / name).write_text("nothing")
    workflow.failed = workflow.run("--keep-going", "--", "study", fails=True)
    left = ("--config", "study={'leave_out': ['wrong']}", "--", "study")
    workflow.output = workflow.run(*left)
    return workflow


def test_a_finished_run_is_not_made_again(studied):
    jobs = planned(studied.failed)
    expected = {f"{name}.evaluate": 1 for name in VARIANTS}
    expected |= dict.fromkeys(("power.build_snr_dataset", "power.build_distance_dataset"), 1)
    expected |= dict.fromkeys(("power.train", "tabulate_study", "plot_study", "study"), 1)
    assert jobs == expected
    assert "Results are in results/tiny/ and results/study/." in studied.output


def test_a_failed_variant_takes_none_with_it(studied):
    assert "wrong could not be finished. To compare the others, add --config" in studied.failed
    assert "{'leave_out': ['wrong']}" in studied.failed
    assert set(planned(studied.output)) == {"tabulate_study", "plot_study", "study"}
    page = (studied.folder / "results/study/study.html").read_text()
    assert "Left out: wrong" in page
    assert (studied.folder / "results/study/figures/study.pdf").is_file()


def test_test_samples_are_the_same_injections_in_the_same_noise(studied, tiny):
    """The variant without changes says what the run says, and the other one saw its samples."""
    name = "evaluation/seed-0/test-10kpc.h5"
    ours = (studied.folder / "results/study/paper" / name).read_bytes()
    assert ours == (tiny.folder / "results/tiny" / name).read_bytes()
    (power,) = (studied.folder / "results/study/shared").glob("datasets-*/test-10kpc.h5")
    known = tiny.folder / "results/tiny/datasets/test-10kpc.h5"
    with h5py.File(known) as one, h5py.File(power) as other:
        for column in set(one) - {"spectrogram"}:
            np.testing.assert_array_equal(one[column], other[column], err_msg=column)
        assert (one["spectrogram"][()] != other["spectrogram"][()]).any()


def test_the_table_compares_them(studied, tiny):
    table = pd.read_csv(studied.folder / "results/study/tables/study.csv")
    own = pd.read_csv(tiny.folder / "results/tiny/tables/accuracy.csv").set_index("distance_kpc")
    rows = table[(table["quantity"] == "accuracy") & (table["unit"] == "kpc")]
    paper = rows[(rows["variant"] == "paper") & (rows["seed"] == "0")].set_index("at")
    assert paper["value"].to_dict() == own.loc[[1, 10], "accuracy"].to_dict()
    power = rows[(rows["variant"] == "power") & (rows["seed"] == "all")].set_index("at")
    assert power["paired"].astype(str).eq("True").all()
    np.testing.assert_allclose(power["difference"], power["value"] - paper["value"], atol=1e-5)


def test_sharing_costs_less(studied):
    table = pd.read_csv(studied.folder / "results/study/tables/study_cost.csv")
    assert set(table["variant"]) == {"paper", "power"}
    said = study_cost.lines(table)
    cost, bound = (float(re.search(r": (\d+) s$", line)[1]) for line in (said[0], said[2]))
    assert 0 < cost <= bound
    noise = table[table["step"] == "select_noise"]
    assert list(noise["variants"]) == [2, 2]
    table.loc[0, "seconds"] = np.nan
    with pytest.raises(ValueError, match="make_waveform of paper: it has no benchmark file"):
        study_cost.lines(table)


def test_another_variant_reruns_nothing_of_the_others(studied):
    """Wherever it stands, and though it shares the data sets of another."""
    new = {"a-new": {**POWER, "classifier": {"dropout": 0.1}}}
    studied.write(config_of(new | VARIANTS, leave_out=["wrong"]))
    jobs = planned(studied.run("--dry-run", "--", "study"))
    own = {"a-new.train": 1, "a-new.evaluate": 1}
    assert jobs == own | dict.fromkeys(("tabulate_study", "plot_study", "study"), 1)


def test_any_figure_of_a_variant_is_a_target(studied):
    studied.write(config_of(VARIANTS))
    target = "results/study/power/figures/fig05.pdf"
    output = studied.run("--dry-run", "--", target)
    assert planned(output) == {"power.tabulate_results": 1, "power.fig5": 1}
    assert "power: Figure 5" in output


def test_without_variants_it_says_what_is_missing(studied):
    studied.write(TINY)
    output = studied.run("--dry-run", "--", "study", fails=True)
    assert "study: the config has no variants: name one that has, such as" in output


# What Snakemake gives to the trainings of a study with these settings; it plans no job.
READ = """
import sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings

given = {"train": {"mem_mb": 777}, "power.train": {"runtime": 9}, "wrong.train": {"mem_mb": 555}}
with SnakemakeApi(OutputSettings()) as api:
    called = api.workflow(
        resource_settings=ResourceSettings(cores=1, overwrite_resources=given),
        config_settings=ConfigSettings(configfiles=[Path("my.yaml")]),
        snakefile=Path(sys.argv[1]),
    )
    for rule in called._workflow.rules:
        if rule.name.endswith("train"):
            print(rule.name, *(rule.resources[name].raw for name in ("mem_mb", "runtime")))
"""


def test_settings_of_a_rule_hold_for_its_variants(tmp_path, root):
    """Those of a profile, too; what names a variant's own rule goes first."""
    (tmp_path / "my.yaml").write_text(yaml.safe_dump(config_of(VARIANTS)))
    call = [sys.executable, "-c", READ, str(root / "Snakefile")]
    done = subprocess.run(call, cwd=tmp_path, check=True, capture_output=True, text=True)
    found = {name: tuple(rest) for name, *rest in map(str.split, done.stdout.splitlines())}
    memory, runtime = found["train"]
    assert memory == "777"
    assert found["paper.train"] == ("777", runtime)
    assert found["power.train"] == ("777", "9")
    assert found["wrong.train"] == ("555", runtime)
    assert runtime != "9"
