"""Waveforms: the table that lists them, readers of public formats, conditioning, projection."""

import hashlib
import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

logger = logging.getLogger(__name__)

KPC_IN_CM = 3.0856775814913673e21
LIGHT_CM_PER_S = 2.99792458e10
NEWTON_CGS = 6.6743e-8
# The nominal solar mass parameter of the IAU (2015 resolution B3): G M☉ is known far better than G.
SOLAR_GM_CGS = 1.3271244e26

COMPONENTS = ("xx", "yy", "xy", "xz", "yz")
SHORTEST = 0.1
RESIDUAL_LIMIT = 1e-2

# Unit of a tensor → (factor to cm once two derivatives are taken, derivatives already taken).
UNITS = {
    "cm": (1.0, 2),
    "Msun cm2": (SOLAR_GM_CGS / LIGHT_CM_PER_S**4, 0),
    "Msun cm2/s": (SOLAR_GM_CGS / LIGHT_CM_PER_S**4, 1),
    "Msun cm2/s2": (SOLAR_GM_CGS / LIGHT_CM_PER_S**4, 2),
    "g cm2": (NEWTON_CGS / LIGHT_CM_PER_S**4, 0),
    "g cm2/s": (NEWTON_CGS / LIGHT_CM_PER_S**4, 1),
    "g cm2/s2": (NEWTON_CGS / LIGHT_CM_PER_S**4, 2),
}
STRAIN_UNITS = ("cm", "strain")

# What each format needs beside name, source and format.
NEEDS = {
    "surrogate": ("duration_s",),
    "tensor": ("path", "columns", "unit", "derivative", "sha256", "bounce_time_s"),
    "grid": ("path", "pattern", "unit", "sha256", "bounce_time_s"),
    "views": ("path", "unit", "sha256", "bounce_time_s"),
    "single": ("path",),
}
# Cells that only the files can tell.
FILLED_IN = ("columns", "sha256", "bounce_time_s")
NUMBERS = ("derivative", "sample_rate_hz", "distance_kpc", "duration_s", "bounce_time_s")
TEXTS = (
    *("class", "path", "pattern", "grid", "columns", "unit", "sha256", "tracks", "url"),
    *("reference", "licence"),
)
ROW = ("name", "source", "format")
# Of a row, but no cell of it.
NOTES = ("where", "unknown")
ATTRIBUTES = ("name", "class_name", "sample_rate", "start", "source", "reference", "residual")

# Views along x, y and z of `views`, as directions (θ, φ) of `polarisation_weights`.
VIEWS = {"x": (np.pi / 2, 0.0), "y": (np.pi / 2, np.pi / 2), "z": (0.0, np.pi / 2)}


@dataclass
class Waveform:
    """A supernova's gravitational waves in every direction.

    Attributes
    ----------
    name : str
    quadrupole : numpy.ndarray
        (G/c⁴) Q̈_ij, trace-free, in cm: distance times strain. Shape (3, 3, n).
    sample_rate : float
        Hz.
    start : float
        Time of the first sample after bounce [s].
    source : str
        "surrogate" or "numerical".
    reference : str
    residual : float
        Residual of the fit to a trace-free tensor, or of components that a file has twice, as a
        share of the signal; NaN where the format leaves none.
    modes : dict of str to numpy.ndarray
        Parts that add up to the quadrupole, each (3, 3, n), where they are known.
    class_name : str
        The class that it is a realisation of; its own name unless the table says another.
    """

    name: str
    quadrupole: np.ndarray
    sample_rate: float
    start: float
    source: str
    reference: str
    residual: float
    modes: dict = field(default_factory=dict)
    class_name: str = ""

    def __post_init__(self):
        """A waveform is a class of its own unless it is said to be another's."""
        self.class_name = self.class_name or self.name

    def write(self, path):
        """Write to an HDF5 file."""
        import h5py

        with h5py.File(path, "w") as file:
            file["quadrupole"] = self.quadrupole
            for mode, part in self.modes.items():
                file[f"modes/{mode}"] = part
            for key in ATTRIBUTES:
                file.attrs[key] = getattr(self, key)
            file.attrs["units"] = "cm"

    @classmethod
    def read(cls, path):
        """Read what `write` wrote."""
        import h5py

        with h5py.File(path) as file:
            return cls(
                quadrupole=file["quadrupole"][:],
                modes={mode: part[:] for mode, part in file.get("modes", {}).items()},
                **{key: file.attrs[key] for key in ATTRIBUTES},
            )


def components(quadrupole):
    """The five independent components xx, yy, xy, xz, yz of a trace-free tensor.

    Parameters
    ----------
    quadrupole : numpy.ndarray
        Shape (3, 3, ...).

    Returns
    -------
    numpy.ndarray
        Shape (5, ...).
    """
    return np.stack([quadrupole["xyz".index(a), "xyz".index(b)] for a, b in COMPONENTS])


