"""The block ``detection``: from classifier to detector."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccsncam.config.blocks import Block


@dataclass(frozen=True)
class BackgroundSearch(Block):
    """A part of the block ``detection.background``: how noise is searched in time slides.

    ``live_time`` is wanted of each split [days]. ``stride`` from window to window is in hops of the
    spectrogram, ``cluster`` is the half width of a cluster [s], ``keep`` is the number of clusters
    that are kept for each hour of live time.
    """

    live_time: Mapping[str, float]
    stride: int
    cluster: float
    keep: float
