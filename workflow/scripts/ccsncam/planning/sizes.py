"""How large a run is, which decides what one job does.

The start of a job takes a second or more. In a small run this is longer than the work, so jobs of
one kind are done together. In a large run each has a job of its own, so that they run side by
side and a change of one does not repeat the others.
"""

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]

# Most samples of the data sets of a job, samples that are explained, and samples for which all
# measures of a map are taken, in a run that counts as small.
FEW_SAMPLES, FEW_EXPLAINED, FEW_JUDGED = 5000, 1000, 200


def few_learned(config: Config) -> bool:
    """Whether one job builds the data sets of training and validation, which hold few samples."""
    block = config["datasets"]
    per_class = len(block["train_bands"]) * block["train_per_class"]
    return len(config["classes"]) * (per_class + block["validation_per_class"]) <= FEW_SAMPLES


def few_tested(config: Config) -> bool:
    """Whether one job builds the data sets of all distances, because they hold few samples."""
    block = config["datasets"]
    per_class = len(block["distances"]) * block["test_per_class"]
    return len(config["classes"]) * per_class <= FEW_SAMPLES


def few_explained(config: Config) -> bool:
    """Whether one job makes the maps of all methods, because few samples are explained."""
    explained = len(config["classes"]) * config["datasets"]["test_per_class"]
    judged = len(config["classes"]) * config["saliency"]["per_class"]
    return explained <= FEW_EXPLAINED and judged <= FEW_JUDGED