def tensor(five):
    """The trace-free tensor with the components xx, yy, xy, xz, yz; inverse of `components`.

    Parameters
    ----------
    five : numpy.ndarray
        Shape (5, ...).

    Returns
    -------
    numpy.ndarray
        Shape (3, 3, ...).
    """
    xx, yy, xy, xz, yz = five
    return np.stack([np.stack([xx, xy, xz]), np.stack([xy, yy, yz]), np.stack([xz, yz, -xx - yy])])


def polarisation_weights(theta, phi):
    """Linear map from the five components of the quadrupole to D h₊ and D h×.

    D h₊ = A_θθ - A_φφ and D h× = 2 A_θφ, with A = (G/c⁴) Q̈ and the unit vectors e_θ, e_φ of the
    direction of the observer (Misner, Thorne & Wheeler 1973, chapter 36).

    Parameters
    ----------
    theta, phi : array_like
        Polar angle and azimuth of the observer in the frame of the source [rad].

    Returns
    -------
    numpy.ndarray
        Shape (..., 2, 5): plus and cross; xx, yy, xy, xz, yz, with zz = -xx - yy put in.
    """
    theta, phi = np.broadcast_arrays(np.asarray(theta, float), np.asarray(phi, float))
    sin, cos = np.sin(theta), np.cos(theta)
    sin2phi = np.sin(2 * phi)
    plus = [
        np.cos(phi) ** 2 * cos**2 - sin**2 - np.sin(phi) ** 2,
        np.sin(phi) ** 2 * cos**2 - sin**2 - np.cos(phi) ** 2,
        sin2phi * (1 + cos**2),
        -2 * sin * cos * np.cos(phi),
        -2 * sin * cos * np.sin(phi),
    ]
    cross = [
        -cos * sin2phi,
        cos * sin2phi,
        2 * cos * np.cos(2 * phi),
        2 * sin * np.sin(phi),
        -2 * sin * np.cos(phi),
    ]
    return np.stack([np.stack(plus, axis=-1), np.stack(cross, axis=-1)], axis=-2)


def polarisations(quadrupole, theta, phi):
    """D h₊ and D h× that an observer sees.

    Parameters
    ----------
    quadrupole : numpy.ndarray
        (G/c⁴) Q̈ in cm, trace-free, shape (3, 3, n).
    theta, phi : array_like
        Direction of the observer in the frame of the source [rad], shape (...).

    Returns
    -------
    h_plus, h_cross : numpy.ndarray
        In cm, shape (..., n).
    """
    both = polarisation_weights(theta, phi) @ components(quadrupole)
    return both[..., 0, :], both[..., 1, :]


def energy(quadrupole, sample_rate):
    """Energy that is radiated in gravitational waves, up to the Nyquist frequency.

    E = (c³/5G) ∫ Ȧ_ij Ȧ_ij dt with A = (G/c⁴) Q̈ (Misner, Thorne & Wheeler 1973, equation 36.1),
    taken over frequencies, where the derivative is exact.

    Parameters
    ----------
    quadrupole : numpy.ndarray
        (G/c⁴) Q̈ in cm, trace-free, tapered at both ends, shape (3, 3, n).
    sample_rate : float
        Hz.

    Returns
    -------
    float
        [erg].
    """
    size = 2 * quadrupole.shape[-1]
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    spectrum = np.fft.rfft(quadrupole, size) / sample_rate
    power = (2 * np.pi * frequency) ** 2 * np.sum(np.abs(spectrum) ** 2, axis=(0, 1))
    return LIGHT_CM_PER_S**3 / (5 * NEWTON_CGS) * 2 * np.sum(power) * sample_rate / size


