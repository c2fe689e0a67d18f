"""Cost of a background against its length, and beside what a user would write, on one core.

python tests/benchmarks/background.py [DAYS]

Three lengths, the longest of DAYS (0.2 by default), of white noise of three detectors with the
paper's network, and the longest with excess power and with coherence. The user's way takes the
spectrogram of each window of each pairing with SciPy, and gives the images of a pairing to Keras's
``model.predict``. Start-up is not counted. Memory is the peak of the process, so it can only grow.
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

import numpy as np  # noqa: E402
import scipy.signal  # noqa: E402
import yaml  # noqa: E402
from made_backgrounds import ORIGIN, make_white  # noqa: E402

from ccsncam.config import schema  # noqa: E402
from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.config.detection import BackgroundSearch  # noqa: E402
from ccsncam.detection import background, control_background, plan, windows  # noqa: E402
from ccsncam.detection.statistic import statistic  # noqa: E402
from ccsncam.network import classifier, device  # noqa: E402
from ccsncam.planning import checks  # noqa: E402

PIECES = 40
# Days are as 1 : 3 : 10.
LENGTHS = (0.1, 0.3, 1.0)


def by_a_user(model, laid_out, sampling):
    """Statistics of the first pairing."""
    block, rate = sampling.spectrogram, sampling.signal.sample_rate
    images = []
    for start in range(0, laid_out.layout.windows * 3 * block.hop, 3 * block.hop):
        channels = []
        for one, piece in zip(laid_out.noise, laid_out.slides.piece[0], strict=True):
            at = laid_out.edge + start
            _, _, seen = scipy.signal.spectrogram(
                one.whitened[piece, at : at + rate],
                fs=rate,
                window="hann",
                nperseg=block.window,
                noverlap=block.window - block.hop,
                detrend=False,
                mode="magnitude",
            )
            image = seen[:94]
            channels.append((image - image.min()) / (image.max() - image.min()))
        images.append(np.stack(channels, axis=-1))
    return statistic(model.predict(np.array(images), verbose=0)[1])


def memory():
    """Largest memory of the process so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def of_controls(noise, sampling, search):
    """Processor time of all forms of excess power for a day of background [s]."""
    powers = replace(sampling, spectrogram=replace(sampling.spectrogram, scale="power"))
    laid_out = plan.plan(noise, powers, search, "test")
    used = time.process_time()
    control_background.search(laid_out, ORIGIN)
    return (time.process_time() - used) / laid_out.live_time * 86400


def with_coherence(noise, config, search, about):
    """Processor time for a day of background whose network gets coherence [s]."""
    own = {"extra": ["coherence"], "parameters": None, "features": None}
    config = schema.merged(config, {"classifier": own})
    checks.complete(config)
    sampling, block = Sampling.of(config), Classifier.of(config["classifier"])
    pairs = len(sampling.spectrogram.coherence)
    model = classifier.build(block, (94, 31, 4), len(config["classes"]), pairs=pairs)
    judge, laid_out = windows.judge(model), plan.plan(noise, sampling, search, "test")
    judge(np.zeros((laid_out.size, 94, 31, 4), np.float32))
    used = time.process_time()
    found = background.part_of(judge, laid_out, (0, 1), about)
    return (time.process_time() - used) / (found.live_time + found.zero_time) * 86400


def main(days):
    device.prepare(1)
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    sampling, block = Sampling.of(config), Classifier.of(config["classifier"])
    model = classifier.build(block, (94, 31, 3), len(config["classes"]))
    settings = config["detection"]["background"]
    about = plan.About(config["classes"], ORIGIN, 0)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        starts = 1e9 + 64.0 * np.arange(PIECES)
        noise = [
            make_white(Path(folder) / f"test-{name}.h5", name, starts, seed, seconds=64)
            for seed, name in enumerate(config["detectors"])
        ]
        judge = windows.judge(model)
        for share in LENGTHS:
            wanted = settings | {"live_time": {"test": share * days}}
            laid_out = plan.plan(noise, sampling, BackgroundSearch.of(wanted), "test")
            judge(np.zeros((laid_out.size, 94, 31, 3), np.float32))
            began, used = time.perf_counter(), time.process_time()
            found = background.part_of(judge, laid_out, (0, 1), about)
            took, used = time.perf_counter() - began, time.process_time() - used
            searched = (found.live_time + found.zero_time) / 86400
            rows.append({"days": searched, "seconds": took, "processor_seconds": used})
            print(
                f"{searched:.3f} days: {took:.1f} s, {used / searched:.0f} s of processor a day, "
                f"{1e6 * used / searched * found.stride / 86400:.0f} µs a window, memory so far "
                f"{memory():.0f} MB"
            )
        controls = of_controls(noise, sampling, BackgroundSearch.of(wanted))
        print(f"excess power, five forms: {controls:.0f} s of processor a day")
        coherent = with_coherence(noise, config, BackgroundSearch.of(wanted), about)
        print(f"with coherence: {coherent:.0f} s of processor a day")
        model.predict(np.zeros((32, 94, 31, 3), np.float32), verbose=0)
        used = time.process_time()
        theirs = by_a_user(model, laid_out, sampling)
        used = (time.process_time() - used) / len(theirs)
        ours = rows[-1]["processor_seconds"] / rows[-1]["days"] * found.stride / 86400
        logits = background.search(judge, laid_out, laid_out.slides.take(slice(1)), 10_000)
        loudest = logits.statistic[0]
    print(f"a user's way: {1e6 * used:.0f} µs a window, {used / ours:.1f} times as much")
    print(f"loudest of the first pairing: {loudest:.4f} here, {theirs.max():.4f} there")
    first, last = (row["processor_seconds"] / row["days"] for row in (rows[0], rows[-1]))
    result = {"cost_of_a_day_last_to_first": last / first, "user_to_ours": used / ours}
    result |= {"seconds_a_day": last, "seconds_a_day_of_controls": controls}
    result |= {"coherence_to_none": coherent / last}
    print(json.dumps(result | {"memory_mb": round(memory())}))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.2)
