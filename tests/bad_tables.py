"""Bad tables: of waveforms, surrogates, glitches, spectral lines, mergers; and their encodings."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bad_inputs import ROOT, Case

from ccsncam.noise.events import event_windows, read_events
from ccsncam.noise.glitches import read_glitches
from ccsncam.noise.psd import read_lines
from ccsncam.planning.moment_table import read_table as read_moments
from ccsncam.waveforms.cells import NUMBERS, ROW, TEXTS
from ccsncam.waveforms.files import files_of
from ccsncam.waveforms.surrogate_table import read_surrogates
from ccsncam.waveforms.table import entry, read_table, substitute

HEADER = (*ROW, *TEXTS, *NUMBERS)
SURROGATES = ROOT / "resources/surrogates.tsv"

TENSOR = {
    "name": "m",
    "source": "numerical",
    "format": "tensor",
    "path": "a.dat",
    "columns": "t=0 xx=1 yy=2 zz=3 xy=4 xz=5 yz=6",
    "unit": "cm",
    "derivative": "2",
    "sha256": "0" * 64,
    "bounce_time_s": "0",
}
GRID = {
    "name": "m",
    "source": "numerical",
    "format": "grid",
    "path": "grid",
    "pattern": "m_phi{phi}_theta{theta}_{polarisation}.txt",
    "unit": "strain",
    "distance_kpc": "10",
    "sample_rate_hz": "16384",
    "sha256": "0" * 64,
    "bounce_time_s": "0",
}
VIEWS = {
    "name": "m",
    "source": "numerical",
    "format": "views",
    "path": "m_{view}.txt",
    "unit": "cm",
    "sha256": "0" * 64,
    "bounce_time_s": "0",
}
SINGLE = {"name": "m", "source": "numerical", "format": "single", "path": "a.txt"}
UNSEEN = SINGLE | {
    "role": "unseen",
    "unit": "cm",
    "sha256": "0" * 64,
    "bounce_time_s": "0.02",
}
SURROGATE = {
    "name": "s18",
    "source": "surrogate",
    "format": "surrogate",
    "duration_s": f"{read_table(ROOT / 'config/waveforms.tsv').at['s18', 'duration_s']:g}",
}


def table_of(*rows: Mapping[str, str]) -> str:
    """Text of a waveform table."""
    lines = ["\t".join(row.get(key, "-") for key in HEADER) for row in rows]
    return "\n".join(["\t".join(HEADER), *lines]) + "\n"


# By group: a good row, the cells that are changed → what the line must say.
Rows = tuple[Mapping[str, str], Mapping[str, str], str]
ROWS: dict[str, list[Rows]] = {
    "name and class": [
        (TENSOR, {"name": ""}, ":2: name"),
        (TENSOR, {"name": "-"}, ":2: name"),
        (TENSOR, {"name": "a b"}, ":2: name 'a b' must be"),
        (TENSOR, {"name": "a/b"}, ":2: name 'a/b' must be"),
        (TENSOR, {"name": ".."}, ":2: name '..' must be"),
        (TENSOR, {"name": "."}, ":2: name '.' must be"),
        (TENSOR, {"name": "-rf"}, ":2: name '-rf' must be"),
        (TENSOR, {"name": "m\x07"}, ":2: name 'm\\x07' must be"),
        (TENSOR, {"name": "Größe"}, ":2: name 'Größe' must be"),
        (TENSOR, {"name": "x" * 65}, "at most 64"),
        (TENSOR, {"name": "noise"}, "'noise' is taken for something else"),
        (TENSOR, {"class": "noise"}, ":2: class 'noise' is taken"),
        (TENSOR, {"class": "all"}, ":2: class 'all' is taken"),
        (TENSOR, {"class": "../a"}, ":2: class '../a' must be"),
        (TENSOR, {"class": "a b"}, ":2: class 'a b' must be"),
        (TENSOR, {"name": "?"}, ":2: name cannot be ?"),
    ],
    "source and format": [
        (TENSOR, {"source": "real"}, ":2: source 'real' must be"),
        (TENSOR, {"source": "-"}, ":2: source '-' must be"),
        (TENSOR, {"source": "surrogate"}, ":2: source surrogate and format tensor do not go"),
        (TENSOR, {"format": "wav"}, ":2: format 'wav' must be one of"),
        (TENSOR, {"format": "-"}, ":2: format '-' must be one of"),
        (TENSOR, {"format": "Tensor"}, ":2: format 'Tensor' must be one of"),
        (SURROGATE, {"format": "tensor"}, ":2: source surrogate and format tensor do not go"),
        (SURROGATE, {"duration_s": "-"}, ":2: format surrogate needs duration_s"),
        (SURROGATE, {"duration_s": "5"}, ":2: duration_s 5, but the tracks of s18"),
        (SURROGATE, {"name": "s99"}, "but the tracks of s99"),
        (SURROGATE, {"tracks": "sasi=0:1,1:2~3"}, ":2: tracks: those of a surrogate are in"),
        (SINGLE, {}, ":2: m is known in one direction only"),
        (SINGLE, {"columns": "t=0 plus=1 cross=2"}, ":2: m is known in one direction only"),
        (SINGLE, {"columns": "h=0"}, ":2: m is known in one direction only"),
        (SINGLE, {"columns": "t=0 cross=1"}, "along x, y and z"),
        (SINGLE, {"columns": "cross=one"}, ":2: columns: 'cross=one' must be name=number"),
        (SINGLE, {"path": "-"}, ":2: format single needs path"),
        (SINGLE, {"role": "train"}, "or set its role to unseen"),
    ],
    "role and family": [
        (TENSOR, {"role": "test"}, ":2: role 'test' must be one of train, unseen, or empty"),
        (TENSOR, {"role": "Unseen"}, ":2: role 'Unseen' must be one of train, unseen, or empty"),
        (TENSOR, {"role": "?"}, ":2: role cannot be ?"),
        (TENSOR, {"family": "f-mode"}, ":2: family 'f-mode' must be one of g-mode, g-mode+SASI, "),
        (TENSOR, {"family": "SASI + g-mode"}, ":2: family 'SASI + g-mode' must be one of g-mode"),
        (TENSOR, {"family": "?"}, ":2: family cannot be ?"),
        *(
            (UNSEEN, {key: "-"}, f":2: format single needs {key}")
            for key in ("path", "unit", "sha256", "bounce_time_s")
        ),
        (UNSEEN, {"unit": "Msun cm2"}, ":2: unit 'Msun cm2' must be cm or strain"),
        (UNSEEN, {"unit": "strain"}, ":2: unit strain needs distance_kpc"),
        (UNSEEN, {"columns": "t=0 cross=1"}, ":2: columns: no 'plus' for format single"),
        (UNSEEN, {"columns": "t=0 h=1"}, ":2: columns: unknown 'h' for format single"),
        (UNSEEN, {"columns": "plus=0"}, ":2: columns: no 't' and no sample_rate_hz"),
        (
            UNSEEN,
            {"columns": "plus_re=0 plus_im=1 cross_re=2", "sample_rate_hz": "4096"},
            ":2: columns: no 'cross_im' for format single",
        ),
        (
            UNSEEN,
            {"columns": "t=0 plus_re=1 plus_im=2 cross_re=3 cross_im=4"},
            ":2: columns: a spectrum has no 't'; give sample_rate_hz",
        ),
        (
            UNSEEN,
            {"columns": "plus_re=0 plus_im=1 cross_re=2 cross_im=3"},
            ":2: columns: no 't' and no sample_rate_hz",
        ),
        (UNSEEN, {}, ":2: no file "),
    ],
    "cells that a format needs": [
        *(
            (TENSOR, {key: "-"}, f":2: format tensor needs {key}")
            for key in ("path", "columns", "unit", "derivative", "sha256", "bounce_time_s")
        ),
        *(
            (GRID, {key: "-"}, f":2: format grid needs {key}")
            for key in ("path", "pattern", "unit", "sha256", "bounce_time_s")
        ),
        *(
            (VIEWS, {key: "-"}, f":2: format views needs {key}")
            for key in ("path", "unit", "sha256", "bounce_time_s")
        ),
        (GRID, {"sample_rate_hz": "-"}, ":2: columns: no 't' and no sample_rate_hz"),
        (GRID, {"distance_kpc": "-"}, ":2: unit strain needs distance_kpc"),
        (TENSOR, {"unit": "?"}, ":2: unit cannot be ?"),
        (TENSOR, {"path": "?"}, ":2: path cannot be ?"),
    ],
    "numbers": [
        (TENSOR, {"bounce_time_s": "nan"}, ":2: bounce_time_s 'nan' must be a number from"),
        (TENSOR, {"bounce_time_s": "inf"}, ":2: bounce_time_s 'inf' must be a number from"),
        (TENSOR, {"bounce_time_s": "1e300"}, ":2: bounce_time_s '1e300' must be a number"),
        (TENSOR, {"bounce_time_s": "250"}, ":2: bounce_time_s '250' must be a number from"),
        (TENSOR, {"bounce_time_s": "0,2"}, ":2: bounce_time_s '0,2' is not a number"),
        (TENSOR, {"bounce_time_s": "0.2 s"}, ":2: bounce_time_s '0.2 s' is not a number"),
        (TENSOR, {"bounce_time_s": "at 0.2"}, ":2: bounce_time_s 'at 0.2' is not a number"),
        (TENSOR, {"derivative": "two"}, ":2: derivative 'two' is not a number"),
        (TENSOR, {"derivative": "3"}, ":2: derivative '3' must be a number from 0 to 2"),
        (TENSOR, {"derivative": "-1"}, ":2: derivative '-1' must be a number from 0 to 2"),
        (TENSOR, {"derivative": "nan"}, ":2: derivative 'nan' must be a number from 0 to 2"),
        (TENSOR, {"derivative": "1"}, ":2: unit cm means derivative 2, not 1"),
        (TENSOR, {"derivative": "1.5"}, ":2: unit cm means derivative 2, not 1.5"),
        (TENSOR, {"duration_s": "-1"}, ":2: duration_s '-1' must be a number from"),
        (TENSOR, {"duration_s": "0"}, ":2: duration_s '0' must be a number from"),
        (TENSOR, {"duration_s": "nan"}, ":2: duration_s 'nan' must be a number from"),
        (TENSOR, {"duration_s": "1000"}, ":2: duration_s '1000' must be a number from"),
        (GRID, {"sample_rate_hz": "0"}, ":2: sample_rate_hz '0' must be a number from"),
        (GRID, {"sample_rate_hz": "-16384"}, ":2: sample_rate_hz '-16384' must be a number"),
        (GRID, {"sample_rate_hz": "1e-300"}, ":2: sample_rate_hz '1e-300' must be a number"),
        (GRID, {"sample_rate_hz": "1e30"}, ":2: sample_rate_hz '1e30' must be a number"),
        (GRID, {"sample_rate_hz": "16 kHz"}, ":2: sample_rate_hz '16 kHz' is not a number"),
        (GRID, {"distance_kpc": "0"}, ":2: distance_kpc '0' must be a number from"),
        (GRID, {"distance_kpc": "-10"}, ":2: distance_kpc '-10' must be a number from"),
        (GRID, {"distance_kpc": "inf"}, ":2: distance_kpc 'inf' must be a number from"),
        (GRID, {"distance_kpc": "3e22"}, ":2: distance_kpc '3e22' must be a number from"),
    ],
    "units and digests": [
        (TENSOR, {"unit": "furlong"}, ":2: unit 'furlong' must be one of"),
        (TENSOR, {"unit": "strain"}, ":2: unit 'strain' must be one of"),
        (TENSOR, {"unit": "CM"}, ":2: unit 'CM' must be one of"),
        (TENSOR, {"unit": "Msun cm2"}, ":2: unit Msun cm2 means derivative 0, not 2"),
        (VIEWS, {"unit": "g cm2"}, ":2: unit 'g cm2' must be cm or strain"),
        (VIEWS, {"unit": "strain"}, ":2: unit strain needs distance_kpc"),
        (TENSOR, {"sha256": "abc"}, ":2: sha256 must be 64 hexadecimal digits"),
        (TENSOR, {"sha256": "g" * 64}, ":2: sha256 must be 64 hexadecimal digits"),
        (TENSOR, {"sha256": "0" * 63}, ":2: sha256 must be 64 hexadecimal digits"),
        (TENSOR, {"sha256": "F" * 64}, ":2: sha256 must be 64 hexadecimal digits"),
    ],
    "columns of files": [
        (TENSOR, {"columns": "t=0 xx=1"}, ":2: columns: no 'xy' for format tensor"),
        (TENSOR, {"columns": "t=0 xx=one"}, ":2: columns: 'xx=one' must be name=number"),
        (TENSOR, {"columns": "t=0 xx=-1"}, ":2: columns: 'xx=-1' must be name=number"),
        (TENSOR, {"columns": "t=0 t=1"}, ":2: columns: 't=1' must be name=number, each"),
        (TENSOR, {"columns": "t:0"}, ":2: columns: 't:0' must be name=number"),
        (TENSOR, {"columns": f"t={10**30}"}, ":2: columns: 't=1000"),
        (TENSOR, {"columns": "t=0 xx=0"}, ":2: columns: 'xx=0' takes column 0 once more"),
        (
            TENSOR,
            {"columns": "t=0 xx=1 yy=1 zz=3 xy=4 xz=5 yz=6"},
            ":2: columns: 'yy=1' takes column 1 once more",
        ),
        (TENSOR, {"columns": TENSOR["columns"][4:]}, ":2: columns: no 't' and no sample_rate_hz"),
        (TENSOR, {"columns": f"{TENSOR['columns']} ab=7"}, ":2: columns: unknown 'ab' for format"),
        (VIEWS, {"columns": "t=0 plus=1"}, ":2: columns: no 'cross' for format views"),
        (VIEWS, {"columns": "t=0 plus=1 x=2"}, ":2: columns: unknown 'x' for format views"),
        (GRID, {"columns": "t=0"}, ":2: columns: no 'h' for format grid"),
        (GRID, {"columns": "plus=0"}, ":2: columns: unknown 'plus' for format grid"),
    ],
    "paths and patterns": [
        (VIEWS, {"path": "m.txt"}, ":2: path 'm.txt' must hold {view}"),
        (VIEWS, {"path": "m_{View}.txt"}, "must hold {view}"),
        (GRID, {"pattern": "m_{phi}.txt"}, "must hold {theta} once"),
        (GRID, {"pattern": "{phi}{phi}{theta}{polarisation}"}, "must hold {phi} once"),
        (GRID, {"pattern": "/{phi}{theta}{polarisation}"}, "must be the name of a file"),
        (GRID, {"pattern": "../{phi}{theta}{polarisation}"}, "must be the name of a file"),
        (GRID, {"pattern": "**{phi}{theta}{polarisation}"}, "must be the name of a file"),
        (GRID, {"pattern": "[{phi}{theta}{polarisation}"}, "must be the name of a file"),
        (GRID, {"pattern": "{phi}{theta}{polarisation}{ext}"}, "must be the name of a file"),
        (TENSOR, {}, ":2: no file "),
        (TENSOR, {"url": "https://a.b/c"}, "get it from https://a.b/c and put it there"),
        (TENSOR, {"path": "x" * 300}, ":2: no file "),
        (TENSOR, {"path": "."}, "is a folder; name the file in it"),
        (TENSOR, {"path": "a\0b"}, ":2: no file "),
        (VIEWS, {}, ":2: no file "),
        (GRID, {}, ":2: no file m_phi{phi}_theta{theta}_{polarisation}.txt in "),
    ],
    "tracks": [
        *(
            (TENSOR, {"tracks": cell}, ":2: tracks: ")
            for cell in (
                "g_mode",
                "g_mode=0.1:300,0.5:700",
                "g_mode=0.1:300~50",
                "g_mode=0.5:300,0.1:700~50",
                "g_mode=0.1:300,0.1:700~50",
                "G=0.1:300,0.5:700~50",
                "g_mode=0.1:300,0.5:700~0",
                "g_mode=0.1:300,0.5:700~1.2.3",
                "g_mode=0.1:300,0.5:700~1e3",
                "g_mode=0.1:300:4,0.5:7~5",
                "g_mode=0.1:nan,0.5:700~50",
                "g_mode=nan:300,0.5:700~50",
                "g_mode=0.1:inf,0.5:700~50",
                "g_mode=0.1:300,inf:700~50",
                "g_mode=0.1:0,0.5:700~50",
                "g_mode=0.1:-300,0.5:700~50",
                "g_mode=0.1:300,0.5:5000~50",
                "g_mode=100:300,500:700~50",
                "g_mode=0:1,1:2~3 g_mode=0:1,1:2~3",
                "g_mode=a:1,1:2~3",
            )
        )
    ],
}

GOOD = table_of(TENSOR)
LINES = GOOD.splitlines()
# What is wrong → text or bytes of a waveform table, and what the line must say.
TABLES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "the waveform table is empty"),
    "comments only": ("# a\n# b\n", "the waveform table is empty"),
    "spaces in place of tabs": (GOOD.replace("\t", "  "), ":1: columns must be separated by tabs"),
    "commas in place of tabs": (GOOD.replace("\t", ","), ":1: unknown column"),
    "an unknown column": (GOOD.replace("licence", "license"), ":1: unknown column 'license'"),
    "no header": (LINES[1] + "\n", ":1: unknown column"),
    "no column of names": (GOOD.replace("name\t", "", 1), ":1: no column 'name'"),
    "no column of sources": (
        GOOD.replace("source\t", "origin\t", 1),
        ":1: unknown column 'origin'",
    ),
    "a column twice": (GOOD.replace("\tclass", "\tformat", 1), ":1: column 'format' occurs twice"),
    "an empty column": (GOOD.replace("\tclass", "\t", 1), ":1: unknown column ''"),
    "a cell too few": (GOOD + "x\ty\n", ":3: 2 cells, but the header has"),
    "a cell too many": (GOOD.rstrip("\n") + "\t\n", ":2: 22 cells, but the header has"),
    "one cell": (GOOD + "words\n", ":3: 1 cells, but the header has"),
    "a name twice": (table_of(TENSOR, TENSOR), ":3: the name 'm' occurs twice"),
    "names that differ in case": (
        table_of(TENSOR, TENSOR | {"name": "M"}),
        ":3: the name 'M' is that of m but for case",
    ),
    "latin-1": (GOOD.replace("cm", "Müller").encode("latin-1"), ":2: byte 0xfc is not UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), ":1: byte 0xff is not UTF-8"),
    "NUL": (b"\0" * 100, ":1: unknown column"),
    "binary": (bytes(range(128, 256)), ":1: byte 0x80 is not UTF-8"),
    "a row that is commented in its middle": (GOOD + "m2 # later\n", ":3: 1 cells"),
}


def waveforms(text: str | bytes, name: str = "mine.tsv") -> Callable[..., object]:
    """Read a waveform table and look for the files of its rows, as Snakemake's start-up does."""

    def attempt(folder):
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        table = read_table(path)
        for row in table.index:
            files_of(table.loc[row], path)
            entry(table.loc[row], SURROGATES)

    return attempt


