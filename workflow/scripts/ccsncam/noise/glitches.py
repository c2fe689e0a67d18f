"""Short glitches of simulated noise: their kinds, their shapes, and how they are drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import fft

from ccsncam import resources
from ccsncam.aliases import PathLike

# A function that gives the one-sided PSD [1/Hz] on a grid of frequencies [Hz].
Psd = Callable[[np.ndarray], np.ndarray]
Shape = Callable[[np.ndarray, float, float, float, float], np.ndarray]

# Parameters whose ranges the table of kinds has, and the units in the names of its columns.
_UNITS = {"frequency": "hz", "duration": "s", "sweep": "hz"}


@dataclass(frozen=True)
class GlitchPopulation:
    """Which glitches occur in simulated noise, and how often.

    Attributes
    ----------
    rate : float
        Glitches per minute; their number is Poissonian.
    kinds : mapping of str to float
        Share of each kind. Shares are scaled to add up to one.
    parameters : pandas.DataFrame
        Ranges of the parameters of each kind, from `read_glitches`.
    snr : (low, high)
        Bounds of the optimal SNR, with p(snr) ~ snr^-4 between them.
    band : (f_min, f_max)
        Band in which the SNR is computed [Hz].
    """

    rate: float
    kinds: Mapping[str, float]
    parameters: pd.DataFrame
    snr: tuple[float, float] = (6.5, 100.0)
    band: tuple[float, float] = (20.0, 2000.0)


class Glitch(NamedTuple):
    """One glitch: the GPS time of its middle [s], SNR, frequency [Hz] and kind."""

    gps: float
    snr: float
    frequency: float
    kind: str


def read_glitches(path: PathLike) -> pd.DataFrame:
    """Read ``resources/glitches.tsv``, the ranges of the parameters of each kind of glitch.

    Returns
    -------
    pandas.DataFrame
        Indexed by kind; ``frequency_min_hz``, ``frequency_max_hz`` and so on.

    Raises
    ------
    ValueError
        In one line with the line number, if a kind is unknown or a range is wrong.
    """
    numbers = [f"{name}_{end}_{unit}" for name, unit in _UNITS.items() for end in ("min", "max")]
    table = resources.read(path, numbers, texts=["kind", "source"])
    for number, row in enumerate(table.itertuples(), 2):
        if row.kind not in _SHAPES:
            raise ValueError(
                f"{path}:{number}: unknown kind of glitch {row.kind!r}; known: {', '.join(_SHAPES)}"
            )
        for name, unit in _UNITS.items():
            low, high = getattr(row, f"{name}_min_{unit}"), getattr(row, f"{name}_max_{unit}")
            least = 0 if name == "sweep" else 1e-4
            if not least <= low <= high:
                raise ValueError(
                    f"{path}:{number}: {name} from {low:g} to {high:g} is not a range that rises "
                    f"from {least:g} or more"
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
        Gives the PSD from which SNRs are computed.

    Raises
    ------
    ValueError
        If the population has an unknown kind, no share above 0, or wrong bounds of the SNR.
    """

    # Length of the transform from which the SNR of a glitch is computed [s].
    _DURATION = 8

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
        self.sample_rate = sample_rate
        self.kinds = [kind for kind, share in kinds.items() if share > 0]
        shares = np.array([kinds[kind] for kind in self.kinds], dtype=np.float64)
        self.shares = shares / shares.sum()
        self.parameters = parameters
        self.snr = population.snr
        self.size = self._DURATION * sample_rate
        grid = np.arange(self.size // 2 + 1) / self._DURATION
        inside = (grid >= population.band[0]) & (grid <= population.band[1])
        # The sum of |rfft|² with these weights is 4 ∫ |h|²/S df.
        self.weight = np.zeros(len(grid))
        self.weight[inside] = 4 / (psd(grid)[inside] * self._DURATION * sample_rate**2)

    def add(self, strain: np.ndarray, begin: float, random: np.random.Generator) -> Glitch:
        """Draw one glitch and add it to a block of strain, in place.

        Parameters
        ----------
        strain : array (n,)
            The block.
        begin : float
            GPS time at which the block begins [s].
        random : numpy.random.Generator

        Returns
        -------
        Glitch
        """
        kind = self.kinds[random.choice(len(self.kinds), p=self.shares)]
        row = self.parameters.loc[kind]
        u = random.random(6)
        low, high = row["frequency_min_hz"], row["frequency_max_hz"]
        frequency = low * (high / low) ** u[0]
        low, high = row["duration_min_s"], row["duration_max_s"]
        length = low * (high / low) ** u[1]
        sweep = row["sweep_min_hz"] + (row["sweep_max_hz"] - row["sweep_min_hz"]) * u[2]
        steep = np.array(self.snr, dtype=np.float64) ** -3
        snr = (steep[0] + u[3] * (steep[1] - steep[0])) ** (-1 / 3)
        middle = u[4] * len(strain) / self.sample_rate
        # The middle may lie between two samples: the shape is computed at the block's samples.
        half = min(_EXTENT[kind] * length, self._DURATION / 2)
        first = int(np.ceil((middle - half) * self.sample_rate))
        last = int(np.floor((middle + half) * self.sample_rate))
        time = np.arange(first, last + 1) / self.sample_rate - middle
        shape = _SHAPES[kind](time, frequency, length, sweep, 2 * np.pi * u[5])
        spectrum = fft.rfft(shape, n=self.size)
        norm = np.sqrt((self.weight * (spectrum.real**2 + spectrum.imag**2)).sum())
        begin_at, end_at = max(first, 0), min(last + 1, len(strain))
        strain[begin_at:end_at] += (snr / norm) * shape[begin_at - first : end_at - first]
        return Glitch(begin + middle, snr, frequency, kind)


def _sine_gaussian(
    time: np.ndarray, frequency: float, duration: float, sweep: float, phase: float
) -> np.ndarray:
    """Sine-Gaussian whose full width at half maximum is the duration."""
    sigma = duration / np.sqrt(8 * np.log(2))
    return np.exp(-0.5 * (time / sigma) ** 2) * np.cos(2 * np.pi * frequency * time + phase)


def _arch(
    time: np.ndarray, frequency: float, duration: float, sweep: float, phase: float
) -> np.ndarray:
    """Scattered light: the frequency rises to its maximum and falls again, as cos(π t / T)."""
    turn = np.pi * np.clip(time / duration, -0.5, 0.5)
    return np.cos(turn) ** 2 * np.cos(2 * frequency * duration * np.sin(turn) + phase)


def _vee(
    time: np.ndarray, frequency: float, duration: float, sweep: float, phase: float
) -> np.ndarray:
    """Whistle: the frequency falls from frequency + sweep to frequency and rises, linearly."""
    part = np.abs(time) / (duration / 2)
    angle = 2 * np.pi * (frequency * time + sweep * time * part / 2)
    return np.cos(0.5 * np.pi * np.clip(part, 0, 1)) ** 2 * np.cos(angle + phase)


_SHAPES: dict[str, Shape] = {
    "blip": _sine_gaussian,
    "tomte": _sine_gaussian,
    "scattered_light": _arch,
    "whistle": _vee,
}
# How far each kind reaches from its middle, in units of its duration.
_EXTENT = {"blip": 2.5, "tomte": 2.5, "scattered_light": 0.5, "whistle": 0.5}
