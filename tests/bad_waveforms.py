"""Bad waveform files: what a simulation, a converter or an editor may leave behind."""

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np
from bad_inputs import Case
from bad_tables import GRID, SURROGATES, TENSOR, VIEWS, table_of

from ccsncam.config.blocks import Conditioning
from ccsncam.waveforms.files import digest, files_of
from ccsncam.waveforms.loading import load_waveform
from ccsncam.waveforms.table import read_table

SIGNAL = Conditioning(sample_rate=4096, highpass=11.0, tukey=0.1)
TIME = np.arange(0, 0.5, 1 / 8192)

Files = dict[str, str | bytes]


def wave(time: np.ndarray) -> np.ndarray:
    """A signal that rises after bounce, 20 ms after the file begins [cm]."""
    after = time - 0.02
    rise = np.where(after > 0, np.minimum(after / 0.05, 1) * np.exp(-after / 0.4), 0)
    return 20 * rise * np.sin(2 * np.pi * (200 * after + 400 * after**2))


def text_of(*columns: np.ndarray) -> str:
    """Text of a file with these columns."""
    return "\n".join(
        " ".join(f"{value:.8e}" for value in row) for row in zip(*columns, strict=True)
    )


def tensor_of(time: np.ndarray, scale: float = 1.0, written: np.ndarray | None = None) -> str:
    """A file of the time and six components; ``written`` are the times that it says."""
    h = scale * wave(time)
    return text_of(time if written is None else written, h, -h, 0 * h, h, h / 2, h / 3)


def views_of(time: np.ndarray) -> Files:
    """Three files, one for each direction; h+(x) - h+(y) + h+(z) = 0."""
    h = wave(time)
    plus = {"x": h, "y": 3 * h, "z": 2 * h}
    return {f"m_{view}.txt": text_of(time, own, h / 2) for view, own in plus.items()}


def grid_of(time: np.ndarray) -> Files:
    """A folder of directions, with the polarisations of an axisymmetric source."""
    h = wave(time) / 3.0856775814913673e22
    found: Files = {}
    for phi in (0.0, 1.571, 3.142, 4.712):
        for theta in (0.0, 0.785, 1.571, 2.356):
            found[f"grid/m_phi{phi:.3f}_theta{theta:.3f}_hplus.txt"] = text_of(
                np.sin(theta) ** 2 * h
            )
            found[f"grid/m_phi{phi:.3f}_theta{theta:.3f}_hcross.txt"] = text_of(0 * h)
    return found


def loaded(row: dict[str, str], files: Files | Callable[[Any], object]):
    """Load a row whose files are these, as the job of the waveform does."""

    def attempt(folder):
        if callable(files):
            files(folder)
        else:
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        table = folder / "mine.tsv"
        table.write_text(table_of(row))
        found = digest(files_of(read_table(table).loc["m"], table))
        table.write_text(table_of(row | {"sha256": row.get("own_sha256", found)}))
        load_waveform(read_table(table).loc["m"], table, SIGNAL, SURROGATES)

    return attempt


def changed(number: int, line: str | None) -> str:
    """The good file with a line put in place of another; None removes it."""
    lines = tensor_of(TIME).splitlines()
    lines[number - 1 : number] = [] if line is None else [line]
    return "\n".join(lines)


BOUNCE = {"bounce_time_s": "0.02"}
A = TENSOR | BOUNCE
LATER = TIME + np.where(TIME > 0.2, 0.2, 0)
TWIN = TIME.copy()
TWIN[1000] = TWIN[999] + 1e-9
ROW = "1e-2 0 0 0 0 0 0"

