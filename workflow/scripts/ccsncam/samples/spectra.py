"""Spectra of the signals and the noise of a training; this module owns ``mixing/train.h5``.

Whitening and the short-time Fourier transform are linear. So the spectrum of a sample is that of
its noise plus that of its signal times its loudness. Both are transformed once, and a training
then mixes samples from them. Of representations that do not slide, the whitened strain takes the
place of spectra, and what is mixed is transformed then; see `ccsncam.samples.spectrogram.rows`.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.config.blocks import Spectrogram
from ccsncam.hdf5 import created, opened, texts, write_columns
from ccsncam.samples.grid import grid, inputs


@dataclass(frozen=True, eq=False)
class Signals:
    """The signals of a training set, whitened and transformed.

    Attributes
    ----------
    name : str
        Name of the data set.
    band : tuple of float
        Its band of network SNR.
    label : numpy.ndarray
        Class of each signal, shape (n,).
    spectra : numpy.ndarray
        Shape (n, detector, row, width), from `ccsncam.samples.spectrogram.rows`, scaled to a
        network SNR of 1: (frame, frequency), complex64, or (hop, time in a hop), float32.
    """

    name: str
    band: tuple[float, float]
    label: np.ndarray
    spectra: np.ndarray


@dataclass(frozen=True, eq=False)
class NoiseFrames:
    """The noise of a detector, whitened and transformed, on the grid of the hop.

    Attributes
    ----------
    spectra : numpy.ndarray
        Shape (row, width), as those of `Signals`: the rows of a piece, piece after piece, without
        the ends that the whitening filter spoils.
    first : numpy.ndarray
        The rows at which a window of noise may begin.
    glitchy : numpy.ndarray of bool
        Whether the window at each of ``first`` has a glitch.
    """

    spectra: np.ndarray
    first: np.ndarray
    glitchy: np.ndarray


class Writer(NamedTuple):
    """A file of spectra that is being written; see `Spectra.create`."""

    file: h5py.File

    def signals(self, one: Signals) -> None:
        """Write the signals of the next training set."""
        group = self.file.create_group(f"signals/{len(self.file['signals'])}")
        group.attrs["name"], group.attrs["band"] = one.name, one.band
        write_columns(group, {"label": one.label, "spectra": one.spectra})

    def noise(self, one: NoiseFrames) -> None:
        """Write the noise of the next detector."""
        group = self.file.create_group(f"noise/{len(self.file['noise'])}")
        columns = {name: getattr(one, name) for name in ("spectra", "first", "glitchy")}
        write_columns(group, columns)


@dataclass(frozen=True, eq=False)
class Spectra:
    """What a training mixes its samples from.

    Attributes
    ----------
    signals : list of Signals
        One per training set. Their spectra, and those of the noise, are read-only views of the
        file, so that they need no memory of their own.
    noise : list of NoiseFrames
        One per detector.
    classes : list of str
        Names of the classes, noise first.
    spectrogram : Spectrogram
        How an image is made from a spectrum.
    coincident : bool
        Whether all detectors take the same second of noise. The arrays ``first`` of all detectors
        are then of the same times.
    seed : int
        Seed of the run.
    """

    signals: Sequence[Signals]
    noise: Sequence[NoiseFrames]
    classes: Sequence[str]
    spectrogram: Spectrogram
    coincident: bool
    seed: int

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape of what a network gets: frequency, time, channel."""
        _, detectors, rows, width = self.signals[0].spectra.shape
        count = inputs(self.spectrogram, detectors)
        if self.spectrogram.kind == "stft":
            return width, rows, count
        axes = grid(self.spectrogram, rows * width)
        return len(axes.frequencies), len(axes.times), count

    @staticmethod
    @contextlib.contextmanager
    def create(
        path: PathLike, classes: Sequence[str], block: Spectrogram, coincident: bool, seed: int
    ) -> Iterator[Writer]:
        """Create a file, which appears under its name when it is complete.

        Parameters
        ----------
        path : path
        classes, block, coincident, seed
            The attributes ``classes``, ``spectrogram``, ``coincident`` and ``seed``.

        Yields
        ------
        Writer
        """
        with created(path) as file:
            file.attrs["classes"], file.attrs["seed"] = list(classes), seed
            file.attrs["spectrogram"] = json.dumps(block.as_dict(), sort_keys=True)
            file.attrs["coincident"] = coincident
            for name in ("signals", "noise"):
                file.create_group(name)
            yield Writer(file)

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `create` has made.

        Raises
        ------
        ValueError
            In one line, if it is not such a file.
        """
        with opened(path) as file:
            signals = [
                Signals(
                    str(group.attrs["name"]),
                    (float(group.attrs["band"][0]), float(group.attrs["band"][1])),
                    group["label"][()],
                    _view(path, group["spectra"]),
                )
                for group in _numbered(file["signals"])
            ]
            noise = [
                NoiseFrames(_view(path, group["spectra"]), group["first"][()], group["glitchy"][()])
                for group in _numbered(file["noise"])
            ]
            return cls(
                signals,
                noise,
                texts(file, "classes"),
                Spectrogram.of(json.loads(file.attrs["spectrogram"])),
                bool(file.attrs["coincident"]),
                int(file.attrs["seed"]),
            )


def _numbered(group: h5py.Group) -> list[Any]:
    """Subgroups in the order of their numbers."""
    return [group[str(number)] for number in range(len(group))]


def _view(path: PathLike, data: h5py.Dataset) -> np.ndarray:
    """Map a data set, which is one contiguous block of the file, into memory."""
    return np.memmap(
        os.fspath(path), data.dtype, mode="r", offset=data.id.get_offset(), shape=data.shape
    )
