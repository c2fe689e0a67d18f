"""Typed blocks of the configuration, and those from which samples are made.

Rules hand plain dicts to jobs, so that Snakemake can compare them. A script first turns each dict
into a block, so the library sees blocks only. ``workflow/schemas/config.schema.yaml`` says what
each key means. The other modules of this package hold the blocks that fewer jobs depend on, so that
a new key of the figures does not train the network again.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Self


def frozen(value: Any) -> Any:
    """Turn lists into tuples, so that no one can change a block."""
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else value


@dataclass(frozen=True)
class Block:
    """A block of the configuration."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Take the block's own keys out of a mapping.

        Parameters
        ----------
        values : mapping
            May hold more keys than the block has.

        Raises
        ------
        ValueError
            If a key is missing.
        """
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in values]
        if missing:
            raise ValueError(f"{cls.__name__}: the settings lack {', '.join(missing)}")
        return cls(**{name: frozen(values[name]) for name in names})


@dataclass(frozen=True)
class Conditioning(Block):
    """How a waveform is conditioned; a part of the block ``signal``.

    ``sample_rate`` and ``highpass`` are in Hz, ``tukey`` is the tapered share of the waveform.
    """

    sample_rate: int
    highpass: float
    tukey: float


@dataclass(frozen=True)
class Band(Block):
    """The band that whitening passes and SNRs are integrated over [Hz]; a part of ``signal``."""

    sample_rate: int
    f_min: float
    f_max: float

    @property
    def upper_edge(self) -> float | None:
        """Upper edge of the pass band [Hz]; None where the Nyquist frequency is the edge."""
        return self.f_max if self.f_max < self.sample_rate / 2 else None


@dataclass(frozen=True)
class Signal(Block):
    """The block ``signal``: conditioning, band, and the window of the bounce time [s]."""

    sample_rate: int
    highpass: float
    tukey: float
    bounce_window: tuple[float, float]
    f_min: float
    f_max: float

    @property
    def band(self) -> Band:
        """The part that whitening and SNRs need."""
        return Band(self.sample_rate, self.f_min, self.f_max)


@dataclass(frozen=True)
class Spectrogram(Block):
    """The block ``spectrogram``: the input of the network.

    ``window`` and ``hop`` are in samples, ``f_max`` in Hz. ``scale`` is ``amplitude`` or
    ``power``; ``normalisation`` is ``detector``, ``sample``, ``fixed`` (with ``ceiling``) or
    ``none``.
    ``kind`` is one of `ccsncam.samples.representations.names.CHANNELS`, and ``q`` belongs to
    ``constant-q``. ``coherence`` is the largest lag of each pair of detectors [samples]; None where
    the network gets no coherence.
    """

    window: int
    hop: int
    f_max: float
    scale: str
    normalisation: str
    ceiling: float | None
    kind: str = "stft"
    q: float = 20.0
    coherence: tuple[float, ...] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Take the keys out of a mapping; files of earlier versions lack those with a default."""
        added = {one.name: one.default for one in fields(cls) if one.default is not MISSING}
        return super().of({**added, **values})

    def as_dict(self) -> dict[str, Any]:
        """All keys but those that have their default, so that old files stay the same."""
        values = asdict(self)
        return {
            one.name: values[one.name] for one in fields(self) if values[one.name] != one.default
        }


@dataclass(frozen=True)
class Sampling(Block):
    """What makes a sample out of waveforms and noise: ``signal``, ``spectrogram``, ``coincident``.

    ``coincident`` is true where all detectors of a sample draw the same second of noise.
    """

    signal: Signal
    spectrogram: Spectrogram
    coincident: bool

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make it from the blocks ``signal``, ``spectrogram`` and ``noise`` of a configuration."""
        return cls(
            Signal.of(values["signal"]),
            Spectrogram.of(values["spectrogram"]),
            values["noise"]["coincident"],
        )

    def as_dict(self) -> dict[str, Any]:
        """The blocks that `of` reads, which a data set stores in its attribute ``settings``."""
        return {
            "signal": asdict(self.signal),
            "spectrogram": self.spectrogram.as_dict(),
            "noise": {"coincident": self.coincident},
        }