def read_table(path):
    """Read and check a waveform table.

    Parameters
    ----------
    path : str or path
        Tab-separated, one row a waveform, ``#`` begins a comment line, ``-`` stands for nothing,
        ``?`` for what is to be filled in once the files are at hand.
        Columns: name, source, format and, as the format needs them, those of TEXTS and NUMBERS.

    Returns
    -------
    pandas.DataFrame
        Indexed by name; a missing text is None, a missing number NaN. The column ``where`` holds
        file and line, ``unknown`` the columns of ``?``.

    Raises
    ------
    ValueError
        One line with file and line number.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: no such waveform table")
    numbered = [
        (number, line.rstrip("\r\n").split("\t"))
        for number, line in enumerate(Path(path).read_text().splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not numbered:
        raise ValueError(f"{path}: the waveform table is empty")
    first, header = numbered[0]
    if len(header) == 1 and " " in header[0].strip():
        raise ValueError(f"{path}:{first}: columns are to be separated by tabs, not by spaces")
    unknown = [name for name in header if name not in (*ROW, *TEXTS, *NUMBERS)]
    if unknown:
        raise ValueError(
            f"{path}:{first}: unknown column {unknown[0]!r}; "
            f"known are {', '.join((*ROW, *TEXTS, *NUMBERS))}"
        )
    repeated = {name for name in header if header.count(name) > 1}
    if repeated:
        raise ValueError(f"{path}:{first}: column {sorted(repeated)[0]!r} occurs twice")
    absent = [name for name in ROW if name not in header]
    if absent:
        raise ValueError(f"{path}:{first}: no column {absent[0]!r}")
    rows = {}
    for number, cells in numbered[1:]:
        where = f"{path}:{number}"
        if len(cells) != len(header):
            raise ValueError(
                f"{where}: {len(cells)} cells, the header has {len(header)}; one tab between two"
            )
        row = _check_row(dict(zip(header, cells, strict=True)), where)
        if row["name"] in rows:
            raise ValueError(f"{where}: the name {row['name']!r} occurs twice")
        rows[row["name"]] = row
    table = pd.DataFrame(list(rows.values()), columns=[*ROW, *TEXTS, *NUMBERS, *NOTES])
    return table.set_index("name")


def _check_row(cells, where):
    """One row of the table with its types, or ValueError."""
    cells = {key: value.strip() for key, value in cells.items()}
    unknown = [key for key in cells if cells[key] == "?"]
    strange = sorted(set(unknown) - set(FILLED_IN))
    if strange:
        raise ValueError(f"{where}: {strange[0]} cannot be ?; {', '.join(FILLED_IN)} can")
    cells |= dict.fromkeys(unknown, "-")
    row = {key: None if cells.get(key, "-") in ("-", "") else cells[key] for key in (*ROW, *TEXTS)}
    row |= {"where": where, "unknown": unknown}
    if row["name"] is None or not re.fullmatch(r"[\w.+-]+", row["name"]):
        raise ValueError(f"{where}: name {cells['name']!r} must be letters, digits and . _ + -")
    row["class"] = row["class"] or row["name"]
    if row["source"] not in ("surrogate", "numerical"):
        raise ValueError(f"{where}: source {cells['source']!r} must be surrogate or numerical")
    if row["format"] not in NEEDS:
        raise ValueError(f"{where}: format {cells['format']!r} must be one of {', '.join(NEEDS)}")
    if (row["source"] == "surrogate") != (row["format"] == "surrogate"):
        raise ValueError(f"{where}: source {row['source']} with format {row['format']}")
    for key in NUMBERS:
        text = cells.get(key, "-")
        try:
            row[key] = np.nan if text in ("-", "") else float(text)
        except ValueError:
            raise ValueError(f"{where}: {key} {text!r} is not a number") from None
        if np.isinf(row[key]) or (key in NUMBERS[1:4] and row[key] <= 0):
            raise ValueError(f"{where}: {key} {text!r} must be positive and finite")
    empty = [key for key in NEEDS[row["format"]] if row[key] is None or row[key] != row[key]]
    missing = [key for key in empty if key not in unknown]
    if missing:
        raise ValueError(f"{where}: format {row['format']} needs {', '.join(missing)}")
    if row["format"] in ("grid", "views"):
        if row["unit"] not in STRAIN_UNITS:
            raise ValueError(f"{where}: unit {row['unit']!r} must be {' or '.join(STRAIN_UNITS)}")
        if row["unit"] == "strain" and np.isnan(row["distance_kpc"]):
            raise ValueError(f"{where}: unit strain needs distance_kpc")
    if row["format"] == "tensor":
        if row["unit"] not in UNITS:
            raise ValueError(f"{where}: unit {row['unit']!r} must be one of {', '.join(UNITS)}")
        if row["derivative"] != UNITS[row["unit"]][1]:
            raise ValueError(
                f"{where}: unit {row['unit']} means derivative {UNITS[row['unit']][1]}, "
                f"not {row['derivative']:g}"
            )
    if row["format"] == "views" and "{view}" not in row["path"]:
        raise ValueError(f"{where}: path {row['path']!r} must hold {{view}}, for x, y and z")
    if row["format"] == "grid":
        for part in ("{phi}", "{theta}", "{polarisation}"):
            if row["pattern"].count(part) != 1:
                raise ValueError(f"{where}: pattern {row['pattern']!r} must hold {part} once")
    if row["sha256"] is not None and not re.fullmatch(r"[0-9a-f]{64}", row["sha256"]):
        raise ValueError(f"{where}: sha256 must be 64 hexadecimal digits")
    if "columns" not in unknown:
        _column_map(row)
    if row["tracks"] is not None and row["format"] == "surrogate":
        raise ValueError(f"{where}: tracks: those of a surrogate are in resources/surrogates.tsv")
    _tracks(row)
    return row


def _column_map(row):
    """Columns of the files of a row: name → 0-based position."""
    defaults = {"views": "t=0 plus=1 cross=2", "grid": "h=0"}
    text = row["columns"] or defaults.get(row["format"], "")
    found = {}
    for item in text.split():
        match = re.fullmatch(r"(\w+)=(\d+)", item)
        if not match or match[1] in found:
            raise ValueError(
                f"{row['where']}: columns: {item!r} must be name=number, once a name, "
                "as in t=0 xx=1 xy=2 (counted from 0)"
            )
        found[match[1]] = int(match[2])
    known, needed = {
        "tensor": ({a + b for a in "xyz" for b in "xyz"}, {"xx", "yy", "zz", "xy", "xz", "yz"}),
        "views": ({"plus", "cross"}, {"plus", "cross"}),
        "grid": ({"h"}, {"h"}),
    }.get(row["format"], (set(), set()))
    strange, absent = sorted(set(found) - known - {"t"}), sorted(needed - set(found))
    if strange or absent:
        problem = f"unknown {strange[0]!r}" if strange else f"no {absent[0]!r}"
        raise ValueError(f"{row['where']}: columns: {problem} for format {row['format']}")
    if known and "t" not in found and np.isnan(row["sample_rate_hz"]):
        raise ValueError(f"{row['where']}: columns: no 't' and no sample_rate_hz")
    return found


def _tracks(row):
    """Tracks of the modes of a row: name → (times [s], frequencies [Hz], half width [Hz])."""
    found = {}
    for item in (row["tracks"] or "").split():
        match = re.fullmatch(r"([a-z_]+)=([^~]+)~([\d.]+)", item)
        try:
            knots = np.array([list(map(float, knot.split(":"))) for knot in match[2].split(",")])
            times, frequencies = knots.T
            width = float(match[3])
        except (TypeError, ValueError):
            raise ValueError(
                f"{row['where']}: tracks: {item!r} must read like g_mode=0.1:300,0.5:700~100 "
                "(s:Hz from bounce, two or more, then ~ and the half width in Hz)"
            ) from None
        if len(times) < 2 or (np.diff(times) <= 0).any() or (frequencies <= 0).any() or width <= 0:
            raise ValueError(
                f"{row['where']}: tracks: {item!r}: two or more rising times, positive frequencies "
                "and width"
            )
        if match[1] in found:
            raise ValueError(f"{row['where']}: tracks: {match[1]!r} occurs twice")
        found[match[1]] = times, frequencies, width
    return found


def substitute(table, names, surrogates):
    """Put embedded surrogates in place of rows.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`.
    names : list of str
        Of the rows.
    surrogates : str or path
        Table of surrogates.

    Returns
    -------
    pandas.DataFrame
        The table, with these rows as surrogates of the same name and class.

    Raises
    ------
    ValueError
        If there is no such row, or no surrogate of it.
    """
    from ccsncam import surrogate

    table = table.copy()
    modes = surrogate.read_table(surrogates) if names else []
    for name in names:
        if name not in table.index:
            raise ValueError(
                f"config, surrogates: {name}: no row of the waveform table, which has "
                f"{', '.join(table.index)}"
            )
        if table.at[name, "source"] == "surrogate":
            continue
        ends = [mode["times_s"][-1] for mode in modes if mode["model"] == name]
        if not ends:
            known = sorted({mode["model"] for mode in modes} & set(table.index))
            raise ValueError(
                f"config, surrogates: {name}: there is no surrogate of it in {surrogates}, but of "
                f"{', '.join(known) or 'no row'}"
            )
        row = dict.fromkeys(table.columns) | dict.fromkeys(NUMBERS, np.nan)
        row |= {key: table.at[name, key] for key in ("class", "where")}
        row |= {"source": "surrogate", "format": "surrogate", "unknown": []}
        row |= {"duration_s": max(ends), "licence": "MIT"}
        row["reference"] = f"surrogate of {table.at[name, 'reference'] or name}"
        table.loc[name] = pd.Series(row)
    return table


def models(table, classes):
    """Names of the waveforms of some classes, in the order of the classes, then of the table.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`.
    classes : list of str

    Returns
    -------
    list of str
    """
    return [model for name in classes for model in table.index[table["class"] == name]]


def entry(row, surrogates):
    """What the tables say of a waveform.

    Parameters
    ----------
    row : pandas.Series
        From `read_table`.
    surrogates : str or path
        Table of surrogates, read for that format only.

    Returns
    -------
    list
        Texts; they change where a cell of the waveform does, and with nothing else.

    Raises
    ------
    ValueError
        If a surrogate does not last as long as the row says.
    """
    said = [f"{key}={value}" for key, value in row.items() if key not in NOTES]
    for mode in _surrogate_modes(row, surrogates) if row["format"] == "surrogate" else []:
        cells = {key: np.asarray(value).tolist() for key, value in mode.items()}
        said.append(str({key: cells[key] for key in sorted(cells) if key != "where"}))
    return said


def _surrogate_modes(row, surrogates):
    """Rows of a surrogate's modes, or ValueError if they do not last as long as its row says."""
    from ccsncam import surrogate

    modes = [mode for mode in surrogate.read_table(surrogates) if mode["model"] == row.name]
    end = max((mode["times_s"][-1] for mode in modes), default=np.nan)
    # Not close for a model without a mode, too.
    if not abs(end - row["duration_s"]) < 1e-3:
        raise ValueError(
            f"{row['where']}: duration_s {row['duration_s']:g}, but the tracks of {row.name} "
            f"in {surrogates} end at {end:g} s"
        )
    return modes


