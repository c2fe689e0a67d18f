"""Which strain a scan needs, part by part, and the table of moments."""

from itertools import pairwise

import pytest

from ccsncam.planning import moment_table, scans
from ccsncam.planning.scans import PART, Part


@pytest.fixture
def gwosc(config):
    """A run whose moments have their strain from GWOSC."""
    block = config["moment"] | {"source": "gwosc"}
    return config | {"moment": block, "detectors": ["H1", "L1"], "run": "mine"}


def names(found):
    """Starts of files, by detector."""
    return {key: [int(path.name.split("-")[2]) for path in paths] for key, paths in found.items()}


def test_parts_lie_on_the_grid_of_the_archive(gwosc):
    """H1 was on from 1238166018 for hours; 1238171648 is 16384 times 75572."""
    assert PART == 16384
    start, end = 1238170000, 1238200000
    parts = scans.parts_of(gwosc, start, end)
    edges = [1238170000, 1238171648, 1238188032, 1238199999]
    assert parts == [Part(*pair) for pair in pairwise(edges)]
    assert parts[0].name == "1238170000-1238171648"
    # A rest that holds no window of its own goes to the part before.
    assert scans.parts_of(gwosc, start, 1238171649)[-1] == Part(start, 1238171648)
    assert scans.parts_of(gwosc, start, 1238171648)[-1] == Part(start, 1238171647)


def test_files_reach_beyond_a_part_by_a_piece(gwosc):
    """Files of 4096 s begin at 1238167552 and 1238171648."""
    found = names(scans.strain_of(gwosc, Part(1238169000, 1238171580)))
    assert found["H1"] == [1238167552]
    found = names(scans.strain_of(gwosc, Part(1238169000, 1238171590)))
    assert found["H1"] == [1238167552, 1238171648]


def test_parts_without_strain_are_left_out(gwosc):
    """Between O3a and O3b there is a month without a run."""
    parts = scans.parts_of(gwosc, 1253900000, 1256700000)
    assert all(part.start < 1253977218 or part.end > 1256655618 for part in parts)
    assert parts[0].start == 1253900000
    assert len(parts) < 12


def test_settings_name_what_candidates_depend_on(config):
    settings = scans.settings_of(config)
    assert settings["stride"] == 3
    assert settings["cluster"] == 1.0
    assert settings["lowest"] == 0.0
    assert "table" not in settings["moment"]


def test_a_table_of_moments(tmp_path):
    path = tmp_path / "moments.tsv"
    path.write_text("# mine\nname\tgps\n\t1249852257.00\nGW 190412\t1239082262.25\n")
    assert moment_table.read_table(path) == [
        ("1249852257", "", f"{path}:3"),
        ("1239082262.25", "GW 190412", f"{path}:4"),
    ]
    path.write_text("gps\n1.2e9\n")
    assert moment_table.read_table(path) == [("1200000000", "", f"{path}:2")]
