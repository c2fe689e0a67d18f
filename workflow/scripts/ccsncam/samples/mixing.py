"""Samples that a training mixes anew for each epoch, from spectra of signals and of noise."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Self

import numpy as np

from ccsncam import seeds
from ccsncam.config.mixing import Mixing
from ccsncam.samples import beside, coherence, spectrogram
from ccsncam.samples.masks import mask
from ccsncam.samples.rests import Rest, Rests
from ccsncam.samples.spectra import Signals, Spectra


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
    partial : numpy.ndarray of bool
        Whether the signal lacks one of its modes.
    """

    label: np.ndarray
    band: np.ndarray
    signal: np.ndarray
    snr: np.ndarray
    rows: np.ndarray
    partial: np.ndarray

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
    rests : Rests, optional
        Signals without a mode, for a training with ``mode_dropout``.

    Raises
    ------
    ValueError
        If the rests are those of other signals.
    """

    def __init__(self, spectra: Spectra, rests: Rests | None = None) -> None:
        self.spectra, self.rests = spectra, rests
        if rests is not None:
            own = [(one.name, one.spectra.shape) for one in spectra.signals]
            if own != [(one.name, one.spectra.shape) for one in rests.sets]:
                raise ValueError(
                    "mixing/rests.h5 and mixing/train.h5 are of different training sets: delete "
                    "both, and run the same command again"
                )
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
                        self._partial(number, label, epoch, block.mode_dropout),
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
        label, snr, partial = (np.zeros(count, kind) for kind in (np.int32, np.float32, bool))
        return Plan(label, nothing, nothing, snr, rows, partial)

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
        kept: list[np.ndarray] = []
        for at, (image, number) in enumerate(zip(out, which, strict=False)):
            begins = plan.rows[number]
            whole = np.stack(
                [own[row : row + length] for own, row in zip(noise, begins, strict=True)]
            )
            if plan.label[number]:
                whole += self._signal(plan, number) * plan.snr[number]
            seen = spectrogram.of_rows(whole[None], block)
            image[..., : seen.shape[1]] = spectrogram.normalise(seen, block)[0].transpose(1, 2, 0)
            if block.coherence is not None:
                kept.append(coherence.of_rows(whole, block))
            if kept and (len(kept) == coherence.ROWS or at + 1 == len(which)):
                numbers = coherence.of_spectra(np.stack(kept), block)
                beside.write(out[at + 1 - len(kept) : at + 1], numbers)
                kept.clear()
        return out[: len(which)]

    def masks(self, plan: Plan, which: np.ndarray) -> np.ndarray:
        """Find the cells that the signals of samples fill, as `ccsncam.samples.masks.mask` does.

        Parameters
        ----------
        plan : Plan
        which : numpy.ndarray of int
            Numbers of the samples, shape (n,).

        Returns
        -------
        numpy.ndarray of bool
            Shape (n, frequency, frame, 1), for all detectors together. A sample of noise has no
            signal that a network could look at, so all its cells are in its mask.
        """
        frequencies, frames, _ = self.spectra.image_shape
        block = replace(self.spectra.spectrogram, scale="power")
        found = np.ones((len(which), frequencies, frames, 1), bool)
        for row, number in enumerate(which):
            if plan.label[number]:
                signal = self._signal(plan, number)
                power = spectrogram.of_rows(signal[None], block)[0].sum(axis=0)
                found[row, :, :, 0] = mask(power)
        return found

    def _signal(self, plan: Plan, number: int) -> np.ndarray:
        """Spectrum of the signal of a sample, at a network SNR of 1."""
        sets: Sequence[Signals | Rest] = self.spectra.signals
        if plan.partial[number] and self.rests is not None:
            sets = self.rests.sets
        return sets[plan.band[number]].spectra[plan.signal[number]]

    def _partial(self, band: int, label: int, epoch: int, share: float) -> np.ndarray:
        """Draw which signals of a class lack a mode, shape (n,)."""
        signals = self.spectra.signals[band]
        own = np.flatnonzero(signals.label == label)
        if not share:
            return np.zeros(len(own), bool)
        if self.rests is None:
            raise ValueError("classifier.mixing.mode_dropout: the training has no mixing/rests.h5")
        stream = f"{self.spectra.classes[label]}, epoch {epoch}, modes"
        drawn = seeds.uniforms(self.spectra.seed, signals.name, stream, 0, len(own), 1)[:, 0]
        return (drawn < share) & (self.rests.sets[band].mode[own] >= 0)

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
