"""Which pieces of the strain in files are good, and why other seconds are lost."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ccsncam.aliases import Ranges
from ccsncam.noise.alignment import check_overlap, warn_of_fraction
from ccsncam.noise.folder import show
from ccsncam.noise.reasons import (
    CONSTANT,
    GOOD,
    KEPT,
    NO_FILE,
    NOT_FINITE,
    NOT_WHOLE,
    REST,
    Reasons,
    reason_seconds,
)
from ccsncam.noise.strain_file import StrainFile

logger = logging.getLogger(__name__)

# Stretches (start, end, reason) that no piece may touch; GPS times [s].
LeaveOut = Sequence[tuple[float, float, str]]

_MASK_NAMES = {"quality": "quality mask", "injections": "injection mask"}


@dataclass(frozen=True)
class Selection:
    """What is kept of the strain files of a detector.

    Attributes
    ----------
    gps_start : array (piece,)
        GPS time of the start of each piece that is wholly good [s].
    stretches : pandas.DataFrame
        ``start`` and ``end`` (GPS time [s]) and ``reason``, in the order of time. They fill the
        ranges.
    quality : str
        Which bits were asked for, and how many files have no mask.
    files : list of StrainFile
        Files from which the pieces are read.
    """

    gps_start: np.ndarray
    stretches: pd.DataFrame
    quality: str
    files: list[StrainFile] = field(repr=False)


class NoPiece(ValueError):
    """No piece is wholly good; ``start`` and ``end`` of the longest good stretch are GPS [s]."""

    def __init__(self, text: str, start: float, end: float) -> None:
        super().__init__(text)
        self.start, self.end = start, end


class _Judge:
    """Judges seconds by the masks and the strain of files.

    Attributes
    ----------
    reasons : Reasons
        Numbers of the reasons in the states.
    absent : dict of str to int
        Number of files without a mask that is asked for, by the name of the mask.
    """

    def __init__(self, quality: Sequence[str], injections: Sequence[str]) -> None:
        self._asked = {"quality": quality, "injections": injections}
        self.reasons = Reasons()
        self.absent: dict[str, int] = {}

    def unknown(self, seconds: int) -> np.ndarray:
        """State of seconds for which no file has been seen yet."""
        return self.reasons.of(NO_FILE, seconds)

    def judge_file(self, file: StrainFile, states: Iterable[tuple[float, np.ndarray]]) -> None:
        """Set the state of those seconds that a file holds and no earlier file held.

        Parameters
        ----------
        file : StrainFile
        states : iterable of (begin, state)
            GPS time of the first second, and the state of each second, which is changed.
        """
        bad = self._bad_bits(file)
        for begin, state in states:
            self._judge_seconds(file, bad, begin, state)

    def _bad_bits(self, file: StrainFile) -> np.ndarray | None:
        """State of each second of a file by its masks alone; None if no mask is to be checked."""
        reasons, masks, bad = self.reasons, file.masks(), None
        for kind, name in _MASK_NAMES.items():
            mask = masks[kind]
            if not self._asked[kind]:
                continue
            if mask is None:
                self.absent[name] = self.absent.get(name, 0) + 1
                continue
            if len(mask.values) != round(file.end - file.start):
                raise ValueError(
                    f"{file.path}: {name} has {len(mask.values)} values, not one per second"
                )
            bad = reasons.of(GOOD, len(mask.values)) if bad is None else bad
            for bit in self._asked[kind]:
                if bit not in mask.names:
                    raise ValueError(
                        f"{file.path}: {name} has no bit {bit} (noise.files): it has "
                        f"{', '.join(mask.names)}"
                    )
                unset = (mask.values.astype(np.int64) >> list(mask.names).index(bit)) & 1 == 0
                bad[unset & (bad == reasons[GOOD])] = reasons[f"bit {bit} not set"]
        return bad

    def _judge_seconds(
        self, file: StrainFile, bad: np.ndarray | None, begin: float, state: np.ndarray
    ) -> None:
        """Set the state of the seconds from ``begin`` on, as masks and strain of a file say."""
        reasons, rate, strain = self.reasons, file.sample_rate, file.strain()
        # The sample of the file at which the seconds begin.
        at = round((begin - file.start) * rate)
        first, last = max(-(at // rate), 0), min((len(strain) - at) // rate, len(state))
        # Seconds of which the file holds a part only, because it begins or ends within them.
        for edge in (first - 1, last):
            begins, ends = at + edge * rate, at + (edge + 1) * rate
            if 0 <= edge < len(state) and begins < len(strain) and ends > 0:
                state[edge : edge + 1][self._open(state[edge : edge + 1])] = reasons[REST]
        if first >= last:
            return
        seconds = strain[at + first * rate : at + last * rate].reshape(-1, rate)
        found = reasons.of(GOOD, len(seconds))
        if bad is not None:
            # A second may lie across two seconds of the mask, and then both must be good.
            offset = begin + np.arange(first, last) - file.start
            low = bad[np.maximum(np.floor(offset).astype(int), 0)]
            high = bad[np.minimum(np.ceil(offset).astype(int), len(bad) - 1)]
            found = np.where(low == reasons[GOOD], high, low)
        found[(seconds == seconds[:, :1]).all(axis=1)] = reasons[CONSTANT]
        found[~np.isfinite(seconds).all(axis=1)] = reasons[NOT_FINITE]
        part = state[first:last]
        part[:] = np.where(self._open(part), found, part)

    def _open(self, state: np.ndarray) -> np.ndarray:
        """Whether a second is judged by no file yet, because none holds it or none the whole."""
        return (state == self.reasons[NO_FILE]) | (state == self.reasons[REST])


def scan_files(
    files: Iterable[StrainFile],
    ranges: Ranges,
    segment_duration: float,
    quality: Sequence[str] = (),
    injections: Sequence[str] = (),
    leave_out: LeaveOut = (),
) -> Selection:
    """Find the good pieces in files of strain, and say which seconds are lost and why.

    Seconds are counted from the start of each range. A second is good if a file holds it, it has
    no NaN, infinity or constant filling, it has all the bits that are asked for, and it is not
    left out. If two files hold it, the first of them counts; both must hold the same strain. A
    piece is kept if all its seconds are good.

    Parameters
    ----------
    files : iterable of StrainFile
        From `open_files`, all of one detector. Each is released before the next one is taken.
    ranges : list of [start, end]
        GPS times [s].
    segment_duration : int
        Length of a piece [s].
    quality, injections : list of str
        Names of the bits that must be set, such as ``DATA`` and ``NO_CBC_HW_INJ``.
    leave_out : list of (start, end, reason)
        Stretches that no piece may touch, GPS times [s].

    Returns
    -------
    Selection

    Raises
    ------
    NoPiece
        If the ranges have no whole piece.
    ValueError
        In one line that names the file or the range: a bit is unknown, a file cannot be used, two
        files hold different strain of one time, or a range has no good second.
    """
    if segment_duration != int(segment_duration):
        raise ValueError(f"noise.segment_duration: {segment_duration} s is not a whole number")
    duration = int(segment_duration)
    judge = _Judge(quality, injections)
    states = [judge.unknown(int(end - begin + 1e-6)) for begin, end in ranges]
    begins = [begin for begin, _ in ranges]
    opened: list[StrainFile] = []
    for file in files:
        for other in opened:
            check_overlap(other, file)
            other.release()
        warn_of_fraction(file, ranges)
        judge.judge_file(file, zip(begins, states, strict=True))
        file.release()
        opened.append(file)

    detector = opened[0].detector if opened else "the detector"
    starts, parts = [], []
    for (begin, end), state in zip(ranges, states, strict=True):
        _leave_out(state, begin, leave_out, judge.reasons)
        whole = _keep_whole(state, duration, judge.reasons, f"[{begin}, {end}]", detector)
        starts.append(begin + np.flatnonzero(whole) * float(duration))
        parts += _stretches(state, begin, end, judge.reasons)
    gps_start = np.concatenate(starts)
    if not len(gps_start):
        good = [(start, end) for start, end, reason in parts if reason == NOT_WHOLE]
        first, last = max(good, key=lambda stretch: stretch[1] - stretch[0])
        raise NoPiece(
            f"ranges {show(ranges)}: no piece of {duration} s of {detector} is wholly good, the "
            f"longest good stretch has {last - first:g} s",
            first,
            last,
        )
    stretches = pd.DataFrame(parts, columns=["start", "end", "reason"])
    stretches = stretches.astype({"start": np.float64, "end": np.float64})
    said = f"quality {', '.join(quality) or 'none'}; injections {', '.join(injections) or 'none'}"
    for name, number in sorted(judge.absent.items()):
        text = f"{number} of {len(opened)} files have no {name}, their seconds are taken as good"
        logger.warning("%s: %s", detector, text)
        said += f"; {text}"
    for row in reason_seconds(stretches).itertuples():
        logger.info("%s: %s: %g s", detector, row.reason, row.seconds)
    return Selection(gps_start, stretches, said, opened)


def _leave_out(state: np.ndarray, begin: float, leave_out: LeaveOut, reasons: Reasons) -> None:
    """Set the state of seconds that are left out."""
    seconds = begin + np.arange(len(state))
    for first, last, reason in leave_out:
        # A second that no file holds stays as it is: nothing is lost there.
        lost = (seconds < last) & (seconds + 1 > first) & (state != reasons[NO_FILE])
        state[lost] = reasons[reason]


def _keep_whole(
    state: np.ndarray, duration: int, reasons: Reasons, where: str, detector: str
) -> np.ndarray:
    """Set the state of the good seconds of a range: kept, or in a piece that is not whole.

    Returns whether each piece of the range is kept.
    """
    good = state == reasons[GOOD]
    if not good.any():
        why = pd.Series(reasons.words(state)).value_counts()
        raise ValueError(
            f"range {where}: no good second of {detector} "
            f"({', '.join(f'{name}: {number} s' for name, number in why.items())})"
        )
    whole = good[: len(good) // duration * duration].reshape(-1, duration).all(axis=1)
    kept = np.zeros(len(good), dtype=bool)
    kept[: len(whole) * duration] = np.repeat(whole, duration)
    state[good & ~kept] = reasons[NOT_WHOLE]
    state[kept] = reasons[KEPT]
    if not whole.any():
        logger.warning("range %s: no piece of %d s of %s is wholly good", where, duration, detector)
    return whole


def _stretches(
    state: np.ndarray, begin: float, end: float, reasons: Reasons
) -> list[tuple[float, float, str]]:
    """Join the seconds of a range that have the same state."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(state)) + 1, [len(state)]])
    words = reasons.words(state[edges[:-1]])
    found = list(zip(begin + edges[:-1], begin + edges[1:], words, strict=True))
    if end - begin - len(state) > 1e-6:
        found.append((begin + len(state), end, REST))
    return found


