"""Tables and figures of a detector, from a background and signals that are known."""

import json

import numpy as np
import pandas as pd
import pytest
from jobs import Params
from made_backgrounds import make_background, make_clusters
from made_results import ORIGIN

import figure as figure_script
import tabulate_detection
from ccsncam.detection import store
from ccsncam.detection.names import ALL, ARGMAX, LOUDEST, NETWORK, SINGLE, names
from ccsncam.detection.searched import NoiseWindows, Searched, write_noise
from ccsncam.plots import alarms, efficiency, loudness, operating, reliability
from ccsncam.results.detector_numbers import detector_numbers
from ccsncam.results.searches import Inputs

DAY = 86400.0
CLASSES = ["noise", "a", "b"]
RATES = {"1 an hour": 3600.0, "1 a day": DAY, "1 a year": 365.25 * DAY}
PROBABILITIES = [0.01, 0.001]
CONTROLS = names(3)


def logits_of(values, kind=1):
    """Logits with these statistics, whose loudest signal class is given."""
    found = np.full((*np.shape(values), 3), -40.0)
    found[..., 0] = 0
    found[..., kind] = values
    return found.astype("f4")


def background(split, days=10.0, top=100.0):
    """100 clusters a day, with statistics top, top - 0.1, …"""
    statistic = top - 0.1 * np.arange(int(100 * days))
    return make_background(make_clusters(statistic), days * DAY, split=split, pieces=2000)


def searched(distance, loud):
    """Four signals of each class: the louder half of them in a window beside the middle."""
    count = 8
    values = np.full((count, 5), -5.0)
    values[:, 2] = 0.5
    values[[0, 1, 4, 5], 4] = loud
    values[3, :2] = -np.inf
    label = np.repeat([1, 2], 4)
    logits = np.stack([logits_of(one, kind) for one, kind in zip(values, label, strict=True)])
    # The second signal is taken for the other class.
    logits[1] = logits_of(values[1], 2)
    logits[~np.isfinite(values)] = np.nan
    # Excess power is louder than the threshold in one window, which is not the middle.
    control = np.full((count, 5, len(CONTROLS)), loud / 100)
    control[:, 1] = 3 * loud
    return Searched(
        logits=logits,
        own=logits_of(values[:, 2] - 1.0),
        control=control,
        row=np.arange(count),
        label=label,
        network_snr=100 / distance + np.arange(count) % 4,
        distance_kpc=np.full(count, float(distance)),
        starts=384 * np.arange(-2, 3),
        controls=CONTROLS,
        classes=CLASSES,
        dataset=f"test-{distance}kpc",
        origin=ORIGIN,
        seed=0,
    )


def windows(split):
    """2000 windows with statistics -1999/1000, …, 0; every hundredth is taken for a signal."""
    values = -np.arange(2000) / 1000
    control = np.tile(values[:, None], (1, len(CONTROLS)))
    logits = logits_of(values)
    logits[::100, 1] += 2.5
    pieces = np.tile(np.arange(2000)[:, None] % 500, (1, 3))
    return NoiseWindows(logits, control, pieces, 2000.0, CONTROLS, split)


@pytest.fixture(scope="module")
def inputs():
    splits = ("validation", "test")
    of = {NETWORK: {"validation": background("validation"), "test": background("test", top=99.05)}}
    of |= {name: {split: background(split, top=60.0) for split in splits} for name in ("pixels",)}
    noise = {split: windows(split) for split in splits}
    return Inputs(0, of, noise, [searched(1, 99.5), searched(10, 20.0)])


@pytest.fixture(scope="module")
def found(inputs):
    return tabulate_detection.of_network(inputs, RATES, PROBABILITIES)


def row_of(table, **values):
    keep = np.logical_and.reduce([table[name] == value for name, value in values.items()])
    assert keep.sum() == 1
    return table[keep].iloc[0]


