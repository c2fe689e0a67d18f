"""The file of an embedding."""

import h5py
import numpy as np

from ccsncam.origin import Origin
from ccsncam.results.embedding import Embedding


def test_what_is_written_is_read(tmp_path):
    embedding = Embedding(
        label=np.array([0, 1, 2], "i4"),
        prediction=np.array([0, 2, 2], "i4"),
        point=np.arange(6, dtype="f4").reshape(3, 2),
        classes=["noise", "a", "b"],
        dataset="test-1kpc",
        origin=Origin("simulated", {"a": "surrogate", "b": "numerical"}),
        seed=3,
    )
    embedding.write(tmp_path / "e.h5")
    found = Embedding.read(tmp_path / "e.h5")
    for name in ("label", "prediction", "point"):
        column = getattr(found, name)
        np.testing.assert_array_equal(column, getattr(embedding, name))
        assert column.dtype == getattr(embedding, name).dtype
    assert (found.classes, found.dataset) == (embedding.classes, embedding.dataset)
    assert (found.origin, found.seed) == (embedding.origin, embedding.seed)
    with h5py.File(tmp_path / "e.h5") as file:
        assert set(file) == {"label", "prediction", "point"}
        assert set(file.attrs) == {"classes", "dataset", "inputs", "seed"}
    embedding.write(tmp_path / "f.h5")
    assert (tmp_path / "e.h5").read_bytes() == (tmp_path / "f.h5").read_bytes()
