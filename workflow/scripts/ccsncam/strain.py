"""Detector noise: simulated, or cut from files of public strain; and the noise files of a run.

Both sources give pieces of strain of one length, on a grid anchored at the start of each GPS
range, which `write_noise` whitens, each with its own PSD.
"""

import difflib
import logging
import os
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

log = logging.getLogger(__name__)

# Seconds generated before and after a simulated block and thrown away: a block of the inverse
# transform is periodic, a crop of it is not.
MARGIN = 4
# What became of a second; bits of masks and events come behind, when they are met.
NO_FILE, GOOD, KEPT = "no file", "good", "kept"
# Of coincident noise: a good piece that another detector does not have.
ALONE = "another detector off"
NOT_FINITE, CONSTANT, NOT_WHOLE = "NaN or infinite", "constant strain", "piece not whole"
REST = "part of a second"
# Above it the anti-alias filter of 4096-Hz GWOSC strain takes the noise away (open data at 4 kHz
# is specified to 1700 Hz).
GWOSC_F_MAX = 1700.0
# Bits of the GWOSC masks, which GWF files hold without their names.
DQ_BITS = (
    "DATA",
    "CBC_CAT1",
    "CBC_CAT2",
    "CBC_CAT3",
    "BURST_CAT1",
    "BURST_CAT2",
    "BURST_CAT3",
)
INJECTION_BITS = (
    "NO_CBC_HW_INJ",
    "NO_BURST_HW_INJ",
    "NO_DETCHAR_HW_INJ",
    "NO_CW_HW_INJ",
    "NO_STOCH_HW_INJ",
)

_NAME = re.compile(
    r"^(?P<site>[A-Z])-(?P<detector>[A-Z][0-9])_[^-]*-(?P<start>\d+)-(?P<duration>\d+)"
    r"\.(?P<kind>hdf5|h5|gwf)$"
)
_GLITCH_COLUMNS = ["gps", "snr", "frequency", "kind"]
_STRETCH_COLUMNS = ["start", "end", "reason"]


# --- simulated noise -----------------------------------------------------------------------------


def design_psd(name, frequencies, lines=None):
    """PSD to colour noise with: one of PyCBC's, continued to all frequencies, with lines.

    Outside the curve's own range its first and last values hold, so nothing is zero or infinite.

    Parameters
    ----------
    name : str
        A name of ``pycbc.psd.get_psd_model_list()``, such as ``aLIGOO3LowT1800545``.
    frequencies : array (n,)
        Hz, evenly spaced from 0.
    lines : pandas.DataFrame, optional
        Rows of one detector with ``frequency_hz``, ``rms_strain`` and ``width_hz`` (full width at
        half maximum of a Gaussian). A line has its mean square on any grid.

    Returns
    -------
    array (n,), float64
        One-sided, 1/Hz.
    """
    # PyCBC takes seconds to import, and the module is imported where nothing is simulated.
    import pycbc.psd

    if name not in pycbc.psd.get_psd_model_list():
        close = [known for known in pycbc.psd.get_lalsim_psd_list() if "O3" in known]
        raise ValueError(
            f"noise.simulated.psd: {name!r} is not a PSD that PyCBC knows; O3: {', '.join(close)}"
        )
    frequencies = np.asarray(frequencies, dtype=np.float64)
    step, top = 0.25, frequencies[-1]
    curve = pycbc.psd.from_string(name, int(top / step) + 1, step, 10.0).numpy()
    given = np.flatnonzero((curve > 0) & np.isfinite(curve))
    at = np.log(np.maximum(frequencies, step))
    psd = np.exp(np.interp(at, np.log(given * step), np.log(curve[given])))
    if lines is None:
        return psd
    delta_f = frequencies[1] - frequencies[0]
    for line in lines.itertuples():
        # A width below the grid would fall between two bins.
        sigma = max(line.width_hz / np.sqrt(8 * np.log(2)), delta_f / 2)
        near = np.abs(frequencies - line.frequency_hz) < 6 * sigma
        shape = np.exp(-0.5 * ((frequencies[near] - line.frequency_hz) / sigma) ** 2)
        if near.any():
            psd[near] += line.rms_strain**2 * shape / (shape.sum() * delta_f)
    return psd


def read_lines(path, detector):
    """Rows of ``resources/spectral_lines.tsv`` that belong to a detector (none for K1).

    Returns
    -------
    pandas.DataFrame
        With ``frequency_hz``, ``rms_strain``, ``width_hz``.
    """
    table = _read_tsv(path, ["detector", "frequency_hz", "rms_strain", "width_hz", "source"])
    return table[table["detector"] == detector].reset_index(drop=True)


def read_glitches(path):
    """``resources/glitches.tsv``: ranges of the parameters of each kind of glitch.

    Returns
    -------
    pandas.DataFrame
        Indexed by kind.
    """
    ranges = ("frequency", "duration", "sweep")
    units = {"frequency": "hz", "duration": "s", "sweep": "hz"}
    columns = [f"{name}_{end}_{units[name]}" for name in ranges for end in ("min", "max")]
    table = _read_tsv(path, ["kind", *columns, "source"])
    for number, row in enumerate(table.itertuples(), 2):
        if row.kind not in _SHAPES:
            raise ValueError(
                f"{path}:{number}: unknown kind of glitch {row.kind!r}; known: {', '.join(_SHAPES)}"
            )
        for name in ranges:
            low = getattr(row, f"{name}_min_{units[name]}")
            high = getattr(row, f"{name}_max_{units[name]}")
            if not (low <= high and low >= (0 if name == "sweep" else 1e-4)):
                raise ValueError(f"{path}:{number}: {name} from {low:g} to {high:g} is no range")
    return table.set_index("kind")


def read_events(path):
    """``resources/events.tsv``: catalogued compact binary mergers.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``gps`` [s] and ``catalog``; an event has a row in each catalog that lists it.
    """
    return _read_tsv(path, ["name", "gps", "catalog"])


