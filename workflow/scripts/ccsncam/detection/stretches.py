"""Stretches around samples: what a search hears before, in and after the second of a sample.

The noise is the piece that the sample was drawn from, and the signal is the sample's. A sample cuts
its signal at its ends, as in the paper. Here it goes on, because a window that starts later would
otherwise hear the cut, which is louder than many signals.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import scipy.fft

from ccsncam.config.blocks import Spectrogram
from ccsncam.samples import antenna, coherence, injection, spectrogram
from ccsncam.samples.grid import cells, grid
from ccsncam.samples.synthesis import Inputs, draw, noise_windows

# A signal is searched for in the windows that start at most so much before or after the second of
# its sample [s].
REACH = 0.5
# Length of the circular buffer in which signals are delayed and whitened [s]: the reach on both
# sides, the second, and room for what goes round: a part of a filter, and of a signal.
BUFFER = 2.5
# Windows of noise in a batch. The number is fixed, so that results do not depend on the machine.
BATCH = 500
# Columns of a data set from which its stretches are made.
NEEDED = (
    *("theta", "phi", "ra", "dec", "psi", "bounce_time", "gps_start", "waveform", "distance_kpc"),
    *("noise_piece", "noise_offset"),
)


def window_starts(block: Spectrogram, sample_rate: int, stride: int) -> np.ndarray:
    """Starts of the windows around a sample, from the start of its second.

    Parameters
    ----------
    block : Spectrogram
    sample_rate : int
        [Hz].
    stride : int
        From window to window, in hops of the spectrogram.

    Returns
    -------
    numpy.ndarray of int
        [samples], rising, within `REACH`; the one in the middle is 0.
    """
    step = stride * block.hop
    most = round(REACH * sample_rate) // step
    return step * np.arange(-most, most + 1)


class Stretches:
    """Makes stretches around the samples of a data set.

    Parameters
    ----------
    inputs : Inputs
        Those from which the data set was made.
    starts : numpy.ndarray of int
        From `window_starts`.
    """

    def __init__(self, inputs: Inputs, starts: np.ndarray) -> None:
        self.inputs, self.starts = inputs, starts
        self.block, self.needed = inputs.sampling.spectrogram, list(NEEDED)
        self.length = inputs.rate + int(starts[-1] - starts[0])
        self._spectra = [injection.spectra(waveform, BUFFER) for waveform in inputs.waveforms]
        self._filters = [_longer(one, round(BUFFER * inputs.rate)) for one in inputs.filters]

    def noise(self, table: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Cut the whitened noise of stretches out of their pieces.

        Parameters
        ----------
        table : mapping
            ``noise_piece`` and ``noise_offset`` of the samples.

        Returns
        -------
        noise : numpy.ndarray
            Shape (n, detector, time), float32.
        inside : numpy.ndarray of bool
            Whether each window lies in the part of the piece that its filter has not spoilt, in
            all detectors; shape (n, window).
        """
        rate = self.inputs.rate
        first = table["noise_offset"][:, :, None] + self.starts
        noise = np.empty((*table["noise_piece"].shape, self.length), np.float32)
        inside = np.ones((len(noise), len(self.starts)), bool)
        for d, one in enumerate(self.inputs.noise):
            edge, size = round(one.corrupted * rate), one.whitened.shape[1]
            inside &= (first[:, d] >= edge) & (first[:, d] + rate <= size - edge)
            columns = first[:, d, :1] + np.arange(self.length)
            # What lies outside is in no window that counts.
            rows = table["noise_piece"][:, d, None]
            noise[:, d] = one.whitened[rows, np.clip(columns, 0, size - 1)]
        return noise, inside

    def signal(self, table: Mapping[str, np.ndarray]) -> np.ndarray:
        """Project, whiten and scale the signals of stretches.

        Parameters
        ----------
        table : mapping
            Columns `NEEDED` of samples that have a signal.

        Returns
        -------
        numpy.ndarray
            Shape (n, detector, time), float32.
        """
        found = np.empty((*table["noise_piece"].shape, self.length), np.float32)
        for number in np.unique(table["waveform"]):
            rows = np.flatnonzero(table["waveform"] == number)
            own = {name: table[name][rows] for name in NEEDED}
            found[rows] = self._of_one_waveform(self._spectra[number], own)
        return found

    def _of_one_waveform(self, spectrum: np.ndarray, table: Mapping[str, np.ndarray]) -> np.ndarray:
        inputs, rate = self.inputs, self.inputs.rate
        response = antenna.response(
            inputs.detectors, table["ra"], table["dec"], table["psi"], table["gps_start"]
        )
        before = -self.starts[0] / rate
        shift = table["bounce_time"][:, None] + response.delay + before - injection.BOUNCE
        strain = injection.strains(spectrum, table["theta"], table["phi"], response, shift, rate)
        for d, piece in enumerate(table["noise_piece"].T):
            strain[:, d] *= self._filters[d][piece]
        strain /= table["distance_kpc"][:, None, None].astype(np.float32)
        length = round(BUFFER * rate)
        return scipy.fft.irfft(strain, length, overwrite_x=True)[..., : self.length]

    def power(self, whitened: np.ndarray) -> np.ndarray:
        """Compute the power in the paper's cells of stretches; white noise has a mean of 1.

        Parameters
        ----------
        whitened : numpy.ndarray
            Shape (n, detector, time).

        Returns
        -------
        numpy.ndarray
            Shape (n, detector, frequency, frame), float32.
        """
        return spectrogram.cell_power(whitened, self.block, self.inputs.rate)

    def windows(self, whitened: np.ndarray, power: np.ndarray) -> Iterator[np.ndarray]:
        """Compute the magnitudes of the windows, one place of all stretches after the other.

        Parameters
        ----------
        whitened : numpy.ndarray
            Shape (n, detector, time).
        power : numpy.ndarray
            From `power`. If the representation slides, the windows are cut from it.

        Yields
        ------
        numpy.ndarray
            Shape (n, channel, frequency, time), float32, not scaled to [0, 1].
        """
        rate, first = self.inputs.rate, self.starts - self.starts[0]
        if not spectrogram.slides(self.block):
            for at in first:
                yield spectrogram.magnitude(whitened[..., at : at + rate], self.block, rate)
            return
        seen = _seen(power, self.block)
        frames = len(grid(self.block, rate).times)
        for at in first // self.block.hop:
            yield seen[..., at : at + frames]

    def coherence(self, whitened: np.ndarray) -> np.ndarray | None:
        """Measure the coherence of the windows.

        Parameters
        ----------
        whitened : numpy.ndarray
            Shape (n, detector, time).

        Returns
        -------
        numpy.ndarray or None
            Shape (n, window, pair); None if the network gets none.
        """
        if self.block.coherence is None:
            return None
        phases = coherence.spectra(whitened, self.block, self.inputs.rate)
        first = (self.starts - self.starts[0]) // self.block.hop
        frames = len(cells(self.block, self.inputs.rate).times)
        return np.stack([coherence.running(one, first, frames, self.block) for one in phases])


