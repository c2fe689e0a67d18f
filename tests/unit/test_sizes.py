import pytest
import yaml

from ccsncam.config.schema import fill
from ccsncam.planning import sizes


@pytest.fixture
def full(root):
    return yaml.safe_load((root / "config/config.yaml").read_text())


@pytest.fixture
def quick(root, full):
    config = yaml.safe_load((root / "config/quick.yaml").read_text())
    fill(config, full)
    return config


def test_jobs_are_shared_in_small_runs_alone(full, quick):
    for few in (sizes.few_learned, sizes.few_tested, sizes.few_explained):
        assert few(quick)
        assert not few(full)


@pytest.mark.parametrize(
    ("few", "change", "key", "largest"),
    [
        (sizes.few_learned, {"train_bands": [[20, 50]], "validation_per_class": 100}, "train", 400),
        (sizes.few_tested, {"distances": [1, 2]}, "test", 250),
        (sizes.few_explained, {}, "test", 100),
    ],
)
def test_the_largest_small_run(quick, few, change, key, largest):
    quick["datasets"] |= change | {f"{key}_per_class": largest}
    assert few(quick)
    quick["datasets"][f"{key}_per_class"] = largest + 1
    assert not few(quick)


def test_more_tests_do_not_change_the_jobs_of_training(quick):
    quick["datasets"] |= {"test_per_class": 1000}
    assert sizes.few_learned(quick)
    quick["datasets"] |= {"train_per_class": 1000, "test_per_class": 5}
    assert sizes.few_tested(quick)


def test_judged_samples_count_too(quick):
    quick["saliency"]["per_class"] = 20
    assert sizes.few_explained(quick)
    quick["saliency"]["per_class"] = 21
    assert not sizes.few_explained(quick)


def test_keys_have_the_order_of_the_defaults():
    """Params are compared as text, so that another order would make results again."""
    config = {"b": {"y": 2}, "own": 0, "a": 5}
    fill(config, {"a": 1, "b": {"x": 1, "y": 1}})
    assert str(config) == "{'a': 5, 'b': {'x': 1, 'y': 2}, 'own': 0}"
