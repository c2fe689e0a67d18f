"""Tables of a background, by hand."""

import numpy as np
import pandas as pd
import pytest
from made_backgrounds import DETECTORS, make_background, make_clusters, make_white

from ccsncam.results.background_tables import glitches_in, loudest_table, rate_table

DAY = 86400.0


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Glitches in the windows of `background`, beside them, and elsewhere."""
    folder = tmp_path_factory.mktemp("noise")
    glitches = {"H1": [1001.5, 1200.0], "L1": [1066.4, 1130.6], "V1": []}
    return {
        ("test", name): make_white(
            folder / f"test-{name}.h5", name, [1000.0], 0, seconds=2, glitches=glitches[name]
        )
        for name in DETECTORS
    }


@pytest.fixture(scope="module")
def background():
    """Windows start 1 s after the start of pieces 0, 0, 1, 2 … 11; ten days."""
    pieces = np.array([0, 0, *range(1, 11)])[:, None]
    statistic = 30.0 - np.arange(12)
    return make_background(make_clusters(statistic, pieces), 10 * DAY)


def test_rates_by_hand(background, noise):
    table = rate_table(background, noise)
    inclusive = table[table["kind"] == "inclusive"]
    assert inclusive["count"].tolist() == [0, 1, 2, 3, 5, 7, 10]
    np.testing.assert_allclose(inclusive["threshold"], [30, 30, 29, 28, 26, 24, 21], rtol=1e-12)
    np.testing.assert_allclose(inclusive["per_day"], [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1])
    # Nothing was louder than the loudest: 3 / T, and Garwood's interval of one.
    np.testing.assert_allclose(inclusive["high"][:2], [0.299573, 0.557164], rtol=1e-5)
    np.testing.assert_allclose(inclusive["low"][:2], [0, 0.00253178], rtol=1e-5)
    assert (inclusive["high_pieces"] >= inclusive["high"]).all()
    # The two loudest are of one piece, with one glitch; the third is near another glitch.
    assert inclusive["pieces"].tolist() == [0, 1, 1, 2, 4, 6, 9]
    assert inclusive["glitches"].tolist() == [0, 1, 1, 2, 2, 2, 2]
    np.testing.assert_allclose(inclusive["with_glitch"][1:], [1, 1, 1, 0.6, 3 / 7, 0.3])
    # Without candidates at zero lag both are the same.
    exclusive = table[table["kind"] == "exclusive"].assign(kind="inclusive")
    pd.testing.assert_frame_equal(exclusive.reset_index(drop=True), inclusive)


def test_a_candidate_is_left_out_of_the_exclusive_rates(background, noise):
    zero = make_clusters([99.0], [[0]], slide=0)
    found = make_background(
        make_clusters(background.statistic, background.piece[:, :1]), 10 * DAY, zero
    )
    table = rate_table(found, noise).set_index("kind")
    assert (table["candidates"] == 1).all()
    # The two loudest share the candidate's window.
    assert table.loc["inclusive", "count"].tolist() == [0, 1, 2, 3, 5, 7, 10]
    assert table.loc["exclusive", "count"].tolist() == [0, 0, 0, 1, 3, 5, 8]
    assert (table.loc["exclusive", "live_time_days"] < 10).all()


def test_a_short_background_cannot_tell_a_candidate(background, noise):
    """With 8000 s at zero lag, it takes more than 1.8 days."""
    zero = make_clusters([99.0], [[0]], slide=0)
    clusters = make_clusters(background.statistic, background.piece[:, :1])
    for days, known in ((1.8, False), (1.81, True)):
        table = rate_table(make_background(clusters, days * DAY, zero), noise)
        assert table["candidates"].notna().all() == known


def test_the_loudest(background, noise):
    table = loudest_table(background, noise, 3)
    assert table["rank"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert table["detector"].tolist() == DETECTORS * 3
    assert table["gps"].tolist() == ["1001.000000"] * 6 + ["1065.000000"] * 3
    np.testing.assert_allclose(table["per_day"][::3], [0.1, 0.2, 0.3])
    assert table["glitch"].tolist() == ["blip", "", ""] * 2 + ["", "blip", ""]
    assert set(table["class"]) == {"a"}
    # The window of the third ends 0.4 s before the middle of a glitch, that of the fourth 0.6 s.
    assert glitches_in(background, noise)[2:4].tolist() == [[-1, 0, -1], [-1, -1, -1]]


def test_an_empty_background_has_no_rows(noise):
    empty = make_background(make_clusters([]), 10.0)
    assert len(rate_table(empty, noise)) == len(loudest_table(empty, noise, 5)) == 0
