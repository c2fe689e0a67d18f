"""Files of the samples that figures show, with their saliency maps.

``saliency/seed-<n>/examples.h5`` has one group per panel of Figures 7 to 10.
``saliency/<dataset>/<class>-<index>.<method>.h5`` has one sample, in its root group.
`ShownSamples` owns both formats. The file of a moment of strain has groups that `Explanation`
reads and writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import h5py
import numpy as np

from ccsncam import hdf5
from ccsncam.aliases import PathLike
from ccsncam.origin import Origin

# The panel of a file that has one sample, in its root group.
ROOT = "/"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """An image, its saliency maps, and the network's answer to it.

    Attributes
    ----------
    image : numpy.ndarray
        In [0, 1], shape (frequency, time, detector), float32.
    maps : mapping of str to numpy.ndarray
        By method, in [0, 1] at the size of the image, shape (frequency, time), float32.
    names : mapping of str to str
        Name of each method for readers.
    prediction, target : int
        Class that is predicted, and class that is explained.
    probability : numpy.ndarray
        Probability of every class, shape (class,).
    """

    image: np.ndarray
    maps: Mapping[str, np.ndarray]
    names: Mapping[str, str]
    prediction: int
    target: int
    probability: np.ndarray

    def write(self, group: h5py.Group) -> None:
        """Write to a group: data sets ``maps/<method>`` and ``image``, the others as attributes."""
        for method, values in self.maps.items():
            hdf5.write_columns(group, {method: values}, "maps/")
            group[f"maps/{method}"].attrs["name"] = self.names[method]
        hdf5.write_columns(group, {"image": self.image})
        group.attrs["prediction"] = self.prediction
        group.attrs["target"] = self.target
        group.attrs["probability"] = self.probability

    @classmethod
    def read(cls, group: h5py.Group) -> Self:
        """Read what `write` wrote."""
        return cls(**cls._fields(group))

    @classmethod
    def _fields(cls, group: h5py.Group) -> dict[str, Any]:
        """Fields of this class, by name."""
        maps = group["maps"]
        return {
            "image": group["image"][()],
            "maps": hdf5.read_columns(maps),
            "names": {method: str(values.attrs["name"]) for method, values in maps.items()},
            "prediction": int(group.attrs["prediction"]),
            "target": int(group.attrs["target"]),
            "probability": group.attrs["probability"],
        }


@dataclass(frozen=True, kw_only=True)
class ShownSample(Explanation):
    """A sample of a data set, its saliency maps, and the network's answer to it.

    Attributes
    ----------
    label : int
        True class.
    network_snr : float
    snr : numpy.ndarray
        SNR in each detector, shape (detector,).
    distance_kpc : float
        [kpc]; NaN for noise.
    row : int
        Row in the data set.
    rule : str or None
        How the sample was picked; None where a user asked for it.
    """

    label: int
    network_snr: float
    snr: np.ndarray
    distance_kpc: float
    row: int
    rule: str | None = None

    def write(self, group: h5py.Group) -> None:
        """Write to a group as `Explanation.write` does, with the further fields as attributes."""
        if self.rule is not None:
            group.attrs["rule"] = self.rule
        super().write(group)
        group.attrs["label"] = np.int32(self.label)
        group.attrs["network_snr"] = self.network_snr
        group.attrs["snr"] = self.snr
        group.attrs["distance_kpc"] = self.distance_kpc
        group.attrs["row"] = self.row

    @classmethod
    def _fields(cls, group: h5py.Group) -> dict[str, Any]:
        return {
            **super()._fields(group),
            "label": int(group.attrs["label"]),
            "network_snr": float(group.attrs["network_snr"]),
            "snr": group.attrs["snr"],
            "distance_kpc": float(group.attrs["distance_kpc"]),
            "row": int(group.attrs["row"]),
            "rule": group.attrs.get("rule"),
        }


@dataclass(frozen=True)
class NoSample:
    """A panel whose ``rule`` no sample of the run satisfies."""

    rule: str


@dataclass(frozen=True, kw_only=True)
class ShownSamples:
    """A file of samples that figures show.

    Attributes
    ----------
    samples : mapping of str to ShownSample or NoSample
        By panel, such as ``comparison`` or ``gallery/noise``, a group of the file. A file of one
        sample has the panel `ROOT`.
    classes, detectors : list of str
    dataset : str
        Data set that the samples are from; the first one if there are several.
    frequencies, times : numpy.ndarray
        Centres of the cells of images [Hz], [s].
    origin : Origin
        The attribute ``inputs`` of the file.
    """

    samples: Mapping[str, ShownSample | NoSample]
    classes: Sequence[str]
    detectors: Sequence[str]
    dataset: str
    frequencies: np.ndarray
    times: np.ndarray
    origin: Origin

    @property
    def sample(self) -> ShownSample:
        """The sample of a file that has one, in its root group.

        Raises
        ------
        ValueError
            If the file has panels.
        """
        found = self.samples.get(ROOT)
        if not isinstance(found, ShownSample):
            raise ValueError(f"not one sample, but the panels {', '.join(self.samples)}")
        return found

    def write(self, path: PathLike) -> None:
        """Write the file; an existing one is replaced."""
        with hdf5.created(path) as file:
            for panel, sample in self.samples.items():
                group = file if panel == ROOT else file.create_group(panel)
                if isinstance(sample, NoSample):
                    group.attrs["rule"] = sample.rule
                else:
                    sample.write(group)
            file.attrs["classes"] = list(self.classes)
            file.attrs["detectors"] = list(self.detectors)
            file.attrs["dataset"] = self.dataset
            file.attrs["frequencies"] = self.frequencies
            file.attrs["times"] = self.times
            file.attrs["inputs"] = self.origin.to_json()

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read the file."""
        with hdf5.opened(path) as file:
            return cls(
                samples=_samples(file),
                classes=hdf5.texts(file, "classes"),
                detectors=hdf5.texts(file, "detectors"),
                dataset=str(file.attrs["dataset"]),
                frequencies=file.attrs["frequencies"],
                times=file.attrs["times"],
                origin=Origin.from_json(file.attrs["inputs"]),
            )


def _samples(file: h5py.File) -> dict[str, ShownSample | NoSample]:
    """All samples of a file, by panel."""
    if "image" in file:
        return {ROOT: ShownSample.read(file)}
    found: dict[str, ShownSample | NoSample] = {}

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if "rule" in item.attrs:
            own = "image" in item
            found[name] = ShownSample.read(item) if own else NoSample(item.attrs["rule"])

    file.visititems(visit)
    return found