def read_files(
    selection: Selection, segment_duration: float, batch: int = 16
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Read the pieces of a selection in batches; at most two files are in memory at a time.

    Parameters
    ----------
    selection : Selection
    segment_duration : int
        Length of a piece [s].
    batch : int
        Pieces per batch.

    Yields
    ------
    gps_start : array (b,)
    strain : array (b, n), float32
        Times are rounded to the nearest sample.
    """
    size = round(segment_duration * selection.files[0].sample_rate)
    for first in range(0, len(selection.gps_start), batch):
        starts = selection.gps_start[first : first + batch]
        strain = np.full((len(starts), size), np.nan, dtype=np.float32)
        for row, begin in zip(strain, starts, strict=True):
            # Files are copied in reverse order, so that the first one counts where two overlap.
            for file in reversed(selection.files):
                if file.end <= begin:
                    file.release()
                    continue
                if file.start < begin + segment_duration:
                    _copy(file, begin, row)
        yield starts, strain
    for file in selection.files:
        file.release()


def read_stretch(
    files: Sequence[StrainFile], start: float, duration: float, sample_rate: int
) -> np.ndarray:
    """Read the strain of a stretch of time from files, whatever its quality.

    Parameters
    ----------
    files : list of StrainFile
        From `open_files`. Where two hold a second, the first counts.
    start : float
        GPS time [s], rounded to the nearest sample.
    duration : float
        In s.
    sample_rate : int
        In Hz.

    Returns
    -------
    array (n,), float64
        NaN where no file holds strain, and in seconds (from ``start``) of constant filling.
    """
    strain = np.full(round(duration * sample_rate), np.nan)
    for file in reversed(files):
        _copy(file, start, strain)
    seconds = strain[: len(strain) // sample_rate * sample_rate].reshape(-1, sample_rate)
    seconds[(seconds == seconds[:, :1]).all(axis=1)] = np.nan
    return strain


def stretch_quality(
    files: Iterable[StrainFile],
    start: float,
    end: float,
    quality: Sequence[str],
    injections: Sequence[str],
) -> str:
    """Say what the masks of files tell about the whole seconds that a stretch of time touches.

    Parameters
    ----------
    files : list of StrainFile
        From `open_files`. Where two hold a second, the first counts.
    start, end : float
        GPS times [s].
    quality, injections
        As in `scan_files`.

    Returns
    -------
    str
        Such as ``DATA, NO_CBC_HW_INJ set``; or which bits are not set and for how long; or that
        files have no masks.
    """
    begin = int(np.floor(start))
    judge = _Judge(quality, injections)
    state = judge.unknown(int(np.ceil(end)) - begin)
    for file in files:
        judge.judge_file(file, [(begin, state)])
    words = pd.Series(judge.reasons.words(state))
    counts = words.value_counts().drop(GOOD, errors="ignore")
    said = [f"{reason} in {count} of {len(state)} s" for reason, count in counts.items()]
    said += [f"unknown, no {name} in the file" for name in judge.absent]
    return "; ".join(said) or f"{', '.join([*quality, *injections]) or 'no bit to be'} set"


def _copy(file: StrainFile, begin: float, row: np.ndarray) -> None:
    """Copy what a file holds into a row that begins at a GPS time."""
    shift = round((file.start - begin) * file.sample_rate)
    data = file.strain()
    low, high = max(shift, 0), min(shift + len(data), len(row))
    if low < high:
        row[low:high] = data[low - shift : high - shift]
