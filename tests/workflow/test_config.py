import copy
import math
import re

import pytest
import yaml
from runner import TINY, Workflow

import config_reference
from ccsncam.planning import inputs, start


def load(root, name="config.yaml"):
    return yaml.safe_load((root / "config" / name).read_text())


@pytest.fixture
def config(root, monkeypatch):
    monkeypatch.chdir(root)
    return load(root)


@pytest.fixture(scope="module")
def schema(root):
    return yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())


def test_the_default_is_valid(config, schema, root):
    start.prepare(config, {}, schema)


def test_the_detector_and_its_variants_are_valid(config, schema, root):
    """At least six variants, none of more than two million parameters."""
    files = [root / "config/detector.yaml", *sorted((root / "config/variants").glob("*.yaml"))]
    assert len(files) > 6
    found = set()
    for path in files:
        own = yaml.safe_load(path.read_text())
        start.prepare(own, copy.deepcopy(config), schema)
        block = own["classifier"]
        assert block["parameters"] <= 2_000_000, path
        found.add(yaml.safe_dump([block, own["spectrogram"]]))
    assert len(found) == len(files)


def test_every_key_is_described_and_the_readme_is_of_today(config, schema, root):
    """The schema is the one source of what a key means."""
    rows = list(config_reference.keys(config, schema))
    assert len(rows) > 70
    assert all(meaning.endswith((".", ")")) for _, _, meaning in rows)
    text = (root / "config/README.md").read_text()
    assert config_reference.written(text) == text, "python tools/config_reference.py --write"

    def names(block, rules, above=""):
        for key, inner in rules.get("properties", {}).items():
            assert inner.get("description") or above, key
            if f"{above}{key}" in listed:
                continue
            yield f"{above}{key}"
            yield from names(block, inner, f"{above}{key}.")

    listed = {key for key, _, _ in rows}
    # What is not listed is a block all of whose keys are.
    for block in names(config, schema):
        assert any(key.startswith(f"{block}.") for key in listed), block


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"colour": 1}, "colour"),
        ({"noise": {"rnages": 1}}, "noise: .*did you mean 'ranges'.*lists every key"),
        ({"seed": "one"}, "seed"),
        ({"run": ".."}, "run"),
        ({"classifier": {"learning_rate": "5e-4"}}, "write 5.0e-4"),
        ({"detectors": ["H1", "G1"]}, "detectors"),
        ({"signal": {"bounce_window": [0.0, 0.5]}}, "bounce_window"),
        ({"datasets": {"train_bands": [[40, 50], [30, 41], [20, 30]]}}, "overlap"),
        ({"datasets": {"train_bands": [[50, 40], [30, 40], [20, 30]]}}, "must rise"),
        ({"datasets": {"train_bands": [[40, 50]]}}, "epochs"),
        ({"noise": {"ranges": {"validation": [[1238252307, 1238354855]]}}}, "overlap"),
        ({"noise": {"source": "files"}}, "folder"),
        ({"noise": {"events": {"catalogs": ["GWTC-9"]}}}, r"noise.events.catalogs.*GWTC-2.1-conf"),
        ({"noise": {"simulated": {"live_time": {"train": {"H1": 20000}}}}}, "live_time.train.H1"),
        ({"noise": {"segment_duration": 8}}, "segment_duration"),
        (
            {"noise": {"ranges": {"train": [[1, 46]]}}},
            "train: the longest range is 45 s, but a piece",
        ),
        ({"noise": {"ranges": {"train": [[0.5, 640]]}}}, "ranges.train.*integer"),
        ({"moment": {"source": "files"}}, "moment.folder"),
        ({"moment": {"folder": "strain"}}, "moment.folder"),
        ({"moment": {"source": "files", "folder": "nowhere"}}, "there is no folder nowhere"),
        ({"saliency": {"methods": []}}, "must hold grad-cam"),
        ({"classify": {"source": "gwosc"}}, "did you mean 'moment'"),
        (
            {"datasets": {"distances": [1, math.inf]}},
            "datasets.distances: inf is not a finite number",
        ),
        (
            {"datasets": {"validation_band": [math.nan, 50]}},
            "validation_band: nan is not a finite number",
        ),
        ({"signal": {"highpass": math.nan}}, "signal.highpass: nan is not a finite number"),
        ({"noise": {"simulated": {"glitch_kinds": {"blip": math.nan}}}}, "glitch_kinds.blip: nan"),
        ({"noise": {"events": {"window": [math.nan, 8]}}}, "noise.events.window: nan"),
        ({"noise": {"exclude": [[20, 10]]}}, r"noise.exclude: \[20, 10\] must rise"),
        ({"noise": {"exclude": [[math.nan, 10]]}}, "noise.exclude: nan is not a finite number"),
        ({"noise": {"simulated": {"glitch_snr": [50, 5]}}}, r"glitch_snr: \[50, 5\] must rise"),
        ({"noise": {"simulated": {"glitch_kinds": {"blop": 1}}}}, "kind 'blop'; .* blip, tomte"),
        ({"figures": {"gallery_snr": 5}}, r"gallery_snr: 5 must lie in .*\[20, 50\]"),
        ({"saliency": {"per_class": 1001}}, r"per_class: 1001 must be at most .*\(1000\)"),
        ({"seed": 1.0}, "seed: 1.0 is not of type 'integer'"),
        ({"classifier": {"seeds": [1.0]}}, "classifier.seeds.0: 1.0 is not of type 'integer'"),
        ({"moment": {"span": 60}, "noise": {"segment_duration": 32}}, "moment.span"),
        ({"classes": ["noise", "s18", "m40"]}, "m40"),
        ({"classes": ["s18", "noise"]}, "first class"),
        ({"surrogates": ["m40"]}, "surrogates: m40: no row"),
        ({"classifier": {"parameters": 427377}}, "427378"),
        ({"classifier": {"features": 2000}}, "2112"),
        ({"spectrogram": {"normalisation": "fixed"}}, "ceiling"),
        ({"figures": {"distances": [11]}}, "figures.distances"),
        ({"datasets": {"distances": [1, 5, 10, 1.00000001]}}, r"datasets.distances: 1: take"),
        ({"datasets": {"distances": [1, 5, 10, 1000000]}}, r"distances.3: 1000000 is greater"),
        ({"figures": {"comparison": "noise"}}, "figures.comparison"),
        ({"saliency": {"distance": 11}}, "saliency.distance"),
        ({"saliency": {"layer": "conv3"}}, "conv3.*relu2"),
        ({"saliency": {"methods": ["grad-cam", "score-cam"]}}, "saliency.methods"),
        ({"saliency": {"options": {"grad-cam": {"channel_softmax": True}}}}, "grad-cam"),
    ],
)
def test_bad_input_gets_one_clear_line(config, schema, root, change, where):
    def merge(block, change):
        for key, value in change.items():
            if isinstance(value, dict):
                merge(block.setdefault(key, {}), value)
            else:
                block[key] = value

    config = copy.deepcopy(config)
    merge(config, change)
    with pytest.raises(ValueError, match=where) as error:
        start.prepare(config, {}, schema)
    assert "\n" not in str(error.value)


