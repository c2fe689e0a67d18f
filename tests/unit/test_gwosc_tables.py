"""The tool that brings tables up to GWOSC's, against a server that answers as GWOSC does."""

import shutil
import sys

import pytest
from gwosc_server import Server

from ccsncam import resources
from ccsncam.gwosc import archive
from ccsncam.noise.events import read_events

RUN = (1396796418, 1422118818)


@pytest.fixture
def tool(root, tmp_path, monkeypatch):
    """The tool, on a copy of the shipped tables."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(root / "tools")])
    folder = shutil.copytree(root / "resources", tmp_path / "resources", copy_function=shutil.copy)
    monkeypatch.setattr(resources, "FOLDER", folder)
    archive.science_segments.cache_clear()
    import gwosc_tables

    yield gwosc_tables
    archive.science_segments.cache_clear()


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path) as one:
        yield one


def test_events_of_a_catalog_are_replaced(tool, server):
    before = read_events(resources.path("events.tsv"))
    server.events = [
        {"name": "GW250114_082203", "gps": 1420878141.234, "catalog": "GWTC-5.0"},
        {"name": "GW240413_022019", "gps": 1397010037.6, "catalog": "GWTC-5.0"},
        {"name": "GW150914", "gps": 1126259462.4, "catalog": "GWTC-1-confident"},
    ]
    tool.main(["events", "GWTC-5.0", "--host", server.url])
    after = read_events(resources.path("events.tsv"))
    own = after[after["catalog"] == "GWTC-5.0"]
    assert list(own["name"]) == ["GW240413_022019", "GW250114_082203"]
    assert list(own["gps"]) == [1397010037.6, 1420878141.2]
    # Other catalogs stay as they are, and so do the lines of comment.
    rest = [frame[frame["catalog"] != "GWTC-5.0"] for frame in (before, after)]
    assert rest[0].equals(rest[1])
    assert resources.path("events.tsv").read_text().startswith("# Compact binary mergers")


def test_segments_of_a_run_make_its_files_known(tool, server):
    start, end = RUN
    server.segments = {
        "H1_DATA": [(start - 100, start + 50), (1420870000, 1420879000)],
        "L1_DATA": [(1420878000, 1420879000)],
        "V1_DATA": [(end - 10, end + 10)],
    }
    tool.main(["segments", "O4b", "--host", server.url])
    archive.science_segments.cache_clear()
    found = archive.science_segments()
    assert found["O4b", "H1"].tolist() == [[start, start + 50], [1420870000, 1420879000]]
    assert found["O4b", "V1"].tolist() == [[end - 10, end]]
    assert len(found["O3a", "H1"]) > 100
    (file,) = archive.files_for("L1", [[1420878130, 1420878150]])
    assert file.start == 1420877824


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["events", "GWTC-9"], "GWTC-9: .*: no event in the catalog GWTC-9: nothing is changed"),
        (["segments", "O9"], "O9: .*not in resources/observing_runs.tsv, which has O2, O3a"),
        (["segments", "O4b"], "no segment of L1_DATA in O4b: nothing is changed"),
    ],
)
def test_a_table_stays_where_the_server_has_nothing(tool, server, arguments, words):
    server.segments = {"H1_DATA": [(1420870000, 1420879000)]}
    names = ("events.tsv", "science_segments.tsv")
    before = [resources.path(name).read_bytes() for name in names]
    with pytest.raises(SystemExit, match=words):
        tool.main([*arguments, "--host", server.url])
    assert [resources.path(name).read_bytes() for name in names] == before
