"""The table and the figure of what is kept and lost."""

import pandas as pd
import pytest
from jobs import make_job
from matplotlib import pyplot

import tabulate_segments
from ccsncam.noise import reasons
from ccsncam.plots import segments

ROWS = [
    ("train", "H1", "files", 1000, 2800, "kept"),
    ("train", "H1", "files", 2800, 2816, "event GW190403_051519"),
    ("train", "H1", "files", 2816, 4600, "piece not whole"),
    ("train", "L1", "files", 1000, 4600, "bit NO_CBC_HW_INJ not set"),
    ("test", "H1", "files", 9000, 12600, "kept"),
    ("test", "L1", "files", 9000, 12600, "bit BURST_CAT2 not set"),
]
COLUMNS = ["split", "detector", "source", "gps_start_s", "gps_end_s", "reason"]
MADE = [("train", 1000), ("test", 100000)]
RANGES = {"train": [[1000, 4600]], "test": [[9000, 12600]]}


def test_stretches_are_drawn_where_they_are():
    table = pd.DataFrame(ROWS, columns=COLUMNS).assign(quality="quality DATA; injections none")
    figure = segments.segments(table, RANGES, ["H1", "L1"])
    assert figure.legends[0].get_title().get_text().endswith("that is kept")
    blind = table.assign(quality="quality DATA; 1 of 1 files have no quality mask, … taken as good")
    other = segments.segments(blind, RANGES, ["H1", "L1"])
    assert "quality is unknown" in other.legends[0].get_title().get_text()
    pyplot.close(other)
    train, test = figure.axes
    words = [text.get_text() for text in train.texts]
    assert words == ["50 %", "0 %", "GW190403_051519"]
    bars = [bar.get_paths()[0].get_extents() for bar in train.collections]
    # Each detector has a frame and one bar per reason: kept is the second of the first detector's.
    spans = {(round(one.y0, 2), round(one.x0, 3), round(one.x1, 3)) for one in bars}
    # An hour is drawn in minutes.
    assert train.get_xlabel() == "time from GPS 1000 [min]"
    assert (-0.38, 0.0, 30.0) in spans
    assert (0.62, 0.0, 60.0) in spans
    assert train.lines[0].get_xdata() == pytest.approx([1808 / 60])
    assert [text.get_text() for text in test.texts] == ["100 %", "0 %"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["kept", "injection", "data quality", "catalogued event", "piece not whole"]
    pyplot.close(figure)


def test_simulated_noise_is_drawn_for_as_long_as_it_is():
    rows = [(split, "H1", "simulated", start, start + 64, "kept") for split, start in MADE]
    ranges = {split: [[start, start + 86400]] for split, start in MADE}
    table = pd.DataFrame(rows, columns=COLUMNS).assign(quality="simulated")
    figure = segments.segments(table, ranges, ["H1"])
    for axes in figure.axes:
        assert axes.get_xlim() == (0, 64)
        assert axes.get_xlabel().endswith("[s]")
        assert [text.get_text() for text in axes.texts] == ["64 s"]
    pyplot.close(figure)


def test_every_reason_of_a_noise_file_has_a_look():
    bits = [f"bit {bit} not set" for bit in (*reasons.DQ_BITS, *reasons.INJECTION_BITS)]
    fixed = [reasons.KEPT, reasons.NO_FILE, reasons.NOT_FINITE, reasons.CONSTANT, reasons.NOT_WHOLE]
    for reason in (*fixed, reasons.ALONE, reasons.REST, *bits, "excluded", "event 200121_031748"):
        assert segments.kind_of(reason)
    looks = {name: (colour, hatch) for _, name, colour, hatch in segments.KINDS}
    assert len(set(looks.values())) == len(looks)


def test_table_holds_each_stretch(made, tmp_path):
    job = make_job(
        tmp_path, "tabulate_segments", {"noise": made.noise}, tmp_path / "t.csv", coincident=False
    )
    tabulate_segments.main(job)
    table = pd.read_csv(tmp_path / "t.csv")
    assert list(table["detector"]) == ["H1", "L1", "V1"]
    assert set(table["reason"]) == {"kept"}
    assert (table["gps_start_s"] == 1238236470).all()
    assert (table["gps_end_s"] == 1238236470 + 128).all()
