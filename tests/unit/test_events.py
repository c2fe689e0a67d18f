"""Catalogued mergers, and the times that are left out for them."""

import pytest

from ccsncam.noise import events


@pytest.fixture(scope="module")
def known(root):
    return events.read_events(root / "resources/events.tsv")


def test_events_are_left_out_by_name(known):
    paper = [[1238265720, 1238354855]]
    at = 1238303737.2
    expected = [[pytest.approx(at - 8), pytest.approx(at + 4), "GW190403_051519"]]
    # A catalog stands for its parts, but not for another whose name begins alike.
    assert events.event_windows(known, ["GWTC-2.1"], (8, 4), paper) == expected
    assert events.event_windows(known, ["GWTC-2.1-confident"], (8, 4), paper) == expected
    assert events.event_windows(known, ["GWTC-2", "GWTC-3"], (8, 4), paper) == []
    assert events.event_windows(known, [], (8, 4), paper) == []
    # Only the window of the event touches this range.
    assert events.event_windows(known, ["GWTC-2.1"], (8, 4), [[at + 3, at + 9]]) == expected
    with pytest.raises(ValueError, match=r"no event of 'GWTC-9' in .*events.tsv; it has GWTC-1-"):
        events.event_windows(known, ["GWTC-9"], (8, 8), paper)


def test_events_of_a_stretch(known):
    assert events.events_between(known, 1126259460.0, 1126259464.0) == [
        ("GW150914", 1126259462.4, "GWTC-1-confident")
    ]
    assert events.events_between(known, 1126259463.0, 1126259464.0) == []
    # Two catalogs list this event.
    assert (known["name"] == "GW190412").sum() == 2
    assert len(events.events_between(known, 1239082261.0, 1239082263.0)) == 1