# --- shipped tables, which a user may edit -------------------------------------------------------


def edited(name: str, read: Callable[[Any], object], change: Callable[[str], str | bytes]):
    """Read a shipped table after a change."""

    def attempt(folder):
        text = change((ROOT / "resources" / name).read_text(encoding="utf-8"))
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        read(path)

    return attempt


def first_row(text: str) -> int:
    """Line of a table's first row, counted from 1."""
    lines = text.splitlines()
    return 2 + next(number for number, line in enumerate(lines) if not line.startswith("#"))


def cell(column: str, value: str) -> Callable[[str], str]:
    """Put a value into a cell of the first row; ``*`` stands for what it holds."""

    def change(text):
        lines = text.splitlines()
        first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
        header, row = lines[first].split("\t"), lines[first + 1].split("\t")
        old = row[header.index(column)]
        row[header.index(column)] = value.replace("*", old)
        lines[first + 1] = "\t".join(row)
        return "\n".join(lines)

    return change


SHIPPED: dict[str, tuple[Callable[[Any], object], list[tuple[str, str, str]]]] = {
    "surrogates.tsv": (
        read_surrogates,
        [
            ("seed", "1.5", "seed must be a whole number"),
            ("seed", "-1", "seed must be one number above 0"),
            ("seed", "nan", "seed must be finite"),
            ("seed", "x", "seed 'x' must be numbers"),
            ("seed", "1,2", "seed must be one number above 0"),
            ("component", "G mode", "component 'G mode' must be lower-case letters"),
            ("times_s", "0,*", "must have equally many knots"),
            ("times_s", "-5*", "times_s must rise, and begin at"),
            ("times_s", "0.1", "must have equally many knots"),
            ("times_s", "a,b", "times_s 'a,b' must be numbers"),
            ("frequencies_hz", "-*", "frequencies_hz must be above 0"),
            ("frequencies_hz", "nan,1,2", "frequencies_hz must be finite"),
            ("amplitudes", "inf,1,1", "amplitudes must be finite"),
            ("bandwidth_hz", "0", "bandwidth_hz must be one number above 0"),
            ("rms_cm", "-1", "rms_cm must be one number above 0"),
            ("rms_cm", "", "rms_cm '' must be numbers"),
        ],
    ),
    "glitches.tsv": (
        read_glitches,
        [
            ("kind", "blop", "unknown kind of glitch 'blop'"),
            ("frequency_min_hz", "x", "frequency_min_hz = 'x' is not a number"),
            ("frequency_min_hz", "1e9", "frequency from 1e+09"),
            ("frequency_max_hz", "nan", "frequency_max_hz = 'nan' is not a number"),
            ("duration_min_s", "-1", "duration from -1"),
            ("duration_max_s", "0", "duration from"),
            ("sweep_max_hz", "-5", "sweep from"),
        ],
    ),
    "spectral_lines.tsv": (
        lambda path: read_lines(path, "H1"),
        [
            ("frequency_hz", "sixty", "frequency_hz = 'sixty' is not a number"),
            ("rms_strain", "inf", "rms_strain = 'inf' is not a number"),
            ("width_hz", "", "width_hz = '' is not a number"),
        ],
    ),
    "events.tsv": (
        read_events,
        [
            ("gps", "yesterday", "gps = 'yesterday' is not a number"),
            ("gps", "nan", "gps = 'nan' is not a number"),
            ("gps", "", "gps = '' is not a number"),
        ],
    ),
}