def events_between(events, start, end):
    """Catalogued events of a stretch of time.

    Parameters
    ----------
    events : pandas.DataFrame
        From `read_events`.
    start, end : float
        GPS seconds.

    Returns
    -------
    list of (name, gps, catalog)
        By time, each once: catalogues differ by a tenth of a second.
    """
    near = events[events["gps"].between(start, end)].drop_duplicates("name").sort_values("gps")
    return list(zip(near["name"], near["gps"], near["catalog"], strict=True))


def event_windows(events, catalogs, window, ranges):
    """Times to leave out for the events of some catalogs.

    Parameters
    ----------
    events : pandas.DataFrame
        From `read_events`.
    catalogs : list of str
        Such as ``GWTC-2.1``, which stands for its parts (``GWTC-2.1-confident``, …) too.
    window : (before, after)
        Seconds.
    ranges : list of [start, end]
        GPS seconds; windows that touch none of them are left out.

    Returns
    -------
    list of [start, end, name]
        GPS seconds, in the order of time; an event of two catalogs with two times has two windows.

    Raises
    ------
    ValueError
        When no event is of a catalog.
    """
    asked = np.zeros(len(events), dtype=bool)
    for catalog in catalogs:
        own = (events["catalog"] == catalog) | events["catalog"].str.startswith(f"{catalog}-")
        if not own.any():
            raise ValueError(
                f"noise.events.catalogs: no event of {catalog!r} in resources/events.tsv; it has "
                f"{', '.join(sorted(set(events['catalog'])))}"
            )
        asked |= own
    times = events[asked].drop_duplicates(["name", "gps"]).sort_values(["gps", "name"])
    return [
        [begin, end, name]
        for name, begin, end in zip(
            times["name"], times["gps"] - window[0], times["gps"] + window[1], strict=True
        )
        if any(begin < stop and start < end for start, stop in ranges)
    ]


