"""The block ``classifier``: the network and its training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Self

from ccsncam.config.blocks import Block
from ccsncam.config.mixing import Mixing


@dataclass(frozen=True)
class Classifier(Block):
    """The block ``classifier`` without its seeds, because each seed is a network of its own.

    ``extra`` names numbers that join the features. ``mask_penalty`` is the weight of slopes beside
    the signal in the loss of a training; see docs/networks.md.
    """

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
    network: str = "paper"
    schedule: str = "constant"
    patience: int | None = None
    dropout: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    extra: tuple[str, ...] = ()
    mask_penalty: float = 0.0
    mixing: Mixing = field(default_factory=Mixing)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Take the block's own keys out of a mapping, in which ``mixing`` is a mapping too."""
        return super().of({**values, "mixing": Mixing.of(values["mixing"])})

    def stage_of(self, epoch: int) -> int:
        """Give the stage (from 0) of an epoch (from 1)."""
        return next(k for k, last in enumerate(accumulate(self.epochs)) if epoch <= last)
