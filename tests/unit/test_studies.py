"""What the variants of a study share, where they write, and what they may not change."""

import copy
import re

import numpy as np
import pytest
import yaml

from ccsncam.config.schema import merged
from ccsncam.origin import VARIANT, run_name
from ccsncam.planning import start, studies
from ccsncam.planning.studies import LEVELS

POWER = {"spectrogram": {"scale": "power"}}
MIXED = {"classifier": {"mixing": {"anew": True}}}
COHERENT = {"classifier": {"extra": ["coherence"]}}
LOUD = {"noise": {"simulated": {"glitches": {"H1": 2.0}}}}


@pytest.fixture(scope="module")
def plan(root):
    defaults = yaml.safe_load((root / "config/config.yaml").read_text())
    rules = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    defaults["waveforms"] = str(root / defaults["waveforms"])

    def planned(variants, own=None, **changes):
        config = merged(defaults, {"study": {"variants": variants, **changes}})
        return start.prepare_study(merged(config, own or {}), defaults, rules)

    return planned


def levels(study, name):
    (found,) = [variant for variant in study.variants if variant.name == name]
    return found.levels


def test_what_is_not_changed_is_the_run_s_own(plan):
    study = plan({"paper": {}, "power": POWER, "mixed": MIXED, "loud": LOUD})
    assert levels(study, "paper") == {level: f"results/embedded/{level}" for level in LEVELS}
    changed = {
        variant.name: {
            level
            for level, folder in variant.levels.items()
            if folder.startswith("results/study/shared/")
        }
        for variant in study.variants
    }
    assert changed == {
        "paper": set(),
        "power": {"datasets", "mixing", "models"},
        "mixed": {"models"},
        "loud": {"noise", "datasets", "mixing", "models"},
    }
    assert study.variants[0].made == ()


def test_a_folder_is_made_by_one_variant(plan):
    study = plan({"a": POWER, "b": merged(POWER, MIXED), "c": merged(POWER, {})})
    made = [variant.levels[level] for variant in study.variants for level in variant.made]
    assert len(made) == len(set(made))
    assert levels(study, "a") == levels(study, "c")
    assert levels(study, "a")["datasets"] == levels(study, "b")["datasets"]
    assert levels(study, "a")["models"] != levels(study, "b")["models"]
    assert [variant.made for variant in study.variants] == [
        ("datasets", "mixing", "models"),
        ("models",),
        (),
    ]
    # Only the one that makes a folder has rules that write there.
    writers = [
        variant.name
        for variant in study.variants
        if variant.pathvars.get("made_datasets") == levels(study, "a")["datasets"]
    ]
    assert writers == ["a"]


def test_other_variants_move_nothing(plan):
    """Added before, between or behind, left out, or in another order."""
    one = plan({"paper": {}, "power": POWER, "loud": LOUD})
    more = plan({"new": merged(POWER, LOUD), "loud": LOUD, "other": POWER, "power": POWER})
    less = plan({"power": POWER, "loud": LOUD}, leave_out=["loud"])
    for name in ("power", "loud"):
        assert levels(one, name) == levels(more, name) == levels(less, name)
    for variant in less.variants:
        (same,) = [other for other in one.variants if other.name == variant.name]
        assert variant.config == same.config | {"study": variant.config["study"]}


@pytest.mark.parametrize(
    ("change", "shared"),
    [
        ({"detection": {"background": {"stride": 2}}}, set(LEVELS)),
        ({"saliency": {"per_class": 50}}, set(LEVELS)),
        ({"figures": {"gallery_snr": 30}}, set(LEVELS)),
        ({"classifier": {"dropout": 0.1}}, set(LEVELS) - {"models"}),
        ({"datasets": {"train_per_class": 100}}, {"waveforms", "noise"}),
        ({"unseen": {"distances": [1]}}, set(LEVELS) - {"datasets"}),
        ({"spectrogram": {"hop": 64}}, {"waveforms", "noise"}),
        # Data sets hold the coherence that a network asks for.
        (COHERENT, {"waveforms", "noise"}),
        ({"figures": {"examples": {"snr": 30}}}, {"waveforms", "noise"}),
        ({"noise": {"coincident": False}}, set(LEVELS)),
        ({"surrogates": ["s18"]}, {"noise"}),
        ({"whitening": {"filter_duration": 1}}, {"waveforms"}),
        ({"signal": {"bounce_window": [0.0, 0.1]}}, set()),
    ],
)
def test_levels_depend_on_what_makes_them(plan, change, shared):
    found = levels(plan({"a": change}), "a")
    assert {level for level, folder in found.items() if "/shared/" not in folder} == shared


