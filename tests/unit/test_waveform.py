"""The waveform table, the readers of public formats, resampling, conditioning, projection."""

import gzip
from itertools import product

import numpy as np
import pytest
import scipy.signal

import make_waveform
from ccsncam.config.blocks import Conditioning
from ccsncam.waveforms.cells import NUMBERS, ROW, TEXTS
from ccsncam.waveforms.conditioning import along_tracks, condition, resample
from ccsncam.waveforms.files import digest, files_of
from ccsncam.waveforms.loading import load_waveform
from ccsncam.waveforms.model import (
    Waveform,
    components,
    energy,
    polarisation_weights,
    polarisations,
    tensor,
)
from ccsncam.waveforms.table import read_table, substitute

SIGNAL = Conditioning(sample_rate=4096, highpass=11.0, tukey=0.1)
HEADER = (*ROW, *TEXTS, *NUMBERS)
SOLAR_CM = 1.4766250385e5 / 2.99792458e10**2  # GM/c² over c², from the nominal solar mass parameter


def write_table(folder, *rows):
    """A waveform table of rows given by column; checksums of existing files are filled in."""
    path = folder / "waveforms.tsv"
    lines = ["\t".join(HEADER)]
    for row in rows:
        row = {"name": "m", "source": "numerical", "bounce_time_s": 0, **row}
        lines.append("\t".join(str(row.get(key, "-")) for key in HEADER))
    path.write_text("\n".join(lines) + "\n")
    return path


def load(folder, **row):
    """Load a row, checksum and all."""
    row.setdefault("sha256", "0" * 64)
    table = write_table(folder, row)
    entry = read_table(table).loc["m"]
    if row["format"] != "single":
        row["sha256"] = digest(files_of(entry, table))
        table = write_table(folder, row)
    return load_waveform(read_table(table).loc["m"], table, SIGNAL, "none")


def rotation_projection(quadrupole, theta, phi):
    """D h₊ and D h×, by the unit vectors of the observer and the projector of the TT gauge."""
    n = np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
    e_theta = np.array([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)])
    e_phi = np.array([-np.sin(phi), np.cos(phi), 0])
    project = np.eye(3) - np.outer(n, n)
    tt = 2 * np.einsum("ik,klt,lj->ijt", project, quadrupole, project)
    tt -= np.einsum("kk t,ij->ijt", tt, project) / 2
    plus = (np.outer(e_theta, e_theta) - np.outer(e_phi, e_phi)) / 2
    cross = (np.outer(e_theta, e_phi) + np.outer(e_phi, e_theta)) / 2
    return np.einsum("ij,ijt->t", plus, tt), np.einsum("ij,ijt->t", cross, tt)


def pulse(time, seed=0):
    """A smooth trace-free tensor and its first two integrals: A = d²I/dt², shape (3, 3, n)."""
    rng = np.random.default_rng(seed)
    amplitude = rng.standard_normal((3, 3))
    amplitude += amplitude.T
    amplitude -= np.trace(amplitude) / 3 * np.eye(3)
    x, width = time - 0.25, 0.02
    bell = np.exp(-0.5 * (x / width) ** 2)
    shapes = (bell, -x / width**2 * bell, (x**2 / width**4 - 1 / width**2) * bell)
    return [amplitude[..., None] * shape for shape in shapes]


@pytest.fixture
def tensor_time():
    """Irregular times about 84 µs apart, as FORNAX writes them."""
    steps = 84e-6 * (1 + 0.1 * np.random.default_rng(1).uniform(-1, 1, 6000))
    return np.cumsum(steps)


# --- projection ----------------------------------------------------------------------------------


def test_polarisations_agree_with_the_projection_on_unit_vectors():
    rng = np.random.default_rng(3)
    quadrupole = tensor(rng.standard_normal((5, 7)))
    theta, phi = np.arccos(rng.uniform(-1, 1, 20)), rng.uniform(0, 2 * np.pi, 20)
    plus, cross = polarisations(quadrupole, theta, phi)
    assert plus.shape == cross.shape == (20, 7)
    for i in range(20):
        expected = rotation_projection(quadrupole, theta[i], phi[i])
        np.testing.assert_allclose([plus[i], cross[i]], expected, atol=1e-13)


