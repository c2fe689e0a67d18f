"""The features of a test set in two dimensions, as a file.

`Embedding` owns the files ``embedding/seed-<n>/<dataset>.h5``.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.described import read_description, write_description
from ccsncam.hdf5 import created, opened, write_columns
from ccsncam.origin import Origin


@dataclass
class Embedding:
    """The features of a network for one data set, as points in a plane.

    Attributes
    ----------
    label, prediction : numpy.ndarray of int
        True and predicted class, shape (n,).
    point : numpy.ndarray
        From `ccsncam.results.separation.embed`, shape (n, 2).
    classes : list of str
    dataset : str
        Name of the data set.
    origin : Origin
    seed : int
        Seed of the network.
    """

    label: np.ndarray
    prediction: np.ndarray
    point: np.ndarray
    classes: list[str]
    dataset: str
    origin: Origin
    seed: int

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `write` has made."""
        with opened(path) as file:
            return cls(
                label=file["label"][()],
                prediction=file["prediction"][()],
                point=file["point"][()],
                **read_description(file.attrs),
            )

    def write(self, path: PathLike) -> None:
        """Write to an HDF5 file, which `read` reads."""
        with created(path) as file:
            columns = {"label": self.label, "prediction": self.prediction, "point": self.point}
            write_columns(file, columns)
            write_description(file.attrs, self)
