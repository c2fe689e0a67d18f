import numpy as np
from made_results import CLASSES, ORIGIN

from ccsncam.saliency.explained import COLUMNS, Explained


def test_a_file_of_maps_is_read_as_it_was_written(tmp_path):
    random = np.random.default_rng(0)
    columns = {name: random.random(4) for name in COLUMNS}
    columns |= {"map": random.random((4, 3, 2), np.float32), "empty": np.arange(4) == 1}
    written = Explained(
        **columns,
        row=np.array([1, 3]),
        subset={"road": random.random(2), "deletion_black": random.random((2, 21))},
        variants={"after the ReLU": {k: columns[k] for k in ("drop", "increase", "empty")}},
        method="grad-cam",
        name="Grad-CAM",
        layers=["logits", "conv1"],
        fractions=np.linspace(0, 1, 21),
        black=np.array([0.9, 0.1, 0.0]),
        classes=CLASSES,
        dataset="test-1kpc",
        origin=ORIGIN,
        seed=3,
    )
    written.write(tmp_path / "maps.h5")
    found = Explained.read(tmp_path / "maps.h5")
    for name in (*COLUMNS, "row", "fractions", "black"):
        np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
        assert getattr(found, name).dtype == getattr(written, name).dtype
    for name in ("method", "name", "layers", "classes", "dataset", "origin", "seed"):
        assert getattr(found, name) == getattr(written, name)
    assert set(found.subset) == {"road", "deletion_black"}
    for name, values in written.subset.items():
        np.testing.assert_array_equal(found.subset[name], values)
    np.testing.assert_array_equal(found.variants["after the ReLU"]["drop"], columns["drop"])
    found.write(tmp_path / "again.h5")
    assert Explained.read(tmp_path / "again.h5", maps=False).map is None