# What is wrong with a table of moments → its text, and what the line must say.
MOMENTS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", ":1: the table of moments is empty"),
    "comments only": ("# GPS\n", ":1: the table of moments is empty"),
    "no row": ("gps\tname\n", ":1: the table of moments has no row"),
    "no header": ("1249852257\n", ":1: unknown column '1249852257'"),
    "no gps": ("name\na\n", ":1: no column 'gps'"),
    "a column twice": ("gps\tgps\n1\t2\n", ":1: column 'gps' occurs twice"),
    "an unknown column": ("gps\ttime\n1\t2\n", ":1: unknown column 'time'"),
    "commas": ("gps,name\n1249852257,a\n", ":1: unknown column 'gps,name'"),
    "a cell too few": ("gps\tname\n1249852257\n", ":2: 1 cells, but the header has 2"),
    "a cell too many": ("gps\n1249852257\ta\n", ":2: 2 cells, but the header has 1"),
    "words": ("gps\nyesterday\n", ":2: gps 'yesterday' is not a number"),
    "no time": ("gps\tname\n\ta\n", ":2: gps '' is not a number"),
    "a date": ("gps\n2019-08-14\n", ":2: gps '2019-08-14' is not a number"),
    "nan": ("gps\nnan\n", ":2: gps 'nan' must be a GPS time from 1"),
    "infinite": ("gps\ninf\n", ":2: gps 'inf' must be a GPS time from 1"),
    "negative": ("gps\n-5\n", ":2: gps '-5' must be a GPS time from 1"),
    "nanoseconds": ("gps\n1249852257000000000\n", "must be a GPS time from 1 to 99999999999 s"),
    "a moment twice": ("gps\n5.50\n6\n5.5\n", ":4: gps 5.5 is that of "),
    "a name with a bell": ("gps\tname\n5\ta\x07\n", ":2: name 'a\\x07' must be"),
    "a long name": (f"gps\tname\n5\t{'x' * 101}\n", "must be at most 100 printable signs"),
    "latin-1": ("gps\tname\n5\t\xfc\n".encode("latin-1"), ":2: byte 0xfc is not UTF-8"),
}


