"""Samples that are mixed anew for each epoch of a training, from spectra of signals and of noise.

Whitening and the short-time Fourier transform are linear. So the spectrum of a sample is that of
its noise plus that of its signal times its loudness. Both are transformed once. A sample is then a
sum, which is some ten times faster than to build it from the strain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self

import numpy as np

from ccsncam import seeds
from ccsncam.config.blocks import Spectrogram
from ccsncam.config.mixing import Mixing
from ccsncam.samples import injection, spectrogram
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.grid import grid
from ccsncam.samples.synthesis import Inputs, whitened_signal

# Signals per batch. The number is fixed, because the last bit of a matrix product may depend on it.
BATCH = 100
# A window of noise has a glitch if the power of one of its cells is above this many mean powers.
# Of Gaussian noise, one window in 100 million is so loud.
LOUD = 30.0


@dataclass(frozen=True, eq=False)
class Signals:
    """The signals of a training set, whitened and transformed.

    Attributes
    ----------
    spectra : numpy.ndarray
        Shape (n, detector, frame, frequency), complex64, scaled to a network SNR of 1.
    label : numpy.ndarray
        Class of each, shape (n,).
    name : str
        Name of the data set.
    band : tuple of float
        Its band of network SNR.
    """

    spectra: np.ndarray
    label: np.ndarray
    name: str
    band: tuple[float, float]

    @classmethod
    def of(cls, inputs: Inputs, dataset: DataSet, band: tuple[float, float]) -> Self:
        """Project, whiten and transform the signals of a data set again, from what was drawn.

        Parameters
        ----------
        inputs : Inputs
            Those from which the data set was made.
        dataset : DataSet
        band : tuple of float
        """
        columns = dataset.columns(("label", "waveform", "noise_piece", *DRAWN))
        rows = np.flatnonzero(columns["label"])
        frequencies, frames, detectors = dataset.image_shape
        shape = (len(rows), detectors, frames, frequencies)
        spectra = np.empty(shape, np.complex64)
        which = columns["waveform"][rows]
        for number, model in enumerate(inputs.waveforms):
            own = np.flatnonzero(which == number)
            spectrum = injection.spectra(model)
            for first in range(0, len(own), BATCH):
                places = own[first : first + BATCH]
                table = {name: values[rows[places]] for name, values in columns.items()}
                signal, near = whitened_signal(inputs, spectrum, table)
                signal /= np.sqrt(np.sum(near**2, axis=1))[:, None, None].astype(np.float32)
                block = inputs.sampling.spectrogram
                spectra[places] = spectrogram.transform(signal, block, inputs.rate)
        return cls(spectra, columns["label"][rows], dataset.name, band)


@dataclass(frozen=True, eq=False)
class NoiseSpectra:
    """The noise of a split, whitened and transformed, frame by frame on the grid of the hop.

    Attributes
    ----------
    spectra : list of numpy.ndarray
        One per detector, shape (row, frequency), complex64: the frames of a piece, piece after
        piece, without the ends that the whitening filter spoils.
    first : list of numpy.ndarray
        One per detector: the rows at which a window of noise may begin.
    glitchy : list of numpy.ndarray of bool
        One per detector: whether the window at each of ``first`` has a glitch.
    coincident : bool
        Whether all detectors take the same second. Entries of ``first`` are then of one time.
    """

    spectra: list[np.ndarray]
    first: list[np.ndarray]
    glitchy: list[np.ndarray]
    coincident: bool

    @classmethod
    def of(cls, inputs: Inputs) -> Self:
        """Transform the noise of all pieces that samples may be drawn from."""
        block, rate = inputs.sampling.spectrogram, inputs.rate
        frames = len(grid(block, rate).times)
        spectra, first, glitchy = [], [], []
        for noise, pieces in zip(inputs.noise, inputs.pieces, strict=True):
            edge = round(noise.corrupted * rate)
            inside = slice(edge, noise.whitened.shape[1] - edge)
            own = np.stack(
                [
                    spectrogram.transform(noise.whitened[piece, inside], block, rate)
                    for piece in pieces
                ]
            )
            starts = np.arange(own.shape[1] - frames + 1)
            power = (own.real**2 + own.imag**2).max(axis=-1)
            windows = np.lib.stride_tricks.sliding_window_view(power, frames, axis=1)
            begin = noise.gps_start[pieces][:, None] + noise.corrupted + starts * block.hop / rate
            known = np.zeros(begin.shape, bool)
            for gps in noise.glitches["gps"]:
                known |= (begin < gps) & (gps < begin + 1)
            spectra.append(own.reshape(-1, own.shape[-1]))
            first.append((np.arange(len(own))[:, None] * own.shape[1] + starts).ravel())
            glitchy.append((known | (windows.max(axis=-1) > LOUD)).ravel())
        return cls(spectra, first, glitchy, inputs.sampling.coincident)

    def places(self, uniform: np.ndarray, glitches: float) -> np.ndarray:
        """Draw where windows begin, some of them with a glitch in one detector alone.

        Parameters
        ----------
        uniform : numpy.ndarray
            Uniform random numbers, shape (n, detector + 2).
        glitches : float
            Share of the windows that have a glitch in one detector, and none in the others.

        Returns
        -------
        numpy.ndarray
            Rows of `spectra` at which the windows begin, shape (n, detector).
        """
        drawn = uniform[:, 2:]
        rows = np.stack([_take(self.first[d], drawn[:, c]) for d, c in self._columns], axis=1)
        if not glitches:
            return rows
        able = [k for k, choices in enumerate(self._with_glitch) if len(choices[k])]
        if not able:
            raise ValueError(
                "classifier.mixing.glitches: the noise of the training has no glitch in one "
                "detector alone; set it to 0, or take more noise"
            )
        which = np.where(uniform[:, 0] < glitches, _take(np.array(able), uniform[:, 1]), -1)
        for k in able:
            own = np.flatnonzero(which == k)
            for d, c in self._columns:
                rows[own, d] = _take(self._with_glitch[k][d], drawn[own, c])
        return rows

    @property
    def _columns(self) -> list[tuple[int, int]]:
        """Each detector, and the random number that chooses its window."""
        return [(d, 0 if self.coincident else d) for d in range(len(self.spectra))]

    @cached_property
    def _with_glitch(self) -> list[list[np.ndarray]]:
        """For each detector: rows for all detectors if it is the one that has a glitch."""
        detectors = range(len(self.spectra))
        chosen = []
        for k in detectors:
            fits = [glitchy == (d == k) for d, glitchy in enumerate(self.glitchy)]
            if self.coincident:
                fits = [np.logical_and.reduce(fits)] * len(fits)
            chosen.append([self.first[d][fits[d]] for d in detectors])
        return chosen


def _take(values: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Choose values by uniform random numbers in [0, 1)."""
    return values[(uniform * len(values)).astype(int)]


