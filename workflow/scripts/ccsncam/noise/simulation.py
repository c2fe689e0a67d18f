"""Simulated noise of one detector: coloured Gaussian noise with lines and short glitches."""

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import fft

from ccsncam.aliases import Ranges
from ccsncam.noise.folder import show
from ccsncam.noise.glitches import Glitch, GlitchMaker, GlitchPopulation, Psd

# Time that is simulated before and after a block and thrown away [s]. What the inverse transform
# gives is periodic, and a block that is cut out of it is not.
MARGIN = 4


def simulated_starts(ranges: Ranges, live_time: float, duration: float) -> np.ndarray:
    """Place the blocks of a live time in GPS ranges, from the start of the first range on.

    Parameters
    ----------
    ranges : list of [start, end]
        GPS times [s].
    live_time : float
        In s; only whole blocks of it are used.
    duration : float
        Length of a block [s].

    Returns
    -------
    array (block,), float64
        GPS time of the start of each block [s].

    Raises
    ------
    ValueError
        If the live time is shorter than a block, or the ranges are too short for it.
    """
    count = int(live_time // duration)
    if count < 1:
        raise ValueError(
            f"noise: a live time of {live_time:g} s holds no piece of {duration:g} s: make "
            "noise.simulated.live_time longer or noise.segment_duration shorter"
        )
    starts = np.concatenate([_grid(begin, end, duration) for begin, end in ranges])
    if count > len(starts):
        raise ValueError(
            f"noise: a live time of {live_time:g} s needs {count} pieces of {duration:g} s, the "
            f"ranges {show(ranges)} hold {len(starts)}: make noise.simulated.live_time shorter or "
            "noise.ranges longer"
        )
    return starts[:count]


def simulate(
    seed: int,
    detector: str,
    gps_start: Sequence[float] | np.ndarray,
    duration: float,
    sample_rate: int,
    psd: Psd,
    glitches: GlitchPopulation | None = None,
    smooth: Psd | None = None,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Simulate blocks of noise of one detector.

    A block depends on the seed, the detector, its GPS start and the settings, and on nothing else:
    any job may ask for any blocks in any order.

    Parameters
    ----------
    seed : int
        Seed of the run.
    detector : str
        Such as ``H1``.
    gps_start : array (block,)
        GPS time of the start of each block [s].
    duration : float
        Length of a block [s].
    sample_rate : int
        In Hz.
    psd : callable
        Gives the one-sided PSD [1/Hz] on a grid of frequencies [Hz], such as
        `ccsncam.noise.psd.Spectrum.psd`; the Gaussian noise is coloured with it.
    glitches : GlitchPopulation, optional
        Without it, or with a rate of 0, there are no glitches. They are drawn from a stream of
        their own, so the Gaussian noise is the same with and without them.
    smooth : callable, optional
        The PSD without spectral lines, which glitches are coloured with; by default ``psd``.

    Returns
    -------
    strain : array (block, n), float32
    glitches : pandas.DataFrame
        ``gps`` of the middle [s], ``snr``, ``frequency`` [Hz] and ``kind`` of each glitch, in the
        order of time.

    Raises
    ------
    ValueError
        If the population of glitches is wrong.
    """
    gps_start = np.atleast_1d(np.asarray(gps_start, dtype=np.float64))
    size = round(duration * sample_rate)
    margin = MARGIN * sample_rate
    length = fft.next_fast_len(size + 2 * margin, real=True)
    length += length % 2
    grid = np.arange(length // 2 + 1) * (sample_rate / length)
    # E|X|² = S fs N / 2. Half of it is in the real part and half in the imaginary part; the first
    # and the last value of the spectrum are real.
    amplitude = np.sqrt(psd(grid) * sample_rate * length) / 2
    amplitude[[0, -1]] *= np.sqrt(2)
    # float32 reaches down to 1e-38. The spectrum (about 1e-20) and the strain (1e-22) are far
    # above that, and values are squared only after they have become float64.
    amplitude = amplitude.astype(np.float32)
    strain = np.empty((len(gps_start), size), dtype=np.float32)
    found: list[Glitch] = []
    maker = None
    if glitches is not None and glitches.rate > 0:
        maker = GlitchMaker(glitches, sample_rate, smooth or psd)
    for row, begin in enumerate(gps_start):
        random = _generator(seed, detector, begin, 0)
        noise = random.standard_normal(2 * len(grid), dtype=np.float32).view(np.complex64)
        noise *= amplitude
        strain[row] = fft.irfft(noise, n=length, overwrite_x=True)[margin : margin + size]
        if maker is not None:
            found += maker.add_all(strain[row], begin, _generator(seed, detector, begin, 1))
    table = pd.DataFrame(found, columns=Glitch._fields)
    table = table.astype(dict.fromkeys(("gps", "snr", "frequency"), np.float64))
    return strain, table.sort_values("gps", kind="stable", ignore_index=True)


def _grid(begin: float, end: float, duration: float) -> np.ndarray:
    """Starts of the whole blocks of a range."""
    return begin + np.arange(int((end - begin) / duration + 1e-9)) * float(duration)


def _generator(seed: int, detector: str, gps: float, stream: int) -> np.random.Generator:
    """Make the random generator of one stream of a block of a detector."""
    words = [seed, zlib.crc32(detector.encode()), round(gps * 1e6), stream]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
