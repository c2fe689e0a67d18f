import numpy as np
import pytest
from made_results import CLASSES, ORIGIN

from ccsncam.saliency.attribution import COLUMNS, MEASURES, Attribution


@pytest.mark.parametrize("modes", [[], ["g_mode", "sasi"]])
def test_a_file_is_read_as_it_was_written(tmp_path, modes):
    random = np.random.default_rng(0)
    columns = {name: random.random((3, len(modes))) for name in COLUMNS}
    columns |= {"label": np.array([1, 1, 2], "i4"), "distance_kpc": np.full(3, 5.0)}
    methods = {
        key: {"name": name} | {measure: random.random(3) for measure in MEASURES}
        for key, name in (("score-cam", "Score-CAM"), ("power", "signal power"))
    }
    written = Attribution(
        **columns,
        methods=methods,
        classes=CLASSES,
        detectors=["H1"],
        modes=modes,
        dataset="test-5kpc",
        origin=ORIGIN,
        seed=2,
    )
    written.write(tmp_path / "modes.h5")
    found = Attribution.read(tmp_path / "modes.h5")
    for name, values in columns.items():
        np.testing.assert_array_equal(found.columns[name], values)
        np.testing.assert_array_equal(getattr(found, name), values)
    for key, one in methods.items():
        assert found.methods[key]["name"] == one["name"]
        for measure in MEASURES:
            np.testing.assert_array_equal(found.methods[key][measure], one[measure])
    for name in ("classes", "detectors", "modes", "dataset", "origin", "seed"):
        assert getattr(found, name) == getattr(written, name)
    assert found.distance == 5
