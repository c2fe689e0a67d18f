"""Compare simulated glitches with measured ones, and say how often each is taken for a signal.

``python tools/compare_glitches.py REAL RUN [--configfile FILE] [--at "1 a day"]``

REAL is a folder of files such as O3a_H1_Blip.npz: ``h_input`` (n, 57344) holds 14 s of whitened
strain at 4096 Hz with a glitch at 7 s, and ``snr`` (n) its SNR in Gravity Spy. RUN is the folder
results/<run> of a run with simulated noise and trained weights. FILE is the config file that the
run used in addition to the default one.

The measured strain is whitened once more as the run whitens its noise, so that both have the same
band and the same scale. The network sees each glitch in one detector, at 19 places of its window;
the other detectors have simulated noise without glitches. A window is taken for a signal if a
signal class is the most probable, or with --at if the detection statistic reaches the threshold of
that name in RUN/tables/operating_point.csv. The floor is the share of windows beside
the glitches that are taken for a signal, because measured noise has more than the glitch in it.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

from ccsncam.config import schema  # noqa: E402
from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.config.noise import Whitening  # noqa: E402
from ccsncam.detection.names import NETWORK  # noqa: E402
from ccsncam.detection.statistic import statistic  # noqa: E402
from ccsncam.network import device  # noqa: E402
from ccsncam.network.classifier import load_network  # noqa: E402
from ccsncam.noise import whitening  # noqa: E402
from ccsncam.noise.store import Noise  # noqa: E402
from ccsncam.planning import checks  # noqa: E402
from ccsncam.saliency import scores  # noqa: E402
from ccsncam.samples import spectrogram  # noqa: E402
from ccsncam.samples.dataset import DataSet  # noqa: E402

RATE = 4096
# Place of a measured glitch in its snippet, and the ends that its first whitening spoilt [s].
PLACE, SPOILT = 7.0, 0.5
# Beginnings of the windows that hold a glitch and of those beside it, relative to its middle [s].
AROUND = np.arange(-0.95, 0, 0.05)
BESIDE = np.concatenate([np.arange(-4.5, -2.0, 0.25), np.arange(1.5, 3.0, 0.25)])
# A cell of a spectrogram belongs to a glitch above this many mean powers of noise.
LOUD, HALF = 15.0, 0.6
KINDS = {
    "Blip": "blip",
    "Tomte": "tomte",
    "Light_Modulation": "light_modulation",
    "Scattered_Light": "scattered_light",
    "Whistle": "whistle",
}


class Found(NamedTuple):
    """A glitch: its detector, kind and SNR, whitened strain, and its place in it [s]."""

    detector: str
    kind: str
    snr: float
    whitened: np.ndarray
    place: float


def measured(folder: Path, config: dict[str, Any]) -> Iterator[Found]:
    """Glitches of the files of a folder, whitened again."""
    block, signal = Whitening.of(config["whitening"]), config["signal"]
    for path in sorted(folder.glob("*.npz")):
        _, detector, kind = path.stem.split("_", 2)
        cut = slice(round(SPOILT * RATE), -round(SPOILT * RATE))
        with np.load(path) as file:
            strain, snrs = file["h_input"][:, cut].astype(np.float64), file["snr"]
        psd = whitening.welch_psd(strain, RATE, block.psd_duration)
        bias = whitening.estimation_bias(
            strain.shape[-1], RATE, block.psd_duration, block.filter_duration
        )
        fir = whitening.whitening_fir(
            bias * psd,
            1 / block.psd_duration,
            RATE,
            block.filter_duration,
            signal["f_min"],
            signal["f_max"],
        )
        for whitened, snr in zip(whitening.whiten(strain, fir), snrs, strict=True):
            yield Found(detector, KINDS[kind], float(snr), whitened, PLACE - SPOILT)


def simulated(noises: dict[str, Noise]) -> Iterator[Found]:
    """Glitches of the noise of a run, in pieces that have no other one within 8 s."""
    for detector, noise in noises.items():
        times = noise.glitches["gps"].to_numpy()
        for glitch in noise.glitches.to_dict("records"):
            piece = np.searchsorted(noise.gps_start, glitch["gps"], side="right") - 1
            place = glitch["gps"] - noise.gps_start[piece]
            lonely = np.sum(np.abs(times - glitch["gps"]) < 8) == 1
            # Gravity Spy knows glitches from this SNR on.
            known = glitch["snr"] >= 7.5
            if 6 < place < noise.duration - 6 and lonely and known:
                whitened = noise.whitened[piece]
                yield Found(detector, glitch["kind"], glitch["snr"], whitened, place)


def quiet(noises: dict[str, Noise], detector: str, random: np.random.Generator) -> np.ndarray:
    """One second of simulated noise of a detector, without a glitch within 3 s."""
    noise = noises[detector]
    while True:
        piece = random.integers(len(noise.gps_start))
        begin = random.uniform(2, noise.duration - 3)
        gaps = np.abs(noise.glitches["gps"] - noise.gps_start[piece] - begin - 0.5)
        if not (gaps < 3.5).any():
            first = round(begin * RATE)
            return noise.whitened[piece, first : first + RATE]


def shape(one: Found) -> tuple[float, float]:
    """Highest frequency [Hz] and length [s] of what is loud in a glitch; NaN where nothing is."""
    first = round((one.place - HALF) * RATE)
    part = one.whitened[first : first + round(2 * HALF * RATE)]
    window, hop = 256, 32
    frames = np.lib.stride_tricks.sliding_window_view(part, window)[::hop] * np.hanning(window)
    power = np.abs(np.fft.rfft(frames)) ** 2 / np.sum(np.hanning(window) ** 2)
    loud = power > LOUD
    if not loud.any():
        return np.nan, np.nan
    columns = np.flatnonzero(loud.any(axis=1))
    return loud.any(axis=0).nonzero()[0].max() * RATE / window, np.ptp(columns) * hop / RATE


def threshold_of(run: Path, name: str) -> float:
    """Threshold of the network at an operating point of a run."""
    table = pd.read_csv(run / "tables/operating_point.csv")
    rows = table[(table["statistic"] == NETWORK) & table["reached"]].set_index("criterion")
    own = rows["threshold"].dropna()
    if name not in own:
        raise SystemExit(f"{run}: no threshold {name!r}; there are {', '.join(own.index)}")
    return float(own[name])


def taken(one: Found, offsets: np.ndarray, others: Any, network: Any, sampling: Any) -> np.ndarray:
    """Whether the windows at some offsets from a glitch are taken for signals."""
    noises, random, threshold = others
    images = np.empty((len(offsets), len(noises), RATE), np.float32)
    for row, offset in enumerate(offsets):
        first = round((one.place + offset) * RATE)
        for channel, detector in enumerate(noises):
            images[row, channel] = (
                one.whitened[first : first + RATE]
                if detector == one.detector
                else quiet(noises, detector, random)
            )
    block = sampling.spectrogram
    scaled = spectrogram.normalise(spectrogram.magnitude(images, block, RATE), block)
    logits = scores.logits(network, np.moveaxis(scaled, 1, -1))
    return logits.argmax(axis=1) > 0 if threshold is None else statistic(logits) >= threshold


def table(found: list[Found], others: Any, network: Any, sampling: Any) -> pd.DataFrame:
    """Describe each glitch."""
    rows = []
    for one in found:
        highest, length = shape(one)
        around = taken(one, AROUND, others, network, sampling)
        beside = taken(one, BESIDE, others, network, sampling)
        rows.append(
            {
                "kind": one.kind,
                "snr": one.snr,
                "highest": highest,
                "length": length,
                "fools": around.any(),
                "windows": around.mean(),
                "floor": beside.mean(),
            }
        )
    return pd.DataFrame(rows)


def show(name: str, rows: pd.DataFrame) -> None:
    """Print a line of the table."""
    print(
        f"| {name} | {len(rows)} | {rows['snr'].median():.0f} ({rows['snr'].max():.0f}) | "
        f"{rows['highest'].median():.0f} | {1000 * rows['length'].median():.0f} | "
        f"{rows['fools'].sum()} | {100 * rows['windows'].mean():.1f} | "
        f"{100 * rows['floor'].mean():.1f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--configfile", type=Path)
    parser.add_argument("--at", help="an operating point, such as '1 a day'")
    given = parser.parse_args()
    config = (
        yaml.safe_load(given.configfile.read_text(encoding="utf-8")) if given.configfile else {}
    )
    schema.fill(config, yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8")))
    checks.complete(config)
    device.prepare(threads=2)
    known = DataSet.open(given.run / "datasets/test-1kpc.h5")
    noises = {name: Noise.read(given.run / f"noise/test-{name}.h5") for name in known.detectors}
    weights = sorted(given.run.glob("models/seed-*/best.weights.h5"))[0]
    block = Classifier.of(config["classifier"])
    network = load_network(block, config["saliency"]["layer"], weights, known)
    threshold = None if given.at is None else threshold_of(given.run, given.at)
    print(
        "| glitches | number | SNR, median (highest) | highest frequency, median [Hz] | length, "
        "median [ms] | taken for a signal in a window | windows taken [%] | floor [%] |"
    )
    print("|---" * 8 + "|")
    for name, found in (
        ("measured", list(measured(given.real, config))),
        ("simulated", list(simulated(noises))),
    ):
        others = noises, np.random.default_rng(1), threshold
        rows = table(found, others, network, Sampling.of(config))
        for kind, own in rows.groupby("kind"):
            show(f"{name}, {kind}", own)
        show(f"{name}, all", rows)
        both = rows[rows["kind"].isin(KINDS.values())]
        means = both.groupby("kind")[["windows", "floor"]].mean().mean() * 100
        print(f"| {name}, mean over kinds | | | | | | {means.windows:.1f} | {means.floor:.1f} |")


if __name__ == "__main__":
    main()