def test_a_block_that_is_not_known_yet_is_not_shared(plan):
    """A new block makes all levels again, until somebody names the levels that ignore it."""
    config = plan({"a": {}}).variants[0].config
    for level in LEVELS:
        own, other = config | {"new": 1}, config | {"new": 2}
        assert studies.difference(own, other, level), level
        assert not studies.difference(own, config | {"new": 1}, level), level


def test_what_the_run_changes_leaves_folders_in_place(plan):
    """A variant's data sets and networks stay where they are when the run gets another distance."""
    config = plan({"a": {}}).variants[0].config
    power = config | {"spectrogram": config["spectrogram"] | {"scale": "power"}}
    tests = {"datasets": config["datasets"] | {"distances": [1, 3], "test_per_class": 7}}
    for level in ("datasets", "models"):
        before = studies.difference(power, config, level)
        assert before == studies.difference(power | tests, config | tests, level)
        assert before != studies.difference(power | tests, config, level)


def test_a_variant_has_a_whole_config(plan):
    study = plan(
        {
            "track": {
                "classifier": {"network": "track", "filters": [64]},
                "saliency": {"layer": "conv1"},
            },
            "empty": None,
        },
        seeds=[3, 4],
    )
    track, empty = study.variants
    # The guard of the run's own network does not speak of that of a variant.
    assert track.config["classifier"]["parameters"] != 427378
    assert empty.config["classifier"]["parameters"] == 427378
    for variant in study.variants:
        assert variant.config["classifier"]["seeds"] == [3, 4]
        assert variant.config["run"] == "embedded"
        assert run_name(variant.config) == f"study/{variant.name}"
        assert variant.results == f"results/study/{variant.name}"
        assert variant.pathvars["benchmarks"] == f"benchmarks/study/{variant.name}"
    assert run_name({"run": "mine"}) == "mine"


@pytest.mark.parametrize("changes", [POWER, COHERENT])
def test_the_config_of_a_variant_is_taken_as_it_is(plan, root, changes):
    """Snakemake reads the workflow again with it, as a module."""
    (variant,) = plan({"power": changes}).variants
    defaults = yaml.safe_load((root / "config/config.yaml").read_text())
    rules = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    config = copy.deepcopy(variant.config)
    study = start.prepare_study(config, defaults, rules)
    assert config == variant.config
    assert config[VARIANT] == "study/power"
    assert study.variants == []
    assert study.warnings == []


def test_lags_of_coherence_are_those_of_the_variant(plan):
    """They follow its detectors and what its network asks for, not those of the run."""
    variants = {
        "same": {},
        "none": {"classifier": {"extra": []}},
        "two": {"detectors": ["L1", "V1"]},
    }
    own = merged(COHERENT, {"classifier": {"parameters": None, "features": None}})
    same, none, two = (one.config for one in plan(variants, own).variants)
    lags = same["spectrogram"]["coherence"]
    # Light needs 10.01, 27.29 and 26.45 ms.
    np.testing.assert_allclose(lags, [41.01, 111.77, 108.33], atol=0.01)
    assert "coherence" not in none["spectrogram"]
    assert two["spectrogram"]["coherence"] == lags[2:]
    assert two["classifier"]["features"] == 2113


def test_files_and_costs_of_the_compared(plan):
    study = plan({"paper": {}, "power": POWER, "again": POWER}, leave_out=["paper"], seeds=[1])
    assert [variant.name for variant in study.compared] == ["power", "again"]
    files = study.files()
    assert "results/study/power/evaluation/seed-1/test-10kpc.h5" in files
    assert "results/study/again/background/seed-1.h5" in files
    assert not any("paper" in path for path in files)
    assert not any("/detection/" in path for path in plan({"a": {}}, detection=False).files())
    costs = study.costs()
    assert costs["power"]["train"] == costs["again"]["train"]
    assert costs["power"]["train"] == [
        "benchmarks/study/power/train",
        "benchmarks/study/again/train",
    ]
    assert costs["power"]["make_waveform"] == ["benchmarks/embedded/make_waveform"]
    assert costs["power"]["evaluate"] == ["benchmarks/study/power/evaluate"]
    # Only a training that mixes its samples takes this step.
    assert "transform_training" not in costs["power"]
    own = plan({"a": MIXED}, detection=False).costs()["a"]
    assert own["transform_training"] == ["benchmarks/embedded/transform_training"]
    assert "efficiency" not in own


