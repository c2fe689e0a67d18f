"""Time slides: which pieces of noise of different detectors are heard together, and where.

A piece of noise is whitened by itself. Only windows that lie in its whole part, away from the ends
that the filter has spoilt, are used, and no window reaches from one piece into another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

# Light needs this long for the diameter of the Earth [s], so no wave is in two detectors with more
# between them.
LIGHT = 0.0425


@dataclass(frozen=True, eq=False)
class Layout:
    """Pieces of noise, and the windows in them.

    Attributes
    ----------
    starts : list of array (piece,)
        GPS time at which the whole part of each piece starts [s], one array per detector, in
        rising order.
    frames : int
        Frames of the spectrogram in the whole part of a piece, the same in all detectors.
    width : int
        Frames in a window.
    stride : int
        Frames from window to window.
    hop : float
        Time from frame to frame [s].
    duration : float
        Length of a window [s].
    """

    starts: Sequence[np.ndarray]
    frames: int
    width: int
    stride: int
    hop: float
    duration: float

    @property
    def windows(self) -> int:
        """Number of windows in a piece."""
        return max(0, (self.frames - self.width) // self.stride + 1)

    @property
    def apart(self) -> float:
        """Shortest time between windows of two detectors that hold no part of one wave [s]."""
        return self.duration + LIGHT


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of noise, in each of which all detectors are heard side by side.

    Attributes
    ----------
    piece : array (n, detector), int32
        Number of the piece in `Layout.starts`.
    frame : array (n, detector), int32
        Frame of the piece at which the first window starts.
    windows : array (n,), int32
        Number of windows.
    slide : array (n,), int32
        Number of the slide; 0 is zero lag.
    """

    piece: np.ndarray
    frame: np.ndarray
    windows: np.ndarray
    slide: np.ndarray

    def __len__(self) -> int:
        """Give the number of stretches."""
        return len(self.windows)

    def take(self, rows: slice | np.ndarray) -> "Stretches":
        """Take some of the stretches."""
        columns = (getattr(self, field.name)[rows] for field in fields(self))
        return Stretches(*columns)

    def heard(self, pieces: Sequence[int]) -> list[np.ndarray]:
        """Count the windows that are taken from each piece.

        Parameters
        ----------
        pieces : list of int
            Number of pieces of each detector.

        Returns
        -------
        list of array (piece,), int
            One array per detector. Each of them has the sum of ``windows``.
        """
        return [
            np.bincount(rows, self.windows, minlength=size).astype(np.int64)
            for rows, size in zip(self.piece.T, pieces, strict=True)
        ]


def time_slides(layout: Layout, live_time: float) -> Stretches:
    """Pair pieces of several detectors that are not of the same time.

    A slide shifts the list of pieces of each detector but the first by a number of pieces, in a
    circle. With shifts a, 2a + b, 3a + c for the second, third and fourth detector, all numbers a,
    b, c give different shifts, and the first detector and the second meet in the same pair of
    pieces again only after all others were used. When all of these are used up, windows are shifted
    within their pieces too, in a circle and by another lag in each turn. So no combination of
    windows comes twice.

    Pairings in which windows of any two detectors are less than `Layout.apart` away from each other
    in time are left out: they might hold a wave that both detectors have seen.

    Parameters
    ----------
    layout : Layout
        Of two or more detectors.
    live_time : float
        Time that is wanted [s]. Slides are taken in their order until it is reached.

    Returns
    -------
    Stretches
        They have at least the live time, or all that these pieces can give. One stretch more may
        be there than is needed.
    """
    parts, wanted = [], live_time / (layout.stride * layout.hop)
    for number, (shift, lag) in enumerate(_slides(layout), 1):
        part = _slide(layout, shift, lag, number)
        parts.append(part)
        total = np.cumsum(part.windows, dtype=np.int64)
        if len(total) and total[-1] >= wanted:
            parts[-1] = part.take(slice(int(np.searchsorted(total, wanted)) + 1))
            break
        wanted -= total[-1] if len(total) else 0
    return _joined(parts, len(layout.starts))


