"""The blocks ``noise`` and ``whitening``: where pieces of noise come from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ccsncam.config.blocks import Block, frozen


@dataclass(frozen=True)
class Whitening(Block):
    """The block ``whitening``: length of Welch's windows and of the filter [s]."""

    psd_duration: int
    filter_duration: float

    @property
    def shortest_piece(self) -> int:
        """Shortest piece of noise [s]: two windows and a sample, beside what the filter spoils."""
        # The configuration takes no piece below 8 s.
        return max(8, math.ceil(2 * self.psd_duration + self.filter_duration + 1))

    @property
    def pieces(self) -> str:
        """How long a piece must be and what that depends on, in words for a message."""
        return (
            f"a piece has at least {self.shortest_piece} s (2 x whitening.psd_duration + "
            "filter_duration + 1, and 8)"
        )


@dataclass(frozen=True)
class Simulation(Block):
    """Simulated noise of one split and detector.

    ``live_time`` is in s. ``psd`` is as `ccsncam.noise.psd.smooth_psd` takes it. ``lines`` says
    whether spectral lines are added. ``glitches`` is the number of glitches per minute,
    ``glitch_kinds`` the share of each kind, and ``glitch_snr`` the bounds of their SNR.
    """

    live_time: float
    psd: str
    lines: bool
    glitches: float
    glitch_kinds: Mapping[str, float]
    glitch_snr: tuple[float, float]


@dataclass(frozen=True)
class StrainFiles(Block):
    """How files of strain are read.

    ``channel`` names the channel of GWF files, with ``{detector}`` in the name. ``quality`` and
    ``injections`` are the bits that must be set in a second. ``plain`` describes HDF5 files of one
    data set by their names: ``{"detector", "start", "dataset"}`` and, where the file does not say
    it, ``sample_rate``.
    """

    channel: str
    quality: tuple[str, ...]
    injections: tuple[str, ...]
    plain: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class NoiseSource(Block):
    """Where the noise of one split and detector comes from.

    ``source`` is ``simulated``, ``files`` or ``gwosc``. ``segment_duration`` is the length of a
    piece [s], and ``ranges`` are GPS ranges [s]. ``simulation`` is set for simulated noise.
    ``files`` and ``leave_out`` are set for strain from files; ``leave_out`` holds stretches
    (start, end, reason) that no piece may touch.
    """

    source: str
    segment_duration: int
    ranges: tuple[tuple[float, float], ...]
    simulation: Simulation | None
    files: StrainFiles | None
    leave_out: tuple[tuple[float, float, str], ...]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make it from what `ccsncam.planning.inputs.noise_of` gives."""
        simulated, files = values.get("simulated"), values.get("files")
        return cls(
            values["source"],
            values["segment_duration"],
            frozen(values["ranges"]),
            None if simulated is None else Simulation.of(simulated),
            None if files is None else StrainFiles.of(files),
            frozen(values.get("leave_out", ())),
        )
