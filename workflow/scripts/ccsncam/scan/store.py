"""Parts of a scan, ``scan/parts/….h5``, which this module alone opens, and its candidates."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import h5py
import numpy as np
import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.hdf5 import created, opened, texts, write_columns


@dataclass(frozen=True, eq=False)
class Candidates:
    """Windows that are the loudest of their cluster, in the order of time.

    Attributes
    ----------
    gps : array (n,), float64
        GPS time of each candidate [s]: `ccsncam.moment.span.LEAD` after its window begins, so that
        the page of this moment explains the same window.
    statistic : array (n,), float64
    logits : array (n, class), float32
    seconds : array (n, detector), int32
        Strain behind the PSD [s]; 0 where the detector is off.
    alone, without : array (n, detector), float64
        Statistic with white noise in place of all other detectors, and in place of this one; NaN
        where the detector is off.
    redrawn : array (n,), float64
        Statistic with other white noise in place of the detectors that are off; NaN where all are
        on. Where it is far below ``statistic``, the candidate is chance in the noise that was
        drawn for them.
    quality : array (n, detector) of str
        What the masks say of the window.
    """

    gps: np.ndarray
    statistic: np.ndarray
    logits: np.ndarray
    seconds: np.ndarray
    alone: np.ndarray
    without: np.ndarray
    redrawn: np.ndarray
    quality: np.ndarray

    def __len__(self) -> int:
        """Give the number of candidates."""
        return len(self.gps)

    def of(self, rows: Any) -> Self:
        """Some of the candidates."""
        return type(self)(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence[Self], classes: int, detectors: int) -> Self:
        """Put candidates one after the other; the numbers say what the columns of none have."""
        none = cls(
            gps=np.empty(0),
            statistic=np.empty(0),
            logits=np.empty((0, classes), np.float32),
            seconds=np.empty((0, detectors), np.int32),
            alone=np.empty((0, detectors)),
            without=np.empty((0, detectors)),
            redrawn=np.empty(0),
            quality=np.empty((0, detectors), object),
        )
        columns = {
            one.name: np.concatenate([getattr(part, one.name) for part in (none, *parts)])
            for one in fields(cls)
        }
        return cls(**columns)


@dataclass(frozen=True, eq=False)
class ScanPart:
    """What was found in a part of a stretch of strain.

    Attributes
    ----------
    start, end : float
        GPS times [s]; the windows begin between them.
    detectors : list of str
    first : int
        Number of the first window; window k begins ``k * step`` after GPS 0.
    step : float
        From window to window [s].
    statistic : array (window,), float32
        -inf where no detector is on.
    seconds : array (window, detector), uint16
        Strain behind the PSD [s]; 0 where the detector is off.
    candidates : Candidates
    """

    start: float
    end: float
    detectors: list[str]
    first: int
    step: float
    statistic: np.ndarray
    seconds: np.ndarray
    candidates: Candidates

    def write(self, path: PathLike) -> None:
        """Write the file; an existing one is replaced."""
        found = self.candidates
        with created(path) as file:
            file.attrs.update(start=self.start, end=self.end, first=self.first, step=self.step)
            file.attrs["detectors"] = self.detectors
            write_columns(file, {"statistic": self.statistic})
            file.create_dataset("seconds", data=self.seconds, compression=1, track_times=False)
            columns = {one.name: getattr(found, one.name) for one in fields(found)}
            words = columns.pop("quality")
            write_columns(file, columns, "candidates/")
            file.create_dataset(
                "candidates/quality",
                data=words.astype(object),
                dtype=h5py.string_dtype(),
                track_times=False,
            )

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `write` has made."""
        with opened(path) as file:
            group, attrs = file["candidates"], file.attrs
            columns = {one.name: group[one.name] for one in fields(Candidates)}
            words = columns.pop("quality").asstr()[()]
            return cls(
                start=float(attrs["start"]),
                end=float(attrs["end"]),
                detectors=texts(file, "detectors"),
                first=int(attrs["first"]),
                step=float(attrs["step"]),
                statistic=file["statistic"][()],
                seconds=file["seconds"][()],
                candidates=Candidates(
                    **{name: item[()] for name, item in columns.items()}, quality=words
                ),
            )


def gps_name(gps: float) -> str:
    """GPS time of a candidate as the name of its page."""
    return f"{gps:.6f}".rstrip("0").rstrip(".")


def write_candidates(path: PathLike, table: pd.DataFrame) -> None:
    """Write the table of candidates, which `read_candidates` reads."""
    # Six digits are enough for all numbers but a GPS time.
    table.assign(gps=[gps_name(gps) for gps in table["gps"].tolist()]).to_csv(
        path, index=False, float_format="%.6g"
    )


def read_candidates(path: PathLike) -> pd.DataFrame:
    """Read the table of candidates; columns of words are empty, not NaN, where nothing is said."""
    table = pd.read_csv(path)
    words = [
        *("rated", "class", "class_set", "detectors", "seen_in", "events"),
        *(name for name in table if str(name).startswith("quality_")),
    ]
    return table.astype(dict.fromkeys(words, object)).fillna(dict.fromkeys(words, ""))
