"""The table, the costs, the figure and the page of a study, from answers that are known."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from jobs import Params
from made_results import make_evaluation
from test_detection_tables import PROBABILITIES, RATES, background, searched, windows

import plot_study
import tabulate_detection
import tabulate_study
from ccsncam.config.blocks import Sampling
from ccsncam.detection import store
from ccsncam.detection.names import ALL, NETWORK
from ccsncam.detection.searched import write_noise
from ccsncam.plots import study as study_figure
from ccsncam.plots import study_page
from ccsncam.results import paired, searches, study_costs, study_data, study_outcomes
from ccsncam.results import study_tables as tables
from ccsncam.results.study_data import ACCURACY, EFFICIENCY, EVERY, FALSE_ALARMS, KPC, REACH, SNR
from ccsncam.samples import building
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.synthesis import Inputs, by_distance

POINTS = study_data.points(RATES, PROBABILITIES)
DISTANCES = (1.0, 2.0, 4.0)


def right(label, share, random):
    """Predictions of which this share is right."""
    wrong = np.where(label == 1, 2, 1)
    return np.where(random.random(len(label)) < share, label, wrong)


def network(shares, seed, count=60, shift=0.0):
    """Answers of a network with these accuracies at each distance; signals that it finds."""
    random = np.random.default_rng(seed)
    label = np.repeat([0, 1, 2], count)
    sets = {}
    for distance, share in zip(DISTANCES, shares, strict=True):
        sets[distance] = make_evaluation(label, right(label, share, random), distance, seed=seed)
        sets[distance].network_snr = sets[distance].network_snr / distance + shift * (label > 0)
    answers = study_outcomes.classified(sets)
    signals = answers[ACCURACY, ""].part(answers[ACCURACY, ""].label > 0)
    # A source is found if it is nearer than its own number says.
    reach = np.random.default_rng(7).uniform(0.5, 4.5, len(signals.hit))
    reach += 10 * (shares[0] - 0.9)
    hit = signals.distance < reach
    for name in list(RATES)[:2]:
        answers[EFFICIENCY, name] = study_data.Outcome(
            hit, signals.label, signals.distance, signals.snr
        )
    return answers


@pytest.fixture(scope="module")
def variants():
    return {
        "paper": {seed: network((0.9, 0.6, 0.3), seed) for seed in (0, 1)},
        "better": {seed: network((1.0, 0.9, 0.6), seed) for seed in (0, 1)},
        "elsewhere": {5: network((0.9, 0.6, 0.3), 5, count=50, shift=1.0)},
    }


@pytest.fixture(scope="module")
def table(variants):
    point = study_data.chosen(list(variants.values()), POINTS, "1 a day")
    return compared(variants, point)


def compared(variants, point, **against):
    """The table of variants that are compared with the first, unless another one is named."""
    bases = dict.fromkeys(variants, next(iter(variants))) | against
    return tables.study(variants, bases, POINTS, point)


def row_of(table, **values):
    keep = np.logical_and.reduce([table[name] == value for name, value in values.items()])
    assert keep.sum() == 1, values
    return table[keep].iloc[0]


def test_differences_are_those_of_the_same_samples(table, variants):
    own = row_of(table, variant="better", seed=1, quantity=ACCURACY, unit=KPC, at=2.0)
    hits = []
    for name in ("better", "paper"):
        whole = variants[name][1][ACCURACY, ""]
        hits.append(whole.hit[whole.distance == 2.0].astype(float))
    expected = paired.of_samples(hits[0] - hits[1])
    assert own["n"] == len(hits[0]) == 180
    assert own["value"] == hits[0].mean()
    assert own["low"] < own["value"] < own["high"]
    ends = tuple(own[["difference", "samples_low", "samples_high"]])
    assert ends == pytest.approx(expected[:3])
    assert own["paired"]
    assert np.isnan(own["seeds_low"])


def test_all_seeds_have_both_intervals(table):
    key = {"variant": "better", "quantity": ACCURACY, "unit": KPC, "at": 2.0}
    one, two = (row_of(table, seed=seed, **key) for seed in (0, 1))
    both = row_of(table, seed=EVERY, **key)
    assert both["value"] == pytest.approx((one["value"] + two["value"]) / 2)
    assert both["difference"] == pytest.approx((one["difference"] + two["difference"]) / 2)
    assert both["samples_high"] - both["samples_low"] < one["samples_high"] - one["samples_low"]
    expected = paired.of_seeds([one["difference"], two["difference"]])
    assert (both["seeds_low"], both["seeds_high"]) == pytest.approx((expected.low, expected.high))


def test_the_first_variant_has_no_difference(table):
    own = table[table["variant"] == "paper"]
    assert len(own) > 20
    empty = ["against", "difference", "samples_low", "seeds_low", "paired"]
    assert own[empty].isna().all(axis=None)
    assert set(table.loc[table["variant"] != "paper", "against"]) == {"paper"}


def test_differences_to_the_variant_that_is_named(table, variants):
    point = study_data.chosen(list(variants.values()), POINTS, "1 a day")
    other = compared(variants, point, elsewhere="better")
    for quantity, place in ((ACCURACY, 2.0), (EFFICIENCY, 2.0), (REACH, 1.0)):
        key = {"seed": EVERY, "quantity": quantity, "at": place}
        if quantity != REACH:
            key["unit"] = KPC
        own, base = (row_of(other, variant=name, **key) for name in ("elsewhere", "better"))
        assert own["against"] == "better"
        assert own["difference"] == pytest.approx(own["value"] - base["value"])
        assert own["difference"] != row_of(table, variant="elsewhere", **key)["difference"]
    # What the others are compared with stays.
    rest = other["variant"] != "elsewhere"
    pd.testing.assert_frame_equal(other[rest], table[rest])


def test_a_run_with_other_samples_is_not_paired(table):
    own = row_of(table, variant="elsewhere", seed=EVERY, quantity=ACCURACY, unit=KPC, at=4.0)
    base = row_of(table, variant="paper", seed=EVERY, quantity=ACCURACY, unit=KPC, at=4.0)
    assert not own["paired"]
    expected = paired.of_counts([own["value"] * 150, base["value"] * 180], [150, 180])
    ends = tuple(own[["difference", "samples_low", "samples_high"]])
    assert ends == pytest.approx(expected[:3])
    # It has a single network, which tells nothing of other trainings.
    assert np.isnan(own["seeds_low"])
    assert len(table[(table["variant"] == "elsewhere") & (table["quantity"] == ACCURACY)]) > 8


def test_noise_is_paired_where_its_signals_are(variants):
    """As many samples of another noise are not the same samples."""
    other = {"paper": variants["paper"], "noisier": {0: network((0.9, 0.6, 0.3), 0, shift=1.0)}}
    other["same"] = {0: network((0.8, 0.6, 0.3), 0)}
    found = compared(other, study_data.chosen(list(other.values()), POINTS, "1 a day"))
    for name, same in (("noisier", False), ("same", True)):
        row = row_of(found, variant=name, seed=EVERY, quantity=FALSE_ALARMS)
        assert row["paired"] == same, name


def test_places_of_the_table(table):
    own = table[(table["variant"] == "better") & (table["seed"] == EVERY)]
    places = own.groupby("quantity")["unit"].unique().map(sorted).to_dict()
    assert places == {
        ACCURACY: [KPC, SNR],
        FALSE_ALARMS: [""],
        EFFICIENCY: [KPC, SNR],
        REACH: ["a day"],
    }
    snr = own[(own["quantity"] == ACCURACY) & (own["unit"] == SNR)]
    # Every signal is in one bin; noise is in none.
    assert snr["n"].sum() == 3 * 120
    alarms = row_of(own, quantity=FALSE_ALARMS)
    assert alarms["n"] == 180
    assert list(own.loc[own["quantity"] == REACH, "at"]) == [24.0, 1.0]
    assert set(own.loc[own["quantity"] == EFFICIENCY, "criterion"]) == {"1 a day"}


def test_reach_and_its_difference(table, variants):
    own = row_of(table, variant="better", seed=0, quantity=REACH, criterion="1 a day")
    base = row_of(table, variant="paper", seed=0, quantity=REACH, criterion="1 a day")
    assert own["difference"] == pytest.approx(own["value"] - base["value"])
    assert 0 < own["samples_low"] < own["difference"] < own["samples_high"]
    # The sources are the same, so the difference is better known than either reach.
    width = own["samples_high"] - own["samples_low"]
    assert width < 0.9 * np.hypot(own["high"] - own["low"], base["high"] - base["low"])
    same = compared({"a": variants["paper"], "b": dict(variants["paper"])}, None)
    none = row_of(same, variant="b", seed=EVERY, quantity=REACH, criterion="1 a day")
    assert (none["difference"], none["samples_low"], none["samples_high"]) == (0, 0, 0)


def test_the_reach_of_single_windows_where_no_rate_is_reached(variants):
    name = EFFICIENCY, "0.01 a window"
    alone = {}
    for variant, networks in list(variants.items())[:2]:
        alone[variant] = {
            seed: {key: one for key, one in answers.items() if key[0] != EFFICIENCY}
            | {name: answers[EFFICIENCY, "1 a day"]}
            for seed, answers in networks.items()
        }
    point = study_data.chosen(list(alone.values()), POINTS, "1 a day")
    table = compared(alone, point)
    own = table[(table["quantity"] == REACH) & (table["seed"] == EVERY)]
    assert list(own["unit"]) == ["a window"] * 2
    assert list(own["at"]) == [0.01] * 2


def test_a_reach_beyond_the_test_sets_is_no_number(variants):
    far = {}
    for seed, answers in variants["paper"].items():
        whole = answers[EFFICIENCY, "1 a day"]
        every = study_data.Outcome(whole.hit | True, whole.label, whole.distance, whole.snr)
        far[seed] = answers | {(EFFICIENCY, "1 a day"): every}
    table = compared({"paper": variants["paper"], "far": far}, None)
    one = row_of(table, variant="far", seed=0, quantity=REACH, criterion="1 a day")
    assert one["value"] == np.inf
    both = row_of(table, variant="far", seed=EVERY, quantity=REACH, criterion="1 a day")
    for row in (one, both):
        assert row[["difference", "samples_low", "samples_high"]].isna().all()


def test_an_interval_of_a_reach_may_be_open(variants):
    """Many of the resamples find more than half of the signals at all distances."""
    key = EFFICIENCY, "1 a day"
    near, far = {}, {}
    for seed, answers in variants["paper"].items():
        whole = answers[key]
        there = whole.distance == DISTANCES[-1]
        number = np.cumsum(there) - 1
        # Just less than half are found at the largest distance.
        hit = np.where(there, number % 20 < 9, True)
        far[seed] = answers | {key: study_data.Outcome(hit, *places(whole))}
        near[seed] = answers | {
            key: study_data.Outcome(np.where(there, number % 20 < 1, True), *places(whole))
        }
    table = compared({"near": near, "far": far}, None)
    own = row_of(table, variant="far", seed=0, quantity=REACH, criterion="1 a day")
    assert np.isfinite(own["value"])
    assert own["high"] == own["samples_high"] == np.inf
    assert 0 < own["samples_low"] < own["difference"]
    swapped = compared({"far": far, "near": near}, None)
    other = row_of(swapped, variant="near", seed=0, quantity=REACH, criterion="1 a day")
    assert other["samples_low"] == -np.inf
    assert other["samples_high"] == pytest.approx(-own["samples_low"])
    drawn = table[(table["seed"] == EVERY) & (table["quantity"] == REACH)]
    figure, axes = plt.subplots()
    study_figure._differences(axes, drawn[drawn["criterion"] == "1 a day"], ["near", "far"], 1)
    assert np.isfinite(axes.get_xlim()).all()
    thick = max(axes.get_lines(), key=lambda line: line.get_linewidth() * line.get_ydata()[0])
    assert thick.get_xdata()[1] > axes.get_xlim()[1]
    plt.close(figure)


def places(one):
    return one.label, one.distance, one.snr


def test_found_signals_are_those_of_the_run_s_own_tables():
    own = searches.Inputs(
        0,
        {NETWORK: {split: background(split) for split in ("validation", "test")}},
        {split: windows(split) for split in ("validation", "test")},
        [searched(1, 99.5), searched(10, 20.0)],
    )
    known = tabulate_detection.of_network(own, RATES, PROBABILITIES)["efficiency"]
    answers = study_outcomes.found(
        POINTS, own.background[NETWORK]["validation"], own.windows["validation"], own.searched
    )
    # Ten days are too short for one a year.
    assert {name for _, name in answers} == {
        "1 an hour",
        "1 a day",
        "0.01 a window",
        "0.001 a window",
    }
    for (_, criterion), whole in answers.items():
        for distance in (1, 10):
            row = row_of(
                known,
                criterion=criterion,
                statistic=NETWORK,
                distance_kpc=distance,
                **{"class": ALL},
            )
            there = whole.hit[whole.distance == distance]
            assert (row["n"], row["found"]) == (len(there), there.sum()), criterion


def test_the_point_is_one_that_all_reach(variants):
    few = {seed: dict(answers) for seed, answers in variants["better"].items()}
    assert study_data.chosen([few], POINTS, "1 a day").criterion == "1 a day"
    del few[1][EFFICIENCY, "1 a day"]
    both = [variants["paper"], few]
    assert study_data.chosen(both, POINTS, "1 a day").criterion == "1 an hour"
    del few[1][EFFICIENCY, "1 an hour"]
    assert study_data.chosen(both, POINTS, "1 a day") is None
    for one in both:
        for answers in one.values():
            for probability in PROBABILITIES:
                name = EFFICIENCY, f"{probability:g} a window"
                answers[name] = answers[ACCURACY, ""]
    assert study_data.chosen(both, POINTS, "1 a day").criterion == "0.001 a window"


@pytest.mark.parametrize(
    "change", [{"scale": "power"}, {"normalisation": "sample"}, {"window": 128, "hop": 64}]
)
def test_another_picture_has_the_same_samples(made, config, tmp_path, change):
    """The draws are those of run seed, data set, class and index, and of nothing else."""
    columns = []
    for number, own in enumerate(({}, change)):
        sampling = Sampling.of(config | {"spectrogram": config["spectrogram"] | own})
        inputs = Inputs.read(made.waveforms, made.noise, sampling)
        path = tmp_path / f"{number}.h5"
        building.build(path, inputs, 1, "test-2kpc", 5, by_distance(2.0), "tried")
        data = DataSet.open(path)
        names = ["label", "network_snr", "snr", "distance_kpc", "theta", "phi", "ra", "dec", "psi"]
        names += ["bounce_time", "gps_start", "noise_piece", "noise_offset", "waveform"]
        columns.append(data.columns((*names, "spectrogram")))
    for name in names:
        np.testing.assert_array_equal(columns[0][name], columns[1][name], err_msg=name)
    images = [one["spectrogram"] for one in columns]
    assert images[0].shape != images[1].shape or (images[0] != images[1]).any()


def bench(folder, name, seconds):
    path = folder / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")


@pytest.fixture
def costs(tmp_path):
    """Noise for all, data sets of two that were made twice, and trainings of three."""
    bench(tmp_path / "run/select_noise", "all", 100)
    bench(tmp_path / "a/build", "all", 1000)
    bench(tmp_path / "b/build", "all", 40)
    for name, seconds in (("a", 10), ("b", 20), ("c", 30)):
        for seed in (0, 1, 9):
            bench(tmp_path / f"{name}/train", f"seed-{seed}", seconds)
    noise, build = [f"{tmp_path}/run/select_noise"], [f"{tmp_path}/{n}/build" for n in "ab"]
    os.utime(tmp_path / "a/build/all.tsv", (1, 1))
    steps = {
        name: {
            "select_noise": noise,
            "build": [f"{tmp_path}/c/build"] if name == "c" else build,
            "train": [f"{tmp_path}/{name}/train"],
        }
        for name in "abc"
    }
    return study_costs.costs(steps, [0, 1])


def test_costs(costs):
    own = costs.set_index(["variant", "step"])
    # Seed 9 is not of the study; of two data sets the later one is that of now.
    assert own.loc[("b", "train"), "seconds"] == 40
    assert own.loc[("a", "build"), "seconds"] == own.loc[("b", "build"), "seconds"] == 40
    assert own["variants"].to_dict()["a", "build"] == 2
    assert np.isnan(own.loc[("c", "build"), "seconds"])
    assert study_costs.totals(costs) == {
        "study": 100 + 40 + 20 + 40 + 60,
        "runs": 3 * 100 + 2 * 40 + 20 + 40 + 60,
        "common": 100,
        "bound": 100 + 2 * 40 + 20 + 40 + 60,
    }
    found = study_costs.of_variants(costs)
    assert found.loc["a"].to_dict() == {"training": 20, "other steps": 0, "shared": 140}


@pytest.fixture
def drawn(table):
    costs = pd.DataFrame(
        {
            "variant": ["paper", "better"] * 2,
            "step": ["train", "train", "select_noise", "select_noise"],
            "seconds": [60.0, 120.0, 30.0, 30.0],
            "variants": [1, 1, 2, 2],
        }
    )
    return table.assign(inputs="simulated"), costs


def test_the_figure(drawn):
    table, costs = drawn
    figure = study_figure.study(table, costs)
    panels = {axes.get_xlabel(): axes for axes in figure.axes}
    lines = panels["distance [kpc]"].get_lines()
    assert [line.get_label() for line in lines] == ["paper", "better", "elsewhere"]
    own = table[(table["seed"] == EVERY) & (table["quantity"] == EFFICIENCY)]
    better = own[(own["variant"] == "better") & (own["unit"] == KPC)]["value"]
    np.testing.assert_allclose(lines[1].get_ydata(), better)
    distance = study_figure.middle(table[table["seed"] == EVERY])
    axes = panels[f"accuracy at {distance:g} kpc [points]"]
    expected = row_of(table, variant="better", seed=EVERY, quantity=ACCURACY, at=distance, unit=KPC)
    points = [line.get_xydata()[0] for line in axes.get_lines() if len(line.get_xdata()) == 1]
    assert [100 * expected["difference"], 1] in [pytest.approx(list(one)) for one in points]
    bars = panels["time of its jobs [min]"].patches
    assert sorted({bar.get_width() for bar in bars}) == [0, 0.5, 1, 2]
    alone = study_figure.study(table[~table["quantity"].isin([EFFICIENCY, REACH])], costs)
    assert "half are found at [kpc]" not in {axes.get_xlabel() for axes in alone.axes}
    assert [text.get_text() for text in axes.get_yticklabels()] == ["paper", "better", "elsewhere"]
    other = study_figure.study(
        table.assign(against=table["against"].mask(table["variant"] == "elsewhere", "better")),
        costs,
    )
    panels = {axes.get_xlabel(): axes for axes in other.axes}
    labels = panels[f"accuracy at {distance:g} kpc [points]"].get_yticklabels()
    assert [text.get_text() for text in labels] == [
        "paper",
        "better",
        "elsewhere \N{MINUS SIGN} better",
    ]
    assert "differences to paper, or to the variant" in other.legends[0].get_title().get_text()


def test_the_page(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/study/better/figures").mkdir(parents=True)
    (tmp_path / "results/study/better/figures/fig05.pdf").touch()
    block = {
        "name": "study",
        "variants": {"paper": "results/study/paper", "better": "results/study/better"},
        "others": {"elsewhere": [5]},
        "left_out": ["broken"],
        "seeds": [0, 1],
    }
    text = study_page.page(block, b"png", *drawn, "results/study")
    assert 'href="better/figures/fig05.pdf"' in text
    assert "Left out: broken" in text
    assert "other" in re.search(r"<tr><td>elsewhere</td>.*?</tr>", text)[0]
    row = re.search(r"<tr><td>better</td>.*?</tr>", text)[0]
    assert "<td>paper</td><td>same</td>" in row
    assert "3 variants and runs." in text
    assert "$" not in re.sub(r"base64,\S*", "", text)


def finish(folder, seed, label, search=True):
    """The files of a finished run that a study reads."""
    for distance in (1, 10):
        path = folder / f"evaluation/seed-{seed}/test-{distance}kpc.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        make_evaluation([0, 1, 1, 2], [0, 1, label, 2], distance, seed=seed).write(path)
        found = folder / f"detection/seed-{seed}/test-{distance}kpc.h5"
        if search:
            found.parent.mkdir(parents=True, exist_ok=True)
            searched(distance, 99.5).write(found)
    if search:
        (folder / "background").mkdir(exist_ok=True)
        store.write(folder / f"background/seed-{seed}.h5", [background("validation")])
        write_noise(found.parent / "noise.h5", {"validation": windows("validation")})


def test_the_scripts(tmp_path, monkeypatch):
    """Two variants that were searched, and another run that was not."""
    monkeypatch.chdir(tmp_path)
    here = Path("results/study")
    for name, label in (("paper", 2), ("better", 1)):
        finish(here / name, 0, label)
    finish(Path("results/a"), 3, 2, search=False)
    bench(Path("benchmarks/study/paper/train"), "seed-0", 60)
    block = {
        "name": "study",
        "variants": {"paper": "results/study/paper", "better": "results/study/better"},
        "left_out": [],
        "against": {"paper": "paper", "better": "paper", "results/a": "paper"},
        "grades": {},
        "others": {"results/a": [3]},
        "seeds": [0],
        "distances": [1, 10],
        "detection": True,
    }
    (here / "tables").mkdir()
    (here / "figures").mkdir()
    costs = {name: {"train": [f"benchmarks/study/{name}/train"]} for name in block["variants"]}
    job = SimpleNamespace(
        rule="tabulate_study",
        log=["tabulate_study.log"],
        input=[str(path) for path in Path("results").rglob("*.h5")],
        output={"study": here / "tables/study.csv", "costs": here / "tables/study_cost.csv"},
        params=Params(
            rates=RATES,
            rate="1 a year",
            probabilities=PROBABILITIES,
            study=block,
            costs=costs,
            classes=["noise", "a", "b"],
        ),
    )
    tabulate_study.main(job)
    # Ten days of noise are too short for one a year, and another run changes no rate.
    assert "found signals are compared at 1 a day" in Path("tabulate_study.log").read_text()
    table = pd.read_csv(here / "tables/study.csv")
    own = table[(table["seed"] == EVERY) & (table["at"] == 10) & (table["unit"] == KPC)]
    better = row_of(own, variant="better", quantity=ACCURACY)
    assert (better["value"], better["difference"]) == (1, 0.25)
    assert set(own.loc[own["quantity"] == EFFICIENCY, "variant"]) == {"paper", "better"}
    assert set(own.loc[own["quantity"] == EFFICIENCY, "value"]) == {0.5}
    assert row_of(own, variant="results/a", quantity=ACCURACY)["difference"] == 0
    output = {name: here / f"figures/study.{name}" for name in ("pdf", "png")}
    output = Params(output | {"html": here / "study.html"})
    inputs = Params({name: str(path) for name, path in job.output.items()})
    drawing = SimpleNamespace(
        rule="plot_study", log=["plot.log"], input=inputs, output=output, params=job.params
    )
    plot_study.main(drawing)
    assert (here / "figures/study.pdf").stat().st_size > 5000
    assert "results/a" in (here / "study.html").read_text()
    job.params["classes"] = ["noise", "a", "c"]
    with pytest.raises(ValueError, match="its classes are noise, a, b, and those of this study"):
        tabulate_study.main(job)
