"""Short glitches of simulated noise: their kinds, their shapes, and how they are drawn.

Shapes are those of whitened strain, because that is what measured glitches are compared with. A
shape is multiplied by the amplitude spectral density of the noise before it is added to strain.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import fft

from ccsncam import resources
from ccsncam.aliases import PathLike

# A function that gives the one-sided PSD [1/Hz] on a grid of frequencies [Hz].
Psd = Callable[[np.ndarray], np.ndarray]
Shape = Callable[[np.ndarray, "Track", np.random.Generator], np.ndarray]

# Parameters whose ranges the table of kinds has, and the units in the names of its columns.
_RANGES = {"frequency": "_hz", "duration": "_s", "sweep": "_hz", "snr": ""}
_SINGLE = ("snr_index", "cluster_size", "cluster_spread_s")


@dataclass(frozen=True)
class GlitchPopulation:
    """Which glitches occur in simulated noise, and how often.

    Attributes
    ----------
    rate : float
        Glitches per minute. Clusters are Poissonian, and so is the number of glitches in each.
    kinds : mapping of str to float
        Share of each kind. Shares are scaled to add up to one.
    parameters : pandas.DataFrame
        Parameters of each kind, from `read_glitches`.
    snr : (low, high)
        Bounds of the optimal SNR; a kind has its own bounds within them. It is the SNR against
        the spectrum without lines. With them it is up to 10 % less at V1, and 1 % at H1 and L1.
    band : (f_min, f_max)
        Band of the glitches and of their SNR [Hz].
    """

    rate: float
    kinds: Mapping[str, float]
    parameters: pd.DataFrame
    snr: tuple[float, float] = (6.5, 400.0)
    band: tuple[float, float] = (20.0, 2000.0)


class Glitch(NamedTuple):
    """One glitch: the GPS time of its middle [s], SNR, frequency [Hz] and kind."""

    gps: float
    snr: float
    frequency: float
    kind: str


class Track(NamedTuple):
    """Parameters of one shape: frequency [Hz], duration [s], sweep [Hz] and phase [rad]."""

    frequency: float
    duration: float
    sweep: float
    phase: float


def read_glitches(path: PathLike) -> pd.DataFrame:
    """Read ``resources/glitches.tsv``, the parameters of each kind of glitch.

    Returns
    -------
    pandas.DataFrame
        Indexed by kind. Ranges: ``frequency_min_hz``, ``frequency_max_hz``, and in the same way
        ``duration_…_s``, ``sweep_…_hz`` and ``snr_…``. ``snr_index``: p(snr) ~ snr^-index.
        ``cluster_size``: mean number of glitches that come together, with times that scatter by
        ``cluster_spread_s``.

    Raises
    ------
    ValueError
        In one line with the line number, if a kind is unknown or a number is wrong.
    """
    numbers = [f"{name}_{end}{unit}" for name, unit in _RANGES.items() for end in ("min", "max")]
    table = resources.read(path, [*numbers, *_SINGLE], texts=["kind", "source"])
    for number, row in table.to_dict("index").items():
        if row["kind"] not in _SHAPES:
            raise ValueError(
                f"{path}:{number}: unknown kind of glitch {row['kind']!r}; known: "
                f"{', '.join(_SHAPES)}"
            )
        for name, unit in _RANGES.items():
            low, high = row[f"{name}_min{unit}"], row[f"{name}_max{unit}"]
            least = 0 if name == "sweep" else 1e-4
            if not least <= low <= high:
                raise ValueError(
                    f"{path}:{number}: {name} from {low:g} to {high:g} is not a range that rises "
                    f"from {least:g} or more"
                )
        if row["snr_index"] <= 1 or row["cluster_size"] < 1 or row["cluster_spread_s"] < 0:
            raise ValueError(
                f"{path}:{number}: snr_index must be above 1, cluster_size at least 1, and "
                "cluster_spread_s 0 or more"
            )
    return table.set_index("kind")


class GlitchMaker:
    """Draws glitches of a population and adds them to strain.

    Parameters
    ----------
    population : GlitchPopulation
    sample_rate : int
        Sample rate of the strain [Hz].
    psd : callable
        Gives the PSD that shapes are coloured with, without spectral lines.

    Raises
    ------
    ValueError
        If the population has an unknown kind, no share above 0, or wrong bounds of the SNR.
    """

    # Length of the series in which a glitch is made [s]. All shapes are shorter.
    _DURATION = 8
    # Below the band, a shape fades out from f_min to this share of f_min.
    _FADE = 0.7

    def __init__(self, population: GlitchPopulation, sample_rate: int, psd: Psd) -> None:
        kinds, parameters = population.kinds, population.parameters
        unknown = sorted(set(kinds) - set(parameters.index))
        if unknown or sum(kinds.values()) <= 0:
            what = f"unknown kind {', '.join(unknown)}" if unknown else "no share above 0"
            raise ValueError(
                f"noise.simulated.glitch_kinds: {what}: give shares to kinds among "
                f"{', '.join(parameters.index)}"
            )
        if not 0 < population.snr[0] <= population.snr[1]:
            raise ValueError(
                f"noise.simulated.glitch_snr: {list(population.snr)} is not a rising range above 0"
            )
        self.kinds = [kind for kind, share in kinds.items() if share > 0]
        rows = parameters.to_dict("index")
        self.rows = {kind: _bounded(kind, rows[kind], population.snr) for kind in self.kinds}
        # A share counts glitches; a kind with large clusters has fewer of them.
        sizes = np.array([self.rows[kind]["cluster_size"] for kind in self.kinds])
        shares = np.array([kinds[kind] for kind in self.kinds], dtype=np.float64)
        clusters = shares / shares.sum() / sizes
        self.cluster_rate = population.rate / 60 * clusters.sum()
        self.shares = clusters / clusters.sum()
        self.sample_rate = sample_rate
        size = self._DURATION * sample_rate
        grid = np.arange(size // 2 + 1) / self._DURATION
        low, high = population.band
        fade = np.clip((grid / low - self._FADE) / (1 - self._FADE), 0, 1)
        inside = grid <= high
        window = np.sin(0.5 * np.pi * fade) ** 2 * inside
        # White noise of unit variance has the one-sided PSD 2/fs, so SNR² = (2/fs) Σ |rfft|² / T.
        self.weight = np.where((grid >= low) & inside, window**2, 0) * 2 / size
        # From whitened strain of unit variance to strain.
        self.colour = window * np.sqrt(psd(grid) * sample_rate / 2)

    def add_all(
        self, strain: np.ndarray, begin: float, random: np.random.Generator
    ) -> list[Glitch]:
        """Draw the glitches of a block of strain and add them, in place.

        Parameters
        ----------
        strain : array (n,)
            The block.
        begin : float
            GPS time at which the block begins [s].
        random : numpy.random.Generator

        Returns
        -------
        list of Glitch
        """
        duration = len(strain) / self.sample_rate
        found = []
        # Clusters around the block reach into it, so that its edges hold as many middles of
        # glitches. A glitch that begins in one block does not go on in the next one.
        margin = max(row["cluster_spread_s"] for row in self.rows.values()) * 3
        for _ in range(random.poisson(self.cluster_rate * (duration + 2 * margin))):
            kind = self.kinds[random.choice(len(self.kinds), p=self.shares)]
            centre = random.uniform(-margin, duration + margin)
            row = self.rows[kind]
            for _ in range(1 + random.poisson(row["cluster_size"] - 1)):
                middle = centre + random.normal() * row["cluster_spread_s"]
                if 0 <= middle < duration:
                    found.append(self._add(strain, begin, kind, middle, random))
        return found

    def _add(
        self,
        strain: np.ndarray,
        begin: float,
        kind: str,
        middle: float,
        random: np.random.Generator,
    ) -> Glitch:
        """Draw one glitch of a kind and add it around the time ``middle`` of the block [s]."""
        row = self.rows[kind]
        frequency = _between(row["frequency_min_hz"], row["frequency_max_hz"], random)
        track = Track(
            frequency,
            _between(row["duration_min_s"], row["duration_max_s"], random),
            random.uniform(row["sweep_min_hz"], row["sweep_max_hz"]),
            random.uniform(0, 2 * np.pi),
        )
        power = 1 - row["snr_index"]
        low, high = row["snr_min"] ** power, row["snr_max"] ** power
        snr = (low + random.random() * (high - low)) ** (1 / power)
        # The middle may lie between two samples: the shape is computed at the block's samples.
        half = self._DURATION * self.sample_rate // 2
        first = int(np.floor(middle * self.sample_rate)) - half
        time = np.arange(first, first + 2 * half) / self.sample_rate - middle
        white = fft.rfft(_SHAPES[kind](time, track, random))
        norm = np.sqrt((self.weight * (white.real**2 + white.imag**2)).sum())
        shape = fft.irfft(white * self.colour, n=2 * half)
        begin_at, end_at = max(first, 0), min(first + 2 * half, len(strain))
        strain[begin_at:end_at] += (snr / norm) * shape[begin_at - first : end_at - first]
        return Glitch(begin + middle, snr, frequency, kind)


def _bounded(kind: str, row: Mapping[Any, Any], bounds: tuple[float, float]) -> dict[Any, Any]:
    """Cut the range of the SNR of a kind to the bounds of the population."""
    low, high = max(row["snr_min"], bounds[0]), min(row["snr_max"], bounds[1])
    if low > high:
        raise ValueError(
            f"noise.simulated.glitch_snr: {list(bounds)} leaves nothing of the SNRs of "
            f"{kind}, {row['snr_min']:g} to {row['snr_max']:g}: widen it, or leave the kind out"
        )
    return {**row, "snr_min": low, "snr_max": high}


def _between(low: float, high: float, random: np.random.Generator) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(low * (high / low) ** random.random())


def _pulse(time: np.ndarray, frequency: float, duration: float, phase: float) -> np.ndarray:
    """Sine-Gaussian whose full width at half maximum is the duration."""
    sigma = duration / np.sqrt(8 * np.log(2))
    return np.exp(-0.5 * (time / sigma) ** 2) * np.cos(2 * np.pi * frequency * time + phase)


def _sine_gaussian(time: np.ndarray, track: Track, random: np.random.Generator) -> np.ndarray:
    """Blip or tomte: a sine-Gaussian that may be shorter than a cycle, and then has a wide band."""
    return _pulse(time, track.frequency, track.duration, track.phase)


def _light_modulation(time: np.ndarray, track: Track, random: np.random.Generator) -> np.ndarray:
    """A loud pulse at low frequency, with a broad spike in it and faint pulses before it."""
    total = _pulse(time, track.frequency, track.duration, track.phase)
    short = 0.003
    # Energies of pulses of the same amplitude are in the ratio of their durations.
    scale = np.sqrt(track.duration / short)
    ago = np.append(0, random.uniform(0.2, 0.8, random.integers(1, 3)))
    for back in ago:
        height = scale * random.uniform(0.05, 0.2)
        frequency = _between(100, 400, random)
        total += height * _pulse(time + back, frequency, short, random.uniform(0, 2 * np.pi))
    return total


def _scattered_light(time: np.ndarray, track: Track, random: np.random.Generator) -> np.ndarray:
    """Arches above each other: frequencies rise to a maximum and fall again, as cos(π t / T)."""
    turn = np.pi * np.clip(time / track.duration, -0.5, 0.5)
    sine, envelope = np.sin(turn), np.cos(turn) ** 2
    total = np.zeros_like(time)
    for share in (1.0, 0.75, 0.5)[: random.integers(1, 4)]:
        angle = 2 * share * track.frequency * track.duration * sine
        total += np.cos(angle + random.uniform(0, 2 * np.pi))
    return envelope * total


def _fast_scattering(time: np.ndarray, track: Track, random: np.random.Generator) -> np.ndarray:
    """A train of short arches, about four in each second."""
    total = np.zeros_like(time)
    step = random.uniform(0.22, 0.3)
    for number in range(max(2, round(track.duration / step))):
        middle = (number + 0.5) * step - 0.5 * track.duration
        height = random.uniform(0.3, 1)
        total += height * _pulse(time - middle, track.frequency, 0.06, random.uniform(0, 2 * np.pi))
    return total


def _whistle(time: np.ndarray, track: Track, random: np.random.Generator) -> np.ndarray:
    """The frequency falls from frequency + sweep to frequency and rises, linearly."""
    part = np.abs(time) / (track.duration / 2)
    angle = 2 * np.pi * (track.frequency * time + track.sweep * time * part / 2)
    edge = np.clip((1 - part) / 0.2, 0, 1)
    # What is above the Nyquist frequency would be folded to low frequencies.
    nyquist = 0.5 / (time[1] - time[0])
    below = track.frequency + track.sweep * part < 0.95 * nyquist
    return np.sin(0.5 * np.pi * edge) ** 2 * below * np.cos(angle + track.phase)


_SHAPES: dict[str, Shape] = {
    "blip": _sine_gaussian,
    "tomte": _sine_gaussian,
    "light_modulation": _light_modulation,
    "scattered_light": _scattered_light,
    "fast_scattering": _fast_scattering,
    "whistle": _whistle,
}
