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
from ccsncam.waveforms.readers import check_peak, read_grid, read_single, read_tensor, read_views
from ccsncam.waveforms.surrogate import realise
from ccsncam.waveforms.table import surrogate_modes

logger = logging.getLogger(__name__)

# No core collapse has been simulated for so long [s]; longer times are in another unit.
LONGEST = 60.0
# Peaks of D h [cm] that a core collapse can have. Simulations of all kinds lie between 0.1 and
# 10 000 cm (Abdikamalov, Pagliaroli & Radice 2020, Handbook of Gravitational Wave Astronomy).
PEAKS = (1e-3, 1e5)
# What a sample of one second can hold of a waveform, in time from bounce [s], and the least share
# of a waveform's energy that must lie there.
HELD, LEAST_SHARE = (-0.2, 1.0), 0.1

READERS = {"tensor": read_tensor, "grid": read_grid, "views": read_views, "single": read_single}


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
    _check_times(row, raw.time, rate)
    start, five = resample(raw.time - row["bounce_time_s"], raw.components, rate, raw.derivatives)
    if not np.isnan(row["duration_s"]):
        five = five[:, : max(0, int((row["duration_s"] - start) * rate) + 1)]
    if five.shape[-1] < SHORTEST * rate:
        raise ValueError(
            f"{row['where']}: bounce_time_s and duration_s leave less than {SHORTEST} s"
        )
    quadrupole = condition(tensor(five), conditioning)
    check_peak(row, quadrupole, *PEAKS)
    _check_energy(row, quadrupole, start, rate)
    modes = along_tracks(quadrupole, start, rate, tracks(row))
    return _waveform(row, quadrupole, conditioning, start, raw.residual, modes)


def _check_times(row: pd.Series, time: np.ndarray, rate: int) -> None:
    """Check that times are plausible as seconds, before anything of their length is allocated."""
    span = f"{row['where']}: the times of {row.name} run from {time[0]:g} to {time[-1]:g} s"
    if time[-1] - time[0] > LONGEST:
        raise ValueError(f"{span}, which is more than {LONGEST:g} s; give times in seconds")
    step = np.median(np.diff(time))
    if step > 1 / rate:
        raise ValueError(
            f"{span} in steps of {step:.3g} s, but signal.sample_rate is {rate} Hz; give finer "
            "samples, or correct t in columns"
        )


def _check_energy(row: pd.Series, quadrupole: np.ndarray, start: float, rate: int) -> None:
    """Check that samples, which are placed by the time of bounce, hold the signal."""
    time = start + np.arange(quadrupole.shape[-1]) / rate
    held = (time >= HELD[0]) & (time <= HELD[1])
    energy = np.square(quadrupole).sum(axis=(0, 1))
    whole = energy.sum()
    if not energy[held].sum() >= LEAST_SHARE * whole or whole == 0:
        middle = time[np.searchsorted(np.cumsum(energy), whole / 2)]
        raise ValueError(
            f"{row['where']}: less than {LEAST_SHARE:.0%} of the energy of {row.name} lies between "
            f"{HELD[0]:g} and {HELD[1]:g} s of bounce, which a sample can hold; the times run from "
            f"{time[0]:.3g} to {time[-1]:.3g} s of bounce, and half of the energy lies before "
            f"{middle:.3g} s: correct bounce_time_s "
            f"({row['bounce_time_s']:g} s)"
        )


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
        one_direction=row["format"] == "single",
    )