def inputs(row, table_path):
    """Files that a row of the table needs.

    Parameters
    ----------
    row : pandas.Series
        From `read_table`.
    table_path : str or path
        Relative paths in the table are relative to its folder.

    Returns
    -------
    list of pathlib.Path
        Sorted; empty for a surrogate.

    Raises
    ------
    ValueError
        Where files are missing, or cells that only they can tell, or the format cannot serve.
    """
    if row["format"] == "surrogate":
        return []
    if row["format"] == "single":
        raise ValueError(
            f"{row['where']}: {row.name} is known in one direction only (format single) and cannot "
            "be used for random orientations; give tensor components, a grid or three views"
        )
    path = Path(os.path.normpath(Path(table_path).parent / row["path"]))
    if row["format"] == "tensor":
        files = [path]
    elif row["format"] == "views":
        files = [Path(str(path).replace("{view}", view)) for view in VIEWS]
    else:
        files = sorted(path.glob(re.sub(r"\{\w+\}", "*", row["pattern"])))
        if not files:
            raise ValueError(f"{row['where']}: no file {row['pattern']} in {path}{_hint(row)}")
    for file in files:
        if not file.is_file():
            raise ValueError(f"{row['where']}: no file {file}{_hint(row)}")
    if row["unknown"]:
        known = f" (of what is there {digest(files)})" if "sha256" in row["unknown"] else ""
        raise ValueError(
            f"{row['where']}: {row.name}: put in place of each ? what the files say: "
            f"{', '.join(row['unknown'])}{known}"
        )
    return files


