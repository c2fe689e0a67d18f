"""Waveforms: from the files of simulations to the second time derivative of the quadrupole.

A waveform is A_ij(t) = (G/c⁴) Q̈_ij(t) [cm], traceless, for which D h₊ = A_θθ − A_φφ and
D h× = 2 A_θφ in the direction (θ, φ).
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

COLUMNS = (
    *("name", "source", "format", "path", "columns", "unit", "derivative", "sample_rate_hz"),
    *("distance_kpc", "sha256", "duration_s", "bounce_time_s", "url", "reference", "licence"),
)
FORMATS = ("surrogate", "tensor", "grid", "views", "single")
# G/c⁴ in cgs units [s²/(g cm)], of CODATA 2018; the Sun's mass [g] of IAU 2015 B3.
G_C4 = 6.67430e-8 / 2.99792458e10**4
SOLAR_MASS = 1.988409870698051e33
KPC_IN_CM = 3.0856775814913673e21
# What a value is worth in cm, and how often it is already derived with respect to time.
UNITS = {"cm": (1.0, 2)}
UNITS |= {f"g cm2{s}": (G_C4, k) for k, s in enumerate(("", "/s", "/s2"))}
UNITS |= {f"Msun cm2{s}": (G_C4 * SOLAR_MASS, k) for k, s in enumerate(("", "/s", "/s2"))}
PAIRS = ("xx", "yy", "zz", "xy", "xz", "yz")
DIRECTION = re.compile(r"phi([\d.]+)_theta([\d.]+)_.*?h_?(plus|cross)")
# A tensor that fits worse than this share of the signal's rms is not the files' tensor.
RESIDUAL = 0.01
SHORTEST = 0.1
HIGHPASS_ORDER = 6


@dataclass
class Waveform:
    """A waveform on the workflow's time grid.

    Attributes
    ----------
    name : str
    quadrupole : numpy.ndarray
        (G/c⁴) Q̈ [cm], shape (3, 3, n).
    sample_rate : int
        [Hz].
    start : float
        Time of the first sample [s from bounce].
    source : str
        ``surrogate`` or ``numerical``.
    reference : str
    residual : float
        Of the fit to several views, as a share of the rms; NaN where there is none.
    modes : dict of numpy.ndarray
        Parts of the quadrupole by name, where they are known; their sum is the quadrupole.
    """

    name: str
    quadrupole: np.ndarray
    sample_rate: int
    start: float
    source: str
    reference: str = ""
    residual: float = np.nan
    modes: dict = field(default_factory=dict)

    def write(self, path):
        """Write an HDF5 file."""
        with h5py.File(path, "w") as file:
            file.create_dataset("quadrupole", data=self.quadrupole, track_times=False)
            file["quadrupole"].attrs["units"] = "cm"
            for name, mode in self.modes.items():
                file.create_dataset(f"modes/{name}", data=mode, track_times=False)
            for name in ("name", "sample_rate", "start", "source", "reference", "residual"):
                file.attrs[name] = getattr(self, name)

    @classmethod
    def read(cls, path):
        """Read what `write` wrote."""
        with h5py.File(path) as file:
            modes = {name: mode[()] for name, mode in file.get("modes", {}).items()}
            return cls(quadrupole=file["quadrupole"][()], modes=modes, **dict(file.attrs))


def components(quadrupole):
    """Independent components xx, yy, xy, xz, yz; shape (3, 3, n) to (5, n)."""
    return np.stack([quadrupole[i, j] for i, j in ((0, 0), (1, 1), (0, 1), (0, 2), (1, 2))])


def tensor(parts):
    """The traceless tensor of components xx, yy, xy, xz, yz; shape (5, n) to (3, 3, n)."""
    xx, yy, xy, xz, yz = parts
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, -xx - yy]])


def polarisation_weights(theta, phi):
    """How D h₊ and D h× follow from the components xx, yy, xy, xz, yz of a traceless tensor.

    Parameters
    ----------
    theta, phi : array_like
        Direction of the observer [rad], of one shape (...).

    Returns
    -------
    numpy.ndarray
        Shape (..., 2, 5): h₊ then h×. The standard quadrupole formula: equations (1) and (2) of
        Sasaoka et al. (2023) have the factor 2 on the other polarisation.
    """
    theta, phi = np.broadcast_arrays(theta, phi)
    st, ct, sp, cp = np.sin(theta), np.cos(theta), np.sin(phi), np.cos(phi)
    # A_zz = -A_xx - A_yy is put in.
    plus = [
        cp**2 * ct**2 - st**2 - sp**2,
        sp**2 * ct**2 - st**2 - cp**2,
        2 * sp * cp * (1 + ct**2),
        -2 * cp * st * ct,
        -2 * sp * st * ct,
    ]
    cross = [
        -2 * ct * sp * cp,
        2 * ct * sp * cp,
        2 * ct * np.cos(2 * phi),
        2 * st * sp,
        -2 * st * cp,
    ]
    return np.stack([np.stack(plus, axis=-1), np.stack(cross, axis=-1)], axis=-2)


def polarisations(quadrupole, theta, phi):
    """D h₊ and D h× [cm] in the directions (θ, φ), each of shape (..., n)."""
    both = polarisation_weights(theta, phi) @ components(quadrupole)
    return both[..., 0, :], both[..., 1, :]


def read_table(path):
    """Read and check the waveform table.

    Parameters
    ----------
    path : path
        Tab-separated, one row a class.

    Returns
    -------
    pandas.DataFrame
        Indexed by name; strings, empty where the table has ``-``.

    Raises
    ------
    ValueError
        One line that names the file, the line and the column.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such waveform table; set waveforms in the config")
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False).replace("-", "")
    for column in [*COLUMNS, *table.columns]:
        if (column in COLUMNS) != (column in table.columns):
            kind = "missing" if column in COLUMNS else "unknown"
            raise ValueError(f"{path}, line 1: {kind} column {column!r}; it takes {COLUMNS}")
    for number, row in enumerate(table.itertuples(index=False), 2):
        _check_row(row, f"{path}, line {number}")
    double = table["name"][table["name"].duplicated()]
    if len(double):
        raise ValueError(f"{path}, line {double.index[0] + 2}: {double.iloc[0]!r} is there twice")
    return table.set_index("name", drop=False)


