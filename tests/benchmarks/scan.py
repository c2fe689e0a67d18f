"""Cost of a scan against the length of the strain, on one core.

python tests/benchmarks/scan.py [SECONDS]

Two lengths, a third of SECONDS (3072 by default) and SECONDS, of white noise of H1 and L1 in files
of 4096 s, with the paper's network. Its weights are random, so the cost of a candidate is measured
by itself: first none counts as one, and then each cluster of a short stretch does. Start-up is not
counted. Memory is the peak of the process, so it can only grow.
"""

import json
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow/scripts"), str(ROOT / "tests")]

import h5py  # noqa: E402
import numpy as np  # noqa: E402
import yaml  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.config.moment import Scan  # noqa: E402
from ccsncam.network import classifier, device  # noqa: E402
from ccsncam.network.chain import Network  # noqa: E402
from ccsncam.planning import scans  # noqa: E402
from ccsncam.scan.searching import Ear, search  # noqa: E402
from ccsncam.scan.strain import DetectorStrain  # noqa: E402

START, FILE, SHORT = 1_000_000_000, 4096, 128
DETECTORS = ("H1", "L1")


def write_strain(folder, seconds):
    """Files of white noise by detector, and the entries of ``moment.plain`` that name them."""
    paths, plain = {name: [] for name in DETECTORS}, {}
    random = np.random.default_rng(0)
    for detector in DETECTORS:
        for start in range(0, seconds, FILE):
            path = folder / f"{detector}-{start}.h5"
            with h5py.File(path, "w") as file:
                noise = random.standard_normal(FILE * 4096, np.float32)
                file["strain"] = np.float32(1e-21) * noise
            entry = {"detector": detector, "start": START + start, "dataset": "strain"}
            plain[path.name] = entry | {"sample_rate": 4096}
            paths[detector].append(path)
    return paths, plain


def timed(ear, seconds):
    """Search the first seconds; processor time [s], and what was found."""
    used = time.process_time()
    part = search(ear, START, START + seconds - 1)
    return time.process_time() - used, part


def main(seconds):
    """Print the cost of windows for two lengths, and that of a candidate."""
    device.prepare(1)
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config |= {"detectors": list(DETECTORS)}
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        folder = Path(folder)
        paths, plain = write_strain(folder, seconds)
        config["moment"] |= {"source": "files", "folder": str(folder), "plain": plain}
        block = Classifier.of(config["classifier"] | {"parameters": 427234})
        model = classifier.build(block, (94, 31, len(DETECTORS)), len(config["classes"]))
        scan = Scan.of(scans.settings_of(config))

        def ear(lowest):
            files = scan.moment.files
            strain = {name: DetectorStrain(name, paths[name], 4096, files) for name in DETECTORS}
            asked = replace(scan, lowest=lowest)
            return Ear(Network(model), len(config["classes"]), strain, asked)

        timed(ear(-np.inf), 16)
        costs = []
        for length in (seconds // 3, seconds):
            used, part = timed(ear(np.inf), length)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            costs.append(1e3 * used / length)
            print(
                f"{length} s: {used:.1f} s of processor, {costs[-1]:.1f} ms a second of strain, "
                f"{np.isfinite(part.statistic).sum()} windows, memory so far {memory:.0f} MB"
            )
        none = timed(ear(np.inf), SHORT)[0]
        used, part = timed(ear(-np.inf), SHORT)
    each = 1e3 * (used - none) / len(part.candidates)
    print(f"a candidate adds {each:.0f} ms ({len(part.candidates)} of them)")
    print(
        json.dumps(
            {
                "ms_a_second": round(costs[-1], 2),
                "longer_to_shorter": round(costs[-1] / costs[0], 3),
                "ms_a_candidate": round(each, 1),
                "memory_mb": round(memory),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3072)
