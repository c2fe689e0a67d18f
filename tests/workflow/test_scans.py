"""A scan of strain, and a table of moments, as targets of the workflow."""

import re
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from runner import TINY

from ccsncam.scan.store import ScanPart, gps_name, read_candidates

START, END = 1238404064, 1238404128


@pytest.fixture
def ready(tiny):
    """The finished run with a config that names strain; nothing of it stays behind."""
    folder = tiny.folder / "strain"
    folder.mkdir(exist_ok=True)
    with h5py.File(tiny.folder / "results/tiny/noise/test-H1.h5") as noise:
        data = noise["strain"][0].astype(float)
    with h5py.File(folder / "h1.h5", "w") as file:
        file["data"] = data
        file["data"].attrs["fs"] = 4096
    entry = {"detector": "H1", "start": START, "dataset": "data"}
    moment = {"source": "files", "folder": str(folder), "plain": {"h1.h5": entry}, "step": 0.5}
    table = tiny.folder / "moments.tsv"
    table.write_text(f"gps\tname\n{START + 30}.50\tmine <1>\n{START + 40}\t\n")
    config = {
        "moment": moment | {"table": str(table)},
        "scan": {"ranges": [[START, END]], "pages": 2},
    }
    tiny.write(TINY | config)
    yield tiny
    tiny.write(TINY)
    for name in ("moments", "scan"):
        shutil.rmtree(tiny.folder / f"results/tiny/{name}", ignore_errors=True)


def test_a_scan_and_a_list_of_moments(ready):
    planned = ready.run("--dry-run", "--", "scan", "moments")
    rules = set(re.findall(r"^(\w+) +\d+$", planned, re.MULTILINE)) - {"total"}
    assert rules == {
        *("scan_part", "rate_scan", "explain_scan", "plot_scan", "scan"),
        *("classify_moment", "plot_moment", "list_moments", "moments"),
    }
    ready.run("--", "scan", "moments")
    folder = ready.folder / "results/tiny/scan"
    part = ScanPart.read(folder / f"parts/{START}-{END - 1}.h5")
    # 64 s less a second at each end and a window: 61 s of windows 0.09375 s apart.
    assert np.isfinite(part.statistic).sum() in (651, 650)
    assert part.seconds.max(axis=0).tolist() == [64, 0]
    found = read_candidates(folder / f"{START}-{END}.csv")
    assert len(found) == len(part.candidates)
    assert (found["detectors"] == "H1").all()
    background = r"(\d+ louder in|upper bound: no louder noise in) [\d.]+ days? of background"
    below = "more than .* a day: fainter than what the background keeps"
    # L1 was off, and the noise of the background is of both.
    assert found["rated"].str.fullmatch(f"({background}|{below}); that noise is of H1 L1").all()
    page = (folder / f"{START}-{END}.html").read_text()
    assert f"<p>{len(found)} candidates.</p>" in page
    assert "Candidates are rated by" in page
    links = re.findall(r'href="([^"]*)"', page)
    names = [gps_name(gps) for gps in found["gps"].head(2)]
    assert links == [f"{START}-{END}/pages/{name}.html" for name in names]
    assert all((folder / link).is_file() for link in links)
    for gps, name in ((f"{START + 30}.5", "mine &lt;1&gt;"), (f"{START + 40}", "-")):
        listed = (ready.folder / "results/tiny/moments/index.html").read_text()
        assert f'<td>{name}</td><td><a href="{gps}.html">{gps}</a></td><td>H1</td>' in listed
        assert (ready.folder / f"results/tiny/moments/{gps}.html").is_file()
    # Nothing is made twice, and a change of the table of moments makes the list again only.
    assert "Nothing to be done" in ready.run("--", "scan", "moments")


def test_a_scan_that_is_not_rated(ready):
    config = {"moment": {"source": "files", "folder": str(ready.folder / "strain")}}
    entry = {"detector": "H1", "start": START, "dataset": "data"}
    config["moment"]["plain"] = {"h1.h5": entry}
    ready.write(TINY | config | {"scan": {"rated": False, "pages": 0}})
    name = f"results/tiny/scan/{START + 20}-{START + 40}"
    ready.run("--", f"{name}.csv")
    table = pd.read_csv(ready.folder / f"{name}.csv")
    assert set(table["rated"]) <= {"no background: not rated"}
    output = ready.run("--dry-run", "--", "scan", fails=True)
    assert "scan: no range is set: ask for results/<run>/scan/<start>-<end>.html" in output
    output = ready.run("--dry-run", "--", "moments", fails=True)
    assert "moments: no table is set" in output
    output = ready.run("--dry-run", "--", "results/tiny/scan/1200000000-1200000100.csv", fails=True)
    assert re.search(r"scan of GPS 1200000000 to 1200000100: no file holds .* of H1, L1", output)


def test_a_moment_without_strain_is_named_by_its_row(ready):
    table = ready.folder / "moments.tsv"
    table.write_text(f"gps\n{START + 30}\n# later\n1200000000\n")
    output = ready.run("--dry-run", "--", "moments", fails=True)
    assert re.search(r"moments\.tsv:4: no file holds strain of H1, L1 at GPS 1200000000", output)