def _check_row(row, where):
    if row.source not in ("surrogate", "numerical"):
        raise ValueError(f"{where}: source {row.source!r} is neither surrogate nor numerical")
    if row.format not in FORMATS:
        raise ValueError(f"{where}: unknown format {row.format!r}; one of {', '.join(FORMATS)}")
    if (row.format == "surrogate") != (row.source == "surrogate"):
        raise ValueError(f"{where}: source {row.source} does not go with format {row.format}")
    if row.format == "single":
        raise ValueError(
            f"{where}: {row.name} is known in one direction only, and cannot be seen from random "
            "ones; give its tensor, a grid of directions or three views"
        )
    for column in ("sample_rate_hz", "distance_kpc", "duration_s", "bounce_time_s", "derivative"):
        try:
            float(getattr(row, column) or 0)
        except ValueError:
            raise ValueError(f"{where}: {column} {getattr(row, column)!r} is no number") from None
    if row.format == "surrogate":
        return
    for column in ("path", "unit", "sha256", "bounce_time_s"):
        if not getattr(row, column):
            raise ValueError(f"{where}: {column} is empty; a numerical waveform needs it")
    if row.unit not in UNITS and not (row.unit == "strain" and row.distance_kpc):
        raise ValueError(
            f"{where}: unknown unit {row.unit!r}; one of {', '.join(UNITS)}, or strain with "
            "distance_kpc"
        )
    if row.format == "tensor" and float(row.derivative or 2) != UNITS.get(row.unit, (1, 2))[1]:
        raise ValueError(
            f"{where}: unit {row.unit!r} is of time derivative {UNITS[row.unit][1]}, "
            f"derivative says {row.derivative}"
        )
    if row.format == "grid" and not row.sample_rate_hz:
        raise ValueError(f"{where}: sample_rate_hz is empty; files of one column need it")


def inputs(row, table_path):
    """The files of a row, relative paths taken from the table's folder.

    Parameters
    ----------
    row : pandas.Series
        Of `read_table`.
    table_path : path

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there are none.
    """
    if row["format"] == "surrogate":
        return []
    path = Path(table_path).parent / Path(row["path"]).expanduser()
    if row["format"] == "views":
        files = [Path(str(path).replace("{view}", view)) for view in "xyz"]
    elif row["format"] == "grid":
        files = sorted(f for f in path.glob("*") if DIRECTION.search(f.name))
    else:
        files = [path]
    missing = [str(file) for file in files if not file.is_file()]
    if missing or not files:
        source = f"; it comes from {row['url']}" if row["url"] else ""
        raise ValueError(
            f"waveform {row['name']}: no file {missing[0] if missing else path}{source}; put it "
            f"there, or change the path in {table_path}"
        )
    return [str(file) for file in files]


