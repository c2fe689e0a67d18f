"""The costs of a run, by hand."""

import base64
import json
import sys
from datetime import datetime

import pytest


@pytest.fixture(scope="module")
def overhead(root):
    sys.path.append(str(root / "tools"))
    import overhead

    return overhead


def stamp(at):
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S,") + f"{round(at % 1 * 1000):03}"


def put(folder, name, begin, ready, end, ran, rule="make"):
    """Snakemake's record, log and benchmark file of a job."""
    key = base64.b64encode(f"results/mine/{name}.h5".encode()).decode()
    said = {"rule": rule, "log": [f"logs/mine/{name}.log"], "starttime": begin, "endtime": end}
    for place, text in (
        (f".snakemake/metadata/@{key[:5]}/{key[5:]}", json.dumps(said)),
        (
            f"logs/mine/{name}.log",
            f"{stamp(begin + 0.5)} make INFO started\n"
            f"{stamp(ready)} make INFO TensorFlow 2.21.0 on CPU\n{stamp(end)} make INFO done\n",
        ),
        (f"benchmarks/mine/{name}.tsv", f"s\th:m:s\n{ran}\t0:00:01\n"),
    ):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_costs(overhead, tmp_path):
    put(tmp_path, "a", 100.0, 102.0, 110.0, 9.0)
    put(tmp_path, "b", 105.0, 106.0, 112.0, 6.0)
    put(tmp_path, "c", 115.0, 116.0, 120.0, 4.5)
    # The record of the run comes after it, and has no benchmark file.
    put(tmp_path, "record", 130.0, 131.0, 150.0, 0.0, rule="record")
    (tmp_path / "benchmarks/mine/record.tsv").unlink()
    found = overhead.jobs(tmp_path, "mine")
    assert len(found) == 3
    # Another call of Snakemake, in which none of these ran, does not count.
    cost = overhead.costs(found, [(98.0, 121.0), (200.0, 300.0)])
    assert cost == {
        "wall": 23.0,
        "side_by_side": 2,
        "work": 15.5,
        "start-up": 4.0,
        "Snakemake, per job": 2.5,
        # 98 to 100, 112 to 115, 120 to 121; two jobs could have run.
        "Snakemake, no job": 12.0,
    }


def test_a_call_lasts_as_long_as_its_jobs(overhead):
    jobs = [overhead.Job("make", begin, begin + 1, begin + 9, 9.0) for begin in (100.0, 205.0)]
    # The log of a quiet call ends before its last job does.
    assert overhead.wall(jobs, [(98.0, 104.0), (200.0, 206.0)]) == 11 + 14
    with pytest.raises(ValueError, match="1 of 2 jobs belong to a call that left no log"):
        overhead.wall(jobs, [(98.0, 104.0)])


def test_what_is_missing_is_said(overhead, tmp_path):
    with pytest.raises(ValueError, match="no job of run 'mine'; runs: none"):
        overhead.jobs(tmp_path, "mine")
    put(tmp_path, "a", 100.0, 102.0, 110.0, 9.0)
    (tmp_path / "benchmarks/mine/a.tsv").unlink()
    with pytest.raises(ValueError, match=r"a\.log: no a\.tsv"):
        overhead.jobs(tmp_path, "mine")
