"""The candidates of a scan as a table, and what is said of each."""

import numpy as np
import pandas as pd
import pytest
from made_backgrounds import make_background, make_clusters
from matplotlib import pyplot

from ccsncam.moment.span import LEAD
from ccsncam.plots.scan import curve, picture
from ccsncam.plots.scan_page import ScanWords, page
from ccsncam.scan.rating import (
    UNRATED,
    Judge,
    candidate_table,
    event_table,
    live_time,
    rate,
)
from ccsncam.scan.store import Candidates, ScanPart, gps_name, read_candidates, write_candidates

START, STEP = 1_000_000_000, 0.09375
CLASSES = ["noise", "a", "b"]
NAN = np.nan
EVENTS = pd.DataFrame(
    {
        "name": ["GW1", "GW1", "GW2", "GW3"],
        "gps": [START + 10.3, START + 10.4, START + 40.0, START + 500.0],
        "catalog": ["GWTC-2", "GWTC-2.1-marginal", "GWTC-3-confident", "GWTC-3-confident"],
    }
)


def candidates(*rows):
    """Candidates of H1 and L1; a row has time, logits, and what else it changes."""
    plain = {"seconds": (64, 64), "alone": (9.0, 9.0), "without": (9.0, 9.0), "redrawn": NAN}
    given = [plain | row for row in rows]
    logits = np.array([row["logits"] for row in given], np.float32)
    return Candidates(
        gps=np.array([START + row["at"] + LEAD for row in given]),
        statistic=np.logaddexp(logits[:, 1], logits[:, 2]).astype(float) - logits[:, 0],
        logits=logits,
        **{name: np.array([row[name] for row in given]) for name in plain},
        quality=np.full((len(given), 2), "DATA set", object),
    )


def part_of(found, first=START, windows=640, on=(64, 64)):
    return ScanPart(
        start=first,
        end=first + windows * STEP,
        detectors=["H1", "L1"],
        first=round(first / STEP),
        step=STEP,
        statistic=np.linspace(-9, -3, windows).astype(np.float32),
        seconds=np.tile(np.array(on, np.uint16), (windows, 1)),
        candidates=found,
    )


@pytest.fixture
def parts():
    """Two parts: H1 and L1 on, then L1 alone, with a gap of 40 s between them."""
    one = part_of(
        candidates(
            {"at": 10.0, "logits": (-5, 6, 1), "alone": (9, -4), "without": (-3, 5.6)},
            {"at": 30.0, "logits": (0, 1, 20), "alone": (-1, -2), "without": (2, -3)},
            {"at": 50.0, "logits": (0, 3, 3)},
        )
    )
    off = {"seconds": (0, 20), "alone": (NAN, -3), "without": (NAN, -6)}
    other = part_of(
        candidates(
            {"at": 105.0, "logits": (0, 2, 1), "redrawn": -3.0} | off,
            {"at": 115.0, "logits": (0, 9, 1), "redrawn": 8.5} | off | {"alone": (NAN, 8)},
        ),
        START + 100,
        on=(0, 20),
    )
    return [one, other]


def judge(**changes):
    values = {"classes": CLASSES, "background": None, "sets": None, "events": EVENTS}
    return Judge(**values | {"lowest": 0.0, "most": 100} | changes)


def test_candidates_are_listed_by_loudness(parts):
    table = candidate_table(parts, judge())
    assert table["gps"].tolist() == [START + at + LEAD for at in (30, 10, 115, 50, 105)]
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]
    assert (table["statistic"].diff().dropna() < 0).all()
    assert table["class"].tolist() == ["b", "a", "a", "a", "a"]
    assert table["detectors"].tolist() == ["H1 L1", "H1 L1", "L1", "H1 L1", "L1"]
    assert set(table["rated"]) == {UNRATED}
    assert table["rate_per_day"].isna().all()
    np.testing.assert_allclose(table[["p_noise", "p_a", "p_b"]].sum(axis=1), 1)
    assert table.loc[1, "left_without_L1"] == pytest.approx(5.6 / 11.0067, abs=1e-4)
    # Nothing is left without H1; a share is not negative.
    assert table.loc[1, "left_without_H1"] == 0
    assert len(candidate_table(parts, judge(most=2))) == 2


def test_who_sees_a_candidate(parts):
    seen = candidate_table(parts, judge()).set_index("rank")["seen_in"]
    assert seen[1] == "L1 mostly"
    assert seen[2] == "H1 only"
    assert seen[3] == "L1 only, the only one on"
    assert seen[4] == "H1 L1"
    assert seen[5] == "none: chance in the noise that stands for H1"
    both = {"at": 5.0, "logits": (0, 12, 0), "alone": (1.2, -0.1), "without": (-2.4, -3.6)}
    any_two = {"at": 9.0, "logits": (0, 12, 0), "alone": (-1, -1), "without": (2, 3)}
    table = candidate_table([part_of(candidates(both, any_two))], judge())
    assert table["seen_in"].tolist() == ["H1 L1 together", "any two"]


def test_mergers_are_named_once(parts):
    table = candidate_table(parts, judge()).set_index("rank")
    assert table.loc[2, "events"] == "GW1 (GWTC-2) at +0.25 s"
    assert (table.drop(index=2)["events"] == "").all()
    found = event_table(parts, EVENTS)
    # GW3 lies in no part. GW2 is no candidate, and is listed with its loudest window.
    assert found["name"].tolist() == ["GW1", "GW2"]
    last = int((START + 40.5) / STEP) - parts[0].first
    assert found.loc[1, "statistic"] == pytest.approx(parts[0].statistic[last])
    assert np.isfinite(found["statistic"]).all()


