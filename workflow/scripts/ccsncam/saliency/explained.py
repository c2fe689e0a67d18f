"""The file of saliency maps of one method for a whole data set, and of their faithfulness.

It lies at ``saliency/seed-<n>/<dataset>/<method>.h5``. `Explained` owns the format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ccsncam import hdf5
from ccsncam.aliases import PathLike
from ccsncam.described import read_description, write_description
from ccsncam.origin import Origin

# Data sets in the order in which they are written.
COLUMNS = ("before", "after", "drop", "increase", "empty", "map", "target", "label")
VARIANT_COLUMNS = ("drop", "increase", "empty")


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Saliency maps of one method for n samples of a data set, and how faithful they are.

    In the file each array is a data set of the same name. Those of ``subset`` and ``row`` lie in
    the group ``subset``, those of ``variants`` in ``variants/<name>``. The other fields are
    attributes, and ``origin`` is the attribute ``inputs``.

    Attributes
    ----------
    map : numpy.ndarray or None
        Maps at the resolution of the method, not negative, shape (n, height, width), float32.
        None where `read` was told to leave them out.
    target, label : numpy.ndarray of int
        Class that is explained, and true class, shape (n,).
    before, after : numpy.ndarray
        Logarithm of the probability of the target, for the image and for the image seen through
        its map, shape (n,).
    drop, increase : numpy.ndarray
        Relative fall of the probability [%], equation (14); and 1 where the probability rises, else
        0; shape (n,).
    empty : numpy.ndarray of bool
        True where the map is zero everywhere, shape (n,).
    row : numpy.ndarray of int
        The m rows of the data set to which ``subset`` belongs, shape (m,).
    subset : mapping of str to numpy.ndarray
        Every measure that `ccsncam.saliency.faithfulness.judge` gives, of the m samples.
    variants : mapping of str to mapping of str to numpy.ndarray
        ``drop``, ``increase`` and ``empty``, shape (n,), by the name of the variant.
    method, name : str
        Key of the method, and its name for readers.
    layers : list of str
        Layers in the order in which the network was randomised.
    fractions : numpy.ndarray
        Shares of the pixels at which deletion and insertion curves are taken.
    black : numpy.ndarray
        Probability of each class for a black image, shape (class,).
    classes : list of str
    dataset : str
    origin : Origin
    seed : int
        Seed of the network.
    """

    map: np.ndarray | None
    target: np.ndarray
    label: np.ndarray
    before: np.ndarray
    after: np.ndarray
    drop: np.ndarray
    increase: np.ndarray
    empty: np.ndarray
    row: np.ndarray
    subset: Mapping[str, np.ndarray]
    variants: Mapping[str, Mapping[str, np.ndarray]]
    method: str
    name: str
    layers: Sequence[str]
    fractions: np.ndarray
    black: np.ndarray
    classes: Sequence[str]
    dataset: str
    origin: Origin
    seed: int

    def write(self, path: PathLike) -> None:
        """Write the file; an existing one is replaced."""
        with hdf5.created(path) as file:
            hdf5.write_columns(file, {name: getattr(self, name) for name in COLUMNS})
            hdf5.write_columns(file, {**self.subset, "row": self.row}, "subset/")
            file.create_group("variants")
            for name, found in self.variants.items():
                columns = {key: found[key] for key in VARIANT_COLUMNS}
                hdf5.write_columns(file, columns, f"variants/{name}/")
            write_description(file.attrs, self)
            file.attrs["method"] = self.method
            file.attrs["name"] = self.name
            file.attrs["layers"] = list(self.layers)
            file.attrs["fractions"] = self.fractions
            file.attrs["black"] = self.black

    @classmethod
    def read(cls, path: PathLike, maps: bool = True) -> Self:
        """Read the file.

        Parameters
        ----------
        path : path
        maps : bool
            False leaves the maps unread. They are most of the file, and tables do not need them.
        """
        with hdf5.opened(path) as file:
            columns = {name: file[name][()] for name in COLUMNS if maps or name != "map"}
            subset = hdf5.read_columns(file["subset"])
            return cls(
                **{"map": None, **columns},
                row=subset.pop("row"),
                subset=subset,
                variants={
                    name: hdf5.read_columns(group) for name, group in file["variants"].items()
                },
                method=str(file.attrs["method"]),
                name=str(file.attrs["name"]),
                layers=hdf5.texts(file, "layers"),
                fractions=file.attrs["fractions"],
                black=file.attrs["black"],
                **read_description(file.attrs),
            )