def test_thresholds_of_a_known_background(found):
    table = found["operating_point"]
    own = row_of(table, statistic=NETWORK, criterion="1 a day")
    # Of 100 a day in 10 days, the tenth is at 1 a day.
    assert own["threshold"] == pytest.approx(99.1)
    assert own["threshold_low"] < own["threshold"] < own["threshold_high"]
    assert bool(own["reached"])
    # The test background is 0.95 quieter: none of it is there, and zero counts bound at 3/T.
    assert (own["test"], own["test_count"]) == (0, 0)
    assert own["test_high"] == pytest.approx(-np.log(0.05) / 10)
    hour = row_of(table, statistic=NETWORK, criterion="1 an hour")
    assert hour["threshold"] == pytest.approx(100 - 0.1 * 239)
    assert hour["test_count"] == 230
    assert hour["test"] == pytest.approx(23)
    assert hour["chance_in_10_s"] == pytest.approx(1 - np.exp(-23 * 10 / DAY))
    assert hour["chance_in_1_day"] == pytest.approx(1)
    year = row_of(table, statistic=NETWORK, criterion="1 a year")
    assert not year["reached"]
    assert year["threshold"] == 100
    assert "was not extrapolated" in year["note"]
    assert np.isnan(year["chance_in_10_s"])
    single = row_of(table, statistic="box", criterion="0.01 a window")
    assert single["test"] == 0.01
    assert single["test_low"] < 0.01 < single["test_high"]
    paper = row_of(table, rule=ARGMAX)
    assert paper["test"] == 0.01


def test_signals_are_found_by_the_rule_of_the_background(found):
    """Half of the signals at 1 kpc are loud, and only in a window beside the middle."""
    table = found["efficiency"]
    own = {"statistic": NETWORK, "class": ALL}
    loud = row_of(table, **own, criterion="1 a day", distance_kpc=1)
    assert (loud["n"], loud["found"], loud["efficiency"]) == (8, 4, 0.5)
    assert loud["low"] < 0.5 < loud["high"]
    assert row_of(table, **own, criterion="1 a day", distance_kpc=10)["found"] == 0
    # The threshold of 99.1 has an interval from 98.3 to 99.7, and the signals have 99.5.
    assert loud["efficiency_at_threshold_low"] == 0.5
    assert loud["efficiency_at_threshold_high"] == 0
    paper = row_of(table, **own, criterion=ARGMAX, distance_kpc=1)
    ends = [paper[f"efficiency_at_threshold_{end}"] for end in ("low", "high")]
    assert ends == [paper["efficiency"]] * 2
    # At 1e-2 of single windows the threshold is about 2, which the middle is below.
    single = row_of(table, **own, criterion="0.001 a window", distance_kpc=1)
    assert single["found"] == 0
    assert row_of(table, **own, criterion=ARGMAX, distance_kpc=1)["found"] == 0
    # Excess power of the loudest window is 3 times 99.5, and 3 times 20 is just 60.
    excess = {"statistic": "pixels", "class": "a", "criterion": "1 a day"}
    assert row_of(table, **excess, distance_kpc=1)["found"] == 4
    assert row_of(table, **excess, distance_kpc=10)["found"] == 4
    # Nothing is said of a rate that noise does not reach.
    assert "1 a year" not in set(table["criterion"])
    bins = table[(table["class"] == ALL) & table["distance_kpc"].isna()]
    bins = bins[(bins["statistic"] == NETWORK) & (bins["criterion"] == "1 a day")]
    # Signals of SNR 10 to 13 are those at 10 kpc, the others have 100 to 103.
    assert bins["snr_low"].tolist() == [10, 11, 12, 13, 100]
    assert bins["found"].tolist() == [0, 0, 0, 0, 4]
    assert bins["n"].sum() == 16


def test_reach(found):
    own = {"statistic": NETWORK, "criterion": "1 a day"}
    row = row_of(found["reach"], **own, **{"class": ALL})
    # Half at 1 kpc and none at 10 kpc.
    assert row["d50_kpc"] == pytest.approx(1)
    assert row["d90_kpc"] == 0
    assert 13 < row["snr50"] <= 101
    assert row["d50_kpc_at_threshold_low"] == row["d50_kpc"]
    assert row["snr50_at_threshold_low"] == row["snr50"]
    # At the upper end of the threshold's interval nothing is found.
    assert row["d50_kpc_at_threshold_high"] == 0
    assert np.isinf(row["snr50_at_threshold_high"])
    all_found = row_of(found["reach"], statistic="pixels", criterion="1 a day", **{"class": "b"})
    assert np.isinf(all_found["d50_kpc"])
    assert all_found["snr50"] == 0


def test_classes_of_found_signals(found):
    table = found["detected"]
    near = table[(table["criterion"] == "1 a day") & (table["distance_kpc"] == 1)]
    counts = near.set_index(["true", "predicted"])["count"]
    assert counts[("a", "not found")] == counts[("b", "not found")] == 2
    assert counts[("a", "a")] == counts[("a", "b")] == 1
    assert counts[("b", "b")] == 2
    assert (near.groupby("true")["count"].sum() == near.groupby("true")["n"].first()).all()
    assert (near["found"] == 2).all()