def test_null_takes_what_the_network_has(config, schema, root):
    config["classifier"] |= {"parameters": None, "features": None}
    start.prepare(config, {}, schema)
    assert (config["classifier"]["parameters"], config["classifier"]["features"]) == (427378, 2112)


def test_nothing_is_written_on_bad_input(tmp_path, root):
    bad = Workflow(tmp_path, root, TINY | {"colour": 1})
    output = bad.run(fails=True)
    assert "config, the top level: unknown key 'colour'" in output
    assert "Traceback" not in output
    assert not (tmp_path / "results").exists()


def test_noise_depends_on_the_events_of_its_ranges_only(config):
    noise = config["noise"] | {"source": "files"}
    out = {split: inputs.noise_of(noise, split, "H1")["leave_out"] for split in noise["ranges"]}
    assert [reason for _, _, reason in out.pop("validation")] == ["event GW190403_051519"]
    assert list(out.values()) == [[], []]
    assert "leave_out" not in inputs.noise_of(config["noise"], "validation", "H1")
    noise["exclude"] = [[1, 2]]
    assert inputs.noise_of(noise, "train", "H1")["leave_out"] == [[1, 2, "excluded"]]


@pytest.mark.parametrize("key", ["psd", "glitches", "live_time"])
def test_a_detector_without_an_entry_is_named(config, key):
    block = config["noise"]["simulated"][key]
    (block["train"] if key == "live_time" else block).pop("V1")
    with pytest.raises(ValueError, match=rf"noise.simulated.{key}.*: there is no entry for V1"):
        inputs.noise_of(config["noise"], "train", "V1")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        # The three detectors were never on at once in the paper's training range.
        ({"coincident": True}, "noise.coincident: in noise.ranges.train no piece of 64 s"),
        ({"segment_duration": 4096}, "noise.ranges.train: no piece of 4096 s .* H1"),
        ({}, None),
    ],
)
def test_ranges_that_fail_are_refused_before_the_download(config, change, where):
    config["noise"] |= {"source": "gwosc"} | change
    if where is None:
        inputs.check_files(config)
    else:
        with pytest.raises(ValueError, match=where):
            inputs.check_files(config)


