"""Transforms that take long: they are kept in files, so that none is done twice.

Jobs that make images import this module; it needs the packages of costly representations, which no
other job has to import.
"""

import hashlib
import importlib.metadata
import os
from pathlib import Path

import numpy as np

from ccsncam.config.blocks import Spectrogram
from ccsncam.provenance import Code
from ccsncam.samples import spectrogram
from ccsncam.samples.grid import grid
from ccsncam.samples.representations import hilbert_huang
from ccsncam.samples.representations.names import COSTLY

_SCRIPTS = Path(__file__).parents[2]
_FOLDER = "transforms"


class Kept:
    """Magnitudes of whitened strain, as `spectrogram.magnitude` gives them, of all representations.

    Powers of a costly representation are kept. They are found again by the strain and by the code
    of the transform, so a job that was killed, and one whose other code has changed, goes on where
    strain is the same. The scale and the normalisation of images do not matter.

    Parameters
    ----------
    beside : path
        A file that is made of the images. The powers are in the folder ``transforms`` beside it,
        one file for each batch. Once the images are made, that folder may be deleted.
    """

    def __init__(self, beside: str | os.PathLike[str]) -> None:
        self._folder = Path(beside).parent / _FOLDER

    def __call__(self, whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
        """Compute or find magnitudes; see `spectrogram.magnitude`."""
        if block.kind not in COSTLY:
            return spectrogram.magnitude(whitened, block, sample_rate)
        rows = len(grid(block, sample_rate).frequencies)
        path = self._folder / f"{_name(whitened, block, rows)}.npy"
        power = _read(path)
        if power is None:
            power = hilbert_huang.power(whitened, block.window, block.hop, rows)
            _write(path, power)
        return spectrogram.scaled(power, block)


def _name(whitened: np.ndarray, block: Spectrogram, rows: int) -> str:
    """Name a transform by all that it depends on."""
    code = Code(_find).digest("ccsncam/samples/representations/hilbert_huang.py")
    version = importlib.metadata.version("emd")
    asked = (block.kind, code, version, block.window, block.hop, rows, whitened.shape)
    found = hashlib.sha256(repr(asked).encode())
    found.update(np.ascontiguousarray(whitened, np.float32).tobytes())
    return found.hexdigest()[:32]


def _find(name: str) -> Path | None:
    path = _SCRIPTS / name
    return path if path.is_file() else None


def _read(path: Path) -> np.ndarray | None:
    """Read powers; None if there are none, or not all of them, as after a loss of power."""
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None


def _write(path: Path, power: np.ndarray) -> None:
    """Write powers; the file appears under its name when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    with partial.open("wb") as file:
        np.save(file, power)
    os.replace(partial, path)