def zero_lag(layout: Layout) -> Stretches:
    """Find the stretches in which the pieces of all detectors are of the same time.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    Stretches
        In the order of time. Where the pieces of two detectors start by a part of a hop apart, the
        nearest frame is taken. None for one detector, whose noise is its background.
    """
    detectors = len(layout.starts)
    if detectors == 1:
        return _joined([], 1)
    length = (layout.frames - layout.width) * layout.hop
    # Times at which a window can start, in all detectors so far: from, to, pieces.
    common: list[tuple[float, float, tuple[int, ...]]] = [
        (start, start + length, (row,)) for row, start in enumerate(layout.starts[0])
    ]
    for starts in layout.starts[1:]:
        # Small pieces of a long range are many, and few of them overlap.
        since = np.searchsorted(starts, [begin - length for begin, *_ in common])
        until = np.searchsorted(starts, [end for _, end, _ in common], side="right")
        common = [
            (max(begin, starts[row]), min(end, starts[row] + length), (*rows, row))
            for (begin, end, rows), low, high in zip(common, since, until, strict=True)
            for row in range(low, high)
        ]
    if not common:
        return _joined([], detectors)
    piece = np.array([rows for *_, rows in common], np.int32)
    begin = np.array([one[0] for one in common])
    own = np.stack([starts[rows] for starts, rows in zip(layout.starts, piece.T, strict=True)], 1)
    frame = np.rint((begin[:, None] - own) / layout.hop).astype(np.int32)
    windows = (layout.frames - layout.width - frame.max(axis=1)) // layout.stride + 1
    found = Stretches(piece, frame, windows.astype(np.int32), np.zeros(len(piece), np.int32))
    return found.take(windows > 0)


def whole_pieces(layout: Layout) -> Stretches:
    """Take all pieces of one detector once: its noise as it is, without slides.

    Parameters
    ----------
    layout : Layout
        Of one detector.

    Returns
    -------
    Stretches
    """
    rows = np.arange(len(layout.starts[0]), dtype=np.int32)
    zeros = np.zeros(len(rows), np.int32)
    windows = np.full(len(rows), layout.windows, np.int32)
    return Stretches(rows[:, None], zeros[:, None], windows, zeros).take(windows > 0)


def _slides(layout: Layout) -> Iterator[tuple[list[int], list[int]]]:
    """Shifts of pieces and lags of windows within them, by detector, of all slides in order."""
    sizes = [len(starts) for starts in layout.starts]
    step = int(np.ceil(layout.apart / (layout.stride * layout.hop)))
    for turn in range(-(-layout.windows // step)):
        lag = [one * turn * step % layout.windows for one in range(len(sizes))]
        for number in range(int(np.prod(sizes[1:]))):
            shift, left, first = [0], number, 0
            for one, size in enumerate(sizes[1:], 1):
                left, digit = divmod(left, size)
                first = digit if one == 1 else first
                shift.append((digit if one == 1 else one * first + digit) % size)
            yield shift, lag


def _slide(layout: Layout, shift: Sequence[int], lag: Sequence[int], number: int) -> Stretches:
    """All stretches of one slide: pieces in the order of the first detector, then their parts."""
    rows = np.arange(len(layout.starts[0]))
    piece = np.stack(
        [(rows + one) % len(starts) for one, starts in zip(shift, layout.starts, strict=True)], 1
    )
    start = np.stack([starts[own] for starts, own in zip(layout.starts, piece.T, strict=True)], 1)
    # Windows whose shift goes round the end of a piece are a stretch of their own.
    cuts = sorted({0, layout.windows, *((layout.windows - one) % layout.windows for one in lag)})
    first = np.array([[(cut + one) % layout.windows for one in lag] for cut in cuts[:-1]], int)
    frame = first.reshape(-1, len(lag)) * layout.stride
    time = start[:, None] + frame * layout.hop
    time.sort(axis=2)
    fits = (np.diff(time, axis=2) >= layout.apart).all(axis=2)
    shape = (*fits.shape, len(lag))
    return Stretches(
        np.broadcast_to(piece[:, None], shape)[fits].astype(np.int32),
        np.broadcast_to(frame, shape)[fits].astype(np.int32),
        np.broadcast_to(np.diff(cuts), fits.shape)[fits].astype(np.int32),
        np.full(np.count_nonzero(fits), number, np.int32),
    )


def _joined(parts: Sequence[Stretches], detectors: int) -> Stretches:
    """Stretches of several parts, one after the other."""
    none = Stretches(
        np.empty((0, detectors), np.int32),
        np.empty((0, detectors), np.int32),
        np.empty(0, np.int32),
        np.empty(0, np.int32),
    )
    columns = ([getattr(part, field.name) for part in (none, *parts)] for field in fields(none))
    return Stretches(*map(np.concatenate, columns))
