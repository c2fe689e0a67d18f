"""What a network says of a data set; this module owns the format of ``evaluation/…/*.h5``."""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.described import read_description, write_description
from ccsncam.hdf5 import created, opened, write_columns
from ccsncam.origin import Origin

# Columns in the order in which they are written.
COLUMNS = (
    *("logits", "probability", "prediction", "embedding"),
    *("label", "network_snr", "distance_kpc"),
)
# Most readers of a file do not need the embedding, which is by far the largest column.
WITHOUT_EMBEDDING = tuple(name for name in COLUMNS if name != "embedding")


@dataclass(eq=False, repr=False)
class Evaluation:
    """Predictions and features of one network for every sample of one data set.

    Attributes
    ----------
    label, prediction : numpy.ndarray of int
        True and predicted class, shape (n,). Labels beyond the columns of ``logits`` are classes
        that the network does not know.
    logits : numpy.ndarray
        What the network gives before its softmax, shape (n, class), float32; see
        `ccsncam.detection.statistic.statistic`.
    probability : numpy.ndarray
        Probability of each class, shape (n, class), float32.
    embedding : numpy.ndarray
        Features that the convolutions give, shape (n, feature), float32.
    network_snr, distance_kpc : numpy.ndarray
        Of each sample, as in the data set, shape (n,).
    classes : list of str
    dataset : str
        Name of the data set.
    origin : Origin
    seed : int
        Seed of the network.
    """

    label: np.ndarray
    prediction: np.ndarray
    logits: np.ndarray
    probability: np.ndarray
    embedding: np.ndarray
    network_snr: np.ndarray
    distance_kpc: np.ndarray
    classes: list[str]
    dataset: str
    origin: Origin
    seed: int

    def among(self, known: Sequence[str]) -> Self:
        """Number the labels of a data set that has other classes than the network.

        Parameters
        ----------
        known : list of str
            Classes of the network, noise first.

        Returns
        -------
        Evaluation
            ``classes`` are those of the network, then those of the data set that it does not
            know, so that a prediction and a label of one number mean the same class. Logits and
            probabilities are of the first of them only.
        """
        classes = [*known, *(name for name in self.classes if name not in known)]
        places = np.array([classes.index(name) for name in self.classes])
        return dataclasses.replace(
            self, classes=classes, label=places[self.label].astype(self.label.dtype)
        )

    @property
    def accuracy(self) -> float:
        """Share of the samples whose predicted class is the true one."""
        return float((self.prediction == self.label).mean())

    @classmethod
    def read(cls, path: PathLike, names: Collection[str] = COLUMNS) -> Self:
        """Read a file that `write` has made.

        Parameters
        ----------
        path : path
        names : list of str
            Columns to be read, such as `WITHOUT_EMBEDDING`. The result lacks the attributes of the
            other columns, so that their use raises AttributeError.
        """
        one = cls.__new__(cls)
        with opened(path) as file:
            for name in COLUMNS:
                if name in names:
                    setattr(one, name, file[name][()])
            for name, value in read_description(file.attrs).items():
                setattr(one, name, value)
        return one

    def write(self, path: PathLike) -> None:
        """Write to an HDF5 file, which `read` reads."""
        with created(path) as file:
            write_columns(file, {name: getattr(self, name) for name in COLUMNS})
            write_description(file.attrs, self)
            file.attrs["accuracy"] = self.accuracy
