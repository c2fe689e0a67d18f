"""From a row of the waveform table to a conditioned waveform."""

import logging

import numpy as np
import pandas as pd

from ccsncam.aliases import PathLike
from ccsncam.config.blocks import Conditioning
from ccsncam.waveforms.cells import tracks
from ccsncam.waveforms.columns import SHORTEST
from ccsncam.waveforms.conditioning import along_tracks, condition, resample
from ccsncam.waveforms.files import digest, files_of
from ccsncam.waveforms.model import Waveform, tensor
from ccsncam.waveforms.readers import read_grid, read_tensor, read_views
from ccsncam.waveforms.surrogate import realise
from ccsncam.waveforms.table import surrogate_modes

logger = logging.getLogger(__name__)

READERS = {"tensor": read_tensor, "grid": read_grid, "views": read_views}


def load_waveform(
    row: pd.Series, table_path: PathLike, conditioning: Conditioning, surrogates: PathLike
) -> Waveform:
    """Load a waveform and condition it.

    Parameters
    ----------
    row : pandas.Series
        From `ccsncam.waveforms.table.read_table`.
    table_path : path
        Relative paths in the table start at its folder.
    conditioning : Conditioning
    surrogates : path
        Table of surrogates, which is read only for a surrogate.

    Returns
    -------
    Waveform

    Raises
    ------
    ValueError
        In one line that begins with file and line.
    """
    if row["format"] == "surrogate":
        return _surrogate(row, conditioning, surrogates)
    files = files_of(row, table_path)
    found = digest(files)
    if found != row["sha256"]:
        raise ValueError(
            f"{row['where']}: sha256 of {row.name} is {found}, the table says {row['sha256']}: the "
            "files are not those of the table"
        )
    rate = conditioning.sample_rate
    raw = READERS[row["format"]](row, files)
    logger.info("%s: residual %.2g", row.name, raw.residual)
    start, five = resample(raw.time - row["bounce_time_s"], raw.components, rate, raw.derivatives)
    if not np.isnan(row["duration_s"]):
        five = five[:, : max(0, int((row["duration_s"] - start) * rate) + 1)]
    if five.shape[-1] < SHORTEST * rate:
        raise ValueError(
            f"{row['where']}: bounce_time_s and duration_s leave less than {SHORTEST} s"
        )
    quadrupole = condition(tensor(five), conditioning)
    modes = along_tracks(quadrupole, start, rate, tracks(row))
    return _waveform(row, quadrupole, conditioning, start, raw.residual, modes)


def _surrogate(row: pd.Series, conditioning: Conditioning, surrogates: PathLike) -> Waveform:
    """Realise a surrogate, and condition each of its modes."""
    surrogate_modes(row, surrogates)
    raw = realise(surrogates, str(row.name), conditioning.sample_rate)
    modes = {mode: condition(part, conditioning) for mode, part in raw.modes.items()}
    whole: np.ndarray = sum(modes.values(), start=np.zeros(()))
    return _waveform(row, whole, conditioning, raw.start, np.nan, modes)


def _waveform(
    row: pd.Series,
    quadrupole: np.ndarray,
    conditioning: Conditioning,
    start: float,
    residual: float,
    modes: dict[str, np.ndarray],
) -> Waveform:
    """Make the waveform of a row."""
    return Waveform(
        name=str(row.name),
        quadrupole=quadrupole,
        sample_rate=conditioning.sample_rate,
        start=start,
        source=row["source"],
        reference=row["reference"] or "",
        residual=residual,
        modes=modes,
        class_name=row["class"],
    )