def test_ranges_without_a_catalogue_are_said(config):
    assert inputs.warnings(config) == []
    noise = config["noise"]
    noise["source"] = "gwosc"
    assert inputs.warnings(config) == []
    # Catalogs of O3 alone know nothing of O2 and O4a.
    noise["events"]["catalogs"] = ["GWTC-2", "GWTC-2.1", "GWTC-3"]
    noise["ranges"]["train"] = [[1187008000, 1187009000], [1370020000, 1370028000]]
    assert len(inputs.warnings(config)) == 2
    noise["events"]["catalogs"].append("GWTC-1")
    (line,) = inputs.warnings(config)
    assert "[1370020000, 1370028000]" in line
    assert inputs.noise_of(noise, "train", "H1")["leave_out"][0][2] == "event GW170817"
    noise["events"]["catalogs"].append("GWTC-4.0")
    assert inputs.warnings(config) == []
    noise["events"]["catalogs"] = []
    assert inputs.warnings(config) == []


def test_a_surrogate_without_modes_is_named(config, schema, root, tmp_path):
    table = (root / config["waveforms"]).read_text().replace("\ns18\t", "\nfoo\t")
    (tmp_path / "mine.tsv").write_text(table)
    classes = ["foo" if name == "s18" else name for name in config["classes"]]
    mine = config | {"waveforms": str(tmp_path / "mine.tsv"), "classes": classes}
    with pytest.raises(ValueError, match=r"mine\.tsv:\d+.*foo.*resources/surrogates\.tsv"):
        start.prepare(mine, {}, schema)


def test_the_paper_says_which_waveforms_are_missing(tmp_path, root):
    paper = Workflow(tmp_path, root, load(root, "paper.yaml"))
    output = paper.run("--dry-run", fails=True)
    lines = [line for line in output.splitlines() if line.startswith("config/paper.tsv:")]
    assert len(lines) == 9
    assert all(re.search(r"no file .*resources/waveforms/.*; get it from", line) for line in lines)
    assert "surrogates: [he3.5, s18, s13, s25, m39, y20, s18np, z85_sfhx, z100_sfho]" in output
    assert "Traceback" not in output
    chosen = load(root, "surrogates.yaml")
    # A choice row by row: what is not chosen stays missing.
    paper.write(load(root, "paper.yaml") | {"surrogates": chosen["surrogates"][1:]})
    output = paper.run("--dry-run", fails=True)
    (line,) = (line for line in output.splitlines() if line.startswith("config/paper.tsv:"))
    assert "no file resources/waveforms/he3.5.dat" in line
    # What was chosen stays chosen: lists replace.
    assert f"surrogates: [{', '.join(chosen['surrogates'][1:])}, he3.5]" in output
    assert not (tmp_path / "results").exists()
    paper.write(load(root, "paper.yaml"))
    output = paper.run(tmp_path / "config/surrogates.yaml", "--dry-run")
    assert re.search(r"fetch_strain +105\n", output)


def test_a_surrogate_that_fails_is_not_replaced_by_itself(config, root, tmp_path):
    table = (root / config["waveforms"]).read_text().replace("\t0.98\t", "\t5\t")
    (tmp_path / "mine.tsv").write_text(table)
    with pytest.raises(ValueError, match=r"mine\.tsv:\d+: duration_s 5.*end at 0.98 s$"):
        inputs.check_files(config | {"waveforms": str(tmp_path / "mine.tsv")})


def test_missing_strain_is_named_before_any_job(tmp_path, root):
    noise = {"source": "files", "files": {"folder": "nowhere"}}
    output = Workflow(tmp_path, root, TINY | {"noise": noise}).run(fails=True)
    assert "nowhere" in output
    assert "Traceback" not in output
    assert "InputFunctionException" not in output
    assert not (tmp_path / "results").exists()


def test_a_costly_representation_is_for_small_runs(tmp_path, root):
    """The target ``all`` makes what it can; what would search noise is refused before any job."""
    workflow = Workflow(tmp_path, root, {**TINY, "spectrogram": {"kind": "hilbert-huang"}})
    output = workflow.run("--dry-run")
    assert "hilbert-huang takes about 2 minutes of one core for the images of this run" in output
    assert "Data sets test-1kpc test-10kpc (hilbert-huang: about 7.5 samples a second)" in output
    planned = set(re.findall(r"^(\w+) +1$", output, re.M))
    assert {"build_snr_dataset", "take_apart", "train", "table1", "representations"} < planned
    assert not {"search_background", "efficiency", "paper_numbers", "permute_scales"} & planned
    output = workflow.run("--dry-run", "fig14", fails=True)
    assert re.search(r": not with spectrogram.kind hilbert-huang, .* another kind", output)
    assert not (tmp_path / "results").exists()


def test_tables_are_utf8_in_any_locale(tmp_path, root, monkeypatch):
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)
    table = (root / "config/waveforms.tsv").read_text(encoding="utf-8")
    (tmp_path / "mine.tsv").write_text(f"# Müller\n{table}", encoding="utf-8")
    workflow = Workflow(tmp_path / "run", root, TINY | {"waveforms": str(tmp_path / "mine.tsv")})
    assert "make_waveform" in workflow.run("--dry-run")
