"""Whitened strain of each detector around a moment.

A piece of strain around the moment is whitened with its own PSD, as pieces for data sets are. There
the signal is added after the PSD is taken. Here Welch's windows leave out the time in which a
signal at the moment lies, so that the PSD does not contain it either.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ccsncam import resources
from ccsncam.aliases import PathLike
from ccsncam.config.moment import Moment
from ccsncam.moment.span import span_begin, span_size
from ccsncam.moment.stand_in import white_noise
from ccsncam.moment.store import DetectorStrain, Event
from ccsncam.noise import folder, whitening
from ccsncam.noise.alignment import check_overlaps
from ccsncam.noise.events import events_between, read_events
from ccsncam.noise.selection import read_stretch, stretch_quality
from ccsncam.noise.strain_file import StrainFile, open_files
from ccsncam.samples.spectrogram import magnitude

logger = logging.getLogger(__name__)

# Time before and after the moment that the PSD leaves out [s]; a sample is 1 s long.
ASIDE = (0.1, 1.1)
# A PSD needs this many windows beside that time, because the median of fewer says little.
FEWEST = 4


class NoStrain(ValueError):
    """A detector has no strain to look at around a moment; the text says why, in one line."""


@dataclass(frozen=True)
class Heard:
    """Strain of one detector around a moment.

    Attributes
    ----------
    whitened : numpy.ndarray or None
        Shape (n,), float32: ``moment.span`` seconds with the moment in the middle; None without
        strain.
    psd_seconds : int
        Seconds of strain from which the PSD is estimated; 0 without strain.
    aside : bool
        True where the PSD leaves the moment out. Where the strain is too short for that, the PSD
        damps a loud signal.
    quality : str
        What the masks say of the span, or why there is no strain.
    files : list of str
        The files that hold a part of the strain behind the PSD.
    """

    whitened: np.ndarray | None
    psd_seconds: int
    aside: bool
    quality: str
    files: list[str]


class Whitened(NamedTuple):
    """What `read_whitened` finds around a moment.

    ``data`` has shape (n,) and is float32: ``moment.span`` seconds with the moment in the middle.
    ``psd_seconds`` is the length of the piece behind the PSD [s]. ``aside`` is True where the PSD
    leaves the moment out. ``files`` are those that hold a part of the piece.
    """

    data: np.ndarray
    psd_seconds: int
    aside: bool
    files: list[str]


def hear(files: Mapping[str, Sequence[PathLike]], gps: float, moment: Moment) -> dict[str, Heard]:
    """Whiten the strain of all detectors around a moment.

    Parameters
    ----------
    files : dict of list of path
        By detector; a detector may have no file.
    gps : float
        The moment, GPS [s].
    moment : Moment

    Returns
    -------
    dict of Heard
        By detector. A detector without file, with a gap in the span, or with too little strain
        around it has no whitened strain.

    Raises
    ------
    NoStrain
        If no detector has strain; the text says why for each.
    ValueError
        If a file cannot be used.
    """
    found, around = {}, moment.segment_duration
    for detector in moment.detectors:
        paths = [
            path
            for path in files.get(detector, [])
            if folder.may_hold(path, gps - around, gps + around, moment.files.plain)
        ]
        own = list(open_files(paths, detector, moment.signal.sample_rate, moment.files))
        check_overlaps(own)
        try:
            found[detector] = _hear_one(own, detector, gps, moment)
        except NoStrain as error:
            found[detector] = Heard(None, 0, False, str(error), [])
    if all(heard.whitened is None for heard in found.values()):
        reasons = "; ".join(heard.quality for heard in found.values())
        raise NoStrain(
            f"moment: no detector has strain: {reasons}: take another moment, or a shorter "
            "moment.span"
        )
    return found


def _hear_one(files: Sequence[StrainFile], detector: str, gps: float, moment: Moment) -> Heard:
    """Whiten the strain of one detector, and log what is special about it."""
    half = moment.span / 2
    whitened, seconds, aside, used = read_whitened(files, detector, gps, moment)
    asked = moment.files
    quality = stretch_quality(files, gps - half, gps + half, asked.quality, asked.injections)
    logger.info(
        "%s: the PSD is estimated from %d s of strain; data quality: %s", detector, seconds, quality
    )
    if not aside:
        logger.warning(
            "%s: too little strain to leave the moment out of the PSD, so it damps a loud signal",
            detector,
        )
    if seconds < moment.segment_duration:
        logger.warning(
            "%s: the PSD is estimated from %d s of strain, in training from %d s "
            "(noise.segment_duration)",
            detector,
            seconds,
            moment.segment_duration,
        )
    return Heard(whitened, seconds, aside, quality, used)


def read_whitened(
    files: Sequence[StrainFile], detector: str, gps: float, moment: Moment
) -> Whitened:
    """Whiten the strain of one detector around a moment.

    The PSD is taken from a piece of ``noise.segment_duration`` around the moment, without the time
    `ASIDE`. Gaps and the ends of files may shorten the piece to fewer whole seconds. If fewer than
    `FEWEST` of Welch's windows fit beside the time `ASIDE`, the PSD is taken from the whole piece.

    Parameters
    ----------
    files : list of StrainFile
        Strain around the moment; may be empty.
    detector : str
    gps : float
        The moment, GPS [s].
    moment : Moment

    Returns
    -------
    Whitened

    Raises
    ------
    NoStrain
        If strain is missing in a part of the span, or if too little is left for a PSD.
    """
    rate, longest = moment.signal.sample_rate, moment.segment_duration
    data = read_stretch(files, gps - longest, 2 * longest, rate)
    finite, middle, half = np.isfinite(data), longest * rate, span_size(moment) // 2
    reach = half + round(moment.whitening.filter_duration * rate / 2)
    _check_span(finite, middle, (half, reach), detector, gps, rate)
    gaps = np.concatenate([[-1], np.flatnonzero(~finite), [len(data)]])
    after = np.searchsorted(gaps, middle)
    first, last = gaps[after - 1] + 1, gaps[after]
    seconds = min(longest, (last - first) // rate)
    shortest = max(2 * moment.whitening.psd_duration, 2 * reach / rate)
    if seconds < shortest:
        raise NoStrain(
            f"{detector}: {(last - first) / rate:g} s of strain around GPS {gps:.15g} without a "
            f"gap, the PSD needs {shortest:g} s (twice whitening.psd_duration, and moment.span)"
        )
    size = seconds * rate
    begin = min(max(middle - size // 2, first), last - size)
    piece = data[begin : begin + size].astype(np.float32)
    fir, aside = _whitening_fir(piece, middle - begin, moment)
    white = whitening.whiten(piece, fir)
    start = gps - longest + begin / rate
    used = [str(file.path) for file in files if file.start < start + seconds and start < file.end]
    span = white[middle - half - begin : middle + half - begin]
    return Whitened(span, seconds, aside, used)


def _check_span(
    finite: np.ndarray, middle: int, reaches: tuple[int, int], detector: str, gps: float, rate: int
) -> None:
    """Raise NoStrain where strain is missing in the span, or where the filter needs it."""
    half, reach = reaches
    if not finite[middle - half : middle + half].any():
        raise NoStrain(f"{detector}: no strain at GPS {gps:.15g}")
    bad = np.flatnonzero(~finite[middle - reach : middle + reach])
    if len(bad) == 0:
        return
    lost = [gps + (at - reach) / rate for at in (bad[0], bad[-1] + 1)]
    whole = "" if len(bad) == bad[-1] - bad[0] + 1 else "all of "
    raise NoStrain(
        f"{detector}: no strain (NaN, constant or no file) in {whole}GPS {lost[0]:.3f} to "
        f"{lost[1]:.3f}; the span needs {-reach / rate:+g} to {reach / rate:+g} s around "
        f"GPS {gps:.15g}"
    )


def _whitening_fir(piece: np.ndarray, at: int, moment: Moment) -> tuple[np.ndarray, bool]:
    """Whitening filter of a piece, and whether its PSD leaves out the time around sample ``at``."""
    block, band = moment.whitening, moment.signal.band
    rate, lengths = band.sample_rate, (block.psd_duration, block.filter_duration)
    before, after = (round(time * rate) for time in ASIDE)
    beside = whitening.windows_beside(piece, at - before, at + after, rate, lengths[0])
    aside = len(beside) >= FEWEST
    if aside:
        psd = whitening.welch_psd(beside.ravel(), rate, lengths[0], overlap=0)
        psd *= whitening.beside_bias(len(beside), rate, *lengths)
    else:
        psd = whitening.welch_psd(piece, rate, lengths[0])
        psd *= whitening.estimation_bias(len(piece), rate, *lengths)
    edges = band.f_min, band.upper_edge
    return whitening.whitening_fir(psd, 1 / lengths[0], rate, lengths[1], *edges), aside


def with_stand_ins(
    heard: Mapping[str, Heard], gps: float, moment: Moment
) -> dict[str, np.ndarray | None]:
    """Whitened strain of all detectors, with a stand-in for each detector without data.

    Parameters
    ----------
    heard : dict of Heard
        From `hear`.
    gps : float
        The moment, GPS [s].
    moment : Moment
        ``missing`` names the stand-in: ``noise`` or ``black``.

    Returns
    -------
    dict of numpy.ndarray or None
        By detector, shape (n,), float32; None is black.
    """
    series, size = {name: one.whitened for name, one in heard.items()}, span_size(moment)
    for detector in [name for name, one in series.items() if one is None]:
        logger.warning("%s: %s takes its place", heard[detector].quality, moment.missing)
        if moment.missing == "noise":
            series[detector] = white_noise(detector, gps, size, moment.seed, moment.signal.band)
    return series


def strain_of(
    heard: Mapping[str, Heard],
    series: Mapping[str, np.ndarray | None],
    moment: Moment,
) -> dict[str, DetectorStrain]:
    """Collect what is known of the strain of each detector, with a spectrogram to be shown.

    It is the paper's, whatever the representation, because it is longer than a second.

    Parameters
    ----------
    heard : dict of Heard
        From `hear`.
    series : dict of numpy.ndarray or None
        From `with_stand_ins`.
    moment : Moment

    Returns
    -------
    dict of DetectorStrain
        By detector.
    """
    rate = moment.signal.sample_rate
    block = replace(moment.spectrogram, kind="stft", scale="amplitude")
    return {
        detector: DetectorStrain(
            psd_seconds=one.psd_seconds,
            aside=one.aside,
            quality=one.quality,
            files=one.files,
            spectrogram=None if seen is None else magnitude(seen, block, rate),
        )
        for (detector, one), seen in zip(heard.items(), series.values(), strict=True)
    }


def mergers_near(gps: float, moment: Moment) -> dict[str, Event]:
    """Find the catalogued mergers in the span, by name, and warn of each."""
    begin = span_begin(moment)
    events = read_events(resources.path("events.tsv"))
    found = {}
    for name, at, catalog in events_between(events, gps + begin, gps - begin):
        logger.warning(
            "the catalogued event %s (%s) lies %+.2f s from the moment", name, catalog, at - gps
        )
        found[name] = Event(at, catalog)
    return found