def _hint(row):
    """Where to get missing files."""
    if row["url"] is None:
        return "; put it there or mend the path"
    return f"; get it from {row['url']} and put it there"


def digest(files):
    """SHA-256 of a file; for several, of their sorted digests, one a line.

    Parameters
    ----------
    files : list of path

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    each = sorted(hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files)
    if len(each) == 1:
        return each[0]
    return hashlib.sha256("".join(f"{one}\n" for one in each).encode()).hexdigest()


def load(row, table_path, signal, surrogates):
    """Load a waveform and condition it.

    Parameters
    ----------
    row : pandas.Series
        From `read_table`.
    table_path : str or path
        Relative paths in the table are relative to its folder.
    signal : dict
        sample_rate and highpass [Hz], tukey (tapered share of the signal).
    surrogates : str or path
        Table of surrogates, read for that format only.

    Returns
    -------
    Waveform

    Raises
    ------
    ValueError
        One line with file and line number.
    """
    files = inputs(row, table_path)
    rate = signal["sample_rate"]
    if row["format"] == "surrogate":
        from ccsncam import surrogate

        _surrogate_modes(row, surrogates)
        raw = surrogate.realise(surrogates, row.name, rate)
        modes = {mode: condition(part, **_conditions(signal)) for mode, part in raw.modes.items()}
        quadrupole, start, residual = sum(modes.values()), raw.start, np.nan
    else:
        found = digest(files)
        if found != row["sha256"]:
            raise ValueError(
                f"{row['where']}: sha256 of {row.name} is {found}, the table says {row['sha256']}: "
                "the files are not those of the table"
            )
        reader = {"tensor": _read_tensor, "grid": _read_grid, "views": _read_views}[row["format"]]
        time, five, order, residual = reader(row, files)
        logger.info("%s: residual %.2g", row.name, residual)
        start, five = resample(time - row["bounce_time_s"], five, rate, order)
        if not np.isnan(row["duration_s"]):
            five = five[:, : max(0, int((row["duration_s"] - start) * rate) + 1)]
        if five.shape[-1] < SHORTEST * rate:
            raise ValueError(
                f"{row['where']}: bounce_time_s and duration_s leave less than {SHORTEST} s"
            )
        quadrupole = condition(tensor(five), **_conditions(signal))
        modes = along_tracks(quadrupole, start, rate, _tracks(row))
    return Waveform(
        name=row.name,
        quadrupole=quadrupole,
        sample_rate=rate,
        start=start,
        source=row["source"],
        reference=row["reference"] or "",
        residual=residual,
        modes=modes,
        class_name=row["class"],
    )


def _conditions(signal):
    return {key: signal[key] for key in ("sample_rate", "highpass", "tukey")}


def condition(series, sample_rate, highpass, tukey):
    """High-pass with zero phase, then taper both ends.

    Parameters
    ----------
    series : numpy.ndarray
        Shape (..., n).
    sample_rate, highpass : float
        Hz. The filter is a Butterworth of order 4, run forwards and backwards.
    tukey : float
        Share of the signal that the Tukey window tapers.

    Returns
    -------
    numpy.ndarray
        Same shape.
    """
    from scipy.signal import butter, sosfiltfilt
    from scipy.signal.windows import tukey as window

    sections = butter(4, highpass, "highpass", fs=sample_rate, output="sos")
    size = series.shape[-1]
    # The default padding is a few samples; the filter rings for a period of its cutoff.
    padding = min(size - 1, round(2 * sample_rate / highpass))
    filtered = sosfiltfilt(sections, series, axis=-1, padtype="even", padlen=padding)
    return filtered * window(size, tukey)


def along_tracks(series, start, sample_rate, tracks):
    """The parts of a signal along tracks in time and frequency.

    Parameters
    ----------
    series : numpy.ndarray
        Shape (..., n).
    start : float
        Time of the first sample [s].
    sample_rate : int
        Hz.
    tracks : dict
        Name → (times [s], frequencies [Hz], half width [Hz]); between its knots a track is a
        straight line, before the first and after the last there is none. A cell of the
        short-time Fourier transform (Hann, 62.5 ms) that two tracks claim is the nearer one's.

    Returns
    -------
    dict of numpy.ndarray
        Name → the part, shape of the series. They add up to less than the series.
    """
    if not tracks:
        return {}
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    window = round(sample_rate / 16)
    transform = ShortTimeFFT(hann(window, sym=False), window // 8, sample_rate)
    size = series.shape[-1]
    cells = transform.stft(series)
    time = start + transform.t(size)
    apart = np.full((len(tracks), len(transform.f), len(time)), np.inf)
    for number, (times, frequencies, width) in enumerate(tracks.values()):
        middle = np.interp(time, times, frequencies)
        away = np.abs(transform.f[:, None] - middle)
        inside = (away <= width) & (time >= times[0]) & (time <= times[-1])
        apart[number] = np.where(inside, away, np.inf)
    nearest = apart.argmin(axis=0)
    return {
        name: transform.istft(cells * ((nearest == number) & np.isfinite(apart[number])), k1=size)
        for number, name in enumerate(tracks)
    }


def resample(time, values, sample_rate, derivatives=0):
    """Bring irregular samples to a uniform rate without aliasing.

    A spline is taken at a rate well above that of the samples, then decimated behind a filter that
    stops everything above the new Nyquist frequency by 80 dB.

    Parameters
    ----------
    time : numpy.ndarray
        Rising [s], shape (m,).
    values : numpy.ndarray
        Shape (..., m).
    sample_rate : int
        Hz.
    derivatives : int
        Number of time derivatives to take.

    Returns
    -------
    start : float
        Time of the first sample, a multiple of the sample period [s].
    values : numpy.ndarray
        Shape (..., n).
    """
    from scipy.interpolate import make_interp_spline
    from scipy.signal import firwin, kaiser_beta, resample_poly

    steps = np.diff(time)
    if np.median(steps) > 1 / sample_rate:
        logger.warning(
            "samples every %.3g s are too coarse for %g Hz", np.median(steps), sample_rate
        )
    # Twice the rate of the closest samples but a few: the spline's images stay below its Nyquist.
    factor = int(np.clip(np.ceil(2 / (sample_rate * np.percentile(steps, 1))), 4, 64))
    first = int(np.ceil(time[0] * sample_rate - 1e-6))
    count = int(np.floor((time[-1] * sample_rate - first) * factor + 1e-6)) + 1
    fine = np.clip((first + np.arange(count) / factor) / sample_rate, time[0], time[-1])
    series = make_interp_spline(time, values, k=5, axis=-1)(fine, nu=derivatives)
    # 64 new samples to either side: a transition of 8 % of the band, all below the new Nyquist.
    taps = firwin(128 * factor + 1, 0.96 / factor, window=("kaiser", kaiser_beta(80)))
    series = resample_poly(series, 1, factor, axis=-1, window=taps, padtype="reflect")
    return first / sample_rate, series


def _read_columns(path, wanted):
    """Columns of a text file, shape (column, sample); ValueError with file and line."""
    if next(_data_lines(path), None) is None:
        raise ValueError(f"{path}:1: no line of data")
    try:
        values = np.loadtxt(path, usecols=list(wanted.values()), ndmin=2, comments="#").T
    except ValueError:
        values = None
    if values is None or not np.isfinite(values).all():
        raise ValueError(_complaint(path, wanted))
    return dict(zip(wanted, values, strict=True))


def _data_lines(path):
    """Line number and cells of each line of data."""
    with open(path, errors="replace") as file:
        for number, line in enumerate(file, 1):
            cells = line.split("#")[0].split()
            if cells:
                yield number, cells


def _complaint(path, wanted):
    """What is wrong with a file, in one line."""
    for number, cells in _data_lines(path):
        for name, column in wanted.items():
            if column >= len(cells):
                return (
                    f"{path}:{number}: {len(cells)} columns, but {name} is column {column} "
                    "(counted from 0); mend the columns in the waveform table or the file"
                )
            try:
                finite = np.isfinite(float(cells[column]))
            except ValueError:
                return f"{path}:{number}: {name} is {cells[column]!r}, not a number"
            if not finite:
                return f"{path}:{number}: {name} is {cells[column]}; cut the file before it"
    return f"{path}: not a table of numbers"


def _times(row, columns, path):
    """Time of each sample [s], checked."""
    if "t" not in columns:
        size = len(next(iter(columns.values())))
        time = np.arange(size) / row["sample_rate_hz"]
    else:
        time = columns["t"]
        falls = np.flatnonzero(np.diff(time) <= 0)
        if len(falls):
            lines = [number for number, _ in _data_lines(path)]
            raise ValueError(
                f"{path}:{lines[falls[0] + 1]}: the time {time[falls[0] + 1]:g} s does not rise; "
                "remove the overlap, or mend t in columns if that is not the time"
            )
    if time[-1] - time[0] < SHORTEST or len(time) < 100:
        last = [number for number, _ in _data_lines(path)][-1]
        raise ValueError(
            f"{path}:{last}: the data end after {time[-1] - time[0]:g} s and {len(time)} samples; "
            f"a waveform needs {SHORTEST} s and 100 samples"
        )
    return time


def _scale(row):
    """Factor from the unit of a file to cm."""
    if row["unit"] == "strain":
        return row["distance_kpc"] * KPC_IN_CM
    return UNITS[row["unit"]][0]


def _read_tensor(row, files):
    """Components in columns → time, five components, derivatives to take, residual."""
    columns = _read_columns(files[0], _column_map(row))
    time = _times(row, columns, files[0])
    full = np.empty((3, 3, len(time)))
    for i, a in enumerate("xyz"):
        for j, b in enumerate("xyz"):
            # Files with all nine components are symmetric to rounding only.
            full[i, j] = columns.get(a + b, columns.get(b + a))
    if not full.any():
        raise ValueError(f"{row['where']}: the tensor of {row.name} is zero; check the columns")
    residual = _rms(full - full.swapaxes(0, 1)) / _rms(full)
    if not residual < RESIDUAL_LIMIT:
        raise ValueError(
            f"{row['where']}: the tensor of {row.name} is not symmetric: xy - yx and so on are "
            f"{residual:.2g} of it, the limit {RESIDUAL_LIMIT:g}; check the columns"
        )
    full = (full + full.swapaxes(0, 1)) / 2
    full -= np.trace(full) / 3 * np.eye(3)[..., None]
    order = 2 - UNITS[row["unit"]][1]
    twice = any({pair, pair[::-1]} <= set(columns) for pair in ("xy", "xz", "yz"))
    return time, _scale(row) * components(full), order, residual if twice else np.nan


def _read_views(row, files):
    """Views along x, y, z → time, five components, derivatives to take, residual."""
    views = [_read_columns(file, _column_map(row)) for file in files]
    times = [_times(row, view, file) for view, file in zip(views, files, strict=True)]
    # The three come from one run; a file that was cut differently is brought to the first's times.
    begin, end = max(time[0] for time in times), min(time[-1] for time in times)
    time = times[0][(times[0] >= begin) & (times[0] <= end)]
    if len(time) < 100 or time[-1] - time[0] < SHORTEST:
        raise ValueError(f"{row['where']}: the three views share less than {SHORTEST} s")
    both = []
    for own, view in zip(times, views, strict=True):
        pair = np.stack([view["plus"], view["cross"]])
        if len(own) == len(time) and np.array_equal(own, time):
            both.append(pair)
        else:
            from scipy.interpolate import make_interp_spline

            both.append(make_interp_spline(own, pair, k=5, axis=-1)(time))
    measured = _scale(row) * np.stack(both)  # view, polarisation, sample
    x, y, z = measured[:, 0]
    series = np.stack([x - y + z, x, y, z], axis=-1)
    trend = np.polynomial.polynomial.polyfit(time, series, 1)
    series -= np.polynomial.polynomial.polyval(time, trend).T
    residual = _rms(series[:, 0]) / _rms(series[:, 1:])
    if not residual < RESIDUAL_LIMIT:
        raise ValueError(
            f"{row['where']}: the views of {row.name} are not of one trace-free tensor: "
            f"h+(x) - h+(y) + h+(z) is {residual:.2g} of the signal, the limit {RESIDUAL_LIMIT:g}"
        )
    weights = polarisation_weights(*np.transpose(list(VIEWS.values()))).reshape(6, 5)
    five = np.linalg.lstsq(weights, measured.reshape(6, -1))[0]
    return time, five, 0, residual


def _read_grid(row, files):
    """Grid of directions → time, five components, derivatives to take, residual."""
    expression = re.escape(row["pattern"])
    for part, body in (
        ("phi", r"-?[\d.]+"),
        ("theta", r"-?[\d.]+"),
        ("polarisation", r"h?(?:plus|cross)"),
    ):
        expression = expression.replace(re.escape(f"{{{part}}}"), f"(?P<{part}>{body})")
    names = [re.fullmatch(expression, file.name) for file in files]
    for file, name in zip(files, names, strict=True):
        if name is None:
            raise ValueError(f"{row['where']}: {file} does not read as {row['pattern']}")
    theta = np.array([float(name["theta"]) for name in names])
    phi = np.array([float(name["phi"]) for name in names])
    if row["grid"]:
        theta, phi = _exact(row, theta, phi)
    cross = np.array(["cross" in name["polarisation"] for name in names], dtype=int)
    columns = [_read_columns(file, _column_map(row)) for file in files]
    time = _times(row, columns[0], files[0])
    for file, own in zip(files, columns, strict=True):
        last = len(own["h"])
        if last != len(time):
            raise ValueError(f"{file}:{last}: {last} samples, but {files[0]} has {len(time)}")
        if "t" in own and not np.array_equal(own["t"], time):
            raise ValueError(f"{file}: its times are not those of {files[0]}")
    measured = _scale(row) * np.stack([own["h"] for own in columns])
    weights = polarisation_weights(theta, phi)[np.arange(len(files)), cross]
    five, _, rank, _ = np.linalg.lstsq(weights, measured)
    if rank < 5:
        raise ValueError(
            f"{row['where']}: the {len(files)} files of {row.name} do not fix the whole tensor; "
            "more directions or the other polarisation are needed"
        )
    residual = _rms(measured - weights @ five) / _rms(measured)
    if not residual < RESIDUAL_LIMIT:
        raise ValueError(
            f"{row['where']}: the directions of {row.name} are not of one trace-free tensor: "
            f"residual {residual:.2g} of the signal, the limit {RESIDUAL_LIMIT:g}; check the angles"
        )
    return time, five, 0, residual


def _exact(row, theta, phi):
    """Angles rounded in file names → those of the exact grid of the table."""
    axes = {}
    for item in row["grid"].split():
        match = re.fullmatch(r"(phi|theta|costheta)=linspace\(([^,]+),([^,]+),(\d+)\)", item)
        try:
            begin, end = (_number(text) for text in (match[2], match[3]))
        except (TypeError, ValueError):
            raise ValueError(
                f"{row['where']}: grid: {item!r} must read like phi=linspace(0,2pi,10), for phi, "
                "theta or costheta"
            ) from None
        axes[match[1]] = np.linspace(begin, end, int(match[4]))
    if "costheta" in axes:
        axes["theta"] = np.arccos(np.clip(axes.pop("costheta"), -1, 1))
    exact = []
    for key, rounded in (("theta", theta), ("phi", phi)):
        if key not in axes:
            exact.append(rounded)
            continue
        nearest = axes[key][np.abs(rounded[:, None] - axes[key]).argmin(axis=1)]
        worst = np.abs(nearest - rounded).argmax()
        if abs(nearest[worst] - rounded[worst]) > 6e-3:
            raise ValueError(
                f"{row['where']}: grid: no {key} of it is near the {rounded[worst]:g} of a file"
            )
        exact.append(nearest)
    return exact


def _number(text):
    """A number, or a multiple of pi such as 2pi."""
    match = re.fullmatch(r"\s*(-?[\d.]*)(pi)?\s*", text)
    factor = {"": 1.0, "-": -1.0}.get(match[1]) if match[2] else None
    return (float(match[1]) if factor is None else factor) * (np.pi if match[2] else 1.0)


def _rms(values):
    return np.sqrt(np.mean(values**2))
