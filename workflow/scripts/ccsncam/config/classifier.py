"""The block ``classifier``: the network and its training."""

from dataclasses import dataclass

from ccsncam.config.blocks import Block


@dataclass(frozen=True)
class Classifier(Block):
    """The block ``classifier`` without its seeds, because each seed is a network of its own."""

    filters: tuple[int, ...]
    dense: tuple[int, ...]
    parameters: int
    features: int
    learning_rate: float
    batch_size: int
    epochs: tuple[int, ...]
    curriculum: str
    shards: int
    mixed_precision: bool
    xla: bool
