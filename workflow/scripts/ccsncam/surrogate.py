"""Surrogate waveforms: narrow-band stochastic modes along the tracks of a table.

They stand in for simulations that are not public: one fixed realisation a model, seen from any
direction. Every number is in resources/surrogates.tsv.
"""

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from ccsncam import seeds, waveform

COLUMNS = (
    *("model", "mode", "seed", "duration_s", "times_s", "frequencies_hz", "envelope"),
    *("bandwidth_hz", "rms_cm", "source"),
)
# Silence before bounce, so that the Tukey window spares the prompt convection [s].
LEAD = 0.1


def read_table(path):
    """Read the table of modes: one row a model and mode; knots are separated by commas.

    Returns
    -------
    pandas.DataFrame
        ``times_s``, ``frequencies_hz`` and ``envelope`` as arrays of one length.

    Raises
    ------
    ValueError
        One line that names file and line.
    """
    table = pd.read_csv(path, sep="\t")
    if tuple(table.columns) != COLUMNS:
        raise ValueError(f"{path}, line 1: columns {tuple(table.columns)}; it takes {COLUMNS}")
    for column in ("times_s", "frequencies_hz", "envelope"):
        table[column] = [np.array(str(knots).split(","), dtype=float) for knots in table[column]]
    for number, row in enumerate(table.itertuples(), 2):
        if not len(row.times_s) == len(row.frequencies_hz) == len(row.envelope):
            raise ValueError(f"{path}, line {number}: knots of different numbers")
        if np.any(np.diff(row.times_s) <= 0):
            raise ValueError(f"{path}, line {number}: times_s must rise")
    return table


def realise(table, name, settings):
    """The realisation of a model.

    Each mode has five independent components on the orthonormal basis of traceless tensors, so
    that it looks the same from everywhere on average. A component is complex Gaussian noise of
    the mode's bandwidth on a carrier that follows the track, under the envelope.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`. ``rms_cm`` is the rms of D h a polarisation, over directions, where the
        envelope is 1.
    name : str
    settings : dict
        The config's ``signal`` block.

    Returns
    -------
    ccsncam.waveform.Waveform
        With its modes.
    """
    rows = table[table["model"] == name]
    if rows.empty:
        raise ValueError(f"no surrogate of {name}; there are {', '.join(table['model'].unique())}")
    rate = settings["sample_rate"]
    count = round((LEAD + rows["duration_s"].iloc[0]) * rate)
    time = np.arange(count) / rate - LEAD
    modes = {}
    for row in rows.itertuples():
        modes[row.mode] = waveform.tensor(waveform.condition(_mode(row, time, rate), settings))
    return waveform.Waveform(
        name,
        sum(modes.values()),
        rate,
        -LEAD,
        "surrogate",
        "; ".join(dict.fromkeys(rows["source"])),
        modes=modes,
    )


def _mode(row, time, rate):
    """Components xx, yy, xy, xz, yz of one mode [cm], shape (5, n)."""
    rng = seeds.generator(row.seed, row.model, row.mode)
    white = rng.normal(size=(5, len(time))) + 1j * rng.normal(size=(5, len(time)))
    frequency = np.fft.fftfreq(len(time), 1 / rate)
    # bandwidth_hz is the full width at half maximum of the power.
    shape = np.exp(-2 * np.log(2) * (frequency / row.bandwidth_hz) ** 2)
    band = np.fft.ifft(np.fft.fft(white) * shape)
    band /= np.sqrt(np.mean(np.abs(band) ** 2))
    track = PchipInterpolator(row.times_s, row.frequencies_hz)(
        np.clip(time, row.times_s[0], row.times_s[-1])
    )
    phase = 2 * np.pi * np.cumsum(track) / rate
    envelope = np.interp(time, row.times_s, row.envelope, left=0, right=0)
    # |e_θe_θ - e_φe_φ|² = 2: a component of rms 1 gives a polarisation of rms √2. The real part of
    # unit complex noise has rms 1/√2.
    a, b, c, d, e = row.rms_cm * envelope * (band * np.exp(1j * phase)).real
    # (xx-yy)/√2, (2zz-xx-yy)/√6, xy/√2, xz/√2, yz/√2
    return np.stack([a, -a, c, d, e]) / np.sqrt(2) + np.stack(
        [-b, -b, 0 * b, 0 * b, 0 * b]
    ) / np.sqrt(6)
