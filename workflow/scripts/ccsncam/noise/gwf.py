"""GWF files, the frame format of LIGO and Virgo."""

import os
from typing import NamedTuple

import lalframe
import numpy as np
from lalframe import frread

from ccsncam.aliases import PathLike


class Series(NamedTuple):
    """One channel: GPS time of its first sample [s], sample rate [Hz] and values."""

    start: float
    sample_rate: float
    data: np.ndarray


def read_channels(path: PathLike) -> list[str]:
    """List the channels of a file.

    Parameters
    ----------
    path : path

    Raises
    ------
    ValueError
        In one line, if the file is not a GWF file or is cut short.
    """
    # The frame library crashes on a file that is cut short. Version 8 of the format has the length
    # of the file 28 bytes before its end.
    size = os.path.getsize(path)
    with open(path, "rb") as opened:
        head = opened.read(40)
        opened.seek(max(size - 28, 0))
        tail = opened.read(8)
    if head[:4] != b"IGWD":
        raise ValueError(f"{path}: not a GWF file: it does not begin with IGWD")
    little = head[12:14] == b"\x34\x12"
    if head[5] == 8 and int.from_bytes(tail, "little" if little else "big") != size:
        raise ValueError(f"{path}: the file is cut short: fetch it again")
    try:
        # The table of contents refers to the open file, which must not be freed before it.
        file = lalframe.FrameUFrFileOpen(str(path), "r")
        toc = lalframe.FrameUFrTOCRead(file)
    except RuntimeError as error:
        raise ValueError(f"{path}: not a GWF file: {error}") from None
    return [
        query(toc, index)
        for count, query in (
            (lalframe.FrameUFrTOCQueryAdcN(toc), lalframe.FrameUFrTOCQueryAdcName),
            (lalframe.FrameUFrTOCQueryProcN(toc), lalframe.FrameUFrTOCQueryProcName),
        )
        for index in range(count)
    ]


def read_series(path: PathLike, channel: str) -> Series:
    """Read one channel of a file.

    Parameters
    ----------
    path : path
    channel : str
        One of `read_channels`.

    Raises
    ------
    ValueError
        In one line, if the channel cannot be read.
    """
    try:
        series = frread.read_timeseries(str(path), channel)
    except RuntimeError as error:
        raise ValueError(f"{path}: cannot read {channel}: {error}") from None
    return Series(float(series.epoch), 1 / series.deltaT, series.data.data)
