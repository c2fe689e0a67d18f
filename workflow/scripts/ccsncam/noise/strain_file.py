"""Files of strain of three kinds: GWOSC's HDF5, GWF, and HDF5 files with one plain data set.

The layout of GWOSC's files belongs to `ccsncam.gwosc.layout`, frames belong to
`ccsncam.noise.gwf`. This module reads the plain files itself, as the configuration describes them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.config.noise import StrainFiles
from ccsncam.gwosc import layout
from ccsncam.gwosc.layout import LONGEST, Mask
from ccsncam.gwosc.untrusted import FAULTS, safe
from ccsncam.hdf5 import one_line
from ccsncam.noise import folder, gwf
from ccsncam.noise.amplitude import check_amplitude
from ccsncam.noise.reasons import DQ_BITS, INJECTION_BITS


class StrainFile:
    """One file: the time that it covers, its strain and its masks.

    Parameters
    ----------
    path : path
    detector : str
    sample_rate : int
        In Hz; a file of another rate is refused.
    files : StrainFiles
        Names the channel of GWF files and describes plain files.

    Attributes
    ----------
    path : pathlib.Path
    detector : str
    sample_rate : int
    start, end : float
        GPS times [s].

    Raises
    ------
    ValueError
        In one line that names the file, if its detector, start, rate or amplitude is wrong, or
        if it cannot be read.
    """

    def __init__(self, path: PathLike, detector: str, sample_rate: int, files: StrainFiles) -> None:
        self.path = Path(path)
        self.detector = detector
        self.sample_rate = sample_rate
        self._channel = files.channel.format(detector=detector)
        self._entry = files.plain.get(self.path.name)
        self._strain: np.ndarray | None = None
        if not self.path.is_file():
            raise ValueError(f"{self.path}: no such file of strain")
        folder.check_name(self.path)
        said = folder.parse(self.path.name)
        if self._entry is not None:
            self._kind, self.start = "plain", float(self._entry["start"])
            named = self._entry["detector"]
        elif said is not None:
            self._kind, self.start = "gwf" if said.kind == "gwf" else "hdf5", float(said.start)
            named = said.detector
        else:
            raise ValueError(
                f"{self.path}: the name is not DETECTOR_…-START-DURATION.hdf5 or .gwf: rename it, "
                "or list it in the config (plain)"
            )
        if named != detector:
            raise ValueError(f"{self.path}: strain of {named}, not of {detector}")
        samples = len(self.strain())
        if self._entry is None and said is not None and samples != said.duration * sample_rate:
            raise ValueError(
                f"{self.path}: holds {samples / sample_rate:g} s, its name says {said.duration}"
            )
        check_amplitude(self.path, self.strain(), sample_rate)
        self.end = self.start + samples / sample_rate

    def strain(self) -> np.ndarray:
        """All strain of the file, float64. It is read when it is first asked for."""
        if self._strain is None:
            readers = {"plain": self._read_plain, "hdf5": self._read_hdf5, "gwf": self._read_gwf}
            self._strain = readers[self._kind]()
        return self._strain

    def release(self) -> None:
        """Forget the strain, which is read again when it is next asked for."""
        self._strain = None

    def masks(self) -> dict[str, Mask | None]:
        """Masks ``quality`` and ``injections``; None if the file does not have that mask."""
        if self._kind == "hdf5":
            return layout.read_masks(self.path)
        if self._kind == "gwf":
            channels = gwf.read_channels(self.path)
            return {
                "quality": self._gwf_mask(channels, "DQMASK", DQ_BITS),
                "injections": self._gwf_mask(channels, "INJMASK", INJECTION_BITS),
            }
        return {"quality": None, "injections": None}

    def _check_start(self, start: float) -> None:
        if not abs(start - self.start) <= 1e-6:
            raise ValueError(
                f"{self.path}: begins at GPS {start:.6f}, its name says {self.start:.0f}"
            )

    def _check_rate(self, rate: float) -> None:
        if not abs(rate - self.sample_rate) <= 1e-6 * self.sample_rate:
            raise ValueError(
                f"{self.path}: sampled at {rate:g} Hz, the run at {self.sample_rate:g} Hz: take "
                "the files of that rate (4KHZ for 4096 Hz)"
            )

    def _read_hdf5(self) -> np.ndarray:
        series = layout.read_strain(self.path)
        if series.detector != self.detector:
            raise ValueError(
                f"{self.path}: holds strain of {series.detector}, its name says {self.detector}"
            )
        # Masks count from ``gps_start``, samples from ``x_start``; both must be the file's start.
        self._check_start(series.x_start)
        self._check_start(series.gps_start)
        self._check_rate(1 / series.step if series.step else np.inf)
        return series.data

    def _read_gwf(self) -> np.ndarray:
        channels = gwf.read_channels(self.path)
        if self._channel not in channels:
            raise ValueError(
                f"{self.path}: no channel {self._channel} (noise.files.channel); it has "
                f"{', '.join(channels)}"
            )
        series = gwf.read_series(self.path, self._channel)
        self._check_start(series.start)
        self._check_rate(series.sample_rate)
        if series.data.dtype.kind != "f":
            raise ValueError(f"{self.path}: {self._channel} holds {series.data.dtype}, not strain")
        return series.data.astype(np.float64, copy=False)

    def _read_plain(self) -> np.ndarray:
        entry: Mapping[str, Any] = self._entry or {}
        name = entry["dataset"]
        try:
            with h5py.File(self.path) as file:
                data = file.get(name)
                if not isinstance(data, h5py.Dataset):
                    raise ValueError(
                        f"no data set {name!r}, which the config names (plain): the file has "
                        f"{', '.join(file)}"
                    )
                # The values must lie in this file, because its changes are followed.
                safe(data, f"data set {name!r}", "f", LONGEST)
                if not Path(data.file.filename).samefile(self.path):
                    raise ValueError(f"data set {name!r} lies in another file")
                if data.ndim != 1:
                    raise ValueError(
                        f"data set {name!r} has shape {data.shape}, which is not one series"
                    )
                rate = _rate_of(data) if entry.get("sample_rate") is None else entry["sample_rate"]
                if rate is None:
                    raise ValueError(
                        f"data set {name!r} does not say its sample rate (attribute fs): give "
                        "sample_rate in the config (plain)"
                    )
                rate, values = float(rate), data[()].astype(np.float64, copy=False)
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from None
        except FAULTS as error:
            raise ValueError(
                f"{self.path}: data set {name!r}, which the config names (plain), cannot be read: "
                f"{one_line(error)}"
            ) from None
        self._check_rate(rate)
        return values

    def _gwf_mask(self, channels: list[str], suffix: str, bits: tuple[str, ...]) -> Mask | None:
        channel = re.sub("STRAIN$", suffix, self._channel)
        if channel == self._channel or channel not in channels:
            return None
        series = gwf.read_series(self.path, channel)
        if series.sample_rate != 1:
            raise ValueError(f"{self.path}: {channel} is not sampled at 1 Hz")
        return Mask(series.data, bits)


def open_files(
    paths: Iterable[PathLike], detector: str, sample_rate: int, files: StrainFiles
) -> Iterator[StrainFile]:
    """Open files of strain one after the other; an open file holds its strain in memory.

    Parameters
    ----------
    paths : list of path
        `ccsncam.noise.folder.files_for` gives them.
    detector : str
    sample_rate : int
        In Hz; a file of another rate is refused.
    files : StrainFiles
        Names the channel of GWF files and describes plain files.

    Yields
    ------
    StrainFile

    Raises
    ------
    ValueError
        As `StrainFile`.
    """
    for path in paths:
        yield StrainFile(path, detector, sample_rate, files)


def _rate_of(data: h5py.Dataset) -> float | None:
    """Sample rate that the attributes of a plain data set give [Hz]; None if they do not."""
    rate = data.attrs.get("fs", data.attrs.get("sample_rate"))
    if rate is None and "Xspacing" in data.attrs:
        step = float(data.attrs["Xspacing"])
        return 1 / step if step else np.inf
    return rate
