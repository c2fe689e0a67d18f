"""The file of the saliency on each mode, and of what the network says without the mode.

It lies at ``attribution/seed-<n>/<dataset>.h5``. `Attribution` owns the format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ccsncam import hdf5
from ccsncam.aliases import PathLike
from ccsncam.described import read_description
from ccsncam.origin import Origin

# What is taken away from a sample: a mode, a mode while the image keeps the scale of the whole
# sample, or the signal in one detector.
REMOVALS = ("mode", "mode_fixed_scale", "detector")
# Data sets in the order in which they are written.
COLUMNS = (
    "row",
    "label",
    "prediction",
    "target",
    "network_snr",
    "distance_kpc",
    "power",
    *(f"{kind}_{what}" for kind in REMOVALS for what in ("change", "prediction")),
)
MEASURES = (
    "share",
    "pointing",
    "area",
    "tau_share",
    "top_share",
    "chance",
    "tau_density",
    "top_density",
)


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Saliency on the modes of n samples of one data set, and predictions without the modes.

    In the file each array is a data set of the same name. Those of a method lie in the group
    ``methods/<key>``, whose attribute ``name`` is the method's name. The other fields are
    attributes of the file, and ``origin`` is the attribute ``inputs``.

    Attributes
    ----------
    row : numpy.ndarray of int
        Row of each sample in the data set, shape (n,).
    label, prediction, target : numpy.ndarray of int
        True class, predicted class, and class that is explained, shape (n,).
    network_snr, distance_kpc : numpy.ndarray
        Shape (n,); distances in kpc.
    power : numpy.ndarray
        Share of the signal's power that lies on the signal and on each mode, shape (n, 1 + mode).
    mode_change, mode_fixed_scale_change, detector_change : numpy.ndarray
        Log-odds of the target without each part minus those with it, shape (n, part). NaN where a
        sample does not have the part.
    mode_prediction, mode_fixed_scale_prediction, detector_prediction : numpy.ndarray of int
        Predicted class without each part, shape (n, part). -1 where a sample does not have the
        part.
    methods : mapping of str to mapping
        By key of the method; ``power`` stands for the signal's power in place of a map. Each has
        its ``name`` and the arrays `MEASURES`. ``share`` is the share of the map on each region,
        ``pointing`` says whether the map's largest cell lies there, and ``area`` is the share of a
        map of ones. These have the shape (n, 1 + mode), with the signal first. ``tau_…`` and
        ``top_…`` say how well the map ranks the modes as their removal does, by ``share`` or by
        share divided by area (``density``). ``chance`` is what ``top_…`` would be by chance. These
        have the shape (n,).
    classes, detectors, modes : list of str
    dataset : str
    origin : Origin
    seed : int
        Seed of the network.
    """

    row: np.ndarray
    label: np.ndarray
    prediction: np.ndarray
    target: np.ndarray
    network_snr: np.ndarray
    distance_kpc: np.ndarray
    power: np.ndarray
    mode_change: np.ndarray
    mode_prediction: np.ndarray
    mode_fixed_scale_change: np.ndarray
    mode_fixed_scale_prediction: np.ndarray
    detector_change: np.ndarray
    detector_prediction: np.ndarray
    methods: Mapping[str, Mapping[str, Any]]
    classes: Sequence[str]
    detectors: Sequence[str]
    modes: Sequence[str]
    dataset: str
    origin: Origin
    seed: int

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The arrays `COLUMNS`, by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    @property
    def distance(self) -> float:
        """The distance of the samples [kpc], the least where there are several."""
        return float(np.unique(self.distance_kpc)[0])

    def write(self, path: PathLike) -> None:
        """Write the file; an existing one is replaced."""
        with hdf5.created(path) as file:
            groups = file.create_group("methods")
            for key, found in self.methods.items():
                group = groups.create_group(key)
                group.attrs["name"] = found["name"]
                hdf5.write_columns(group, {name: found[name] for name in MEASURES})
            hdf5.write_columns(file, self.columns)
            file.attrs["classes"] = list(self.classes)
            file.attrs["detectors"] = list(self.detectors)
            file.attrs["dataset"] = self.dataset
            file.attrs["inputs"] = self.origin.to_json()
            file.attrs["modes"] = list(self.modes)
            file.attrs["seed"] = self.seed

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read the file."""
        with hdf5.opened(path) as file:
            return cls(
                **{name: file[name][()] for name in COLUMNS},
                methods={
                    key: {"name": str(group.attrs["name"]), **hdf5.read_columns(group)}
                    for key, group in file["methods"].items()
                },
                detectors=hdf5.texts(file, "detectors"),
                modes=hdf5.texts(file, "modes"),
                **read_description(file.attrs),
            )
