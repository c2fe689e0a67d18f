"""The block ``figures``: which samples the figures show."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccsncam.config.blocks import Block


@dataclass(frozen=True)
class Picks(Block):
    """Which samples Figures 7 to 10 show; a part of the block ``figures``.

    ``comparison`` is a class, and ``gallery_snr`` is a network SNR. ``misclassified`` holds the
    least network ``snr`` of a sample, and ``glitch_power``. From this power on, in mean powers of
    white noise, a cell of noise counts as a glitch.
    """

    comparison: str
    gallery_snr: float
    misclassified: Mapping[str, float]
