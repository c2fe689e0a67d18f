"""The format of data sets: what is written is what is read."""

import h5py
import numpy as np
import pytest

from ccsncam.config.blocks import Sampling
from ccsncam.origin import Origin
from ccsncam.samples.dataset import COLUMNS, DataSet, Header
from ccsncam.samples.grid import Grid

ORIGIN = Origin("simulated", {"a": "surrogate", "b": "numerical"})


def header(config, name="test-1kpc"):
    return Header(
        name=name,
        run="tried",
        seed=3,
        classes=["noise", "a", "b"],
        waveforms=["a", "b"],
        detectors=["H1", "L1"],
        grid=Grid(np.arange(5) * 16.0, np.arange(4) / 4),
        origin=ORIGIN,
        sampling=Sampling.of(config),
    )


@pytest.fixture
def columns():
    rng = np.random.default_rng(0)
    label = np.repeat([0, 1, 2], 4)
    found = {name: rng.random(12) for name in COLUMNS}
    found |= {name: rng.random((12, 2)) for name in ("snr", "noise_gps_start")}
    found |= {name: rng.integers(9, size=(12, 2)) for name in ("noise_piece", "noise_offset")}
    found |= {"label": label, "waveform": label - 1}
    found["spectrogram"] = rng.random((12, 5, 4, 2), np.float32)
    found["distance_kpc"] = np.where(label > 0, 1.5, np.nan)
    return found


@pytest.fixture
def data(config, columns, tmp_path):
    path = tmp_path / "test-1kpc.h5"
    with DataSet.create(path, header(config), 12) as writer:
        for rows in (slice(0, 7), slice(7, 12)):
            writer.write(rows, {name: values[rows] for name, values in columns.items()})
    return DataSet.open(path)


def test_what_is_written_is_read(data, columns, config):
    for name, values in columns.items():
        np.testing.assert_array_equal(data.column(name), values)
    expected = header(config)
    for name in ("name", "run", "seed", "classes", "waveforms", "detectors", "sampling"):
        assert getattr(data, name) == getattr(expected, name)
    np.testing.assert_array_equal(data.frequencies, expected.frequencies)
    np.testing.assert_array_equal(data.times, expected.times)
    assert data.origin == ORIGIN
    assert (data.size, data.split, data.image_shape) == (12, "test", (5, 4, 2))


def test_rows_are_read_alone(data, columns):
    for rows in (slice(2, 9), np.array([1, 4, 11]), [3]):
        np.testing.assert_array_equal(data.images(rows), columns["spectrogram"][rows])
        np.testing.assert_array_equal(data.spectrograms[rows], columns["spectrogram"][rows])
        found = data.columns(("label", "snr"), rows)
        np.testing.assert_array_equal(found["label"], columns["label"][rows])
        np.testing.assert_array_equal(found["snr"], columns["snr"][rows])
    assert data.column("label", 11) == 2
    assert (len(data.spectrograms), data.spectrograms.shape) == (12, (12, 5, 4, 2))


def test_distance_is_that_of_all_signals(data, columns, config, tmp_path):
    assert data.distance == 1.5
    columns["distance_kpc"][5] = 2
    with DataSet.create(tmp_path / "x.h5", header(config), 12) as writer:
        writer.write(slice(None), columns)
    assert np.isnan(DataSet.open(tmp_path / "x.h5").distance)


def test_rows_of_a_class(data):
    assert data.row_of("b", 1) == 9
    with pytest.raises(ValueError, match=r"test-1kpc.h5: no class 'c'; it has noise, a, b"):
        data.row_of("c", 0)
    with pytest.raises(ValueError, match="b has 4 samples, 0 to 3"):
        data.row_of("b", 4)
    with pytest.raises(ValueError, match="b has 4 samples, 0 to 3"):
        data.row_of("b", -1)


def test_another_file_is_refused(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["classes"] = ["noise", "a"]
    with pytest.raises(ValueError, match=r"x.h5: not a data set, because it has no attribute data"):
        DataSet.open(tmp_path / "x.h5")


def test_a_data_set_that_fails_does_not_appear(config, tmp_path):
    path = tmp_path / "x.h5"
    with pytest.raises(RuntimeError), DataSet.create(path, header(config), 2):
        raise RuntimeError
    assert not path.exists()