def test_advice_names_what_failed(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = plan({"a": {}, "b": POWER, "c": MIXED}, leave_out=["c"], detection=False)
    assert study.advice() is None
    for path in study.files():
        if "/a/" in path:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
    assert "b could not be finished" in study.advice()
    assert "--config study=\"{'leave_out': ['c', 'b']}\", or set study.leave_out." in study.advice()
    # What was compared with the one that failed is compared with the first that is left.
    against = {"a": "b", "d": "b", "e": "a"}
    study = plan(
        {"a": {}, "b": POWER, "d": MIXED, "e": MIXED},
        against=against,
        detection=False,
        name="study",
    )
    for path in study.files():
        if "/b/" not in path:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
    keys = {"leave_out": ["b"], "against": {"a": "a", "d": "a"}}
    assert f'add --config study="{keys}", or set study.leave_out and study.against.' in (
        study.advice()
    )
    found = plan(dict.fromkeys("abde"), **merged({"against": against}, keys))
    assert found.bases == {"a": "a", "d": "a", "e": "a"}


def test_what_a_variant_is_compared_with(plan, root):
    study = plan({"a": {}, "b": POWER, "c": MIXED}, against={"c": "b"})
    assert study.bases == {"a": "a", "b": "a", "c": "b"}
    assert study.settings()["against"] == study.bases
    assert plan({"a": {}, "b": POWER, "c": MIXED}, leave_out=["a"]).bases == {"b": "b", "c": "b"}


def finished(folder, distances, classes=("noise", "s18")):
    """What a look at a finished run sees of it."""
    for distance in distances:
        path = folder / f"evaluation/seed-2/test-{distance}kpc.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    rows = "".join(f"2,{name}\n" for name in classes)
    (folder / "tables/tpr.csv").write_text(f"seed,class\n{rows}")


def test_the_report_tells_variants_apart(root):
    """Each result that the report shows has the variant as its list, but for those of the study."""
    for path in (root / "workflow/rules").glob("*.smk"):
        text = path.read_text()
        shown = len(re.findall(r"\breport\($", text, re.M))
        expected = 0 if path.name == "study.smk" else shown
        assert text.count("subcategory=VARIANT_SHOWN,") == expected, path.name


def test_other_runs(plan, tmp_path, root):
    classes = yaml.safe_load((root / "config/config.yaml").read_text())["classes"]
    finished(tmp_path / "good", range(1, 11), classes)
    study = plan({"a": {}}, compare=[str(tmp_path / "good")])
    assert study.others == {str(tmp_path / "good"): [2]}
    assert f"{tmp_path}/good/evaluation/seed-2/test-3kpc.h5" in study.files()
    # It was never searched, which takes nothing from what it has.
    assert not any("good/background" in path for path in study.files())
    finished(tmp_path / "short", [1, 5], classes)
    with pytest.raises(ValueError, match=r"short/evaluation/seed-2/test-2kpc\.h5 is missing"):
        plan({"a": {}}, compare=[str(tmp_path / "short")])
    finished(tmp_path / "other", range(1, 11))
    with pytest.raises(ValueError, match="its classes are noise, s18, and those of this study"):
        plan({"a": {}}, compare=[str(tmp_path / "other")])


@pytest.mark.parametrize("name", ["study", "study-small"])
def test_the_shipped_studies_are_valid(plan, root, name):
    own = yaml.safe_load((root / f"config/{name}.yaml").read_text())
    study = plan({}, own)
    assert len(study.variants) == len(own["study"]["variants"]) >= 3
    assert study.seeds == [0, 1]
    if name == "study":
        others = {variant: base for variant, base in study.bases.items() if base != "paper"}
        assert others == dict.fromkeys(("modes", "penalty", "scales"), "glitches")
    folders = [variant.levels["models"] for variant in study.variants]
    assert len(folders) == len(set(folders)), "two variants train the same networks"
