"""The block ``saliency``: which maps are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ccsncam.config.blocks import Block


@dataclass(frozen=True)
class Saliency(Block):
    """What saliency maps depend on; a part of the block ``saliency``.

    The output of ``layer`` is explained for the class that ``target`` names (``predicted`` or
    ``label``). ``options`` are the switches of each method.
    """

    layer: str
    options: Mapping[str, Mapping[str, Any]]
    target: str

    def of_method(self, method: str) -> dict[str, Any]:
        """The switches of one method."""
        return dict(self.options.get(method, {}))
