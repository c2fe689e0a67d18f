import copy

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
    assert sizes.few_samples(quick)
    assert sizes.few_explained(quick)
    assert not sizes.few_samples(full)
    assert not sizes.few_explained(full)


@pytest.mark.parametrize(
    ("function", "change", "per_class"),
    [
        (sizes.few_samples, {"train_bands": [[20, 50]], "validation_per_class": 100}, "train"),
        (sizes.few_explained, {}, "test"),
    ],
)
def test_the_largest_small_run(quick, function, change, per_class):
    config = copy.deepcopy(quick)
    config["datasets"] |= {**change, "distances": [1], "test_per_class": 100}
    largest = {"train": 800, "test": 100}[per_class]
    config["datasets"][f"{per_class}_per_class"] = largest
    assert function(config)
    config["datasets"][f"{per_class}_per_class"] = largest + 1
    assert not function(config)


def test_judged_samples_count_too(quick):
    quick["saliency"]["per_class"] = 20
    assert sizes.few_explained(quick)
    quick["saliency"]["per_class"] = 21
    assert not sizes.few_explained(quick)