def test_a_rate_says_whose_noise_it_is_of(parts):
    background = make_background(make_clusters(np.arange(10.0)), live_time=10 * 86400.0, floor=0.0)
    table = candidate_table(parts, judge(background=background))
    own = "; that noise is of H1 L1"
    off = table["detectors"] == "L1"
    assert table["rated"].str.endswith(own).tolist() == off.tolist()
    assert off.sum() == 2


def test_rates_of_a_background():
    """Ten clusters in ten days, of which three are louder than 7.5."""
    clusters = make_clusters(np.arange(10.0))
    background = make_background(clusters, live_time=10 * 86400.0, floor=0.0)
    found = rate(background, 6.5)
    assert found.per_day == pytest.approx(0.3)
    assert found.low < 0.3 < found.high
    assert found.words == "3 louder in 10 days of background"
    # Louder than all: at most 3 / T, and no rate is claimed.
    found = rate(background, 9.5)
    assert np.isnan(found.per_day)
    assert (found.low, found.high) == (0, pytest.approx(-np.log(0.05) / 10))
    assert found.words == "upper bound: no louder noise in 10 days of background"
    # Below what was kept: the rate at the floor is a lower bound.
    found = rate(background, -1.0)
    assert np.isnan([found.per_day, found.high]).all()
    assert 0 < found.low < 1
    words = "a day: fainter than what the background keeps"
    assert found.words == f"more than {found.low:.3g} {words}"
    often = rate(make_background(clusters, live_time=200.0, floor=0.0), -1.0)
    assert often.low > 1000
    assert often.words == f"more than {often.low:.0f} {words}"
    assert rate(None, 3.0).words == UNRATED
    short = make_background(clusters, live_time=86400.0, floor=0.0)
    assert rate(short, 8.5).words == "1 louder in 1 day of background"


def test_sets_of_classes(parts):
    def sets(logits):
        return logits > 0.5

    table = candidate_table(parts, judge(sets=sets)).set_index("rank")
    assert table["class_set"].tolist() == ["a b", "a b", "a b", "a b", "a b"]
    assert (candidate_table(parts, judge())["class_set"] == "").all()


def test_live_time_by_detectors(parts):
    assert live_time(parts) == {"H1 L1": 60.0, "L1": 60.0}
    silent = part_of(parts[0].candidates.of(slice(0)), on=(0, 0), windows=32)
    assert live_time([silent]) == {"none": 3.0}


def test_the_table_as_a_file(parts, tmp_path):
    table = candidate_table(parts, judge())
    write_candidates(tmp_path / "scan.csv", table)
    again = read_candidates(tmp_path / "scan.csv")
    # Times keep their microseconds.
    np.testing.assert_allclose(again["gps"], table["gps"], atol=1e-6, rtol=0)
    assert again["events"].tolist() == table["events"].tolist()
    nothing = candidate_table([part_of(parts[0].candidates.of(slice(0)))], judge())
    write_candidates(tmp_path / "scan.csv", nothing)
    assert len(read_candidates(tmp_path / "scan.csv")) == 0
    assert list(nothing.columns) == list(table.columns)


def test_names_of_pages():
    assert gps_name(1266282041.95625) == "1266282041.95625"
    assert gps_name(1266282042.0) == "1266282042"


def test_the_curve_keeps_the_loudest_and_the_gap(parts):
    found = curve(parts, START, START + 160)
    assert len(found.time) == 1500
    gap = (found.time > 60.2) & (found.time < 99.8)
    assert np.isnan(found.statistic[gap]).all()
    assert np.nanmax(found.statistic) == -3
    assert found.on[~gap][:, 1].min() >= 0
    assert found.on[(found.time > 101) & (found.time < 159)][:, 0].max() == 0
    few = curve(parts, START, START + 3)
    assert len(few.time) == 32


def test_the_page(parts, tmp_path):
    background = make_background(make_clusters(np.arange(10.0)), live_time=10 * 86400.0)
    table = candidate_table(parts, judge(background=background))
    events = event_table(parts, EVENTS)
    figure = picture(parts, (START, START + 160), table, events, {"1 a day": 8.5})
    figure.savefig(tmp_path / "scan.png")
    pyplot.close(figure)
    words = ScanWords(
        span=(START, START + 160),
        run="a<b",
        trained="surrogate waveforms, simulated noise",
        background="Candidates are rated.",
        step=STEP,
        piece=64,
        cluster=1.0,
        lowest=0.0,
    )
    named = [gps_name(table["gps"][0])]
    png = (tmp_path / "scan.png").read_bytes()
    text = page(words, png, {"candidates": table, "events": events}, live_time(parts), named, "p")
    assert "<p>5 candidates.</p>" in text
    assert f'<a href="p/{named[0]}.html">{named[0]}</a>' in text
    assert text.count("<a ") == 1
    assert "Run a&lt;b." in text
    assert "below 0.3 a day (upper bound: no louder noise in 10 days of background)" in text
    assert "<td>GW1 (GWTC-2) at +0.25 s</td>" in text
    assert "<td>GW2</td><td>1000000040.0</td><td>GWTC-3-confident</td>" in text
    assert "<td>H1 L1</td><td>60</td>" in text
    # A scan without candidates and mergers has its page, too.
    none = {"candidates": table.head(0), "events": events.head(0)}
    text = page(words, png, none, live_time(parts), [], "p")
    assert "<p>0 candidates.</p>" in text
    assert "None in <code>resources/events.tsv</code>" in text