def test_accuracy_at_thresholds(found):
    """Of eight signals at 1 kpc four are found, of which one is taken for the other class."""
    table = found["recognised"]
    rate = row_of(table, rule=LOUDEST, criterion="1 a day", distance_kpc=1)
    assert (rate["n"], rate["right"], rate["recognised"]) == (8, 3, 3 / 8)
    assert rate["recognised_low"] < 3 / 8 < rate["recognised_high"]
    assert rate["recognised_at_threshold_low"] == 3 / 8
    assert rate["recognised_at_threshold_high"] == 0
    # A rate is no share of windows.
    assert np.isnan([rate["false_alarm"], rate["accuracy"]]).all()
    # In single windows nothing is found. Noise is one of three classes, and 1 % of it is taken
    # for a signal; the threshold of the other probability lies above all of that noise.
    single = row_of(table, rule=SINGLE, criterion="0.01 a window", distance_kpc=10)
    assert single["right"] == 0
    assert (single["noise_windows"], single["false_alarm"]) == (2000, 0.01)
    assert single["accuracy"] == pytest.approx(0.99 / 3)
    down = (single["false_alarm_high"] - 0.01) / 3
    assert single["accuracy"] - single["accuracy_low"] == pytest.approx(down)
    up = np.hypot((0.01 - single["false_alarm_low"]) / 3, single["recognised_high"] * 2 / 3)
    assert single["accuracy_high"] - single["accuracy"] == pytest.approx(up)
    paper = row_of(table, rule=ARGMAX, distance_kpc=1)
    assert (paper["recognised"], paper["false_alarm"]) == (0, 0.01)


def test_numbers_of_the_detector(found):
    tables = [found[name] for name in ("operating_point", "efficiency", "reach", "recognised")]
    numbers = detector_numbers(*tables)
    # JSON has neither infinity nor NaN.
    json.dumps(numbers, allow_nan=False)
    assert numbers["live_time_days"] == {"validation": 10, "test": 10}
    points = numbers["operating_points"]
    assert [*points] == [*RATES, "0.01 a window", "0.001 a window", ARGMAX]
    day = points["1 a day"]
    assert (day["rule"], day["asked"], day["unit"]) == (LOUDEST, 1, "a day")
    assert day["threshold"] == {"value": 99.1, "low": 98.3, "high": 99.7}
    assert day["noise"]["value"] == 0
    assert day["noise"]["high"] == pytest.approx(-np.log(0.05) / 10)
    near = {"value": 0.5, "at_threshold_low": 0.5, "at_threshold_high": 0}
    assert near.items() <= day["found"]["1"].items()
    assert day["found"]["1"]["low"] < 0.5 < day["found"]["1"]["high"]
    assert day["recognised"]["1"]["value"] == 3 / 8
    assert day["accuracy"] is None
    assert day["d50_kpc"]["value"] == 1
    # Nothing is found at the upper end of the threshold's interval: half lies beyond all signals.
    assert day["snr50"]["at_threshold_high"] is None
    assert 13 < day["snr50"]["value"] <= 101
    year = points["1 a year"]
    assert not year["reached"]
    assert {year[name] for name in ("threshold", "noise", "snr50", "found")} == {None}
    assert points["0.01 a window"]["accuracy"]["10"]["value"] == pytest.approx(0.99 / 3)
    assert points[ARGMAX]["threshold"] is None
    # Of two networks each number is a mean, with the interval over them.
    second = [one.assign(seed=1) for one in tables]
    second[2] = second[2].assign(snr50=second[2]["snr50"] + 2)
    both = [pd.concat(pair, ignore_index=True) for pair in zip(tables, second, strict=True)]
    several = detector_numbers(*both)["operating_points"]["1 a day"]["snr50"]
    assert several["mean"] == pytest.approx(day["snr50"]["value"] + 1)
    assert several["values"] == [day["snr50"]["value"], day["snr50"]["value"] + 2]
    assert several["low"] < several["mean"] < several["high"]