def checksum(files):
    """SHA-256 of a file; of several files, that of their digests in the order of their names."""
    digests = [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in sorted(files)]
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    )


def load(row, files, settings):
    """Read a numerical waveform and bring it on the workflow's time grid.

    Parameters
    ----------
    row : pandas.Series
        Of `read_table`.
    files : list of path
        From `inputs`.
    settings : dict
        The config's ``signal`` block.

    Returns
    -------
    Waveform

    Raises
    ------
    ValueError
        One line: the file, the line where there is one, what is wrong.
    """
    found = checksum(files)
    if found != row["sha256"]:
        raise ValueError(
            f"waveform {row['name']}: the checksum of {files[0]}{' …' * (len(files) > 1)} is "
            f"{found}, the table says {row['sha256']}"
        )
    rate = settings["sample_rate"]
    reader = {"tensor": _read_tensor, "grid": _read_grid, "views": _read_views}[row["format"]]
    time, parts, residual = reader(row, files, rate)
    if residual > RESIDUAL:
        raise ValueError(
            f"waveform {row['name']}: one traceless tensor does not fit {Path(files[0]).name} and "
            f"the others: a residual of {residual:.2g} of the rms, at most {RESIDUAL}"
        )
    if len(time) < SHORTEST * rate:
        raise ValueError(
            f"{files[0]}: {len(time) / rate:.3f} s are too short; {SHORTEST} s at least"
        )
    return Waveform(
        row["name"],
        tensor(condition(parts, settings)),
        rate,
        time[0] - float(row["bounce_time_s"]),
        "numerical",
        row["reference"],
        residual,
    )


def condition(series, settings):
    """High-pass (zero phase) and Tukey window along the last axis, as in the paper, section II.A.2.

    Parameters
    ----------
    series : numpy.ndarray
        Shape (..., n).
    settings : dict
        ``sample_rate`` and ``highpass`` [Hz], ``tukey``.

    Returns
    -------
    numpy.ndarray
        Same shape.
    """
    from scipy import signal

    sections = signal.butter(
        HIGHPASS_ORDER, settings["highpass"], "highpass", fs=settings["sample_rate"], output="sos"
    )
    pad = min(series.shape[-1] - 1, settings["sample_rate"] // 4)
    filtered = signal.sosfiltfilt(sections, series, axis=-1, padlen=pad)
    return filtered * signal.windows.tukey(series.shape[-1], settings["tukey"])


def resample(time, series, rate, derivative=0):
    """Bring irregular samples on a uniform grid without aliasing.

    A cubic spline through the samples is read (and derived) on a grid at least as fine as they
    are, then decimated with an anti-alias filter.

    Parameters
    ----------
    time : numpy.ndarray
        Rising [s], shape (n,).
    series : numpy.ndarray
        Shape (..., n).
    rate : int
        [Hz].
    derivative : int
        Order of the time derivative to take.

    Returns
    -------
    time : numpy.ndarray
    series : numpy.ndarray
    """
    from scipy import signal
    from scipy.interpolate import CubicSpline

    factor = max(2, int(np.ceil(2 / (np.median(np.diff(time)) * rate))))
    count = int((time[-1] - time[0]) * rate)
    fine = time[0] + np.arange(count * factor) / (rate * factor)
    values = CubicSpline(time, series, axis=-1)(fine, derivative)
    # The filter runs out over the ends along a line, not into a step.
    coarse = signal.resample_poly(values, 1, factor, axis=-1, padtype="line")
    return time[0] + np.arange(count) / rate, coarse


def _numbers(path, columns):
    """Columns of a text file, shape (columns, n); errors name file and line."""
    try:
        data = np.loadtxt(path, comments="#", ndmin=2)
        if data.shape[1] > max(columns) and np.isfinite(data[:, columns]).all():
            return data[:, columns].T
    except ValueError:
        pass
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) <= max(columns):
            raise ValueError(
                f"{path}, line {number}: {len(words)} columns, the table asks for column "
                f"{max(columns)} (counted from 0)"
            )
        for column in columns:
            try:
                finite = np.isfinite(float(words[column]))
            except ValueError:
                finite = False
            if not finite:
                raise ValueError(
                    f"{path}, line {number}: {words[column]!r} in column {column} is not finite"
                )
    raise ValueError(f"{path}: no rows of numbers")