def moments(text: str | bytes) -> Callable[[Any], object]:
    """Read a table of moments."""

    def attempt(folder):
        path = folder / "moments.tsv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        read_moments(path)

    return attempt


# What may happen to any of these tables.
HARMS: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "empty": (lambda text: "", ""),
    "comments only": (lambda text: "# words\n", ""),
    "latin-1": (lambda text: (text + "\xfc\n").encode("latin-1"), "byte 0xfc is not UTF-8"),
    "UTF-16": (lambda text: text.encode("utf-16"), "byte 0xff is not UTF-8"),
    "spaces in place of tabs": (lambda text: text.replace("\t", ""), "column"),
    "a row with a cell too few": (lambda text: text + "words\n", "1 cells"),
    "a row with a cell too many": (lambda text: text.rstrip("\n") + "\twords\n", "cells"),
    "no rows": (lambda text: header_of(text), ""),
}


def header_of(text: str) -> str:
    """The header of a table alone."""
    return next(line for line in text.splitlines() if not line.startswith("#")) + "\n"


def cases() -> Iterator[Case]:
    """All bad tables."""
    for group, rows in ROWS.items():
        for good, change, says in rows:
            attempt = waveforms(table_of({**good, **change}))
            what = f"{good['format']}: {change}"[:90]
            yield Case(f"waveform table: {group}", what, attempt, ("mine.tsv", says))
    for what, (text, says) in TABLES.items():
        yield Case("waveform table: as a whole", what, waveforms(text), ("mine.tsv", says))
    for what, (text, says) in MOMENTS.items():
        yield Case("table of moments", what, moments(text), ("moments.tsv", says))
    packed = gzip.compress(GOOD.replace("numerical", "real").encode())
    for what, name, data, says in (
        ("compressed", "mine.tsv.gz", packed, "mine.tsv.gz:2: source 'real'"),
        ("cut short", "mine.tsv.gz", packed[:-20], "mine.tsv.gz:"),
        ("not compressed", "mine.tsv.gz", GOOD.encode(), "mine.tsv.gz:1: cannot be decompressed"),
        ("no xz", "mine.tsv.xz", GOOD.encode(), "mine.tsv.xz:1: cannot be decompressed"),
        ("no bz2", "mine.tsv.bz2", GOOD.encode(), "mine.tsv.bz2"),
    ):
        yield Case("waveform table: compressed", what, waveforms(data, name), (says,))
    yield Case(
        "waveform table: as a whole", "a folder", lambda folder: read_table(folder), ("no such",)
    )
    for name, (read, changes) in SHIPPED.items():
        for column, value, says in changes:
            attempt = edited(name, read, cell(column, value))
            where = f"{name}:{first_row((ROOT / 'resources' / name).read_text())}: "
            yield Case(f"{name}: cells", f"{column} = {value!r}", attempt, (where, says))
        for what, (change, says) in HARMS.items():
            # Without a row, no surrogate has modes: the row of the waveform table is refused.
            if (name, what) == ("surrogates.tsv", "no rows"):
                continue
            yield Case(f"{name}: as a whole", what, edited(name, read, change), (name, says))
    for names, says in ((["m40"], "m40: no row"), (["m"], "m: ")):
        yield Case(
            "surrogates in place of rows",
            str(names),
            lambda folder, names=names: substitute(written(folder, GOOD), names, SURROGATES),
            ("config, surrogates", says),
        )
    events = read_events(ROOT / "resources/events.tsv")
    yield Case(
        "catalogues",
        "unknown",
        lambda _folder: event_windows(events, ["GWTC-9"], (8, 8), [[0, 1e9]]),
        ("noise.events.catalogs", "'GWTC-9'"),
    )


def written(folder, text):
    """The table of this text."""
    (folder / "mine.tsv").write_text(text)
    return read_table(folder / "mine.tsv")