# What is wrong → text of the file of a tensor, and what the line must say.
TENSORS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "a.dat:1: no line of data"),
    "blank lines": ("\n\n \n", "a.dat:1: no line of data"),
    "header only": ("# t xx yy zz xy xz yz\n", "a.dat:1: no line of data"),
    "a single row": (ROW, "a.dat:1: the data end after 0 s and 1 samples"),
    "two rows": (f"0 0 0 0 0 0 0\n{ROW}", "a.dat:2: the data end after 0.01 s and 2 samples"),
    "a short file": (tensor_of(TIME[:700]), "a.dat:700: the data end after 0.0853271 s"),
    "few samples": (tensor_of(TIME[::64]), "the data end after"),
    "a header without #": ("t xx yy zz xy xz yz\n" + tensor_of(TIME), "a.dat:1: t is 't', not"),
    "text in a column": (
        changed(12, "0.0013 0 0 abc 0 0 0"),
        "a.dat:12: zz is 'abc', not a number",
    ),
    "a decimal comma": (changed(12, "0,0013 0 0 0 0 0 0"), "a.dat:12: t is '0,0013', not a number"),
    "Fortran's D": (changed(12, "1.3D-3 0 0 0 0 0 0"), "a.dat:12: t is '1.3D-3', not a number"),
    "Fortran's stars": (changed(12, "0.0013 *** 0 0 0 0 0"), "a.dat:12: xx is '***', not a number"),
    "nan": (changed(12, "0.0013 0 nan 0 0 0 0"), "a.dat:12: yy is nan; cut the file before it"),
    "infinity": (changed(12, "0.0013 0 0 0 inf 0 0"), "a.dat:12: xy is inf; cut the file"),
    "a number out of range": (changed(12, "0.0013 1e999 0 0 0 0 0"), "a.dat:12: xx is 1e999; cut"),
    "nan everywhere": (text_of(TIME, *[np.nan * TIME] * 6), "a.dat:1: xx is nan"),
    "nan times": (text_of(*[np.nan * TIME] * 7), "a.dat:1: t is nan"),
    "a short line": (changed(12, "0.0013 0 0 0"), "a.dat:12: 4 columns, but xy is column 4"),
    "a line cut in its middle": (tensor_of(TIME)[:-40], "columns, but"),
    "too few columns": (text_of(TIME, wave(TIME)), "a.dat:1: 2 columns, but yy is column 2"),
    "one column": (text_of(wave(TIME)), "a.dat:1: 1 columns, but xx is column 1"),
    "commas": (tensor_of(TIME).replace(" ", ","), "a.dat:1: t is '0.0000"),
    "semicolons": (tensor_of(TIME).replace(" ", "; "), "a.dat:1: t is "),
    "a time twice": (changed(12, tensor_of(TIME).splitlines()[10]), "a.dat:12: the time"),
    "a restart": (tensor_of(np.r_[TIME[:900], TIME[800:]]), "a.dat:901: the time 0.0976562 s does"),
    "times that fall": (tensor_of(TIME[::-1]), "a.dat:2: the time 0.499756 s does not rise"),
    "times that stand": (tensor_of(TIME, written=0 * TIME), "a.dat:2: the time 0 s does not rise"),
    "rounded times": (tensor_of(TIME, written=TIME.round(3)), "does not rise; remove the overlap"),
    "a gap": (tensor_of(TIME, written=LATER), "a.dat:1640: a gap of 0.2 s before the time 0.400"),
    "a missing piece": (tensor_of(np.r_[TIME[:900], TIME[950:]]), "a.dat:901: a gap of 0.00623 s"),
    "nearly one time": (
        tensor_of(TIME, written=TWIN),
        "a.dat:1001: the time 0.121948243 s is nearly",
    ),
    "times in ms": (tensor_of(TIME, written=1e3 * TIME), "more than 60 s; give times in seconds"),
    "times in us": (tensor_of(TIME, written=1e6 * TIME), "more than 60 s; give times in seconds"),
    "times in ns": (tensor_of(TIME, written=1e9 * TIME), "more than 60 s; give times in seconds"),
    "an index for time": (
        tensor_of(TIME, written=np.arange(len(TIME))),
        "more than 60 s; give times in seconds",
    ),
    "a huge last time": (changed(4096, "1e300 0 0 0 0 0 0"), "a.dat:4096: a gap of 1e+300 s"),
    "times in minutes": (tensor_of(TIME, written=TIME / 60), "the data end after 0.00833"),
    "coarse samples": (tensor_of(np.arange(0, 0.5, 1e-3)), "signal.sample_rate is 4096 Hz; give"),
    "zero everywhere": (tensor_of(TIME, scale=0), "mine.tsv:2: m is zero everywhere, or constant"),
    "constant": (text_of(TIME, *[TIME * 0 + 5] * 6), "mine.tsv:2: m is zero everywhere, or const"),
    "1e60 times too loud": (tensor_of(TIME, scale=1e60), "a core collapse has 0.001 to 100000 cm"),
    "1e200 times too loud": (tensor_of(TIME, scale=1e200), "the peak of m (distance times strain)"),
    "1e6 times too loud": (tensor_of(TIME, scale=1e6), "a core collapse has 0.001 to 100000 cm"),
    "1e-50 times too quiet": (tensor_of(TIME, scale=1e-50), "a core collapse has 0.001 to 100000"),
    "1e-200 times too quiet": (tensor_of(TIME, scale=1e-200), "correct unit, distance_kpc or col"),
    "strain as if it were cm": (
        tensor_of(TIME, scale=3e-23),
        "correct unit, distance_kpc or colum",
    ),
    "latin-1": (
        tensor_of(TIME).encode() + b"\n# M\xfcller\n",
        "a.dat:4097: byte 0xfc is not UTF-8",
    ),
    "UTF-16": (tensor_of(TIME).encode("utf-16"), "a.dat:1: byte 0xff is not UTF-8"),
    "gzip under another name": (gzip.compress(b"0 1\n"), "a.dat:1: byte 0x8b is not UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(1000), "a.dat:1: byte 0x89 is not UTF-8"),
    "zeros": (bytes(5000), "a.dat:1: "),
    "one endless line": (b"0 " * 1_000_000, "a.dat:1: the line has more than 1000000 characters"),
    "too many lines": (b"0 0 0 0 0 0 0\n" * 2_000_001, "a.dat:2000000: more lines follow, but a"),
}