def single_windows(
    inputs: Inputs, seed: int, split: str, count: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]]:
    """Draw single windows of the noise of a split, as the class noise draws them.

    Parameters
    ----------
    inputs : Inputs
        With the noise of the split; waveforms are not needed.
    seed : int
        Seed of the run.
    split : str
    count : int
        Number of windows.

    Yields
    ------
    seen : numpy.ndarray
        Magnitudes in the representation of the samples, shape (n, channel, frequency, time).
    power : numpy.ndarray
        As `Stretches.power` gives it, shape (n, detector, frequency, time).
    piece : numpy.ndarray
        Piece of noise that each window is from, shape (n, detector).
    numbers : numpy.ndarray or None
        Coherence, shape (n, pair); None if the network gets none.
    """
    block = inputs.sampling.spectrogram
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        table = draw(inputs, seed, f"{split}-windows", 0, first, size)
        whitened = noise_windows(inputs, table)
        power = spectrogram.cell_power(whitened, block, inputs.rate)
        if spectrogram.slides(block):
            seen = _seen(power, block)
        else:
            seen = spectrogram.magnitude(whitened, block, inputs.rate)
        numbers = coherence.of_strain(whitened, block, inputs.rate)
        yield seen, power, table["noise_piece"], numbers


def seconds(inputs: Inputs) -> float:
    """Time that windows are drawn from, in the detector with the least [s]."""
    pairs = zip(inputs.noise, inputs.pieces, strict=True)
    return float(min(len(own) * (one.duration - 2 * one.corrupted) for one, own in pairs))


def _seen(power: np.ndarray, block: Spectrogram) -> np.ndarray:
    """Magnitudes of the paper's spectrogram from its powers, which stay as they are."""
    return np.sqrt(power) if block.scale == "amplitude" else power


def _longer(filters: np.ndarray, length: int) -> np.ndarray:
    """Frequency responses of the same filters for a longer buffer [samples], real, float32."""
    kernel = scipy.fft.irfft(filters.astype(np.float64))
    half = kernel.shape[-1] // 2
    padded = np.zeros((len(kernel), length))
    # The filters have no delay: their second half lies before the first.
    padded[:, :half], padded[:, -half:] = kernel[:, :half], kernel[:, half:]
    return scipy.fft.rfft(padded).real.astype(np.float32)