def simulated_starts(ranges, live_time, duration):
    """GPS starts of the blocks that a live time fills, from the start of the ranges on.

    Parameters
    ----------
    ranges : list of [start, end]
        GPS seconds.
    live_time : float
        Seconds; whole blocks of it are used.
    duration : float
        Seconds of a block.

    Returns
    -------
    array (block,), float64

    Raises
    ------
    ValueError
        When the live time holds no block, or the ranges cannot hold it.
    """
    count = int(live_time // duration)
    if count < 1:
        raise ValueError(
            f"noise: a live time of {live_time:g} s holds no piece of {duration:g} s "
            "(noise.segment_duration)"
        )
    starts = np.concatenate([_grid(begin, end, duration) for begin, end in ranges])
    if count > len(starts):
        raise ValueError(
            f"noise: a live time of {live_time:g} s needs {count} pieces of {duration:g} s, the "
            f"ranges {_show(ranges)} hold {len(starts)}"
        )
    return starts[:count]


def simulate(
    seed,
    detector,
    gps_start,
    duration,
    sample_rate,
    psd,
    *,
    lines=None,
    rate=0.0,
    kinds=None,
    parameters=None,
    snr=(6.5, 100.0),
    band=(20.0, 2000.0),
):
    """Simulated noise of one detector: coloured Gaussian noise with lines and short glitches.

    A block is a function of (seed, detector, its GPS start) and the settings alone: blocks may be
    asked for one by one, in any order, by any job.

    Parameters
    ----------
    seed : int
        Of the run.
    detector : str
        Such as ``H1``.
    gps_start : array (block,)
        GPS seconds.
    duration : float
        Seconds of a block.
    sample_rate : int
        Hz.
    psd : str
        Name of the PSD (see `design_psd`).
    lines : pandas.DataFrame, optional
        Spectral lines (see `design_psd`).
    rate : float
        Glitches per minute; their number is Poissonian.
    kinds : dict
        Share of each kind of glitch; scaled to one.
    parameters : pandas.DataFrame
        Ranges of the parameters (`read_glitches`).
    snr : (low, high)
        Bounds of the optimal SNR, with p(snr) ~ snr^-4 between them.
    band : (f_min, f_max)
        Hz, where the SNR is counted.

    Returns
    -------
    strain : array (block, n), float32
    glitches : pandas.DataFrame
        ``gps`` of the middle, ``snr``, ``frequency`` [Hz] and ``kind`` of each.
    """
    from scipy import fft

    gps_start = np.atleast_1d(np.asarray(gps_start, dtype=np.float64))
    size = round(duration * sample_rate)
    margin = MARGIN * sample_rate
    length = fft.next_fast_len(size + 2 * margin, real=True)
    length += length % 2
    grid = np.arange(length // 2 + 1) * (sample_rate / length)
    # E|X|² = S fs N / 2, in two equal parts; the two ends of the spectrum have one part.
    amplitude = np.sqrt(design_psd(psd, grid, lines) * sample_rate * length) / 2
    amplitude[[0, -1]] *= np.sqrt(2)
    # float32 holds 1e-38: the spectrum (about 1e-20) and the strain (1e-22) are far above it, and
    # nothing is squared before it is float64.
    amplitude = amplitude.astype(np.float32)
    strain = np.empty((len(gps_start), size), dtype=np.float32)
    glitches = []
    shapes = _Glitches(psd, lines, sample_rate, kinds, parameters, snr, band) if rate else None
    for row, begin in enumerate(gps_start):
        random = _generator(seed, detector, begin, 0)
        spectrum = random.standard_normal(2 * len(grid), dtype=np.float32).view(np.complex64)
        spectrum *= amplitude
        strain[row] = fft.irfft(spectrum, n=length, overwrite_x=True)[margin : margin + size]
        if shapes is not None:
            # A stream of their own: the Gaussian noise is the same with and without glitches.
            random = _generator(seed, detector, begin, 1)
            for _ in range(random.poisson(rate * duration / 60)):
                glitches.append(shapes.add(strain[row], begin, random))
    table = pd.DataFrame(glitches, columns=_GLITCH_COLUMNS)
    table = table.astype(dict.fromkeys(_GLITCH_COLUMNS[:3], np.float64))
    return strain, table.sort_values("gps", kind="stable", ignore_index=True)


class _Glitches:
    """Draws glitches and adds them to strain."""

    # Seconds of the transform that the SNR of a glitch is counted in.
    _DURATION = 8

    def __init__(self, psd, lines, sample_rate, kinds, parameters, snr, band):
        unknown = sorted(set(kinds) - set(parameters.index))
        if unknown or sum(kinds.values()) <= 0:
            raise ValueError(
                f"noise.simulated.glitch_kinds: {', '.join(unknown) or 'no share above 0'}: kinds "
                f"of glitches are {', '.join(parameters.index)}"
            )
        if not 0 < snr[0] <= snr[1]:
            raise ValueError(f"noise.simulated.glitch_snr: {list(snr)} is no range above 0")
        self.sample_rate = sample_rate
        self.kinds = [kind for kind, share in kinds.items() if share > 0]
        shares = np.array([kinds[kind] for kind in self.kinds], dtype=np.float64)
        self.shares = shares / shares.sum()
        self.parameters = parameters
        self.snr = snr
        self.size = self._DURATION * sample_rate
        grid = np.arange(self.size // 2 + 1) / self._DURATION
        inside = (grid >= band[0]) & (grid <= band[1])
        # Σ|rfft|² times this is 4 ∫ |h|²/S df.
        self.weight = np.zeros(len(grid))
        self.weight[inside] = 4 / (
            design_psd(psd, grid, lines)[inside] * self._DURATION * sample_rate**2
        )

    def add(self, strain, begin, random):
        """Draw one glitch, add it to a block that begins at a GPS time, and say what it was."""
        from scipy import fft

        kind = self.kinds[random.choice(len(self.kinds), p=self.shares)]
        row = self.parameters.loc[kind]
        u = random.random(6)
        low, high = row["frequency_min_hz"], row["frequency_max_hz"]
        frequency = low * (high / low) ** u[0]
        low, high = row["duration_min_s"], row["duration_max_s"]
        length = low * (high / low) ** u[1]
        sweep = row["sweep_min_hz"] + (row["sweep_max_hz"] - row["sweep_min_hz"]) * u[2]
        steep = np.array(self.snr, dtype=np.float64) ** -3
        snr = (steep[0] + u[3] * (steep[1] - steep[0])) ** (-1 / 3)
        middle = u[4] * len(strain) / self.sample_rate
        # Time from the middle, at the samples of the block: the middle need not be at a sample.
        half = min(_EXTENT[kind] * length, self._DURATION / 2)
        first = int(np.ceil((middle - half) * self.sample_rate))
        last = int(np.floor((middle + half) * self.sample_rate))
        time = np.arange(first, last + 1) / self.sample_rate - middle
        shape = _SHAPES[kind](time, frequency, length, sweep, 2 * np.pi * u[5])
        spectrum = fft.rfft(shape, n=self.size)
        norm = np.sqrt((self.weight * (spectrum.real**2 + spectrum.imag**2)).sum())
        begin_at, end_at = max(first, 0), min(last + 1, len(strain))
        strain[begin_at:end_at] += (snr / norm) * shape[begin_at - first : end_at - first]
        return begin + middle, snr, frequency, kind


def _sine_gaussian(time, frequency, duration, sweep, phase):
    """Sine-Gaussian whose full width at half maximum is the duration."""
    sigma = duration / np.sqrt(8 * np.log(2))
    return np.exp(-0.5 * (time / sigma) ** 2) * np.cos(2 * np.pi * frequency * time + phase)


def _arch(time, frequency, duration, sweep, phase):
    """Scattered light: the frequency goes up to its maximum and down again, as cos(π t / T)."""
    turn = np.pi * np.clip(time / duration, -0.5, 0.5)
    return np.cos(turn) ** 2 * np.cos(2 * frequency * duration * np.sin(turn) + phase)


def _vee(time, frequency, duration, sweep, phase):
    """Whistle: from frequency + sweep down to the frequency and up again, linearly."""
    part = np.abs(time) / (duration / 2)
    angle = 2 * np.pi * (frequency * time + sweep * time * part / 2)
    return np.cos(0.5 * np.pi * np.clip(part, 0, 1)) ** 2 * np.cos(angle + phase)


_SHAPES = {
    "blip": _sine_gaussian,
    "tomte": _sine_gaussian,
    "scattered_light": _arch,
    "whistle": _vee,
}
# How far from the middle each reaches, in durations.
_EXTENT = {"blip": 2.5, "tomte": 2.5, "scattered_light": 0.5, "whistle": 0.5}


def _generator(seed, detector, gps, stream):
    """Random numbers that belong to a block of a detector."""
    words = [seed, zlib.crc32(detector.encode()), round(gps * 1e6), stream]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


# --- files of strain -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """What is kept of the files of a detector.

    Attributes
    ----------
    gps_start : array (piece,)
        GPS start of the pieces that are wholly good.
    stretches : pandas.DataFrame
        ``start`` and ``end`` (GPS) and ``reason``, in the order of time; they fill the ranges.
    quality : str
        Which bits were asked of which files, and where there were none.
    files : list of _StrainFile
        To read the pieces from.
    """

    gps_start: np.ndarray
    stretches: pd.DataFrame
    quality: str
    files: list = field(repr=False)


def reason_seconds(stretches):
    """Seconds of each reason.

    Parameters
    ----------
    stretches : pandas.DataFrame
        ``start``, ``end`` and ``reason``.

    Returns
    -------
    pandas.DataFrame
        ``reason`` and ``seconds``, by name.
    """
    seconds = stretches["end"] - stretches["start"]
    return seconds.groupby(stretches["reason"]).sum().rename("seconds").reset_index()


def kept_stretches(starts, duration):
    """Stretches of pieces that are all kept, as simulated ones are.

    Parameters
    ----------
    starts : array (piece,)
        GPS seconds, rising.
    duration : float
        Seconds of a piece.

    Returns
    -------
    pandas.DataFrame
        ``start``, ``end`` and ``reason``.
    """
    starts = np.asarray(starts, dtype=np.float64)
    gaps = np.flatnonzero(np.diff(starts) > duration * (1 + 1e-9)) + 1
    first = np.concatenate([[0], gaps])
    last = np.concatenate([gaps, [len(starts)]]) - 1
    columns = {"start": starts[first], "end": starts[last] + duration, "reason": KEPT}
    return pd.DataFrame(columns)


def files_for(folder, detector, ranges, plain=None):
    """Files of a folder that hold strain of a detector in some ranges, by their names alone.

    Names are LIGO's, ``H-H1_…-START-DURATION.hdf5`` (or ``.h5``, ``.gwf``); files listed in
    ``plain`` may have any name, and count when they start before the end of a range.

    Parameters
    ----------
    folder : path
    detector : str
    ranges : list of [start, end]
        GPS seconds.
    plain : dict, optional
        File name to ``{"detector", "start", "dataset"}`` (and ``sample_rate``, where the file
        does not say it).

    Returns
    -------
    list of pathlib.Path
        By start, then name.

    Raises
    ------
    ValueError
        When there is no folder, a plain file is not in it, or no file overlaps.
    """
    found = files_at(folder, detector, ranges, plain)
    if not found:
        raise ValueError(
            f"{folder}: no file of {detector} strain overlaps the ranges {_show(ranges)}; it holds "
            f"{held(folder, [detector], plain)}"
        )
    return found


def files_at(folder, detector, ranges, plain=None, block="noise.files"):
    """As `files_for`, but no file is no error; ``block`` of the config is named in errors."""
    if not folder or not os.path.isdir(folder):
        raise ValueError(
            f"{block}.folder: {folder!s} is no folder: name one that holds {detector} strain"
        )
    plain = plain or {}
    names = set(os.listdir(folder))
    found = []
    for name, entry in plain.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{block}.plain: there is no file {name!r} in {folder}{meant}")
        if entry["detector"] == detector and any(entry["start"] < end for _, end in ranges):
            found.append((entry["start"], name))
    for name in names - set(plain):
        match = _NAME.match(name)
        if match is None or match["detector"] != detector:
            continue
        start = int(match["start"])
        end = start + int(match["duration"])
        if any(start < stop and begin < end for begin, stop in ranges):
            found.append((start, name))
    return [Path(folder) / name for _, name in sorted(found)]


def held(folder, detectors, plain=None):
    """Words for the time that the files of a folder hold, by their names.

    Parameters
    ----------
    folder : path
    detectors : list of str
    plain : dict, optional
        As in `files_for`; where such a file ends is not known.

    Returns
    -------
    str
    """
    spans = {name: [] for name in detectors}
    for match in filter(None, map(_NAME.match, sorted(os.listdir(folder)))):
        start = int(match["start"])
        spans.get(match["detector"], []).append((start, f"to {start + int(match['duration'])}"))
    for entry in (plain or {}).values():
        spans.get(entry["detector"], []).append((entry["start"], "on"))
    words = []
    for name, own in spans.items():
        # A long list says no more than its ends.
        shown = sorted(own) if len(own) < 5 else [min(own), max(own)]
        between = ", " if len(own) < 5 else f", … ({len(own)} files) …, "
        words += [f"{name} {between.join(f'{at:.15g} {end}' for at, end in shown)}"] * bool(own)
    known = "; ".join(words)
    return f"GPS of {known}" if known else "no file with a name such as H-H1_…-1238233088-4096.hdf5"


class _StrainFile:
    """One file: its stretch of time, its strain and its masks."""

    def __init__(self, path, detector, sample_rate, channel, entry):
        self.path = Path(path)
        self.detector = detector
        self.sample_rate = sample_rate
        self.channel = channel.format(detector=detector)
        self.entry = entry
        self._strain = None
        if not self.path.is_file():
            raise ValueError(f"{self.path}: no such file of strain")
        match = _NAME.match(self.path.name)
        if entry is not None:
            self.kind, self.start = "plain", float(entry["start"])
            named = entry["detector"]
        elif match is not None:
            self.kind = "gwf" if match["kind"] == "gwf" else "hdf5"
            self.start = float(match["start"])
            named = match["detector"]
        else:
            raise ValueError(
                f"{self.path}: the name is not DETECTOR_…-START-DURATION.hdf5 or .gwf: rename it, "
                "or list it in the config (plain)"
            )
        if named != detector:
            raise ValueError(f"{self.path}: strain of {named}, not of {detector}")
        samples = len(self.strain())
        if entry is None and samples != int(match["duration"]) * sample_rate:
            raise ValueError(
                f"{self.path}: holds {samples / sample_rate:g} s, its name says {match['duration']}"
            )
        self.end = self.start + samples / sample_rate

    def strain(self):
        """All of its strain, float64; read when first asked for."""
        if self._strain is None:
            reader = {"plain": self._plain, "hdf5": self._hdf5, "gwf": self._gwf}[self.kind]
            self._strain = reader()
        return self._strain

    def release(self):
        """Forget the strain, to read it again when it is asked for."""
        self._strain = None

    def masks(self):
        """Masks of quality and of injections: (name, values a second, names of the bits).

        The values are None where the file has no such mask.
        """
        import h5py

        if self.kind == "hdf5":
            with h5py.File(self.path) as file:
                return [
                    self._hdf5_mask(file, "quality/simple", "DQ", "quality mask"),
                    self._hdf5_mask(file, "quality/injections", "Inj", "injection mask"),
                ]
        if self.kind == "gwf":
            channels = _gwf_channels(self.path)
            return [
                self._gwf_mask(channels, "DQMASK", DQ_BITS, "quality mask"),
                self._gwf_mask(channels, "INJMASK", INJECTION_BITS, "injection mask"),
            ]
        return [("quality mask", None, ()), ("injection mask", None, ())]

    def _check(self, detector, start, rate):
        if detector is not None and detector != self.detector:
            raise ValueError(
                f"{self.path}: holds strain of {detector}, its name says {self.detector}"
            )
        if abs(start - self.start) > 1e-6:
            raise ValueError(
                f"{self.path}: begins at GPS {start:.6f}, its name says {self.start:.0f}"
            )
        self._check_rate(rate)

    def _check_rate(self, rate):
        if abs(rate - self.sample_rate) > 1e-6 * self.sample_rate:
            raise ValueError(
                f"{self.path}: sampled at {rate:g} Hz, the run at {self.sample_rate:g} Hz: take "
                "the files of that rate (4KHZ for 4096 Hz)"
            )

    def _hdf5(self):
        import h5py

        try:
            with h5py.File(self.path) as file:
                data = file["strain/Strain"]
                detector = file["meta/Detector"][()].decode()
                start, step = float(data.attrs["Xstart"]), float(data.attrs["Xspacing"])
                meta = float(file["meta/GPSstart"][()])
                # The masks and the name count from meta, the samples from Xstart.
                self._check(detector, start if start != self.start else meta, 1 / step)
                return data[()].astype(np.float64, copy=False)
        except (OSError, KeyError) as error:
            raise ValueError(
                f"{self.path}: not a GWOSC HDF5 file of strain: {error}: remove it, fetch it again"
            ) from None

    def _plain(self):
        import h5py

        name = self.entry["dataset"]
        try:
            with h5py.File(self.path) as file:
                if name not in file:
                    raise KeyError(f"it has {', '.join(file)}")
                data = file[name]
                rate = self.entry.get("sample_rate")
                if rate is None:
                    rate = data.attrs.get("fs", data.attrs.get("sample_rate"))
                if rate is None and "Xspacing" in data.attrs:
                    rate = 1 / data.attrs["Xspacing"]
                if rate is None:
                    raise ValueError(
                        f"{self.path}: data set {name!r} does not say its sample rate (attribute "
                        "fs): give sample_rate in the config (plain)"
                    )
                self._check_rate(float(rate))
                if data.ndim != 1:
                    raise ValueError(f"{self.path}: data set {name!r} is not one series")
                return data[()].astype(np.float64, copy=False)
        except (OSError, KeyError) as error:
            raise ValueError(
                f"{self.path}: no data set {name!r}, which the config names (plain): "
                f"{str(error).strip(chr(39))}"
            ) from None

    def _gwf(self):
        from pycbc.frame import read_frame

        channels = _gwf_channels(self.path)
        if self.channel not in channels:
            raise ValueError(
                f"{self.path}: no channel {self.channel} (noise.files.channel); it has "
                f"{', '.join(channels)}"
            )
        try:
            series = read_frame(str(self.path), self.channel)
        except RuntimeError as error:
            raise ValueError(f"{self.path}: cannot read {self.channel}: {error}") from None
        self._check(None, float(series.start_time), float(series.sample_rate))
        return series.numpy().astype(np.float64, copy=False)

    def _hdf5_mask(self, file, group, short, name):
        if f"{group}/{short}mask" not in file:
            return name, None, ()
        names = [bit.decode() for bit in file[f"{group}/{short}Shortnames"][()]]
        return name, file[f"{group}/{short}mask"][()], names

    def _gwf_mask(self, channels, suffix, bits, name):
        from pycbc.frame import read_frame

        channel = re.sub("STRAIN$", suffix, self.channel)
        if channel == self.channel or channel not in channels:
            return name, None, ()
        series = read_frame(str(self.path), channel)
        if float(series.sample_rate) != 1:
            raise ValueError(f"{self.path}: {channel} is not sampled at 1 Hz")
        return name, series.numpy(), bits


def _gwf_channels(path):
    """Names of the channels in a GWF file."""
    import lalframe

    # The frame library crashes on a file that was cut short. In version 8 of the format the
    # length of the file is written 28 bytes before its end.
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(40)
        file.seek(max(size - 28, 0))
        tail = file.read(8)
    if head[:4] != b"IGWD":
        raise ValueError(f"{path}: not a GWF file: it does not begin with IGWD")
    order = "little" if head[12:14] == b"\x34\x12" else "big"
    if head[5] == 8 and int.from_bytes(tail, order) != size:
        raise ValueError(f"{path}: the file is cut short: fetch it again")
    try:
        # Held: the table of contents refers to the open file.
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


def open_files(paths, detector, sample_rate, channel, plain=None):
    """Open files of strain, each when its turn comes; an opened file holds its strain in memory.

    Parameters
    ----------
    paths : list of path
        `files_for` gives them.
    detector : str
    sample_rate : int
        Hz; files of another rate are refused.
    channel : str
        Of GWF files; ``{detector}`` is filled in.
    plain : dict, optional
        As in `files_for`.

    Yields
    ------
    _StrainFile

    Raises
    ------
    ValueError
        In one line that names the file: wrong detector, start or rate, or unreadable.
    """
    plain = plain or {}
    for path in paths:
        yield _StrainFile(path, detector, sample_rate, channel, plain.get(Path(path).name))


def scan_files(
    paths,
    detector,
    ranges,
    *,
    segment_duration,
    sample_rate=4096,
    exclude=(),
    events=(),
    channel="{detector}:GWOSC-4KHZ_R1_STRAIN",
    quality=(),
    injections=(),
    plain=None,
):
    """Find the good pieces in files of strain, and say what is lost and why.

    Each second of a range, counted from its start, is good when a file holds it (of two files
    that do, the first in the list counts), it is not excluded, has no NaN, infinity or
    constant filling, and has all the bits asked for. A piece is kept when all its seconds are.

    Parameters
    ----------
    paths : list of path
        `files_for` gives them.
    detector : str
    ranges, exclude : list of [start, end]
        GPS seconds to take, and to leave out.
    events : list of [start, end, name]
        GPS seconds to leave out for an event, from `event_windows`.
    segment_duration : int
        Seconds of a piece.
    sample_rate : int
        Hz; files of another rate are refused.
    channel : str
        Of GWF files; ``{detector}`` is filled in.
    quality, injections : list of str
        Names of the bits that must be set, such as ``DATA``, ``NO_CBC_HW_INJ``.
    plain : dict, optional
        As in `files_for`.

    Returns
    -------
    Selection

    Raises
    ------
    ValueError
        In one line that names the file or the range: wrong detector, start or rate, unknown bit,
        unreadable file, a range without a good second, ranges without a piece.
    """
    if segment_duration != int(segment_duration):
        raise ValueError(f"noise.segment_duration: {segment_duration} s is not a whole number")
    segment_duration = int(segment_duration)
    reasons = _Reasons()
    states = [reasons.of(NO_FILE, int(end - begin + 1e-6)) for begin, end in ranges]
    files, absent = [], {}
    for file in open_files(paths, detector, sample_rate, channel, plain):
        bad = _bad_bits(file, file.masks(), (quality, injections), absent, reasons)
        for (begin, _), state in zip(ranges, states, strict=True):
            _judge(file, bad, begin, state, reasons)
        file.release()
        files.append(file)

    out = [(first, last, "excluded") for first, last in exclude]
    out += [(first, last, f"event {name}") for first, last, name in events]
    starts, stretches = [], []
    for (begin, end), state in zip(ranges, states, strict=True):
        seconds = begin + np.arange(len(state))
        for first, last, reason in out:
            # What no file holds stays "no file": nothing was lost there.
            lost = (seconds < last) & (seconds + 1 > first) & (state != reasons[NO_FILE])
            state[lost] = reasons[reason]
        good = state == reasons[GOOD]
        if not good.any():
            why = pd.Series(reasons.words(state)).value_counts()
            raise ValueError(
                f"range [{begin}, {end}]: no good second of {detector} "
                f"({', '.join(f'{name}: {number} s' for name, number in why.items())})"
            )
        whole = good[: len(good) // segment_duration * segment_duration]
        whole = whole.reshape(-1, segment_duration).all(axis=1)
        kept = np.zeros(len(good), dtype=bool)
        kept[: len(whole) * segment_duration] = np.repeat(whole, segment_duration)
        state[good & ~kept] = reasons[NOT_WHOLE]
        state[kept] = reasons[KEPT]
        starts.append(begin + np.flatnonzero(whole) * float(segment_duration))
        if not whole.any():
            log.warning(
                "range [%s, %s]: no piece of %d s of %s is wholly good",
                begin, end, segment_duration, detector,
            )  # fmt: skip
        edges = np.concatenate([[0], np.flatnonzero(np.diff(state)) + 1, [len(state)]])
        stretches += zip(
            begin + edges[:-1], begin + edges[1:], reasons.words(state[edges[:-1]]), strict=True
        )
        if end - begin - len(state) > 1e-6:
            stretches.append((begin + len(state), end, REST))
    starts = np.concatenate(starts)
    if not len(starts):
        raise ValueError(
            f"ranges {_show(ranges)}: no piece of {segment_duration} s of {detector} is wholly "
            "good: take a shorter noise.segment_duration"
        )
    asked = f"quality {', '.join(quality) or 'none'}; injections {', '.join(injections) or 'none'}"
    for name, number in sorted(absent.items()):
        text = f"{number} of {len(files)} files have no {name}, their seconds are taken as good"
        log.warning("%s: %s", detector, text)
        asked += f"; {text}"
    stretches = pd.DataFrame(stretches, columns=["start", "end", "reason"])
    stretches = stretches.astype({"start": np.float64, "end": np.float64})
    for row in reason_seconds(stretches).itertuples():
        log.info("%s: %s: %g s", detector, row.reason, row.seconds)
    return Selection(starts, stretches, asked, files)


def read_files(selection, segment_duration, sample_rate=4096, batch=16):
    """Read the pieces of a selection, a few at a time: no more than two files are in memory.

    Parameters
    ----------
    selection : Selection
    segment_duration : int
        Seconds of a piece.
    sample_rate : int
        Hz.
    batch : int
        Pieces a step.

    Yields
    ------
    gps_start : array (b,)
    strain : array (b, n), float32
        Times are rounded to the nearest sample.
    """
    size = round(segment_duration * sample_rate)
    for first in range(0, len(selection.gps_start), batch):
        starts = selection.gps_start[first : first + batch]
        strain = np.full((len(starts), size), np.nan, dtype=np.float32)
        for row, begin in zip(strain, starts, strict=True):
            # In reverse: of two files that hold a second the first counts, as in the scan.
            for file in reversed(selection.files):
                if file.end <= begin:
                    file.release()
                    continue
                if file.start < begin + segment_duration:
                    _copy(file, begin, row)
        yield starts, strain
    for file in selection.files:
        file.release()


def read_stretch(files, start, duration, sample_rate):
    """Strain of a stretch of time from files, whatever its quality.

    Parameters
    ----------
    files : list of _StrainFile
        From `open_files`; of two that hold a second the first counts.
    start, duration : float
        GPS and seconds; times are rounded to the nearest sample.
    sample_rate : int
        Hz.

    Returns
    -------
    array (n,), float64
        NaN where no file holds strain, and in seconds from ``start`` of constant filling.
    """
    strain = np.full(round(duration * sample_rate), np.nan)
    for file in reversed(files):
        _copy(file, start, strain)
    seconds = strain[: len(strain) // sample_rate * sample_rate].reshape(-1, sample_rate)
    seconds[(seconds == seconds[:, :1]).all(axis=1)] = np.nan
    return strain


def stretch_quality(files, start, end, quality, injections):
    """What the masks of files say of the whole seconds that a stretch of time touches.

    Parameters
    ----------
    files : list of _StrainFile
        From `open_files`; of two that hold a second the first counts.
    start, end : float
        GPS seconds.
    quality, injections
        As in `scan_files`.

    Returns
    -------
    str
        Such as ``DATA, NO_CBC_HW_INJ set``, or which are not and for how long, or that files have
        no masks.
    """
    begin = int(np.floor(start))
    reasons, absent = _Reasons(), {}
    state = reasons.of(NO_FILE, int(np.ceil(end)) - begin)
    for file in files:
        bad = _bad_bits(file, file.masks(), (quality, injections), absent, reasons)
        _judge(file, bad, begin, state, reasons)
    counts = pd.Series(reasons.words(state)).value_counts().drop(GOOD, errors="ignore")
    said = [f"{reason} in {count} of {len(state)} s" for reason, count in counts.items()]
    said += [f"unknown, no {name} in the file" for name in absent]
    return "; ".join(said) or f"{', '.join([*quality, *injections]) or 'no bit to be'} set"


def _copy(file, begin, row):
    """Put what a file holds of a row that begins at a GPS time into it."""
    shift = round((file.start - begin) * file.sample_rate)
    data = file.strain()
    low, high = max(shift, 0), min(shift + len(data), len(row))
    if low < high:
        row[low:high] = data[low - shift : high - shift]


class _Reasons(dict):
    """Numbers of reasons, in the order in which they are met: seconds are judged by the number."""

    def __missing__(self, word):
        return self.setdefault(word, len(self))

    def of(self, word, count):
        """So many seconds of one reason, as numbers."""
        return np.full(count, self[word], dtype=np.int16)

    def words(self, numbers):
        """The reasons of some numbers."""
        return np.array(list(self), dtype=object)[numbers]


def _bad_bits(file, masks, asked, absent, reasons):
    """Reason for which each second of a file is bad by its masks ("good" where it is not).

    Counts the absent masks in ``absent``; None when there is nothing to check.
    """
    bad = None
    for (name, values, names), bits in zip(masks, asked, strict=True):
        if not bits:
            continue
        if values is None:
            absent[name] = absent.get(name, 0) + 1
            continue
        if len(values) != round(file.end - file.start):
            raise ValueError(f"{file.path}: {name} has {len(values)} values, not one a second")
        bad = reasons.of(GOOD, len(values)) if bad is None else bad
        for bit in bits:
            if bit not in names:
                raise ValueError(
                    f"{file.path}: {name} has no bit {bit} (noise.files): it has {', '.join(names)}"
                )
            unset = (values.astype(np.int64) >> list(names).index(bit)) & 1 == 0
            bad[unset & (bad == reasons[GOOD])] = reasons[f"bit {bit} not set"]
    return bad


def _judge(file, bad, begin, state, reasons):
    """Set the state of those seconds of a range (from ``begin``) that a file holds."""
    rate, strain = file.sample_rate, file.strain()
    # The sample of the file at which the range begins.
    at = round((begin - file.start) * rate)
    first, last = max(-(at // rate), 0), min((len(strain) - at) // rate, len(state))
    if first >= last:
        return
    seconds = strain[at + first * rate : at + last * rate].reshape(-1, rate)
    found = reasons.of(GOOD, len(seconds))
    if bad is not None:
        # A range that begins within a second of the mask needs both that it touches.
        offset = begin + np.arange(first, last) - file.start
        low = bad[np.maximum(np.floor(offset).astype(int), 0)]
        high = bad[np.minimum(np.ceil(offset).astype(int), len(bad) - 1)]
        found = np.where(low == reasons[GOOD], high, low)
    found[(seconds == seconds[:, :1]).all(axis=1)] = reasons[CONSTANT]
    found[~np.isfinite(seconds).all(axis=1)] = reasons[NOT_FINITE]
    part = state[first:last]
    part[:] = np.where(part == reasons[NO_FILE], found, part)


# --- noise files ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noise:
    """The noise of one detector for one split.

    Attributes
    ----------
    detector, split, source : str
        ``source`` is ``simulated``, ``files`` or ``gwosc``.
    sample_rate, delta_f : float
        Hz.
    gps_start : array (piece,)
    psd : array (piece, frequency), float64
        Effective one-sided PSD, 1/Hz, which whitening and SNRs share.
    whitening : array (piece, frequency), float32
        Real frequency response of the whitening filter; ``psd`` is 2 / (sample_rate response²).
    whitened : memmap (piece, n), float32
        Read-only, on the file: hours of noise need no memory.
    corrupted : float
        Seconds at each end of a whitened piece that the filter spoils.
    live_time : float
        Seconds kept.
    strain : array (piece, n), float32, or None
        Only when asked for.
    glitches, selection : pandas.DataFrame
        What glitches were put where; seconds kept and lost, by reason.
    """

    detector: str
    split: str
    source: str
    sample_rate: float
    gps_start: np.ndarray
    psd: np.ndarray
    whitening: np.ndarray
    delta_f: float
    whitened: np.ndarray
    corrupted: float
    live_time: float
    strain: np.ndarray | None
    glitches: pd.DataFrame
    selection: pd.DataFrame


def write_noise(
    path,
    batches,
    count,
    *,
    detector,
    split,
    source,
    sample_rate,
    segment_duration,
    psd_duration,
    filter_duration,
    f_min,
    f_max,
    selection,
    quality,
    description,
):
    """Whiten pieces of strain, each with its own PSD, and write them with it.

    The file appears under its name when it is complete; the same input gives the same bytes.

    Parameters
    ----------
    path : path
    batches : iterable of (gps_start (b,), strain (b, n), glitches or None)
        In all ``count`` pieces.
    count : int
    detector, split, source, quality, description : str
    sample_rate : int
        Hz.
    segment_duration, psd_duration, filter_duration : float
        Seconds.
    f_min, f_max : float
        Pass band of the whitening, Hz (``f_max`` None: no upper edge).
    selection : pandas.DataFrame
        Stretches kept and lost: ``start``, ``end`` (GPS) and ``reason``.
    """
    import h5py

    from ccsncam import whitening

    size = round(segment_duration * sample_rate)
    if segment_duration <= filter_duration or segment_duration < 2 * psd_duration:
        raise ValueError(
            f"noise.segment_duration: {segment_duration:g} s must be above the whitening's "
            f"filter_duration ({filter_duration:g} s) and at least twice its psd_duration "
            f"({psd_duration:g} s)"
        )
    delta_f = 1 / psd_duration
    bins = round(psd_duration * sample_rate) // 2 + 1
    bias = whitening.estimation_bias(size, sample_rate, psd_duration, filter_duration)
    partial = f"{path}.part"
    found = []
    with h5py.File(partial, "w") as file:
        for name, shape, kind in (
            ("strain", (count, size), "f4"),
            ("whitened", (count, size), "f4"),
            ("psd", (count, bins), "f8"),
            ("whitening", (count, bins), "f4"),
            ("welch_psd", (count, bins), "f8"),
            ("gps_start", (count,), "f8"),
        ):
            file.create_dataset(name, shape, kind, track_times=False)
        done = 0
        for gps_start, strain, glitches in batches:
            psd = whitening.welch_psd(strain, sample_rate, psd_duration)
            fir = whitening.whitening_fir(
                bias * psd, delta_f, sample_rate, filter_duration, f_min, f_max
            )
            rows = slice(done, done + len(strain))
            file["strain"][rows] = strain
            file["welch_psd"][rows] = psd
            file["psd"][rows] = whitening.fir_psd(fir, delta_f, sample_rate)
            file["whitening"][rows] = whitening.fir_response(fir, 2 * (bins - 1))
            file["whitened"][rows] = whitening.whiten(strain, fir)
            file["gps_start"][rows] = gps_start
            done += len(strain)
            if glitches is not None:
                found.append(glitches)
        if done != count:
            raise ValueError(f"{path}: {done} pieces of noise came, {count} were announced")
        found = [table for table in found if len(table)]
        empty = pd.DataFrame({name: [] for name in _GLITCH_COLUMNS})
        glitches = pd.concat(found, ignore_index=True) if found else empty
        for name in ("gps", "snr", "frequency"):
            data = glitches[name].to_numpy(np.float64)
            file.create_dataset(f"glitches/{name}", data=data, track_times=False)
        kind = glitches["kind"].to_numpy(dtype="S16")
        file.create_dataset("glitches/kind", data=kind, track_times=False)
        width = max(len(reason) for reason in selection["reason"])
        reason = selection["reason"].to_numpy(dtype=f"S{width}")
        file.create_dataset("selection/reason", data=reason, track_times=False)
        for name in ("start", "end"):
            data = selection[name].to_numpy(np.float64)
            file.create_dataset(f"selection/{name}", data=data, track_times=False)
        file.attrs.update(
            {
                "detector": detector,
                "split": split,
                "source": source,
                "description": description,
                "quality": quality,
                "sample_rate": float(sample_rate),
                "delta_f": delta_f,
                "estimation_bias": bias,
                "corrupted": filter_duration / 2,
                "live_time": float(count * segment_duration),
            }
        )
    os.replace(partial, path)


def read_noise(path, strain=False):
    """Read a noise file.

    Parameters
    ----------
    path : path
    strain : bool
        Whether to read the strain before whitening too.

    Returns
    -------
    Noise
    """
    import h5py

    try:
        with h5py.File(path) as file:
            attrs = dict(file.attrs)
            glitches = {name: file[f"glitches/{name}"][()] for name in _GLITCH_COLUMNS}
            selection = {name: file[f"selection/{name}"][()] for name in _STRETCH_COLUMNS}
            noise = {name: file[name][()] for name in ("gps_start", "psd", "whitening")}
            noise["whitened"] = _mapped(path, file["whitened"])
            noise["strain"] = file["strain"][()] if strain else None
            for name in ("detector", "split", "source", "sample_rate", "delta_f"):
                noise[name] = attrs[name]
            noise["corrupted"], noise["live_time"] = attrs["corrupted"], attrs["live_time"]
    except (OSError, KeyError) as error:
        raise ValueError(f"{path}: not a noise file of this workflow: {error}") from None
    glitches["kind"] = glitches["kind"].astype(str)
    selection["reason"] = selection["reason"].astype(str)
    selection = reason_seconds(pd.DataFrame(selection))
    return Noise(**noise, glitches=pd.DataFrame(glitches), selection=selection)


def _mapped(path, data):
    """A contiguous data set of an HDF5 file, as an array on the file."""
    offset = data.id.get_offset()
    return np.memmap(path, dtype=data.dtype, mode="r", offset=offset, shape=data.shape)


def read_stretches(path, common=None):
    """What a noise file keeps and loses.

    Parameters
    ----------
    path : path
    common : dict of array (piece,), optional
        By split, from `evaluation.common_starts`: of coincident noise, what samples are drawn from.

    Returns
    -------
    pandas.DataFrame
        ``split``, ``detector``, ``source``, ``quality`` (bits asked for, and files without),
        ``start`` and ``end`` (GPS) and ``reason``.
    """
    import h5py

    with h5py.File(path) as file:
        own = {name: file.attrs[name] for name in ("split", "detector", "source", "quality")}
        table = pd.DataFrame({name: file[f"selection/{name}"][()] for name in _STRETCH_COLUMNS})
        table["reason"] = table["reason"].str.decode("utf-8")
        starts = np.sort(file["gps_start"][()])
        duration = file.attrs["live_time"] / len(starts)
    if common:
        drawn = np.isin(starts, common[own["split"]])
        parts = [table[table["reason"] != KEPT], kept_stretches(starts[drawn], duration)]
        if not drawn.all():
            parts.append(kept_stretches(starts[~drawn], duration).assign(reason=ALONE))
        table = pd.concat(parts).sort_values("start", kind="stable", ignore_index=True)
    return table.assign(**own)[[*own, *_STRETCH_COLUMNS]]


def common_pieces(starts):
    """Pieces that all detectors have, for coincident noise.

    Parameters
    ----------
    starts : list of array (piece,)
        GPS starts of the pieces of each detector.

    Returns
    -------
    list of array (common,), int
        For each detector the indices of the common pieces, in the order of time.

    Raises
    ------
    ValueError
        When there is no common piece.
    """
    common = starts[0]
    for other in starts[1:]:
        common = np.intersect1d(common, other)
    common = np.unique(common)
    if not len(common):
        raise ValueError(
            f"noise.coincident: no piece of noise has all {len(starts)} detectors on: set "
            "coincident to false, or take other ranges"
        )
    indices = []
    for mine in starts:
        order = np.argsort(mine, kind="stable")
        indices.append(order[np.searchsorted(mine, common, sorter=order)])
    return indices


# --- helpers -------------------------------------------------------------------------------------


def _grid(begin, end, duration):
    """Starts of the whole pieces of a range."""
    return begin + np.arange(int((end - begin) / duration + 1e-9)) * float(duration)


def _show(ranges):
    return ", ".join(f"[{begin}, {end}]" for begin, end in ranges)


def _read_tsv(path, columns):
    """Read a table of tab-separated columns; one clear line when something is not a number."""
    table = pd.read_csv(path, sep="\t", dtype=str, comment="#", keep_default_na=False)
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(f"{path}:1: no column {', '.join(missing)}")
    for name in columns:
        if name in ("detector", "kind", "source", "name", "catalog"):
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        if not np.isfinite(numbers).all():
            number = int(np.argmin(np.isfinite(numbers)))
            raise ValueError(
                f"{path}:{number + 2}: {name} = {table[name].iloc[number]!r} is not a number"
            )
        table[name] = numbers.astype(np.float64)
    return table
