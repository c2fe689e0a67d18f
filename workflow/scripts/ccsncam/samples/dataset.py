"""Data sets of labelled spectrograms; this module owns the format of ``datasets/*.h5``.

A file holds one row per sample, class after class: the image, its label, how loud and how far its
signal is, and everything that was drawn for it, so that each sample can be built again on its own.
"""

import contextlib
import importlib.metadata
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.config.blocks import Sampling
from ccsncam.hdf5 import created, opened, texts
from ccsncam.origin import Origin
from ccsncam.samples import beside
from ccsncam.samples.grid import Grid, cells, channels
from ccsncam.samples.representations.names import SERIAL

# What is drawn for a sample: its source, and the waveform and the noise that it takes.
# ``gps_start`` is the GPS time of the sample [s]: antenna patterns and delays of all detectors are
# those of this time. The noise of a detector may be of another one, ``noise_gps_start``.
DRAWN = ("theta", "phi", "ra", "dec", "psi", "bounce_time", "gps_start")
PLACES = ("waveform", "noise_gps_start", "noise_piece", "noise_offset")
# Columns in the order in which they are written.
COLUMNS = ("spectrogram", "label", "snr", "distance_kpc", "network_snr", *DRAWN, *PLACES)
# The last column, only of a run whose network gets it; see `ccsncam.samples.coherence`.
COHERENCE = "coherence"
# Attributes that `DataSet.open` reads.
_TEXTS = ("classes", "waveforms", "detectors")
_ATTRIBUTES = ("dataset", "run", "seed", *_TEXTS, "frequencies", "times", "inputs", "settings")

# Rows of a data set: all of them (None), a slice, or their numbers in rising order.
Rows = slice | np.ndarray | list[int] | int | None


class Images:
    """What a network gets of a data set, which is read from the file as it is asked for.

    Attributes
    ----------
    path : str
    shape : tuple of int
        (n, frequency, time, channel), as `Header.input_shape`.
    pairs : int
        Pairs of detectors whose coherence is read, too.
    """

    def __init__(self, path: str, shape: tuple[int, ...], pairs: int = 0) -> None:
        self.path, self.shape, self.pairs = path, shape, pairs

    def __len__(self) -> int:
        """Give the number of samples."""
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray | list[int] | int) -> np.ndarray:
        """Read the images of a slice, or of numbers in rising order; float32."""
        with opened(self.path) as file:
            images = file["spectrogram"][rows]
            return beside.join(images, file[COHERENCE][rows]) if self.pairs else images


@dataclass(frozen=True, eq=False)
class Header:
    """What a data set says of itself.

    Attributes
    ----------
    name : str
        Name of the data set, such as ``test-1kpc``.
    run : str
    seed : int
        Seed of the run.
    classes : list of str
        In the order of the labels; noise is first.
    waveforms, detectors : list of str
        The column ``waveform`` counts the waveforms from 0.
    grid : Grid
        Axes of the images.
    origin : Origin
        What made the samples.
    sampling : Sampling
        How the samples were made.
    """

    name: str
    run: str
    seed: int
    classes: list[str]
    waveforms: list[str]
    detectors: list[str]
    grid: Grid
    origin: Origin
    sampling: Sampling

    @property
    def frequencies(self) -> np.ndarray:
        """Frequencies of the images' cells [Hz]."""
        return self.grid.frequencies

    @property
    def times(self) -> np.ndarray:
        """Times of the centres of the images' frames [s]."""
        return self.grid.times

    @property
    def shown(self) -> Grid:
        """Axes on which figures show the samples: those of the images, or of `grid.cells`."""
        block = self.sampling.spectrogram
        return cells(block, self.sample_rate) if block.kind in SERIAL else self.grid

    @property
    def sample_rate(self) -> int:
        """Sample rate of the strain [Hz]."""
        return self.sampling.signal.sample_rate

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape of an image: frequency, time, channel; see `ccsncam.samples.grid.channels`."""
        count = channels(self.sampling.spectrogram, len(self.detectors))
        return len(self.grid.frequencies), len(self.grid.times), count

    @property
    def pairs(self) -> int:
        """Number of pairs of detectors whose coherence the data set has."""
        return len(self.sampling.spectrogram.coherence or ())

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of what a network gets: an image, and a channel for `pairs` if there are any."""
        height, width, count = self.image_shape
        return height, width, count + (self.pairs > 0)

    @property
    def split(self) -> str:
        """The split that the noise is from: ``train``, ``validation`` or ``test``."""
        return self.name.split("-")[0]


class Writer(NamedTuple):
    """A data set that is being written; see `DataSet.create`."""

    file: h5py.File

    def write(self, rows: slice | int, columns: Mapping[str, Any]) -> None:
        """Write columns of some rows.

        Parameters
        ----------
        rows : slice or int
        columns : mapping of str to array_like
            Names are those of `COLUMNS`, which also sets the order of writing, and `COHERENCE`;
            others are left out. A column that is never written stays 0.
        """
        for name in (*COLUMNS, COHERENCE):
            if name in columns:
                self.file[name][rows] = columns[name]