def test_components_and_tensor_are_inverse():
    five = np.random.default_rng(0).standard_normal((5, 4))
    whole = tensor(five)
    assert np.abs(np.einsum("iit->t", whole)).max() < 1e-15
    np.testing.assert_array_equal(components(whole), five)


def test_weights_broadcast():
    weights = polarisation_weights(np.zeros((4, 1)), np.zeros(3))
    assert weights.shape == (4, 3, 2, 5)


# --- tensor components in columns ----------------------------------------------------------------

LAYOUTS = {
    "fornax": ("t=0 xx=7 xy=8 xz=9 yy=10 yz=11 zz=12", "Msun cm2/s", 1),
    "powell": ("t=1 xx=2 xy=3 xz=4 yx=5 yy=6 yz=7 zx=8 zy=9 zz=10", "cm", 2),
    "andresen": ("t=0 xx=1 yy=2 zz=3 xy=4 xz=5 yz=6", "cm", 2),
    "pan": ("t=0 xx=1 xy=2 yy=3 xz=4 yz=5 zz=6", "g cm2/s2", 2),
    "moment": ("t=0 xx=1 xy=2 xz=3 yy=4 yz=5 zz=6", "Msun cm2", 0),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tensor_file_of_each_layout_reads_back(layout, tensor_time, tmp_path):
    columns, unit, order = LAYOUTS[layout]
    time = tensor_time
    factor = {"cm": 1, "g": 6.6743e-8 / 2.99792458e10**4, "M": SOLAR_CM}[
        "cm" if unit == "cm" else unit[0]
    ]
    # A trace on top, as a mass quadrupole has one, must not matter.
    written = pulse(time)[order] / factor + 0.3 / factor * np.eye(3)[..., None] * np.sin(9 * time)
    places = dict(item.split("=") for item in columns.split())
    cells = np.zeros((len(time), 1 + max(map(int, places.values()))))
    for key, place in places.items():
        value = time if key == "t" else written["xyz".index(key[0]), "xyz".index(key[1])]
        cells[:, int(place)] = value
    lines = [" ".join(f"{value:.16e}" for value in row) + "\t" for row in cells]
    (tmp_path / "quadrupole.dat").write_text("# t I_xx\n" + "\n".join(lines) + "\n")
    model = load(
        tmp_path,
        format="tensor",
        path="quadrupole.dat",
        columns=columns,
        unit=unit,
        derivative=order,
        bounce_time_s=0.05,
    )
    grid = model.start + np.arange(model.quadrupole.shape[-1]) / 4096
    expected = condition(pulse(grid + 0.05)[2], SIGNAL)
    assert model.quadrupole.shape[:2] == (3, 3)
    assert np.abs(model.quadrupole - expected).max() < 2e-4 * np.abs(expected).max()
    assert grid[0] == pytest.approx(time[0] - 0.05, abs=1 / 4096)


def small_file(folder, change=lambda lines: None, steps=2000):
    """A tensor file, with its lines changed; the header is line 1."""
    time = np.arange(steps) * 1e-4
    lines = ["# t xx yy zz xy xz yz"]
    lines += [f"{t:.6f} 1 2 -3 {np.sin(600 * t):.6f} 0 0" for t in time]
    change(lines)
    (folder / "a.dat").write_text("\n".join(lines) + "\n")


TENSOR = {
    "format": "tensor",
    "path": "a.dat",
    "columns": "t=0 xx=1 yy=2 zz=3 xy=4 xz=5 yz=6",
    "unit": "cm",
    "derivative": 2,
}


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (11, "0.001 1 2 -3 nan 0 0", r"a\.dat:12: xy is nan"),
        (11, "0.001 1 2 -3 0", r"a\.dat:12: 5 columns, but xz is column 5"),
        (11, "0.001 1 2 -3 abc 0 0", r"a\.dat:12: xy is 'abc', not a number"),
        (11, "0.0009 1 2 -3 0 0 0", r"a\.dat:12: the time 0.0009 s does not rise"),
    ],
)
def test_a_bad_line_is_named(line, text, message, tmp_path):
    small_file(tmp_path, lambda lines: lines.__setitem__(line, text))
    with pytest.raises(ValueError, match=message):
        load(tmp_path, **TENSOR)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.001 1 2 -3 nan 0 0", r"a\.dat\.gz:12: xy is nan"),
        ("0.001 1 2 -3 0", r"a\.dat\.gz:12: 5 columns, but xz is column 5"),
        ("0.0009 1 2 -3 0 0 0", r"a\.dat\.gz:12: the time 0.0009 s does not rise"),
    ],
)
def test_a_bad_line_of_a_compressed_file_is_named(text, message, tmp_path):
    small_file(tmp_path, lambda lines: lines.__setitem__(11, text))
    (tmp_path / "a.dat.gz").write_bytes(gzip.compress((tmp_path / "a.dat").read_bytes()))
    with pytest.raises(ValueError, match=message):
        load(tmp_path, **TENSOR | {"path": "a.dat.gz"})


