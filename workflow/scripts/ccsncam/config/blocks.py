"""Typed blocks of the configuration.

Rules hand plain dicts to jobs, so that Snakemake can compare them. A script first turns each dict
into a block, so the library sees blocks only. ``workflow/schemas/config.schema.yaml`` says what
each key means.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


def _frozen(value: Any) -> Any:
    """Turn lists into tuples, so that no one can change a block."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


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
        return cls(**{name: _frozen(values[name]) for name in names})


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
class Whitening(Block):
    """The block ``whitening``: length of Welch's windows and of the filter [s]."""

    psd_duration: int
    filter_duration: float


@dataclass(frozen=True)
class Spectrogram(Block):
    """The block ``spectrogram``: the input of the network.

    ``window`` and ``hop`` are in samples, ``f_max`` in Hz. ``scale`` is ``amplitude`` or
    ``power``; ``normalisation`` is ``detector``, ``sample`` or ``fixed`` (with ``ceiling``).
    """

    window: int
    hop: int
    f_max: float
    scale: str
    normalisation: str
    ceiling: float | None


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
            "spectrogram": asdict(self.spectrogram),
            "noise": {"coincident": self.coincident},
        }


@dataclass(frozen=True)
class Simulation(Block):
    """Simulated noise of one split and detector.

    ``live_time`` is in s, and ``psd`` is a name of ``pycbc.psd``. ``lines`` says whether spectral
    lines are added. ``glitches`` is the number of glitches per minute, ``glitch_kinds`` the share
    of each kind, and ``glitch_snr`` the bounds of their SNR.
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
            _frozen(values["ranges"]),
            None if simulated is None else Simulation.of(simulated),
            None if files is None else StrainFiles.of(files),
            _frozen(values.get("leave_out", ())),
        )


@dataclass(frozen=True)
class Access(Block):
    """How GWOSC is reached; a part of the block ``noise.gwosc``.

    ``host`` is the URL of the server that lists files. ``mirror`` replaces scheme and host in the
    URLs of files. ``proxy`` is a URL; None stands for the proxy of the environment. A download is
    given up after ``attempts`` without progress, a silent connection after ``timeout`` seconds.
    """

    host: str
    mirror: str | None
    proxy: str | None
    attempts: int
    timeout: float


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
