"""How the surrogate of z85_sfhx compares with the public simulation, and what a network says.

    python tests/tools/compare_surrogate.py DATA [RUN] [--configfile FILE]

DATA holds waveforms/z85_sfhx. RUN is results/<run> of a run with trained weights: its network,
which knows the surrogate only, classifies both in the run's test noise. FILE is what the run had on
top of the default configuration.
"""

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import yaml
from calibrate_surrogates import directions, network_snr
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "workflow")]

import real_input  # noqa: E402

from ccsncam import classifier, dataset, injection, saliency, settings, waveform  # noqa: E402

BANDS = [(20, 150), (150, 250), (250, 500), (500, 800), (800, 1500)]
TIMES = [(0.05, 0.15), (0.15, 0.25), (0.25, 0.35), (0.35, 0.45), (0.45, 0.55)]
COUNT = 500


def spectra(model):
    """Energy spectrum of the strain, over all directions, and its share in each of BANDS."""
    spectrum = np.fft.rfft(model.quadrupole, axis=-1)
    power = np.sum(np.abs(spectrum) ** 2, axis=(0, 1))
    frequency = np.fft.rfftfreq(model.quadrupole.shape[-1], 1 / model.sample_rate)
    inside = [power[(frequency >= low) & (frequency < high)].sum() for low, high in BANDS]
    return np.array(inside) / power[frequency >= BANDS[0][0]].sum()


def track(model, low, high):
    """Frequency [Hz] of most power between two bounds, in each of TIMES [s after bounce].

    A value with a star lies at a bound: power falls off from there, and it is no track.
    """
    rate = round(model.sample_rate)
    transform = ShortTimeFFT(hann(rate // 16, sym=False), rate // 128, rate, mfft=rate // 4)
    power = np.sum(np.abs(transform.stft(model.quadrupole.reshape(9, -1))) ** 2, axis=0)
    time = model.start + transform.t(model.quadrupole.shape[-1])
    rows = np.flatnonzero((transform.f >= low) & (transform.f <= high))
    peaks = [power[rows][:, (time >= a) & (time < b)].sum(axis=1).argmax() for a, b in TIMES]
    stars = ["*" if peak in (0, len(rows) - 1) else "" for peak in peaks]
    return ", ".join(
        f"{transform.f[rows[peak]]:.0f}{star}" for peak, star in zip(peaks, stars, strict=True)
    )


def network_says(run, config, real):
    """Confusion of surrogate and simulation by the network of a run, at each distance."""
    models = [waveform.Waveform.read(run / f"waveforms/{n}.h5") for n in config["classes"][1:]]
    noise = [run / f"noise/test-{detector}.h5" for detector in config["detectors"]]
    label = config["classes"].index("z85_sfhx")
    blocks = {key: config[key] for key in ("signal", "noise", "spectrogram")}
    inputs = dataset.load([], noise, blocks)
    weights = sorted(run.glob("models/seed-*/best.weights.h5"))[0]
    known = run / "datasets/test-1kpc.h5"
    network = saliency.load(config["classifier"], config["saliency"], weights, known)
    for name, model in (("surrogate", models[label - 1]), ("simulation", real)):
        changed = [*models[: label - 1], model, *models[label:]]
        own = dataclasses.replace(inputs, waveforms=changed)
        spectrum = injection.spectra(model)
        for distance in (1, 5, 10):
            table = dataset.draw(own, config["seed"], f"compare-{distance}", label, 0, COUNT)
            image, snr, _ = dataset.samples(own, spectrum, table, dataset.by_distance(distance))
            said = saliency.logits(network, image).argmax(axis=1)
            counts = np.bincount(said, minlength=len(config["classes"]))
            order = [k for k in np.argsort(-counts, kind="stable")[:3] if counts[k]]
            shares = [f"{config['classes'][k]} {100 * counts[k] / COUNT:.1f} %" for k in order]
            loud = np.median(np.linalg.norm(snr, axis=1))
            print(f"{name:11} {distance:3} kpc  median SNR {loud:6.1f}  as {', '.join(shares)}")


def main():
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--configfile", type=Path)
    given = parser.parse_args()
    config = yaml.safe_load(given.configfile.read_text()) if given.configfile else {}
    settings.fill(config, yaml.safe_load((ROOT / "config/config.yaml").read_text()))
    surrogates = ROOT / "resources/surrogates.tsv"
    row = waveform.read_table(ROOT / "config/waveforms.tsv").loc["z85_sfhx"]
    made = waveform.load(row, ROOT / "config/waveforms.tsv", config["signal"], surrogates)
    with tempfile.TemporaryDirectory() as folder:
        path = real_input.table_of(given.data, Path(folder) / "numerical.tsv")
        row = waveform.read_table(path).loc["z85_sfhx"]
        real = waveform.load(row, path, config["signal"], surrogates)
    weights = directions(2048, seed=1)
    for name, model in (("surrogate", made), ("simulation", real)):
        plus, cross = waveform.polarisations(model.quadrupole, np.pi / 2, np.zeros(1))
        low, median, high = np.quantile(network_snr(model, config, weights), [0.05, 0.5, 0.95])
        energy = waveform.energy(model.quadrupole, model.sample_rate)
        print(f"{name}: peak of D h at the equator {max(abs(plus).max(), abs(cross).max()):.1f} cm")
        print(f"  energy {energy:.2e} erg")
        print(f"  network SNR at 10 kpc {median:.1f} (5 to 95 %: {low:.1f} to {high:.1f})")
        print(f"  power [%] in {BANDS} Hz: {np.round(100 * spectra(model))}")
        for bounds in ((250, 1500), (40, 250)):
            print(f"  loudest between {bounds} Hz in {TIMES} s: {track(model, *bounds)} Hz")
    if given.run:
        classifier.prepare(threads=2)
        with h5py.File(next((given.run / "datasets").glob("test-*.h5"))) as file:
            config |= {"classes": list(file.attrs["classes"]), "seed": int(file.attrs["seed"])}
            config["detectors"] = list(file.attrs["detectors"])
        network_says(given.run, config, real)


if __name__ == "__main__":
    main()
