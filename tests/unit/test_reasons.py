"""Why seconds are kept or lost."""

from ccsncam.noise.reasons import kept_stretches


def test_kept_stretches_join():
    table = kept_stretches([100.0, 164.0, 1000.0], 64)
    assert table.to_numpy().tolist() == [[100, 228, "kept"], [1000, 1064, "kept"]]


def test_no_piece_is_no_stretch():
    assert len(kept_stretches([], 64)) == 0