@dataclass(frozen=True, eq=False)
class Plan:
    """Which samples are mixed; all arrays have one entry per sample.

    Attributes
    ----------
    label : numpy.ndarray of int32
    band, signal : numpy.ndarray of int
        Which of the `Signals` of the stage, and which signal of these; -1 for noise alone.
    snr : numpy.ndarray of float32
        Network SNR of the signal; 0 for noise alone.
    rows : numpy.ndarray of int
        Where the noise begins, shape (n, detector); see `NoiseSpectra.places`.
    """

    label: np.ndarray
    band: np.ndarray
    signal: np.ndarray
    snr: np.ndarray
    rows: np.ndarray

    @classmethod
    def joined(cls, plans: Sequence[Self]) -> Self:
        """Put plans one behind the other."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(one, name) for one in plans]) for name in names))


@dataclass(frozen=True, eq=False)
class Mixer:
    """Signals and noise of a training, from which samples are mixed.

    Attributes
    ----------
    signals : list of Signals
        One per training band.
    noise : NoiseSpectra
    classes : list of str
        Names of the classes, noise first.
    spectrogram : Spectrogram
    seed : int
        Seed of the run.
    """

    signals: Sequence[Signals]
    noise: NoiseSpectra
    classes: Sequence[str]
    spectrogram: Spectrogram
    seed: int

    @classmethod
    def of(
        cls,
        inputs: Inputs,
        datasets: Sequence[DataSet],
        bands: Sequence[tuple[float, float]],
        seed: int,
    ) -> Self:
        """Transform signals and noise.

        Parameters
        ----------
        inputs : Inputs
            Those from which the data sets were made.
        datasets : list of DataSet
            The training sets.
        bands : list of tuple
            Their bands of network SNR.
        seed : int
            Seed of the run.
        """
        signals = [Signals.of(inputs, *each) for each in zip(datasets, bands, strict=True)]
        noise = NoiseSpectra.of(inputs)
        return cls(signals, noise, inputs.classes, inputs.sampling.spectrogram, seed)

    def plan(self, bands: Sequence[int], epoch: int, block: Mixing, hard: np.ndarray) -> Plan:
        """Draw the samples of an epoch: each is a function of seed, band, class, index and epoch.

        Parameters
        ----------
        bands : list of int
            Which of `signals` take part.
        epoch : int
        block : Mixing
        hard : numpy.ndarray
            Rows of noise that the network takes for a signal, shape (n, detector), or none of them.
        """
        plans = []
        for number in bands:
            signals = self.signals[number]
            for label in range(1, len(self.classes)):
                own = np.flatnonzero(signals.label == label)
                drawn = self._uniforms(signals.name, label, epoch, len(own))
                low, high = signals.band
                plans.append(
                    Plan(
                        np.full(len(own), label, np.int32),
                        np.full(len(own), number),
                        own,
                        (low + (high - low) * drawn[:, 0]).astype(np.float32),
                        self.noise.places(drawn[:, 3:], block.glitches),
                    )
                )
            count = round(len(signals.label) * block.noise / (1 - block.noise))
            drawn = self._uniforms(signals.name, 0, epoch, count)
            rows = self.noise.places(drawn[:, 3:], block.glitches)
            if len(hard):
                again = drawn[:, 1] < block.hard_negatives
                rows[again] = _take(hard, drawn[again, 2])
            plans.append(self.silence(rows))
        return Plan.joined(plans)

    def silence(self, rows: np.ndarray) -> Plan:
        """Plan samples of noise alone, which begins at ``rows``, shape (n, detector)."""
        count = len(rows)
        nothing = np.full(count, -1)
        return Plan(np.zeros(count, np.int32), nothing, nothing, np.zeros(count, np.float32), rows)

    def windows(self, name: str, count: int) -> np.ndarray:
        """Draw windows of noise as they come, for a purpose of this name; shape (n, detector)."""
        width = 2 + len(self.noise.spectra)
        return self.noise.places(seeds.uniforms(self.seed, "mixing", name, 0, count, width), 0.0)

    def images(self, plan: Plan, which: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Mix samples of a plan.

        Parameters
        ----------
        plan : Plan
        which : numpy.ndarray of int
            Numbers of the samples, shape (n,).
        out : numpy.ndarray
            Array to be filled, shape (n or more, frequency, frame, detector), float32.

        Returns
        -------
        numpy.ndarray
            The first n images of ``out``.
        """
        frames = out.shape[2]
        # One by one, because all of a sample stays in the processor's cache.
        for image, number in zip(out, which, strict=False):
            begins = plan.rows[number]
            whole = np.stack(
                [
                    own[row : row + frames]
                    for own, row in zip(self.noise.spectra, begins, strict=True)
                ]
            )
            if plan.label[number]:
                signal = self.signals[plan.band[number]].spectra[plan.signal[number]]
                whole += signal * plan.snr[number]
            power = spectrogram.modulus(whole[None], self.spectrogram)
            image[...] = spectrogram.normalise(power, self.spectrogram)[0].transpose(2, 1, 0)
        return out[: len(which)]

    def _uniforms(self, name: str, label: int, epoch: int, count: int) -> np.ndarray:
        """Uniform random numbers of the samples of a class, shape (n, 5 + detector)."""
        stream = f"{self.classes[label]}, epoch {epoch}"
        return seeds.uniforms(self.seed, name, stream, 0, count, 5 + len(self.noise.spectra))
