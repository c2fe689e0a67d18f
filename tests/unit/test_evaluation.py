import h5py
import numpy as np
import pytest

from ccsncam.network.evaluation import WITHOUT_EMBEDDING, Evaluation
from ccsncam.network.history import best_accuracy
from ccsncam.origin import Origin

ORIGIN = Origin("simulated", {"a": "surrogate"})


@pytest.fixture
def evaluation():
    rng = np.random.default_rng(0)
    return Evaluation(
        label=np.array([0, 1, 1, 0], "i4"),
        prediction=np.array([0, 1, 0, 0], "i4"),
        logits=rng.standard_normal((4, 2), np.float32),
        probability=rng.random((4, 2), np.float32),
        embedding=rng.random((4, 5), np.float32),
        network_snr=np.array([0, 20.5, 8, 0]),
        distance_kpc=np.array([np.nan, 1, 1, np.nan]),
        classes=["noise", "a"],
        dataset="test-1kpc",
        origin=ORIGIN,
        seed=3,
    )


def test_what_is_written_is_read(evaluation, tmp_path):
    path = tmp_path / "test-1kpc.h5"
    evaluation.write(path)
    found = Evaluation.read(path)
    for name in (*WITHOUT_EMBEDDING, "embedding"):
        np.testing.assert_array_equal(getattr(found, name), getattr(evaluation, name))
        assert getattr(found, name).dtype == getattr(evaluation, name).dtype
    for name in ("classes", "dataset", "origin", "seed"):
        assert getattr(found, name) == getattr(evaluation, name)
    assert found.accuracy == evaluation.accuracy == 0.75
    with h5py.File(path) as file:
        assert file.attrs["accuracy"] == 0.75


def test_columns_that_were_not_read_are_not_there(evaluation, tmp_path):
    path = tmp_path / "test-1kpc.h5"
    evaluation.write(path)
    found = Evaluation.read(path, WITHOUT_EMBEDDING)
    np.testing.assert_array_equal(found.probability, evaluation.probability)
    with pytest.raises(AttributeError, match="embedding"):
        found.embedding.mean()
    with pytest.raises(AttributeError, match="prediction"):
        Evaluation.read(path, ["label"]).accuracy.is_integer()


def test_accuracy_of_the_best_weights(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,validation_loss,validation_accuracy\n1,0.9,0.5\n2,0.2,0.8\n3,0.3,0.9\n")
    assert best_accuracy(path) == 0.8
