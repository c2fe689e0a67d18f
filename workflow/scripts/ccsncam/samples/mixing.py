"""Samples that a training mixes anew for each epoch, from spectra of signals and of noise."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self

import numpy as np

from ccsncam import seeds
from ccsncam.config.mixing import Mixing
from ccsncam.samples import spectrogram
from ccsncam.samples.spectra import Spectra


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
        Where the noise begins, shape (n, detector); see `Mixer.places`.
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


class Mixer:
    """Mixes samples.

    Parameters
    ----------
    spectra : Spectra
    """

    def __init__(self, spectra: Spectra) -> None:
        self.spectra = spectra
        # In coincident noise one random number chooses the window of all detectors.
        same = spectra.coincident
        self._columns = [(d, 0 if same else d) for d, _ in enumerate(spectra.noise)]

    def plan(self, bands: Sequence[int], epoch: int, block: Mixing, hard: np.ndarray) -> Plan:
        """Draw the samples of an epoch: each is a function of seed, band, class, index and epoch.

        Parameters
        ----------
        bands : list of int
            Which of `Spectra.signals` take part.
        epoch : int
        block : Mixing
        hard : numpy.ndarray
            Rows of noise that the network takes for a signal, shape (n, detector), or none of them.
        """
        plans = []
        for number in bands:
            signals = self.spectra.signals[number]
            for label in range(1, len(self.spectra.classes)):
                own = np.flatnonzero(signals.label == label)
                drawn = self._uniforms(signals.name, label, epoch, len(own))
                low, high = signals.band
                plans.append(
                    Plan(
                        np.full(len(own), label, np.int32),
                        np.full(len(own), number),
                        own,
                        (low + (high - low) * drawn[:, 0]).astype(np.float32),
                        self.places(drawn[:, 3:], block.glitches),
                    )
                )
            count = round(len(signals.label) * block.noise / (1 - block.noise))
            drawn = self._uniforms(signals.name, 0, epoch, count)
            rows = self.places(drawn[:, 3:], block.glitches)
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
        width = 2 + len(self.spectra.noise)
        return self.places(seeds.uniforms(self.spectra.seed, "mixing", name, 0, count, width), 0.0)

    def images(self, plan: Plan, which: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Mix samples of a plan.

        Parameters
        ----------
        plan : Plan
        which : numpy.ndarray of int
            Numbers of the samples, shape (n,).
        out : numpy.ndarray
            Array to be filled, shape (n or more, frequency, frame, channel), float32.

        Returns
        -------
        numpy.ndarray
            The first n images of ``out``.
        """
        block, length = self.spectra.spectrogram, self.spectra.signals[0].spectra.shape[2]
        noise = [one.spectra for one in self.spectra.noise]
        # One by one, because all of a sample stays in the processor's cache.
        for image, number in zip(out, which, strict=False):
            begins = plan.rows[number]
            whole = np.stack(
                [own[row : row + length] for own, row in zip(noise, begins, strict=True)]
            )
            if plan.label[number]:
                signal = self.spectra.signals[plan.band[number]].spectra[plan.signal[number]]
                whole += signal * plan.snr[number]
            seen = spectrogram.of_rows(whole[None], block)
            image[...] = spectrogram.normalise(seen, block)[0].transpose(1, 2, 0)
        return out[: len(which)]

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
            Rows of `NoiseFrames.spectra` at which the windows begin, shape (n, detector).
        """
        drawn = uniform[:, 2:]
        rows = np.stack(
            [_take(self.spectra.noise[d].first, drawn[:, c]) for d, c in self._columns], axis=1
        )
        if not glitches:
            return rows
        able = [k for k, choices in enumerate(self._with_glitch) if all(map(len, choices))]
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

    @cached_property
    def _with_glitch(self) -> list[list[np.ndarray]]:
        """For each detector: rows for all detectors if it is the one that has a glitch."""
        noise = self.spectra.noise
        chosen = []
        for k, _ in enumerate(noise):
            fits = [one.glitchy == (d == k) for d, one in enumerate(noise)]
            if self.spectra.coincident:
                fits = [np.logical_and.reduce(fits)] * len(fits)
            chosen.append([one.first[fit] for one, fit in zip(noise, fits, strict=True)])
        return chosen

    def _uniforms(self, name: str, label: int, epoch: int, count: int) -> np.ndarray:
        """Uniform random numbers of the samples of a class, shape (n, 5 + detector)."""
        stream = f"{self.spectra.classes[label]}, epoch {epoch}"
        return seeds.uniforms(
            self.spectra.seed, name, stream, 0, count, 5 + len(self.spectra.noise)
        )


def _take(values: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Choose values by uniform random numbers in [0, 1)."""
    return values[(uniform * len(values)).astype(int)]
