"""Rows that no network is trained on: their roles, families, and files of a single direction."""

import copy

import h5py
import numpy as np
import pytest
from bad_tables import SURROGATE, SURROGATES, TENSOR, UNSEEN, table_of
from bad_waveforms import SIGNAL, TIME, text_of, wave

from ccsncam import resources
from ccsncam.config.blocks import Sampling
from ccsncam.noise.store import Noise
from ccsncam.planning import checks, unseen
from ccsncam.samples import antenna, injection, synthesis
from ccsncam.samples.building import build
from ccsncam.samples.dataset import DataSet
from ccsncam.waveforms.conditioning import condition
from ccsncam.waveforms.files import digest
from ccsncam.waveforms.loading import load_waveform
from ccsncam.waveforms.model import KPC_IN_CM, Waveform, polarisations
from ccsncam.waveforms.table import entry, families, models, read_table, row_of, substitute
from ccsncam.waveforms.table import unseen as unseen_of


def table_at(folder, *rows):
    path = folder / "mine.tsv"
    path.write_text(table_of(*rows))
    return path


def load(folder, content, **cells):
    """A waveform that is known in one direction, from a file of this content."""
    (folder / "a.txt").write_text(content)
    path = table_at(folder, UNSEEN | cells | {"sha256": digest([folder / "a.txt"])})
    return load_waveform(row_of(read_table(path), "m"), path, SIGNAL, SURROGATES)


def test_a_single_direction_is_what_its_observer_sees(tmp_path):
    h = wave(TIME)
    model = load(tmp_path, text_of(TIME, h, -0.3 * h))
    assert model.one_direction
    time = model.start + np.arange(model.quadrupole.shape[-1]) / 4096
    expected = condition(wave(time + 0.02), SIGNAL)
    plus, cross = polarisations(model.quadrupole, 0.0, 0.0)
    np.testing.assert_allclose(plus, expected, atol=2e-3 * np.abs(expected).max())
    np.testing.assert_allclose(cross, -0.3 * expected, atol=2e-3 * np.abs(expected).max())
    np.testing.assert_allclose(np.trace(model.quadrupole), 0, atol=1e-12)


def test_a_file_without_cross_is_that_of_an_axisymmetric_source(tmp_path):
    model = load(tmp_path, text_of(TIME, wave(TIME)), columns="t=0 plus=1")
    plus, cross = polarisations(model.quadrupole, 0.0, 0.0)
    assert np.abs(plus).max() > 10
    assert not cross.any()


def test_a_spectrum_is_brought_to_time(tmp_path):
    """The spectrum of 3 s at 4096 Hz in strain at 10 kpc, as numpy.fft.rfft gives it."""
    time = np.arange(3 * 4096) / 4096
    after = time - 1.5
    h = np.where(after > 0, 20 * np.exp(-(((after - 0.1) / 0.03) ** 2)), 0)
    h = h * np.sin(2 * np.pi * 500 * after)
    spectra = [np.fft.rfft(factor * h / (10 * KPC_IN_CM)) for factor in (1.0, 0.5)]
    parts = [part for one in spectra for part in (one.real, one.imag)]
    cells = {
        "columns": "plus_re=0 plus_im=1 cross_re=2 cross_im=3",
        "sample_rate_hz": "4096",
        "unit": "strain",
        "distance_kpc": "10",
        "bounce_time_s": "1.5",
    }
    model = load(tmp_path, text_of(*parts), **cells)
    assert model.start == -1.5
    assert model.quadrupole.shape[-1] == 3 * 4096
    plus, cross = polarisations(model.quadrupole, 0.0, 0.0)
    expected = condition(h, SIGNAL)
    np.testing.assert_allclose(plus, expected, atol=1e-3 * np.abs(expected).max())
    np.testing.assert_allclose(cross, 0.5 * expected, atol=1e-3 * np.abs(expected).max())


def test_only_a_file_of_one_direction_says_so(tmp_path, made):
    model = load(tmp_path, text_of(TIME, wave(TIME), wave(TIME)))
    model.write(tmp_path / "m.h5")
    assert Waveform.read(tmp_path / "m.h5").one_direction
    other = Waveform.read(made.waveforms[0])
    assert not other.one_direction
    other.write(tmp_path / "other.h5")
    # Files of all other waveforms have the bytes that they always had.
    with h5py.File(tmp_path / "other.h5") as file:
        assert "one_direction" not in file.attrs


def test_samples_of_a_single_direction_are_seen_from_there(tmp_path, made, config):
    single = load(tmp_path, text_of(TIME, wave(TIME), 0.5 * wave(TIME)))
    inputs = synthesis.Inputs.read(made.waveforms[:1], made.noise, Sampling.of(config))
    inputs.waveforms.append(single)
    known, lone = (synthesis.draw(inputs, 1, "test-1kpc", label, 0, 5) for label in (1, 2))
    assert known["theta"].any()
    assert known["phi"].any()
    assert not lone["theta"].any()
    assert not lone["phi"].any()
    # Everything else is drawn as ever: a direction less moves no other number.
    single.one_direction = False
    for name, values in synthesis.draw(inputs, 1, "test-1kpc", 2, 0, 5).items():
        if name not in ("theta", "phi"):
            np.testing.assert_array_equal(values, lone[name])
    response = antenna.response(
        inputs.detectors, lone["ra"], lone["dec"], lone["psi"], lone["gps_start"]
    )
    strain = injection.project(
        injection.spectra(single),
        lone["theta"],
        lone["phi"],
        response,
        lone["bounce_time"],
        inputs.rate,
    )
    # The ratio of cross to plus is fixed, so all strains have one and the same form.
    factor = response.plus + response.cross / 2
    peaks = np.abs(strain).max(axis=-1) / np.abs(factor)
    np.testing.assert_allclose(peaks, peaks.mean(), rtol=0.05)
    assert all(isinstance(noise, Noise) for noise in inputs.noise)