def test_tables_by_their_script(inputs, found, tmp_path):
    """The script gives the same tables, from files, for two networks."""
    for number in (0, 1):
        folder = tmp_path / f"seed-{number}"
        folder.mkdir()
        write_noise(folder / "noise.h5", inputs.windows)
        store.write(tmp_path / f"seed-{number}.h5", list(inputs.background[NETWORK].values()))
        for one in inputs.searched:
            one.write(folder / f"{one.dataset}.h5")
    store.write(tmp_path / "pixels.h5", list(inputs.background["pixels"].values()))
    named = tuple(found)
    folders = [tmp_path / f"seed-{number}" for number in (0, 1)]
    sets = [one.dataset for one in inputs.searched]
    tabulate_detection.main(
        Params(
            rule="tabulate_detection",
            log=[tmp_path / "log"],
            input=Params(
                backgrounds=[tmp_path / f"seed-{number}.h5" for number in (0, 1)],
                controls=[tmp_path / "pixels.h5"],
                searched=[str(folder / f"{name}.h5") for folder in folders for name in sets],
                noise=[str(folder / "noise.h5") for folder in folders],
            ),
            output={name: tmp_path / f"{name}.csv" for name in named},
            params=Params(
                splits=["validation", "test"],
                seeds=[0, 1],
                rates=RATES,
                probabilities=PROBABILITIES,
            ),
        )
    )
    for name in named:
        table = pd.read_csv(tmp_path / f"{name}.csv")
        assert set(table["seed"]) == {0, 1}
        assert set(table["inputs"]) == {ORIGIN.words}
        own = table[table["seed"] == 0].drop(columns="inputs").reset_index(drop=True)
        expected = found[name].replace("", np.nan)
        pd.testing.assert_frame_equal(
            own, expected, check_dtype=False, rtol=1e-5, check_column_type=False
        )


def test_the_operating_point_of_figures(found):
    table = found["operating_point"]
    point = operating.shown(table, "1 a day")
    assert (point.rule, point.criterion) == (LOUDEST, "1 a day")
    assert point.per_second == pytest.approx(1 / DAY)
    # Noise is too short for one a year: the figure shows one a day, and says so.
    point = operating.shown(table, "1 a year")
    assert point.criterion == "1 a day"
    assert "noise is too short for 1 a year" in point.words
    none = table.assign(reached=table["reached"] & (table["rule"] != LOUDEST))
    point = operating.shown(none, "1 a day")
    assert (point.rule, point.per_second) == (SINGLE, None)
    assert point.criterion == "0.001 a window"
    assert "noise is too short for any rate" in point.words


def test_where_excess_power_is_better_is_said():
    rows = pd.DataFrame(
        {
            "statistic": [NETWORK] * 3 + ["box"] * 3,
            "snr_low": [10, 12, 200] * 2,
            "snr_high": [12, 14, np.inf] * 2,
            "low": [0.1, 0.2, 0.3, 0.11, 0.5, 0.9],
            "high": [0.2, 0.3, 0.4, 0.3, 0.6, 1.0],
        }
    )
    assert operating.beaten(rows) == ["12-14", "above 200"]
    assert operating.beaten(rows[rows["statistic"] == NETWORK]) == []


def extents(figure):
    """Places of all words of a figure but those of ticks, once it is laid out."""
    figure.canvas.draw()
    found = [*figure.texts]
    for legend in figure.legends:
        found += [legend.get_title(), *legend.get_texts()]
    for axes in figure.axes:
        found += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
    return {one.get_text(): one.get_window_extent() for one in found if one.get_text()}


def assert_words_fit(figure):
    """No word reaches beyond the page."""
    whole = figure.bbox
    for words, box in extents(figure).items():
        assert box.x0 >= whole.x0 - 1, words
        assert box.x1 <= whole.x1 + 1, words
        assert box.y0 >= whole.y0 - 1, words
        assert box.y1 <= whole.y1 + 1, words


LONG = operating.Shown(
    LOUDEST, "1 a day", "false alarms: 1 a day (noise is too short for 1 a month, or a year)", 1
)


def line(axes, label):
    return next(one for one in axes.lines if one.get_label() == label)


def test_efficiency_is_drawn_beside_the_paper_s_rule(found):
    point = operating.shown(found["operating_point"], "1 a day")
    figure = efficiency.efficiency(found["efficiency"], found["reach"], point, ["a", "b", ALL])
    whole = figure.axes[2]
    assert whole.get_title() == "all: 1 kpc"
    assert line(whole, "network").get_ydata().tolist() == [0.5, 0]
    dashed = line(whole, "rule of the paper")
    assert dashed.get_linestyle() == "--"
    assert dashed.get_ydata().tolist() == [0, 0]
    assert line(whole, "excess power, cells").get_ydata().tolist() == [1, 1]
    light = whole.collections[0].get_paths()[0].get_extents()
    # At 1 kpc the ends of the threshold's interval find none and half of the signals.
    assert (light.y0, light.y1) == (0, 0.5)
    several = [*"ab", ALL] * 3
    assert_words_fit(efficiency.efficiency(found["efficiency"], found["reach"], LONG, several))


