"""Compare the surrogate of z85_sfhx with the public simulation, and how a network sees both.

``python tools/compare_surrogate.py DATA [RUN] [--configfile FILE]``

DATA holds waveforms/z85_sfhx. RUN is the folder results/<run> of a run with trained weights. Its
network knows the surrogate only, and classifies both in the run's test noise. FILE is the config
file that the run used in addition to the default one.
"""

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from calibrate_surrogates import directions, network_snr

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

import real_input  # noqa: E402
from ccsncam.config import schema  # noqa: E402
from ccsncam.config.blocks import Conditioning, Sampling  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.network import device  # noqa: E402
from ccsncam.network.classifier import load_network  # noqa: E402
from ccsncam.saliency import scores  # noqa: E402
from ccsncam.samples import injection, synthesis  # noqa: E402
from ccsncam.samples.dataset import DataSet  # noqa: E402
from ccsncam.waveforms import loading, model, table  # noqa: E402

BANDS = [(20, 150), (150, 250), (250, 500), (500, 800), (800, 1500)]
TIMES = [(0.05, 0.15), (0.15, 0.25), (0.25, 0.35), (0.35, 0.45), (0.45, 0.55)]
COUNT = 500


def spectra(waveform: model.Waveform) -> np.ndarray:
    """Share of the power of the strain, over all directions, in each of BANDS."""
    spectrum = np.fft.rfft(waveform.quadrupole, axis=-1)
    power = np.sum(np.abs(spectrum) ** 2, axis=(0, 1))
    frequency = np.fft.rfftfreq(waveform.quadrupole.shape[-1], 1 / waveform.sample_rate)
    inside = [power[(frequency >= low) & (frequency < high)].sum() for low, high in BANDS]
    return np.array(inside) / power[frequency >= BANDS[0][0]].sum()


def track(waveform: model.Waveform, low: float, high: float) -> str:
    """Frequency [Hz] of most power between two bounds, in each of TIMES [s after bounce].

    A star marks a value at one of the bounds. It is the edge of other power, and no track.
    """
    rate = round(waveform.sample_rate)
    transform = ShortTimeFFT(hann(rate // 16, sym=False), rate // 128, rate, mfft=rate // 4)
    power = np.sum(np.abs(transform.stft(waveform.quadrupole.reshape(9, -1))) ** 2, axis=0)
    time = waveform.start + transform.t(waveform.quadrupole.shape[-1])
    rows = np.flatnonzero((transform.f >= low) & (transform.f <= high))
    peaks = [power[rows][:, (time >= a) & (time < b)].sum(axis=1).argmax() for a, b in TIMES]
    stars = ["*" if peak in (0, len(rows) - 1) else "" for peak in peaks]
    return ", ".join(
        f"{transform.f[rows[peak]]:.0f}{star}" for peak, star in zip(peaks, stars, strict=True)
    )


def network_says(run: Path, config: Mapping[str, Any], real: model.Waveform) -> None:
    """Print how the network of a run classifies surrogate and simulation at each distance."""
    known = DataSet.open(run / "datasets/test-1kpc.h5")
    models = [model.Waveform.read(run / f"waveforms/{name}.h5") for name in known.classes[1:]]
    noise = [run / f"noise/test-{detector}.h5" for detector in known.detectors]
    label = known.classes.index("z85_sfhx")
    inputs = synthesis.Inputs.read([], noise, Sampling.of(config))
    weights = sorted(run.glob("models/seed-*/best.weights.h5"))[0]
    block = Classifier.of(config["classifier"])
    network = load_network(block, config["saliency"]["layer"], weights, known)
    for name, waveform in (("surrogate", models[label - 1]), ("simulation", real)):
        changed = [*models[: label - 1], waveform, *models[label:]]
        own = dataclasses.replace(inputs, waveforms=changed)
        spectrum = injection.spectra(waveform)
        for distance in (1, 5, 10):
            drawn = synthesis.draw(own, known.seed, f"compare-{distance}", label, 0, COUNT)
            scaling = synthesis.by_distance(distance)
            image, snr, _ = synthesis.samples(own, spectrum, drawn, scaling)
            said = scores.logits(network, image).argmax(axis=1)
            counts = np.bincount(said, minlength=len(known.classes))
            order = [k for k in np.argsort(-counts, kind="stable")[:3] if counts[k]]
            shares = [f"{known.classes[k]} {100 * counts[k] / COUNT:.1f} %" for k in order]
            loud = np.median(np.linalg.norm(snr, axis=1))
            print(f"{name:11} {distance:3} kpc  median SNR {loud:6.1f}  as {', '.join(shares)}")


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--configfile", type=Path)
    given = parser.parse_args()
    config = (
        yaml.safe_load(given.configfile.read_text(encoding="utf-8")) if given.configfile else {}
    )
    schema.fill(config, yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8")))
    surrogates = ROOT / "resources/surrogates.tsv"
    conditioning = Conditioning.of(config["signal"])
    path = ROOT / "config/waveforms.tsv"
    row = table.row_of(table.read_table(path), "z85_sfhx")
    made = loading.load_waveform(row, path, conditioning, surrogates)
    with tempfile.TemporaryDirectory() as folder:
        path = real_input.table_of(given.data, Path(folder) / "numerical.tsv")
        row = table.row_of(table.read_table(path), "z85_sfhx")
        real = loading.load_waveform(row, path, conditioning, surrogates)
    weights = directions(2048, seed=1)
    for name, waveform in (("surrogate", made), ("simulation", real)):
        plus, cross = model.polarisations(waveform.quadrupole, np.pi / 2, np.zeros(1))
        low, median, high = np.quantile(network_snr(waveform, config, weights), [0.05, 0.5, 0.95])
        energy = model.energy(waveform.quadrupole, waveform.sample_rate)
        print(f"{name}: peak of D h at the equator {max(abs(plus).max(), abs(cross).max()):.1f} cm")
        peak = model.energy_peak(waveform.quadrupole, waveform.sample_rate)
        print(f"  energy {energy:.2e} erg, most of it near {peak:.0f} Hz")
        print(f"  network SNR at 10 kpc {median:.1f} (5 to 95 %: {low:.1f} to {high:.1f})")
        print(f"  power [%] in {BANDS} Hz: {np.round(100 * spectra(waveform))}")
        for bounds in ((250, 1500), (40, 250)):
            print(f"  loudest between {bounds} Hz in {TIMES} s: {track(waveform, *bounds)} Hz")
    if given.run:
        device.prepare(threads=2)
        network_says(given.run, config, real)


if __name__ == "__main__":
    main()