def test_encodings_of_a_file(tmp_path):
    small_file(tmp_path)
    plain = load(tmp_path, **TENSOR)
    text = (tmp_path / "a.dat").read_bytes()
    (tmp_path / "a.dat").write_bytes(b"\xef\xbb\xbf" + text)
    assert (load(tmp_path, **TENSOR).quadrupole == plain.quadrupole).all()
    (tmp_path / "a.dat").write_bytes(text + "# Müller\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"a\.dat:2002: byte 0xfc is not UTF-8"):
        load(tmp_path, **TENSOR)


@pytest.mark.parametrize(
    ("bounce", "scale", "message"),
    [
        (20, 1, "less than 10% of the energy of m .* correct bounce_time_s"),
        (1.5, 1, "correct bounce_time_s"),
        (-3, 1, "correct bounce_time_s"),
        (0.9, 1, "correct bounce_time_s"),
        (-1.0, 1, "correct bounce_time_s"),
        (20, 1000, "run from 0 to 6.* s, which is more than 60 s; give times in seconds"),
        (20e-6, 1e-3, "data end after"),
        (0.02, 5, r"in steps of 0\.00061 s, but signal\.sample_rate is 4096 Hz"),
    ],
)
def test_a_waveform_that_a_sample_cannot_hold_is_refused(bounce, scale, message, tmp_path):
    time = np.arange(0, 0.7, 1 / 8192)
    after = time - 0.02
    rise = np.where(after > 0, np.minimum(after / 0.05, 1) * np.exp(-after / 0.4), 0)
    wave = rise * np.sin(2 * np.pi * np.cumsum(200 + 800 * after) / 8192)
    table = np.stack([time * scale, wave, -wave, 0 * wave, wave, wave, wave], axis=1)
    np.savetxt(tmp_path / "a.dat", table)
    with pytest.raises(ValueError, match=message):
        load(tmp_path, **TENSOR, bounce_time_s=bounce)
    if scale == 1:
        assert load(tmp_path, **TENSOR, bounce_time_s=0.02).start < 0


def test_too_short_and_empty_files_are_named(tmp_path):
    small_file(tmp_path, steps=900)
    with pytest.raises(ValueError, match=r"a\.dat:901: the data end after 0\.0899 s"):
        load(tmp_path, **TENSOR)
    small_file(tmp_path, steps=0)
    with pytest.raises(ValueError, match=r"a\.dat:1: no line of data"):
        load(tmp_path, **TENSOR)


def test_cuts_that_leave_too_little_are_named(tmp_path):
    small_file(tmp_path)
    assert load(tmp_path, **TENSOR, duration_s=0.15).quadrupole.shape[-1] == 615
    with pytest.raises(ValueError, match=r"waveforms\.tsv:2: bounce_time_s and duration_s leave"):
        load(tmp_path, **TENSOR, duration_s=0.05)


# --- a grid of directions ------------------------------------------------------------------------

GRID = {
    "format": "grid",
    "path": "grid",
    "pattern": "m_phi{phi}_theta{theta}_{polarisation}.txt",
    "unit": "strain",
    "distance_kpc": 10,
    "sample_rate_hz": 16384,
    "grid": "phi=linspace(0,2pi,4) costheta=linspace(1,-1,3)",
}


def write_grid(folder, spoil=0.0):
    """Strain at 10 kpc on a grid of directions whose angles are rounded in the names."""
    time = np.arange(8192) / 16384
    quadrupole = pulse(time)[2]
    noise = np.random.default_rng(4)
    (folder / "grid").mkdir()
    for phi in np.linspace(0, 2 * np.pi, 4):
        for theta in np.arccos(np.linspace(1, -1, 3)):
            for kind, h in zip(
                ("hplus", "hcross"), rotation_projection(quadrupole, theta, phi), strict=True
            ):
                h = (h + spoil * noise.standard_normal(len(h))) / 3.0856775814913673e22
                np.savetxt(folder / f"grid/m_phi{phi:.3f}_theta{theta:.3f}_{kind}.txt", h)
    return quadrupole


def test_a_grid_of_directions_gives_the_tensor(tmp_path):
    quadrupole = write_grid(tmp_path)
    model = load(tmp_path, **GRID)
    assert model.residual < 1e-12
    expected = condition(quadrupole[..., ::4], SIGNAL)
    assert np.abs(model.quadrupole - expected).max() < 1e-4 * np.abs(expected).max()
    rounded = load(tmp_path, **{**GRID, "grid": "-"})
    assert 1e-6 < rounded.residual < 1e-3


def test_a_grid_of_no_tensor_is_refused(tmp_path):
    quadrupole = write_grid(tmp_path, spoil=30.0)
    assert np.abs(quadrupole).max() > 100
    with pytest.raises(ValueError, match=r"waveforms\.tsv:2: .*residual .* the limit 0\.01"):
        load(tmp_path, **GRID)


def test_a_grid_that_fixes_too_little_is_refused(tmp_path):
    write_grid(tmp_path)
    for file in (tmp_path / "grid").iterdir():
        if "phi0.000_theta0.000" not in file.name:
            file.unlink()
    with pytest.raises(ValueError, match="do not determine the whole tensor"):
        load(tmp_path, **GRID)


def test_angles_off_the_grid_of_the_table_are_refused(tmp_path):
    write_grid(tmp_path)
    with pytest.raises(ValueError, match="it has no phi near"):
        load(tmp_path, **{**GRID, "grid": "phi=linspace(0,pi,4)"})
    with pytest.raises(ValueError, match="must read like"):
        load(tmp_path, **{**GRID, "grid": "phi=range(4)"})


# --- three views ---------------------------------------------------------------------------------

DIRECTIONS = {"x": (np.pi / 2, 0.0), "y": (np.pi / 2, np.pi / 2), "z": (0.0, np.pi / 2)}
VIEWS = {"format": "views", "path": "m_{view}.txt", "unit": "cm"}


def test_three_views_give_the_tensor(tensor_time, tmp_path):
    quadrupole = pulse(tensor_time)[2]
    for view, direction in DIRECTIONS.items():
        both = rotation_projection(quadrupole, *direction)
        np.savetxt(tmp_path / f"m_{view}.txt", np.stack([tensor_time, *both], axis=-1))
    model = load(tmp_path, **VIEWS)
    assert model.residual < 1e-12
    grid = model.start + np.arange(model.quadrupole.shape[-1]) / 4096
    expected = condition(pulse(grid)[2], SIGNAL)
    assert np.abs(model.quadrupole - expected).max() < 1e-4 * np.abs(expected).max()
    # z seen from another azimuth breaks the identity of the three.
    both = rotation_projection(quadrupole, 0, 0)
    np.savetxt(tmp_path / "m_z.txt", np.stack([tensor_time, *both], axis=-1))
    with pytest.raises(ValueError, match=r"h\+\(x\) - h\+\(y\) \+ h\+\(z\)"):
        load(tmp_path, **VIEWS)


def test_one_direction_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("0 0\n")
    table = write_table(tmp_path, {"format": "single", "path": "a.txt"})
    row = read_table(table).loc["m"]
    for use in (files_of, lambda *a: load_waveform(*a, SIGNAL, "none")):
        with pytest.raises(ValueError, match=r"tsv:2: m is known in one direction only"):
            use(row, table)


# --- resampling and conditioning -----------------------------------------------------------------


def test_a_tone_above_the_new_nyquist_frequency_does_not_alias():
    rng = np.random.default_rng(5)
    drift = np.repeat(rng.uniform(-1, 1, 60), 200)
    time = np.cumsum(84e-6 / 2 * (1 + 0.05 * np.convolve(drift, np.ones(100) / 100, "same")))
    level = {}
    for frequency in (500, 3000):
        start, series = resample(time, np.sin(2 * np.pi * frequency * time), 4096)
        assert start * 4096 == pytest.approx(round(start * 4096))
        level[frequency] = series[100:-100].std() * np.sqrt(2)
    assert level[500] == pytest.approx(1, abs=1e-3)
    assert 20 * np.log10(level[3000]) < -60


def test_resampling_keeps_a_signal_and_takes_derivatives(tensor_time):
    for order, expected in enumerate(pulse(tensor_time)):
        start, series = resample(tensor_time, pulse(tensor_time)[0], 4096, order)
        grid = start + np.arange(series.shape[-1]) / 4096
        expected = pulse(grid)[order]
        assert np.abs(series - expected).max() < 1e-4 * np.abs(expected).max()


def test_conditioning_removes_what_is_below_the_cutoff_and_tapers():
    time = np.arange(8192) / 4096
    slow, fast = np.sin(2 * np.pi * 2 * time), np.sin(2 * np.pi * 100 * time)
    middle = slice(2048, 6144)
    assert np.abs(condition(slow, SIGNAL)[middle]).max() < 1e-3
    passed = condition(fast, SIGNAL)
    # Zero phase: the tone comes back as it was.
    assert np.abs(passed[middle] - fast[middle]).max() < 1e-2
    assert passed[0] == passed[-1] == 0
    assert np.abs(condition(np.full(8192, 5.0), SIGNAL)).max() < 1e-6


# --- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**TENSOR, "sha256": "-"}, r"waveforms\.tsv:2: format tensor needs sha256"),
        ({**TENSOR, "sha256": "abc"}, r"waveforms\.tsv:2: sha256 must be 64"),
        ({**TENSOR, "unit": "furlong"}, r"waveforms\.tsv:2: unit 'furlong' must be one of"),
        ({**TENSOR, "derivative": 1}, r"waveforms\.tsv:2: unit cm means derivative 2, not 1"),
        ({**TENSOR, "derivative": "two"}, r"waveforms\.tsv:2: derivative 'two' is not a number"),
        ({**TENSOR, "columns": "t=0 xx=1"}, r"waveforms\.tsv:2: columns: no 'xy'"),
        ({**TENSOR, "columns": "t=0 xx=one"}, r"waveforms\.tsv:2: columns: 'xx=one' must be"),
        ({**TENSOR, "columns": TENSOR["columns"][4:]}, r"tsv:2: columns: no 't' and no sample"),
        ({**TENSOR, "source": "surrogate"}, r"tsv:2: source surrogate and format tensor do not go"),
        ({**TENSOR, "format": "wav"}, r"tsv:2: format 'wav' must be one of"),
        ({**TENSOR, "duration_s": -1}, r"tsv:2: duration_s '-1' must be a number from 0.001 to 60"),
        ({**GRID, "bounce_time_s": "-"}, r"tsv:2: format grid needs bounce_time_s"),
        ({**GRID, "distance_kpc": "-"}, r"tsv:2: unit strain needs distance_kpc"),
        ({**GRID, "pattern": "m_{phi}.txt"}, r"tsv:2: pattern .* must hold {theta} once"),
        ({**VIEWS, "path": "m.txt"}, r"tsv:2: path 'm.txt' must hold {view}"),
        ({**VIEWS, "name": "a b"}, r"tsv:2: name 'a b' must be"),
        ({"source": "surrogate", "format": "surrogate"}, r"tsv:2: .* needs duration_s"),
    ],
)
def test_a_bad_row_is_named(row, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read_table(write_table(tmp_path, {"sha256": "0" * 64, **row}))


def test_bad_tables_are_named(tmp_path):
    row = {"source": "surrogate", "format": "surrogate", "duration_s": 1}
    path = write_table(tmp_path, row, row)
    with pytest.raises(ValueError, match=r"waveforms\.tsv:3: the name 'm' occurs twice"):
        read_table(path)
    good = path.read_text()
    path.write_text(good.replace("licence", "license"))
    with pytest.raises(ValueError, match=r"waveforms\.tsv:1: unknown column 'license'"):
        read_table(path)
    path.write_text(good.replace("\t", "  "))
    with pytest.raises(ValueError, match=r"waveforms\.tsv:1: columns must be .* by tabs, not"):
        read_table(path)
    path.write_text(good.replace("name\t", "", 1))
    with pytest.raises(ValueError, match=r"waveforms\.tsv:1: no column 'name'"):
        read_table(path)
    path = write_table(tmp_path, row)
    path.write_text(path.read_text() + "x\ty\n")
    with pytest.raises(ValueError, match=r"waveforms\.tsv:3: 2 cells, but the header has"):
        read_table(path)
    path.write_bytes(b"\xef\xbb\xbf" + good.encode())
    with pytest.raises(ValueError, match=r"waveforms\.tsv:3: the name 'm' occurs twice"):
        read_table(path)
    path.write_bytes(good.replace("surrogate", "Müller", 1).encode("latin-1"))
    with pytest.raises(ValueError, match=r"waveforms\.tsv:2: byte 0xfc is not UTF-8"):
        read_table(path)
    with pytest.raises(ValueError, match="no such waveform table"):
        read_table(tmp_path / "none.tsv")


def test_changed_and_missing_files_are_refused(tmp_path):
    small_file(tmp_path)
    table = write_table(tmp_path, {**TENSOR, "sha256": "0" * 64})
    row = read_table(table).loc["m"]
    assert files_of(row, table) == [tmp_path / "a.dat"]
    with pytest.raises(ValueError, match=r"waveforms\.tsv:2: sha256 of m is [0-9a-f]{64}, the"):
        load_waveform(row, table, SIGNAL, "none")
    (tmp_path / "a.dat").unlink()
    with pytest.raises(ValueError, match=r"waveforms\.tsv:2: no file .*a\.dat"):
        files_of(row, table)


def test_the_table_of_the_nine_models(root, config):
    table = read_table(root / "config/waveforms.tsv")
    assert list(table.index) == config["classes"][1:]
    assert (table["source"] == "surrogate").all()
    assert table["licence"].notna().all()
    assert all("arXiv:" in text for text in table["reference"])
    assert all(files_of(row, "none") == [] for _, row in table.iterrows())


def test_the_table_of_the_paper_has_the_nine_models_of_their_authors(root, config, real_data):
    table = read_table(root / "config/paper.tsv")
    assert list(table.index) == config["classes"][1:]
    assert (table["source"] == "numerical").all()
    assert table["url"].notna().all()
    assert all("arXiv:" in text for text in table["reference"])
    for name in table.index:
        with pytest.raises(ValueError, match=rf"paper\.tsv:\d+: no file .*{name}.*; get it from"):
            files_of(table.loc[name], root / "elsewhere/paper.tsv")
    row = table.loc["z85_sfhx"].copy()
    row["path"] = str(real_data / "waveforms/z85_sfhx")
    model = load_waveform(row, root / "config/paper.tsv", Conditioning.of(config["signal"]), "none")
    assert model.residual < 1e-14
    assert list(model.modes) == ["g_mode", "sasi"]


def test_nine_components_that_are_not_symmetric_are_refused(tmp_path):
    time = np.arange(2000) * 1e-4
    cells = np.sin(600 * time[:, None] + np.arange(10)).round(6)
    cells[:, 0] = time
    np.savetxt(tmp_path / "a.dat", cells)
    nine = " ".join(f"{a}{b}={n}" for n, (a, b) in enumerate(product("xyz", "xyz"), 1))
    with pytest.raises(ValueError, match=r"tsv:2: the tensor of m is not symmetric"):
        load(tmp_path, **{**TENSOR, "columns": f"t=0 {nine}"})


def test_what_only_the_file_tells_is_to_be_filled_in(tmp_path):
    small_file(tmp_path)
    row = {**TENSOR, "sha256": "?", "bounce_time_s": "?"}
    table = write_table(tmp_path, row)
    entry = read_table(table).loc["m"]
    message = r"tsv:2: m: replace each \?.*: sha256, bounce_time_s; the sha256 is [0-9a-f]{64}"
    with pytest.raises(ValueError, match=message):
        load_waveform(entry, table, SIGNAL, "none")
    row["columns"] = "?"
    assert read_table(write_table(tmp_path, row)).loc["m", "unknown"][0] == "columns"
    with pytest.raises(ValueError, match=r"tsv:2: unit cannot be \?"):
        read_table(write_table(tmp_path, {**row, "unit": "?"}))


def test_surrogates_are_put_in_place_of_rows(root):
    surrogates = root / "resources/surrogates.tsv"
    table = read_table(root / "config/paper.tsv")
    chosen = substitute(table, ["m39", "s18"], surrogates)
    assert list(chosen.index[chosen["source"] == "surrogate"]) == ["s18", "m39"]
    assert chosen.loc["m39", "reference"].startswith("surrogate of Powell")
    embedded = read_table(root / "config/waveforms.tsv")
    made = load_waveform(chosen.loc["m39"], "none", SIGNAL, surrogates)
    same = load_waveform(embedded.loc["m39"], "none", SIGNAL, surrogates)
    np.testing.assert_array_equal(made.quadrupole, same.quadrupole)
    assert table.loc["m39", "source"] == "numerical"
    # A surrogate stays what it is.
    again = substitute(embedded, ["m39"], surrogates)
    assert again.loc["m39", "reference"] == embedded.loc["m39", "reference"]
    with pytest.raises(ValueError, match=r"surrogates: m40: no row .* he3.5, s18"):
        substitute(table, ["m40"], surrogates)
    other = table.rename(index={"m39": "mine"})
    other.loc["mine", "class"] = other.loc["y20", "class"] = "both"
    message = r"surrogates: mine: .* has no surrogate for it, only for he3.5, s13"
    with pytest.raises(ValueError, match=message):
        substitute(other, ["mine"], surrogates)
    # A realisation of its class.
    one = substitute(other, ["y20"], surrogates)
    assert list(one.loc[["mine", "y20"], "source"]) == ["numerical", "surrogate"]
    assert list(one.loc[["mine", "y20"], "class"]) == ["both", "both"]


# --- files and the script ------------------------------------------------------------------------


def test_the_script_writes_what_read_returns(root, tmp_path):
    from jobs import make_job

    params = {
        "table": str(root / "config/waveforms.tsv"),
        "names": ["s18np"],
        "signal": vars(SIGNAL),
    }
    params["surrogates"] = []
    written = []
    for name in ("a.h5", "b.h5"):
        job = make_job(tmp_path, "make_waveform", {"files": []}, tmp_path / name, **params)
        make_waveform.main(job)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    model = Waveform.read(tmp_path / "a.h5")
    assert (model.name, model.source, model.sample_rate) == ("s18np", "surrogate", 4096)
    assert model.quadrupole.shape[:2] == (3, 3)
    assert np.isnan(model.residual)
    assert set(model.modes) == {"g_mode", "sasi", "prompt_convection"}
    np.testing.assert_allclose(sum(model.modes.values()), model.quadrupole, atol=1e-12)
    # One job makes several as jobs of their own do.
    job = make_job(tmp_path, "make_waveform", {"files": []}, tmp_path / "c.h5", **params)
    job.params["names"], job.output = ["m39", "s18np"], [tmp_path / "m39.h5", tmp_path / "c.h5"]
    make_waveform.main(job)
    assert Waveform.read(tmp_path / "m39.h5").name == "m39"
    assert (tmp_path / "c.h5").read_bytes() == written[0]


# --- real waveforms ------------------------------------------------------------------------------


def test_one_tensor_fits_the_directions_of_z85_sfhx(real_data, tmp_path):
    (tmp_path / "z85").symlink_to(real_data / "waveforms/z85_sfhx")
    row = {
        **GRID,
        "path": "z85",
        "pattern": "z85_sfhx_phi{phi}_theta{theta}_16384Hz_{polarisation}.txt",
        "grid": "phi=linspace(0,2pi,10) costheta=linspace(1,-1,10)",
    }
    model = load(tmp_path, **row)
    assert model.residual < 1e-14
    assert model.start == 0
    assert model.quadrupole.shape[-1] == 2380
    theta, phi = np.arccos(np.linspace(1, -1, 10))[:, None], np.linspace(0, 2 * np.pi, 10)
    peak = max(np.abs(h).max() for h in polarisations(model.quadrupole, theta, phi))
    assert peak == pytest.approx(28.9, rel=0.05)
    # Quiet before 0.03 s: the spike of the first samples of the files is gone.
    assert np.abs(model.quadrupole[..., :80]).max() < 0.2


@pytest.mark.parametrize(("name", "end"), [("9a", 1.724), ("9b", 2.0125)])
def test_the_views_of_fornax_models(name, end, real_data, tmp_path):
    for view in "xyz":
        file = f"{name}_strains_{view}.txt"
        (tmp_path / file).symlink_to(real_data / "waveforms/fornax3d" / file)
    model = load(tmp_path, **{**VIEWS, "path": f"{name}_strains_{{view}}.txt"})
    assert model.residual < 1e-12
    assert model.start + model.quadrupole.shape[-1] / 4096 == pytest.approx(end, abs=1e-3)
    for view, direction in DIRECTIONS.items():
        time, *both = np.loadtxt(tmp_path / f"{name}_strains_{view}.txt").T
        grid = model.start + np.arange(model.quadrupole.shape[-1]) / 4096
        got = np.stack(polarisations(model.quadrupole, *direction))
        # Linear interpolation is another way to the new grid, good to a few per cent here.
        expected = np.stack([np.interp(grid, time, h) for h in both])
        expected = condition(expected, SIGNAL)
        assert np.abs(got - expected).max() < 0.1 * np.abs(expected).max()


def test_parts_along_tracks():
    """Two tones, one of them only after 0.5 s, come apart along their tracks."""
    time = np.arange(4096) / 4096
    low = np.sin(2 * np.pi * 150 * time) * (time > 0.5)
    high = np.sin(2 * np.pi * (400 * time + 150 * time**2))
    tracks = {
        "sasi": (np.array([0.4, 1.0]), np.array([150.0, 150.0]), 60.0),
        "g_mode": (np.array([0.0, 1.0]), np.array([400.0, 700.0]), 80.0),
    }
    parts = along_tracks(np.stack([low + high, 2 * low]), 0.0, 4096, tracks)
    middle = slice(2400, 3700)
    np.testing.assert_allclose(parts["sasi"][0, middle], low[middle], atol=0.05)
    np.testing.assert_allclose(parts["sasi"][1, middle], 2 * low[middle], atol=0.05)
    np.testing.assert_allclose(parts["g_mode"][0, 400:3700], high[400:3700], atol=0.12)
    assert np.abs(parts["sasi"][:, :1200]).max() < 0.02
    assert np.abs(parts["g_mode"][1]).max() < 0.1
    assert along_tracks(low, 0.0, 4096, {}) == {}


@pytest.mark.parametrize(
    "cell",
    [
        *("g_mode=0.1:300,0.5:700", "g_mode=0.1:300~50", "g_mode=0.5:300,0.1:700~50"),
        *("G=0.1:300,0.5:700~50", "g_mode=0.1:300,0.5:700~0", "g_mode=0.1:300:4,0.5:7~5"),
        "g_mode=0:1,1:2~3 g_mode=0:1,1:2~3",
    ],
)
def test_bad_tracks_are_named(tmp_path, cell):
    table = write_table(tmp_path, {**TENSOR, "sha256": 64 * "0", "tracks": cell})
    with pytest.raises(ValueError, match=r"waveforms\.tsv:2: tracks"):
        read_table(table)


@pytest.mark.parametrize("frequency", [50, 800, 1500])
def test_energy_of_a_rotating_tensor(frequency):
    """A_xx = -A_yy = a cos ωt and A_xy = a sin ωt radiate (c³/5G) 2 a² ω² a second."""
    rate, omega, amplitude = 4096, 2 * np.pi * frequency, 3.0
    window = scipy.signal.windows.tukey(rate, 0.1)
    phase = omega * np.arange(rate) / rate
    tensor = np.zeros((3, 3, rate))
    tensor[0, 0], tensor[1, 1] = amplitude * np.cos(phase), -amplitude * np.cos(phase)
    tensor[0, 1] = tensor[1, 0] = amplitude * np.sin(phase)
    shining = np.mean(window**2)
    expected = 2.99792458e10**3 / (5 * 6.6743e-8) * 2 * (amplitude * omega) ** 2 * shining
    assert energy(tensor * window, rate) == pytest.approx(expected, rel=1e-3)