@dataclass(frozen=True, eq=False)
class DataSet(Header):
    """A data set in a file. Its header is in memory; columns are read when they are asked for.

    Attributes
    ----------
    path : str
    size : int
        Number of samples.
    """

    path: str
    size: int

    @classmethod
    def open(cls, path: PathLike) -> Self:
        """Read the header of a data set.

        Raises
        ------
        ValueError
            If the file is not a data set.
        """
        with opened(path) as file:
            missing = [name for name in _ATTRIBUTES if name not in file.attrs]
            if missing:
                raise ValueError(
                    f"{path}: not a data set, because it has no attribute {', '.join(missing)}: "
                    "give a file of the folder datasets"
                )
            attrs = file.attrs
            return cls(
                name=str(attrs["dataset"]),
                run=str(attrs["run"]),
                seed=int(attrs["seed"]),
                **{name: texts(file, name) for name in _TEXTS},
                grid=Grid(attrs["frequencies"], attrs["times"]),
                origin=Origin.from_json(attrs["inputs"]),
                sampling=Sampling.of(json.loads(attrs["settings"])),
                path=os.fspath(path),
                size=len(file["label"]),
            )

    @staticmethod
    @contextlib.contextmanager
    def create(path: PathLike, header: Header, size: int) -> Iterator[Writer]:
        """Create a data set, which appears under its name when it is complete.

        Parameters
        ----------
        path : path
        header : Header
        size : int
            Number of samples.

        Yields
        ------
        Writer
        """
        each, per_detector = (size,), (size, len(header.detectors))
        shapes: dict[str, tuple[tuple[int, ...], str]] = {
            "spectrogram": ((size, *header.image_shape), "f4"),
            "label": (each, "i4"),
            "waveform": (each, "i4"),
        }
        shapes |= {name: (each, "f8") for name in ("network_snr", "distance_kpc", *DRAWN)}
        shapes |= {name: (per_detector, "f8") for name in ("snr", "noise_gps_start")}
        shapes |= {name: (per_detector, "i4") for name in ("noise_piece", "noise_offset")}
        if header.pairs:
            shapes[COHERENCE] = (size, header.pairs), "f4"
        with created(path) as file:
            for name, (shape, kind) in shapes.items():
                file.create_dataset(name, shape, kind, track_times=False)
            _describe(file, header)
            yield Writer(file)

    @property
    def spectrograms(self) -> Images:
        """The images as a sequence that reads them from the file as they are asked for."""
        return Images(self.path, (self.size, *self.input_shape), self.pairs)

    @cached_property
    def distance(self) -> float:
        """The one distance of all signals [kpc]; NaN where the signals have several."""
        columns = self.columns(("label", "distance_kpc"))
        found = np.unique(columns["distance_kpc"][columns["label"] > 0])
        return float(found[0]) if len(found) == 1 else np.nan

    def column(self, name: str, rows: Rows = None) -> np.ndarray:
        """Read one of `COLUMNS`, or `COHERENCE`.

        Parameters
        ----------
        name : str
        rows : slice, numpy.ndarray of int, int or None
            Row numbers must rise. None stands for all rows.
        """
        return self.columns((name,), rows)[name]

    def columns(self, names: tuple[str, ...] | list[str], rows: Rows = None) -> dict[str, Any]:
        """Read several columns; see `column`."""
        chosen = () if rows is None else rows
        with opened(self.path) as file:
            return {name: file[name][chosen] for name in names}

    def images(self, rows: Rows = None) -> np.ndarray:
        """Read what a network gets, float32; see `column` for rows.

        Returns
        -------
        numpy.ndarray
            Shape (n, *input_shape): the column ``spectrogram``, with the column `COHERENCE`
            behind it if there is one; see `ccsncam.samples.beside.join`.
        """
        return self.spectrograms[slice(None) if rows is None else rows]

    def attributes(self) -> dict[str, Any]:
        """Read all attributes as the file has them, for a file that repeats them."""
        with opened(self.path) as file:
            return dict(file.attrs.items())

    def fingerprint(self) -> Iterator[bytes]:
        """Give bytes that tell this data set from others."""
        for column in self.columns(("label", "network_snr")).values():
            yield column.tobytes()
        # Every 97th sample is enough, and is quick to read.
        yield self.images(slice(None, None, 97)).tobytes()

    def first(self, per_class: int) -> np.ndarray:
        """Find the rows of the first samples of each class, rising, shape (n,)."""
        label = self.column("label")
        rows = [np.flatnonzero(label == k)[:per_class] for k in range(len(self.classes))]
        return np.sort(np.concatenate(rows))

    def row_of(self, class_name: str, index: int) -> int:
        """Find the row of a sample of a class.

        Parameters
        ----------
        class_name : str
        index : int
            Number of the sample within its class, from 0.

        Raises
        ------
        ValueError
            If there is no such class, or no such sample of it.
        """
        if class_name not in self.classes:
            raise ValueError(
                f"{self.path}: no class {class_name!r}; it has {', '.join(self.classes)}"
            )
        rows = np.flatnonzero(self.column("label") == self.classes.index(class_name))
        if not 0 <= index < len(rows):
            raise ValueError(
                f"{self.path}: {class_name} has {len(rows)} samples, 0 to {len(rows) - 1}"
            )
        return int(rows[index])


def _describe(file: h5py.File, header: Header) -> None:
    """Write the attributes of a data set."""
    made_by = ["numpy", "scipy", "pycbc", "h5py"]
    if header.sampling.spectrogram.kind == "hilbert-huang":
        made_by.append("emd")
    versions = {name: importlib.metadata.version(name) for name in made_by}
    file.attrs["frequencies"], file.attrs["times"] = header.grid
    file.attrs.update(
        {
            "classes": header.classes,
            "waveforms": header.waveforms,
            "detectors": header.detectors,
            "sample_rate": header.sample_rate,
            "run": header.run,
            "dataset": header.name,
            "seed": header.seed,
            "inputs": header.origin.to_json(),
            "settings": json.dumps(header.sampling.as_dict(), sort_keys=True),
            "versions": json.dumps(versions),
        }
    )