def test_rows_are_trained_or_unseen(tmp_path):
    rows = [
        TENSOR | {"name": "a", "class": "A", "family": "g-mode"},
        TENSOR | {"name": "b", "class": "A"},
        UNSEEN | {"name": "c", "family": "bounce"},
    ]
    table = read_table(table_at(tmp_path, *rows))
    assert list(table["role"]) == ["train", "train", "unseen"]
    assert models(table, ["A", "c"]) == ["a", "b"]
    assert unseen_of(table) == ["c"]
    assert families(table, ["A", "c"]) == {"A": "g-mode", "c": "bounce"}


def test_role_and_family_do_not_make_a_waveform_anew(tmp_path):
    plain = read_table(table_at(tmp_path, TENSOR))
    said = entry(row_of(plain, "m"), SURROGATES)
    changed = read_table(table_at(tmp_path, TENSOR | {"role": "unseen", "family": "bounce"}))
    assert entry(row_of(changed, "m"), SURROGATES) == said


def test_a_surrogate_in_place_of_a_row_keeps_role_and_family(tmp_path):
    row = TENSOR | {"name": "s18", "role": "unseen", "family": "g-mode"}
    table = read_table(table_at(tmp_path, row))
    table = substitute(table, ["s18"], resources.path("surrogates.tsv"))
    assert table.at["s18", "format"] == "surrogate"
    assert unseen_of(table) == ["s18"]
    assert table.at["s18", "family"] == "g-mode"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"family": "g-mode"}, {"family": "bounce"}, "name the family g-mode and bounce"),
        ({"role": "train"}, {"role": "unseen"}, "take the role train and unseen"),
    ],
)
def test_rows_of_a_class_agree(tmp_path, first, second, words):
    rows = [TENSOR | {"name": name, "class": "A"} for name in "ab"]
    table = read_table(table_at(tmp_path, rows[0] | first, rows[1] | second))
    with pytest.raises(ValueError, match=rf"mine\.tsv:3: rows of the class A {words}"):
        families(table, ["A"])


def unseen_config(config, folder, *rows):
    config = copy.deepcopy(config)
    config |= {"waveforms": str(table_at(folder, *rows))}
    return config


def test_a_class_of_an_unseen_row_is_not_trained(tmp_path, config):
    rules = {}
    rows = [SURROGATE, SURROGATE | {"name": "s25", "role": "unseen", "duration_s": "0.62"}]
    config = unseen_config(config, tmp_path, *rows)
    config["classes"] = ["noise", "s18", "s25"]
    with pytest.raises(ValueError, match=r"classes: s25 is the class of s25, whose role is unseen"):
        checks.check(config, rules)
    config["classes"] = ["noise", "s18"]
    config["classifier"] |= {"parameters": None, "features": None}
    config["figures"]["comparison"] = "s18"
    checks.check(config, rules)
    config["unseen"]["distances"] = [1, 77]
    with pytest.raises(ValueError, match=r"unseen\.distances: \[77\] not in datasets\.distances"):
        checks.check(config, rules)


def test_what_is_not_there_cannot_be_asked_for(tmp_path, config):
    table = read_table(table_at(tmp_path, SURROGATE))
    with pytest.raises(ValueError, match=r"mine\.tsv: no row has the role unseen, so there is"):
        unseen.require(table, "mine.tsv")
    with pytest.raises(ValueError, match="without-m40: 'm40' is no signal class of the config; on"):
        unseen.classes_without(config, "m40")
    few = config | {"classes": ["noise", "m39"]}
    with pytest.raises(ValueError, match="without-m39: no signal class remains"):
        unseen.classes_without(few, "m39")


def test_the_network_without_a_class_has_one_output_less(config):
    block = unseen.classifier_without(config, "m39")
    assert "seeds" not in block
    # The last layer has 200 weights and a bias for each class.
    assert config["classifier"]["parameters"] - block["parameters"] == 201
    assert block["features"] == config["classifier"]["features"]
    assert unseen.classes_without(config, "m39")[-1] == config["classes"][-1]
    assert "m39" not in unseen.classes_without(config, "m39")


def test_distances_default_to_those_of_the_test_sets(config):
    assert unseen.distances(config) == config["datasets"]["distances"]
    config = config | {"unseen": {"distances": [1, 3]}}
    assert unseen.distances(config) == [1, 3]


def test_a_class_that_is_left_out_changes_no_sample_of_the_others(tmp_path, made, config):
    sampling = Sampling.of(config)
    built = []
    for number, waveforms in enumerate((made.waveforms, made.waveforms[1:])):
        inputs = synthesis.Inputs.read(waveforms, made.noise, sampling)
        path = tmp_path / f"{number}.h5"
        build(path, inputs, 5, "train-snr-20-30", 3, synthesis.by_snr(20, 30), "tried")
        built.append(DataSet.open(path))
    whole, less = built
    left = whole.classes[1]
    assert less.classes == [name for name in whole.classes if name != left]
    for name in less.classes:
        rows = [slice(one.row_of(name, 0), one.row_of(name, 0) + 3) for one in built]
        for column in ("spectrogram", "snr", "distance_kpc", "theta", "psi", "noise_offset"):
            both = [one.column(column, own) for one, own in zip(built, rows, strict=True)]
            np.testing.assert_array_equal(*both)
