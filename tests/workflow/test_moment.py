import re
import shutil

import h5py
import numpy as np
import pytest
from gwosc_server import Server, write_archive_file
from runner import TINY

START = 1238404064


@pytest.fixture
def finished(tiny):
    """The finished run; other tests compare all that it has, so nothing may stay behind."""
    yield tiny
    tiny.write(TINY)
    shutil.rmtree(tiny.folder / "results/tiny/moments", ignore_errors=True)


def name_strain(finished, start, step):
    """Name strain of H1 in the config: 64 s of the test noise."""
    folder = finished.folder / "strain"
    folder.mkdir(exist_ok=True)
    with h5py.File(finished.folder / "results/tiny/noise/test-H1.h5") as noise:
        data = noise["strain"][0].astype(float)
    with h5py.File(folder / "h1.h5", "w") as file:
        file["data"] = data
        file["data"].attrs["fs"] = 4096
    entry = {"detector": "H1", "start": start, "dataset": "data"}
    block = {"source": "files", "folder": str(folder), "plain": {"h1.h5": entry}, "step": step}
    finished.write(TINY | {"moment": block})


@pytest.fixture
def moment(finished):
    """The finished run with a config that names strain."""
    name_strain(finished, START, 0.25)
    return finished


def test_a_moment_is_classified(moment):
    name = f"results/tiny/moments/{START + 32.5}"
    planned = moment.run("--dry-run", "--", f"{name}.html")
    rules = set(re.findall(r"^(\w+) +1$", planned, re.MULTILINE))
    assert rules == {"classify_moment", "plot_moment"}
    moment.run("--", f"{name}.png")
    with h5py.File(moment.folder / f"{name}.h5") as file:
        np.testing.assert_allclose(file["probability"][()].sum(axis=1), 1, rtol=1e-6)
        assert file["probability"].shape == (12, 4)
        assert list(file.attrs["data"]) == ["H1"]
        assert set(file["spectrogram"]) == {"H1", "L1"}
        for window in ("loudest", "moment"):
            assert file[f"{window}/maps/score-cam"].shape == (94, 31)
            # Of a signal class, whatever is predicted.
            assert file[window].attrs["target"] > 0
        assert file["moment"].attrs["start"] == pytest.approx(-0.05, abs=1 / 4096)
        shown = f"{file['moment'].attrs['probability'][0]:.4f}"
    assert (moment.folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    page = (moment.folder / f"{name}.html").read_text()
    assert f"<td>{shown}</td>" in page
    assert "L1 without data (white noise in its place)" in page
    assert "surrogate waveforms, simulated noise" in page
    # Nothing is fetched from elsewhere.
    assert set(re.findall(r'(?:src|href)="([^,"]*)', page)) == {"data:image/png;base64"}
    assert "<td>H1</td><td>64</td><td>yes</td><td>unknown, no quality mask in the file" in page
    assert "<td>L1</td><td>-</td><td>-</td><td>L1: no strain at GPS" in page
    assert "<td>h1.h5</td>" in page
    history = np.genfromtxt(
        moment.folder / "results/tiny/models/seed-0/history.csv", delimiter=",", names=True
    )
    best = history["validation_accuracy"][history["validation_loss"].argmin()]
    assert f"validation accuracy\n{100 * best:.0f} %" in page
    assert "merger, which" not in page


def test_a_catalogued_merger_is_named(finished):
    """Of GW190403_051519, which lies in the paper's validation range."""
    gps = 1238303737.2
    name_strain(finished, 1238303705, 0.5)
    name = f"results/tiny/moments/{gps + 0.5}"
    finished.run("--", f"{name}.html")
    with h5py.File(finished.folder / f"{name}.h5") as file:
        assert file["events/GW190403_051519"].attrs["gps"] == gps
    words = "<strong>GW190403_051519 (GWTC-2.1-confident) at -0.50 s: a compact binary merger,"
    assert words in (finished.folder / f"{name}.html").read_text()


def test_a_moment_of_gwosc_is_fetched(finished, tmp_path):
    write_archive_file(tmp_path, 1238401024, on=(3040, 3104))
    write_archive_file(tmp_path, 1238401024, "L1", on=(0, 1))
    name = f"results/tiny/moments/{START + 32}.h5"
    with Server(tmp_path) as server:
        noise = TINY["noise"] | {"gwosc": {"host": server.url, "keep": False}}
        finished.write(TINY | {"noise": noise, "moment": {"source": "gwosc", "step": 0.5}})
        output = finished.run("--", name)
    assert "strain from GWOSC: 2 files to fetch (1 of H1, 1 of L1)" in output
    with h5py.File(finished.folder / name) as file:
        assert list(file.attrs["data"]) == ["H1"]
    assert not list(finished.folder.glob("resources/strain/*"))
    output = finished.run("--dry-run", "--", "results/tiny/moments/1200000000.h5", fails=True)
    assert "GPS 1199999968 to 1200000032, lies in no run that is fetched" in output
    output = finished.run("--dry-run", "--", "results/tiny/moments/1238260700.h5", fails=True)
    assert "H1 until GPS 1238252455 and from 1238290519, L1 until" in output


def test_what_cannot_be_classified_is_said(moment):
    for gps, words in (
        (
            START - 100,
            rf"no file holds strain of H1, L1 at GPS {START - 100} \(.*GPS of H1 {START} on",
        ),
        (
            START + 62,
            rf"no detector has strain: H1: no strain \(NaN, .* in GPS {START + 64}",
        ),
    ):
        output = moment.run("--", f"results/tiny/moments/{gps}.png", fails=True)
        assert re.search(words, output)
    moment.write(TINY)
    output = moment.run("--", f"results/tiny/moments/{START + 32}.html", fails=True)
    assert "the noise of this run is simulated" in output