def _rising(path, time):
    back = np.flatnonzero(np.diff(time) <= 0)
    if len(back):
        raise ValueError(
            f"{path}: time does not rise after its {back[0] + 1}. row of numbers (t = "
            f"{time[back[0]]:g} s)"
        )
    return time


def _column_map(row, names):
    entries = dict(re.findall(r"(\w+)=(\d+)", row["columns"]))
    missing = [name for name in names if name not in entries]
    if missing:
        raise ValueError(
            f"waveform {row['name']}: columns {row['columns']!r} of the table lacks "
            f"{', '.join(missing)}; write it as t=0 xx=1 …"
        )
    return {name: int(column) for name, column in entries.items()}


def _read_tensor(row, files, rate):
    places = _column_map(row, ("t", *PAIRS))
    data = dict(zip(places, _numbers(files[0], list(places.values())), strict=True))
    factor, derivative = UNITS[row["unit"]]
    mirrored = {pair: data.get(pair[::-1], data[pair]) for pair in PAIRS}
    symmetric = np.stack([(data[pair] + mirrored[pair]) / 2 for pair in PAIRS]) * factor
    time, series = resample(_rising(files[0], data["t"]), symmetric, rate, 2 - derivative)
    xx, yy, zz, xy, xz, yz = series
    trace = (xx + yy + zz) / 3
    return time, np.stack([xx - trace, yy - trace, xy, xz, yz]), np.nan


def _read_grid(row, files, rate):
    weights, series = [], []
    for file in files:
        phi, theta, polarisation = DIRECTION.search(Path(file).name).groups()
        plus, cross = polarisation_weights(float(theta), float(phi))
        weights.append(plus if polarisation == "plus" else cross)
        series.append(_numbers(file, [0])[0])
    lengths = {len(values) for values in series}
    if len(lengths) > 1:
        raise ValueError(
            f"waveform {row['name']}: files of {sorted(lengths)} rows; all need as many"
        )
    weights, series = np.array(weights), np.array(series) * _length(row)
    parts, _, rank, _ = np.linalg.lstsq(weights, series, rcond=None)
    if rank < 5:
        raise ValueError(
            f"waveform {row['name']}: {len(files)} files fix {rank} of the tensor's 5 components; "
            "more directions are needed"
        )
    residual = np.std(series - weights @ parts) / np.std(series)
    time = np.arange(series.shape[1]) / float(row["sample_rate_hz"])
    return *resample(time, parts, rate), residual


def _read_views(row, files, rate):
    places = _column_map(row, ("t", "plus", "cross"))
    columns = [places[name] for name in ("t", "plus", "cross")]
    views = [_numbers(file, columns) for file in files]
    for file, view in zip(files, views, strict=True):
        _rising(file, view[0])
    first, last = max(view[0][0] for view in views), min(view[0][-1] for view in views)
    # All on the grid of the first view, where they overlap.
    from scipy.interpolate import CubicSpline
    from scipy.signal import detrend

    grid = views[0][0][(views[0][0] >= first) & (views[0][0] <= last)]
    if len(grid) < 2:
        raise ValueError(f"waveform {row['name']}: the times of its three views do not overlap")
    h = np.stack([CubicSpline(view[0], view[1:], axis=-1)(grid) for view in views]) * _length(row)
    (px, cx), (py, cy), (pz, cz) = detrend(h, axis=-1)
    residual = np.std(px - py + pz) / np.sqrt(np.mean([np.var(p) for p in (px, py, pz)]))
    zz = (px + py) / 3
    parts = np.stack([zz - py, zz - px, -cz / 2, cy / 2, -cx / 2])
    return *resample(grid, parts, rate), residual


def _length(row):
    """What a value of D h or h is worth in cm."""
    if row["unit"] == "strain":
        return float(row["distance_kpc"]) * KPC_IN_CM
    return UNITS[row["unit"]][0]
