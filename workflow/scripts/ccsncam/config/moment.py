"""The blocks ``moment`` and ``scan``: the network's answer to strain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ccsncam.config.blocks import Block, Signal, Spectrogram
from ccsncam.config.noise import StrainFiles, Whitening


@dataclass(frozen=True)
class Moment(Block):
    """What the network's answer to a moment of strain depends on.

    ``span`` and ``step`` of the windows are in s. ``missing`` (``noise`` or ``black``) is what
    replaces a detector without data. ``segment_duration`` [s] is the length of a piece of noise in
    training.
    """

    seed: int
    detectors: tuple[str, ...]
    signal: Signal
    spectrogram: Spectrogram
    whitening: Whitening
    files: StrainFiles
    segment_duration: int
    span: float
    step: float
    missing: str

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make it from a mapping of these names, whose blocks are plain dicts."""
        blocks: dict[str, type[Block]] = {
            "signal": Signal,
            "spectrogram": Spectrogram,
            "whitening": Whitening,
            "files": StrainFiles,
        }
        made = {name: block.of(values[name]) for name, block in blocks.items()}
        return super().of({**values, **made})


@dataclass(frozen=True)
class Scan(Block):
    """What the candidates in a stretch of strain depend on.

    ``moment`` says how strain is read, whitened and made into images. ``stride`` is the time from
    window to window in hops of the spectrogram, ``cluster`` the half width of a cluster [s], and
    ``lowest`` the lowest statistic of a candidate.
    """

    moment: Moment
    stride: int
    cluster: float
    lowest: float

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make it from a mapping of these names; ``moment`` is a plain dict, as for `Moment`."""
        return super().of({**values, "moment": Moment.of(values["moment"])})

    @property
    def step(self) -> int:
        """From window to window, in samples."""
        return self.stride * self.moment.spectrogram.hop

    @property
    def seconds(self) -> float:
        """From window to window [s]."""
        return self.step / self.moment.signal.sample_rate
