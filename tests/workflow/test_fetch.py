"""Noise from a server that answers as GWOSC does."""

import os
import re
import shutil
import signal
import time

import h5py
import pytest
from gwosc_server import Server, write_archive_file
from runner import TINY, Workflow

# H1 was on; V1 was not.
FIRST, SECOND = 1238233088, 1238401024
RANGES = {"train": [[1238236480, 1238236512]], "validation": [[1238236512, 1238236544]]}
RANGES["test"] = [[1238404064, 1238404096]]
NOISE = [f"results/tiny/noise/{split}-H1.h5" for split in RANGES]


def config(**gwosc):
    noise = {"source": "gwosc", "segment_duration": 16, "ranges": RANGES, "gwosc": gwosc}
    classifier = TINY["classifier"] | {"parameters": 425884}
    return TINY | {"detectors": ["H1"], "classifier": classifier, "noise": noise}


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    write_archive_file(folder, FIRST, on=(3392, 3456))
    write_archive_file(folder, SECOND, on=(3040, 3072))
    with Server(folder) as server:
        yield server


def test_noise_is_fetched_once_and_goes_where_that_is_wished(server, tmp_path, root):
    (tmp_path / "run").mkdir()
    workflow = Workflow(tmp_path / "run", root, config(host=server.url))
    output = workflow.run("--", *NOISE)
    assert "strain from GWOSC: 2 files to fetch (2 of H1); at most 0.3 GB" in output
    cache = workflow.folder / "resources/strain"
    names = sorted(path.name for path in server.folder.iterdir())
    assert sorted(path.name for path in cache.iterdir()) == names
    for path in cache.iterdir():
        assert path.read_bytes() == (server.folder / path.name).read_bytes()
    for name in NOISE:
        with h5py.File(workflow.folder / name) as file:
            assert file.attrs["source"] == "gwosc"
            assert len(file["gps_start"]) == 2
    sent = dict(server.sent)

    # Another way to the files is no reason to fetch them again, nor is a file that is newer.
    workflow.write(config(host="http://127.0.0.1:9", mirror="http://127.0.0.1:9"))
    (cache / names[0]).touch()
    (workflow.folder / NOISE[2]).unlink()
    output = workflow.run("--", *NOISE)
    assert "Strain H-H1" not in output
    assert "Noise of H1 for train" not in output
    # Asked to fetch it, a job leaves a good file as it is.
    workflow.run("--forcerun", "fetch_strain", "--", f"resources/strain/{names[0]}")
    assert dict(server.sent) == sent


def test_files_that_go_are_those_of_their_run_alone(server, tmp_path, root):
    (tmp_path / "run").mkdir()
    workflow = Workflow(tmp_path / "run", root, config(host=server.url, keep=False))
    cache = workflow.folder / "resources/strain"
    kept = next(server.folder.glob(f"*-{FIRST}-*"))
    cache.mkdir(parents=True)
    shutil.copy(kept, cache)
    output = workflow.run("--", *NOISE)
    assert "strain from GWOSC: 1 files to fetch (1 of H1)" in output
    # The other run's file was linked, not fetched, and is still there; the own ones are gone.
    assert [path for path in cache.rglob("*") if path.is_file()] == [cache / kept.name]
    assert set(server.sent) == {f"H-H1_GWOSC_O3a_4KHZ_R1-{SECOND}-4096.hdf5"}
    assert "Nothing to be done" in workflow.run("--dry-run", "--", *NOISE)
    # A moment of such a file makes no noise anew.
    planned = workflow.run("--dry-run", "--", f"results/tiny/moments/{SECOND + 3050}.h5")
    assert "Noise of H1 for test" not in planned
    assert "temporary/tiny/moments/H-H1_GWOSC_O3a_4KHZ_R1-1238401024" in planned


def test_a_killed_download_is_gone_on_with(server, tmp_path, root):
    (tmp_path / "run").mkdir()
    workflow = Workflow(tmp_path / "run", root, config(host=server.url))
    server.block, server.pause = 1 << 13, 0.02
    process = workflow.start("--", NOISE[2])
    part = workflow.folder / f"resources/strain/H-H1_GWOSC_O3a_4KHZ_R1-{SECOND}-4096.hdf5.part"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 50_000):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    held = part.stat().st_size
    server.block, server.pause = 1 << 20, 0
    workflow.run("--unlock")
    before = sum(server.sent.values())
    workflow.run("--", NOISE[2])
    size = (server.folder / part.stem).stat().st_size
    assert sum(server.sent.values()) - before == size - held
    assert (workflow.folder / "resources/strain" / part.stem).stat().st_size == size


def test_a_bad_day_of_the_server_is_overcome(server, tmp_path, root):
    """What is there already, by a folder, is not asked for; the other file comes in pieces."""
    (tmp_path / "run").mkdir()
    (tmp_path / "hand").mkdir()
    first, second = sorted(server.folder.iterdir())
    shutil.copy(first, tmp_path / "hand")
    # By a proxy the server sees the whole address of a host that is nowhere.
    access = {"host": "http://gwosc.invalid", "proxy": server.url, "folder": str(tmp_path / "hand")}
    workflow = Workflow(tmp_path / "run", root, config(**access))
    server.faults = [{"status": 500}, {"cut": 100_000}, {"body": b"sorry" * 5000}, {"cut": 9}]
    workflow.run("--", *NOISE)
    kept = list((workflow.folder / "resources/strain").iterdir())
    assert [path.name for path in kept] == [second.name]
    assert kept[0].read_bytes() == second.read_bytes()
    assert all(path.startswith("http://gwosc.invalid/") for path in server.asked)
    assert first.name not in server.sent


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 404}, r"HTTP 404"),
        ({"body": b"no HDF5 at all" * 9999}, r"does not open|not.*HDF5"),
        # The detector was down, whatever the list of segments says.
        (None, r"1238404096\]: no good second of H1 \(NaN or infinite: 32 s\)"),
    ],
)
def test_what_stays_wrong_stops_the_run(server, tmp_path, root, fault, words):
    (tmp_path / "run").mkdir()
    workflow = Workflow(tmp_path / "run", root, config(host=server.url, attempts=1))
    if fault is None:
        write_archive_file(server.folder, SECOND, on=(0, 1))
    else:
        server.always = fault
    output = workflow.run("--", NOISE[2], fails=True)
    assert re.search(words, output), output
    assert "Traceback" not in output
    # There was no file before, so Snakemake has nothing to say of a backup.
    assert "Cannot restore" not in output
    assert not (workflow.folder / NOISE[2]).exists()
    assert fault is None or not list(workflow.folder.glob("resources/strain/*.hdf5"))


def test_what_cannot_be_is_said_before_any_job(server, tmp_path, root):
    (tmp_path / "run").mkdir()
    wrong = config(host=server.url) | {"detectors": ["V1"]}
    workflow = Workflow(tmp_path / "run", root, wrong)
    output = workflow.run("--dry-run", "--", "results/tiny/noise/train-V1.h5", fails=True)
    assert "GWOSC has no strain of V1 there" in output
    assert "Traceback" not in output
    # No network, or nothing there.
    workflow.write(config(host="http://127.0.0.1:9", attempts=1))
    output = workflow.run("--", NOISE[2], fails=True)
    assert "http://127.0.0.1:9: ConnectionError" in output
    assert not server.asked