def test_loudness_has_controls_and_a_bound(found):
    point = operating.shown(found["operating_point"], "1 a day")
    window = operating.window_point(found["operating_point"])
    figure = loudness.loudness(found["efficiency"], [(window, 1e-3), (point, 1e-5)])
    left, right = figure.axes
    bound = line(left, "bound: a matched filter that knows signal and time")
    at = np.argmin(np.abs(bound.get_xdata() - 3.09))
    assert bound.get_ydata()[at] == pytest.approx(0.5, abs=0.02)
    assert line(right, "network").get_ydata().tolist() == [0, 0, 0, 0, 0.5]
    assert {one.get_label() for one in left.lines} >= {"excess power, box", "network"}
    # It finds twice as much in the last bin, but of two signals this says nothing.
    assert right.get_title().endswith("excess power finds more, beyond intervals: nowhere")
    light = right.collections[0].get_paths()[0].get_extents()
    assert (light.y0, light.y1) == (0, 0.5)
    assert_words_fit(loudness.loudness(found["efficiency"], [(window, 1e-3), (LONG, 1e-5)]))


def test_alarms_show_thresholds_and_events(found):
    rates = pd.concat(
        pd.DataFrame(
            {
                "split": split,
                "kind": "inclusive",
                "threshold": [100.1, 100.0, 99.1],
                "count": [0, 1, 10],
                "live_time_days": 10.0,
                "per_day": [0, 0.1, 1],
                "low_pieces": [0, 0.01, 0.5],
                "high_pieces": [0.3, 0.6, 1.8],
            }
        )
        for split in ("validation", "test")
    )
    loudest = pd.DataFrame(
        {
            "split": "test",
            "rank": [1, 1, 2],
            "statistic": [99.05, 99.05, 98.95],
            "per_day": [0.1, 0.1, 0.2],
            "class": ["a", "a", "b"],
        }
    )
    figure = alarms.alarms(rates, loudest, found["operating_point"])
    axes = figure.axes[0]
    words = {text.get_text() for text in axes.texts}
    assert {"1: a", "2: b", "1 a day: 99.1", "1 a year: noise is too short"} <= words
    assert axes.get_ylim()[0] < 1 / 365.25
    # Events lie at the right end, or at the top where the legend once was.
    for statistic, rate in ((99.0, 1.0), (100.1, 0.3)):
        far = loudest.assign(statistic=statistic, per_day=rate, **{"class": "z100_sfho"})
        figure = alarms.alarms(rates, far, found["operating_point"])
        assert_words_fit(figure)
        words = extents(figure)
        event = next(box for text, box in words.items() if text.endswith("z100_sfho"))
        assert not figure.legends[0].get_window_extent().overlaps(event)
        assert figure.axes[0].bbox.x1 >= event.x1


def test_reliability_shows_the_error_of_each_data_set():
    errors = pd.DataFrame(
        {
            "dataset": ["test-1kpc"] * 2,
            "variant": ["as trained", "temperature"],
            "temperature": [1, 2.5],
            "ece": [0.2, 0.1],
        }
    )
    bins = errors.assign(confidence=0.9, accuracy=0.7, low=0.6, high=0.8)
    cover = pd.DataFrame(
        {
            "dataset": "test-1kpc",
            "distance_kpc": 1.0,
            "class": ["noise", "all signals", "signals not taken for noise"],
            "nominal": 0.9,
            "coverage": [0.9, 0.5, 0.8],
            "low": [0.8, 0.4, 0.7],
            "high": [1, 0.6, 0.9],
            "size": [1.0, 1.5, 3.0],
        }
    )
    figure = reliability.reliability(errors, bins, cover, ["test-1kpc"])
    diagram, sets, sizes = figure.subfigs[0].axes[0], *figure.subfigs[1].axes
    assert diagram.get_title() == "test-1kpc\nECE 0.200, with T 0.100"
    assert line(sets, "all signals").get_ydata().tolist() == [0.5]
    assert sizes.get_ylim()[1] > 3


def test_figures_by_their_script(found, tmp_path):
    for name in ("efficiency", "operating_point", "reach"):
        found[name].assign(inputs=ORIGIN.words).to_csv(tmp_path / f"{name}.csv", index=False)
    jobs = {
        "efficiency": (("efficiency", "reach", "operating_point"), {"classes": CLASSES}),
        "loudness": (("efficiency", "operating_point"), {}),
    }
    for module, (needed, params) in jobs.items():
        output = {kind: tmp_path / f"{module}.{kind}" for kind in ("pdf", "png")}
        job = Params(rule=module, log=[tmp_path / "log"], config={"run": "tried"})
        job |= {"input": Params({name: tmp_path / f"{name}.csv" for name in needed})}
        job |= {"output": Params(output), "params": Params(params, module=module, rate="1 a day")}
        figure_script.main(job)
        assert output["png"].read_bytes().startswith(b"\x89PNG")