BOUNCES = {
    "20": "less than 10% of the energy of m",
    "10": "and half of the energy lies before -9.8",
    "1.7": "correct bounce_time_s (1.7 s)",
    "-2": "correct bounce_time_s (-2 s)",
    "-60": "correct bounce_time_s (-60 s)",
}


def hdf5(folder):
    """A file of another kind under the name of a text file."""
    with h5py.File(folder / "a.dat", "w") as file:
        file["strain"] = wave(TIME)


def without(files: Files, *names: str) -> Files:
    return {name: content for name, content in files.items() if name not in names}


def more_files() -> Iterator[tuple[str, dict[str, str], Any, str]]:
    """What is wrong, row, files, and what the line must say."""
    views, grid = views_of(TIME), grid_of(TIME)
    one = "grid/m_phi0.000_theta0.785_hplus.txt"
    yield "HDF5", A, hdf5, "a.dat:1: byte 0x89 is not UTF-8"
    yield "a folder", A, lambda folder: (folder / "a.dat").mkdir(), "is a folder; name the file in"
    yield "a wrong digest", A | {"own_sha256": "1" * 64}, {"a.dat": "0 0\n"}, "sha256 of m is"
    packed = gzip.compress(changed(12, "x").encode())
    gz = A | {"path": "a.dat.gz"}
    yield "compressed: bad line", gz, {"a.dat.gz": packed}, "a.dat.gz:12: t is 'x', not"
    yield "compressed: cut short", gz, {"a.dat.gz": packed[:5000]}, "a.dat.gz:"
    yield "compressed: plain text", gz, {"a.dat.gz": "0 0\n"}, "a.dat.gz:1: cannot be decompressed"
    bomb = gzip.compress(b"0 0 0 0 0 0 0\n" * 2_000_001, 1)
    yield "compressed: too many lines", gz, {"a.dat.gz": bomb}, "a.dat.gz:2000000: more lines"
    xz = A | {"path": "a.dat.xz"}
    yield "compressed: no xz", xz, {"a.dat.xz": "0 0\n"}, "a.dat.xz:1: cannot be decompressed"
    cut = A | {"duration_s": "0.05"}
    yield "cut off too early", cut, {"a.dat": tensor_of(TIME)}, "mine.tsv:2: bounce_time_s and dur"
    nine = " ".join(
        f"{a}{b}={1 + 3 * i + j}" for i, a in enumerate("xyz") for j, b in enumerate("xyz")
    )
    h = wave(TIME)
    loose = text_of(TIME, *(factor * h for factor in (1, 2, 3, -4, 5, 6, 7, -8, 9)))
    yield (
        "nine that are not symmetric",
        A | {"columns": f"t=0 {nine}"},
        {"a.dat": loose},
        "is not sym",
    )
    for view, component in (("x", "yz"), ("y", "xz"), ("z", "xy")):
        left = without(views, f"m_{view}.txt")
        says = (
            f"the view along {view}: its plus follows from the other two views, but its cross, the "
        )
        yield f"no view along {view}", VIEWS, left, f"{says}component {component}"
    yield "one view of three", VIEWS, without(views, "m_x.txt", "m_y.txt"), "m_x.txt; put it there"
    yield "no view", VIEWS, {}, "m_x.txt; put it there, or correct the path"
    yield "views of two models", VIEWS, views | {"m_z.txt": text_of(TIME, h, h)}, "h+(x) - h+(y) + "
    swapped = views | {"m_x.txt": views["m_z.txt"], "m_z.txt": views["m_x.txt"]}
    swapped |= {"m_y.txt": text_of(TIME, 2 * h, h)}
    yield "swapped views", VIEWS, swapped, "do not belong to one trace-free tensor"
    late = text_of(TIME + 2, 2 * h, h / 2)
    yield "views without a common time", VIEWS, views | {"m_z.txt": late}, "share less than 0.1 s"
    yield (
        "a view without cross",
        VIEWS,
        views | {"m_y.txt": text_of(TIME, h)},
        "m_y.txt:1: 2 columns",
    )
    yield "an empty view", VIEWS, views | {"m_y.txt": ""}, "m_y.txt:1: no line of data"
    yield (
        "a view with a gap",
        VIEWS,
        views | {"m_y.txt": text_of(LATER, 3 * h, h)},
        "m_y.txt:1640: a",
    )
    still = {name: text_of(TIME, 0 * h, 0 * h) for name in views}
    yield "views of nothing", VIEWS, still, "mine.tsv:2: m is zero everywhere, or constant"
    loud = {
        f"m_{view}.txt": text_of(TIME, 1e60 * own * h, h)
        for view, own in zip("xyz", (1, 3, 2), strict=True)
    }
    yield "absurd views", VIEWS, loud, "correct unit, distance_kpc or columns"
    yield "no file of a grid", GRID, {"grid/a.txt": "0\n"}, "no file m_phi{phi}_theta{theta}"
    yield "no folder of a grid", GRID, {}, "no file m_phi{phi}_theta{theta}_{polarisation}.txt in"
    short = text_of(wave(TIME)[:-1] * 1e-22)
    yield "polarisations of different lengths", GRID, grid | {one: short}, "4095 samples, but"
    yield "an empty file of a grid", GRID, grid | {one: ""}, f"{one}:1: no line of data"
    yield (
        "text in a file of a grid",
        GRID,
        grid | {one: "0\nx\n"},
        f"{one}:2: h is 'x', not a number",
    )
    few = {name: grid[name] for name in grid if "phi0.000_theta0.785" in name}
    yield "one direction", GRID, few, "do not determine the whole tensor"
    odd = {"grid/m_phi1.2.3_theta0.785_hplus.txt": grid[one]}
    yield "an angle that is no number", GRID, grid | odd, "an angle in the names of files"
    named = {"grid/m_phix_theta0.785_hplus.txt": grid[one]}
    yield "an angle in words", GRID, grid | named, "does not read as m_phi{phi}_theta{theta}"
    other = {"grid/m_phi0.000_theta0.785_up.txt": grid[one]}
    yield "an unknown polarisation", GRID, grid | other, "does not read as m_phi{phi}_theta{theta}"
    double = {one: text_of(3 * wave(TIME) / 3e22)}
    yield "a direction of another model", GRID, grid | double, "do not belong to one trace-free"
    silent = {name: text_of(0 * h) for name in grid}
    yield "a grid of nothing", GRID, silent, "mine.tsv:2: m is zero everywhere, or constant"
    far = GRID | {"distance_kpc": "1e6"}
    yield (
        "a distance in pc",
        far | {"distance_kpc": "1000000"},
        {name: text_of(1e3 * np.loadtxt(text.splitlines())) for name, text in grid.items()},
        "correct unit, distance_kpc or columns",
    )
    for cell, says in (
        ("phi=range(4)", "grid: 'phi=range(4)' must read like"),
        ("phi=linspace(0,2pi,0)", "must read like"),
        ("phi=linspace(0,2pi,1000000000000)", "must read like"),
        ("phi=linspace(0,x,4)", "must read like"),
        ("phi=linspace(0,,4)", "must read like"),
        ("psi=linspace(0,2pi,4)", "must read like"),
        ("phi=linspace(0,1,4)", "it has no phi near"),
        ("theta=linspace(0,1,3)", "it has no theta near"),
        ("costheta=linspace(5,9,3)", "it has no theta near"),
    ):
        yield (
            f"grid of angles {cell}",
            GRID | {"grid": cell},
            grid,
            f"mine.tsv:2: {says}" if (says.startswith("grid")) else says,
        )


def cases() -> Iterator[Case]:
    """All bad waveform files."""
    for what, (content, says) in TENSORS.items():
        yield Case("waveform file: tensor", what, loaded(A, {"a.dat": content}), (says,))
    for bounce, says in BOUNCES.items():
        row = TENSOR | {"bounce_time_s": bounce}
        attempt = loaded(row, {"a.dat": tensor_of(TIME)})
        yield Case("waveform file: bounce_time_s", bounce, attempt, ("mine.tsv:2: ", says))
    for what, row, files, says in more_files():
        yield Case(f"waveform file: {row['format']}", what, loaded(row, files), (says,))
