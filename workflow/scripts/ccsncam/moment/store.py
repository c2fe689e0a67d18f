"""The network's answer to a moment of strain, as a file.

`MomentResult` owns the files ``moments/<gps>.h5``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import h5py
import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.hdf5 import created, opened, texts, write_columns
from ccsncam.origin import Origin
from ccsncam.saliency.shown import Explanation

# What stands in place of a detector without data, in words.
STAND_INS = {"noise": "white noise in its place", "black": "black in its place"}
# Windows that are explained: the group of each in the file, and its name for readers.
WINDOWS = {"loudest": "least like noise", "moment": "at the moment"}
# Ends of the names of catalogs whose candidates need not all be astrophysical.
UNSURE = ("-marginal", "-auxiliary")


@dataclass(frozen=True)
class DetectorStrain:
    """What is known of the strain of one detector around a moment.

    Attributes
    ----------
    psd_seconds : int
        Seconds of strain from which the PSD is estimated; 0 without strain.
    aside : bool
        True where the PSD leaves the moment out.
    quality : str
        What the masks say of the span, or why there is no strain.
    files : list of str
        The files that hold a part of the strain behind the PSD.
    spectrogram : numpy.ndarray or None
        Amplitude of the whitened strain or of the noise in its place, shape (frequency, frame); a
        cell of white noise has a mean power of 1. None where the detector is black.
    """

    psd_seconds: int
    aside: bool
    quality: str
    files: list[str]
    spectrogram: np.ndarray | None


class ExplainedWindow(NamedTuple):
    """A window that is explained.

    ``start`` is its beginning, counted from the moment [s]. ``explanation`` holds its image and the
    map of its most probable signal class.
    """

    start: float
    explanation: Explanation


class Event(NamedTuple):
    """A catalogued merger: its GPS time [s] and its catalog."""

    gps: float
    catalog: str


@dataclass(frozen=True, kw_only=True)
class MomentResult:
    """What the network says of a moment of strain.

    Attributes
    ----------
    gps : float
        The moment, GPS [s].
    run : str
    classes, detectors : list of str
    dataset : str
        Name of the validation data set, from which classes, detectors and axes are taken.
    frequencies, times : numpy.ndarray
        Centres of the cells of spectrograms [Hz], [s].
    origin : Origin
        What the network was trained on.
    missing : str
        What stands in place of a detector without data: ``noise`` or ``black``.
    data : list of str
        Detectors that have strain.
    begin : float
        Beginning of the span, counted from the moment [s].
    trained_seconds : int
        Seconds of strain from which each PSD was estimated in training.
    aside : tuple of float
        Time before and after the moment that a PSD leaves out [s].
    validation_accuracy : float
        Accuracy of the network on the validation data set.
    events : dict of Event
        Catalogued mergers in the span, by name.
    start : numpy.ndarray
        Beginning of each window, counted from the moment [s], shape (window,).
    probability : numpy.ndarray
        Shape (window, class).
    strain : dict of DetectorStrain
        By detector.
    explained : dict of ExplainedWindow
        By the keys of `WINDOWS`.
    """

    gps: float
    run: str
    classes: list[str]
    detectors: list[str]
    dataset: str
    frequencies: np.ndarray
    times: np.ndarray
    origin: Origin
    missing: str
    data: list[str]
    begin: float
    trained_seconds: int
    aside: Sequence[float]
    validation_accuracy: float
    events: Mapping[str, Event]
    start: np.ndarray
    probability: np.ndarray
    strain: Mapping[str, DetectorStrain]
    explained: Mapping[str, ExplainedWindow]

    def write(self, path: PathLike) -> None:
        """Write the file; an existing one is replaced."""
        with created(path) as file:
            file.attrs["classes"] = self.classes
            file.attrs["detectors"] = self.detectors
            file.attrs["dataset"] = self.dataset
            file.attrs["frequencies"] = self.frequencies
            file.attrs["times"] = self.times
            file.attrs["inputs"] = self.origin.to_json()
            file.attrs["gps"] = self.gps
            file.attrs["missing"] = self.missing
            file.attrs["data"] = self.data
            file.attrs["begin"] = self.begin
            file.attrs["segment_duration"] = self.trained_seconds
            file.attrs["run"] = self.run
            file.attrs["aside"] = self.aside
            file.attrs["validation_accuracy"] = self.validation_accuracy
            for name, event in self.events.items():
                file.create_group(f"events/{name}").attrs.update(event._asdict())
            write_columns(file, {"start": self.start, "probability": self.probability})
            for detector, strain in self.strain.items():
                _write_strain(file, detector, strain)
            for name, window in self.explained.items():
                group = file.create_group(name)
                window.explanation.write(group)
                group.attrs["start"] = window.start

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `write` has made."""
        with opened(path) as file:
            attrs, detectors = file.attrs, texts(file, "detectors")
            return cls(
                gps=float(attrs["gps"]),
                run=str(attrs["run"]),
                classes=texts(file, "classes"),
                detectors=detectors,
                dataset=str(attrs["dataset"]),
                frequencies=attrs["frequencies"],
                times=attrs["times"],
                origin=Origin.from_json(attrs["inputs"]),
                missing=str(attrs["missing"]),
                data=texts(file, "data"),
                begin=float(attrs["begin"]),
                trained_seconds=int(attrs["segment_duration"]),
                aside=tuple(attrs["aside"].tolist()),
                validation_accuracy=float(attrs["validation_accuracy"]),
                events=_read_events(file),
                start=file["start"][()],
                probability=file["probability"][()],
                strain={name: _read_strain(file, name) for name in detectors},
                explained={
                    name: ExplainedWindow(
                        float(file[name].attrs["start"]), Explanation.read(file[name])
                    )
                    for name in WINDOWS
                },
            )

    @property
    def words(self) -> str:
        """Which detectors had strain, what replaces the others, and whose PSD is a rough one."""
        absent = [name for name in self.detectors if name not in self.data]
        text = f"strain of {', '.join(self.data)}"
        if absent:
            text += f"; {', '.join(absent)} without data ({STAND_INS[self.missing]})"
        seconds = {name: self.strain[name].psd_seconds for name in self.data}
        short = [f"{name} {s} s" for name, s in seconds.items() if s < self.trained_seconds]
        if short:
            text += f"; short PSD ({', '.join(short)}, in training {self.trained_seconds} s)"
        seeing = [name for name in self.data if not self.strain[name].aside]
        if seeing:
            text += f"; PSD sees the moment and damps a loud signal ({', '.join(seeing)})"
        return text

    @property
    def mergers(self) -> str:
        """What catalogs say of the span; empty where they say nothing."""
        return "; ".join(
            f"{name} ({event.catalog}) at {event.gps - self.gps:+.2f} s: "
            f"{'perhaps ' * event.catalog.endswith(UNSURE)}a compact binary merger, "
            "which is not one of the network's classes"
            for name, event in self.events.items()
        )

    def verdict(self, name: str) -> tuple[str, str]:
        """The class that is explained in a window, and its probability in words.

        Where the network finds another class more probable, the words name that class, too.
        """
        one = self.explained[name].explanation
        aim, taken = self.classes[one.target], self.classes[one.prediction]
        words = f"probability {one.probability[one.target]:.3f}"
        if aim != taken:
            words += f" ({taken} {one.probability[one.prediction]:.3f})"
        return aim, words


def _write_strain(file: h5py.File, detector: str, strain: DetectorStrain) -> None:
    attributes: dict[str, Any] = {
        "psd_seconds": strain.psd_seconds,
        "aside": strain.aside,
        "quality": strain.quality,
        "files": strain.files,
    }
    file.create_group(f"heard/{detector}").attrs.update(attributes)
    if strain.spectrogram is not None:
        write_columns(file, {detector: strain.spectrogram}, "spectrogram/")


def _read_strain(file: h5py.File, detector: str) -> DetectorStrain:
    attrs, path = file[f"heard/{detector}"].attrs, f"spectrogram/{detector}"
    return DetectorStrain(
        psd_seconds=int(attrs["psd_seconds"]),
        aside=bool(attrs["aside"]),
        quality=str(attrs["quality"]),
        files=[str(name) for name in attrs["files"]],
        spectrogram=file[path][()] if path in file else None,
    )


def _read_events(file: h5py.File) -> dict[str, Event]:
    groups = file["events"].items() if "events" in file else ()
    return {
        name: Event(float(group.attrs["gps"]), str(group.attrs["catalog"]))
        for name, group in groups
    }
