"""Strain of one detector for a scan: files are opened when their time comes, and then closed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.config.noise import StrainFiles
from ccsncam.noise import folder
from ccsncam.noise.alignment import check_overlap
from ccsncam.noise.selection import read_stretch, stretch_quality
from ccsncam.noise.strain_file import StrainFile


class DetectorStrain:
    """Strain of one detector, read stretch by stretch in the order of time.

    At most those files are in memory that overlap the last stretch that was read.

    Parameters
    ----------
    detector : str
    paths : list of path
        May be empty.
    sample_rate : int
        [Hz].
    files : StrainFiles
        How files are read.
    """

    def __init__(
        self, detector: str, paths: Sequence[PathLike], sample_rate: int, files: StrainFiles
    ) -> None:
        self.detector = detector
        self._rate, self._access = sample_rate, files
        self._paths = [Path(path) for path in paths]
        self._open: dict[Path, StrainFile] = {}

    def read(self, start: float, duration: float) -> np.ndarray:
        """Read the strain of a stretch of time.

        Parameters
        ----------
        start : float
            GPS time [s].
        duration : float
            [s].

        Returns
        -------
        numpy.ndarray
            Shape (n,), float64; NaN where no file holds strain, and in seconds (from ``start``)
            of constant filling.

        Raises
        ------
        ValueError
            In one line, if a file cannot be used, or two hold different strain of one time.
        """
        return read_stretch(self._near(start, start + duration), start, duration, self._rate)

    def quality(self, start: float, end: float) -> str:
        """Say what the masks of the files tell of a stretch; see `stretch_quality`."""
        asked = self._access
        near = self._near(start, end)
        return stretch_quality(near, start, end, asked.quality, asked.injections)

    def _near(self, start: float, end: float) -> list[StrainFile]:
        """Files that hold a part of a stretch; others are released."""
        near = []
        for path in self._paths:
            if not self._may_hold(path, start, end):
                if path in self._open:
                    self._open[path].release()
                continue
            if path not in self._open:
                self._open[path] = self._checked(path)
            file = self._open[path]
            if file.start < end and start < file.end:
                near.append(file)
            else:
                file.release()
        return near

    def _checked(self, path: Path) -> StrainFile:
        """Open a file; those that are open already must hold the same strain where they overlap."""
        file = StrainFile(path, self.detector, self._rate, self._access)
        for other in self._open.values():
            if other.start < file.end and file.start < other.end:
                check_overlap(other, file)
        return file

    def _may_hold(self, path: Path, start: float, end: float) -> bool:
        """Whether a file may hold a part of a stretch, by its name or the configuration."""
        opened = self._open.get(path)
        if opened is not None:
            return opened.start < end and start < opened.end
        return folder.may_hold(path, start, end, self._access.plain)
