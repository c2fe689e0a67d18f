import collections

import bad_configs
import bad_inputs
import bad_tables
import bad_waveforms
import pytest


def test_every_bad_input_is_refused_in_one_line(tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)
    counts, problems = collections.Counter(), []
    for case, problem in bad_inputs.tried(tmp_path):
        counts[case.group] += 1
        if problem is not None:
            problems.append(f"{case.group}: {case.what}: {problem}")
    assert not problems, "\n".join(problems)
    written = {group: count for group, count in counts.items() if not group.startswith("schema")}
    assert sum(written.values()) >= 550
    assert counts.total() >= 1700
    assert len(counts) >= 60


@pytest.mark.parametrize(
    ("row", "files"),
    [
        (bad_waveforms.A, {"a.dat": bad_waveforms.tensor_of(bad_waveforms.TIME)}),
        (bad_tables.VIEWS, bad_waveforms.views_of(bad_waveforms.TIME)),
        (bad_tables.GRID, bad_waveforms.grid_of(bad_waveforms.TIME)),
        # A gap after the end of the row is cut off.
        (
            bad_waveforms.A | {"duration_s": "0.15"},
            {"a.dat": bad_waveforms.tensor_of(bad_waveforms.LATER)},
        ),
    ],
)
def test_what_the_bad_waveforms_are_made_from_is_good(tmp_path, row, files):
    bad_waveforms.loaded(row, files)(tmp_path)


def test_what_the_bad_configs_and_tables_are_made_from_is_good(tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)
    bad_configs.file_of("seed: 1\nnoise: {simulated: {glitch_snr: [8, 8]}}")(tmp_path)
    (tmp_path / "a.dat").write_text("0 0\n")
    bad_tables.waveforms(bad_tables.GOOD)(tmp_path)
    bad_tables.waveforms(bad_tables.table_of(bad_tables.SURROGATE))(tmp_path)
    for name, (read, _) in bad_tables.SHIPPED.items():
        bad_tables.edited(name, read, lambda text: f"\ufeff{text}")(tmp_path)


def test_a_complaint_is_made_of_each_way_to_go_wrong(tmp_path):
    def ends(error):
        def attempt(_folder):
            if error is not None:
                raise error

        return bad_inputs.complaint(bad_inputs.Case("a", "b", attempt, ("key",)), tmp_path)

    assert ends(None) == "is taken"
    assert ends(ValueError("the key is wrong")) is None
    assert ends(ValueError("it is wrong")).startswith("does not say 'key'")
    assert "2 lines" in ends(ValueError("key\nkey"))
    assert ends(KeyError("key")).startswith("ends in KeyError")
    assert ends(UnicodeDecodeError("utf-8", b"key", 0, 1, "key")).startswith("UnicodeDecodeError")
