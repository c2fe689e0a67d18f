"""Compare the network of a run with a bank of the run's own signals, in powers without phases.

``python tools/power_bank.py RUN OUT [--config FILE ...] [--signals N] [--noise N] [--seed N]``

RUN is the folder results/<run> of a finished run that mixes its samples (``config/detector.yaml``).
The bank holds all signals of its training sets, in powers; see `log_likelihood_ratio`. It is no
detector for use, because it knows the signals that it looks for, and it is a reference and no
bound: a finite bank of fixed SNR can be beaten. One of half of it says whether it is dense enough.
Both are compared with the run's network on the same windows: signals of its validation set at fixed
network SNRs, in validation noise without glitches. Thresholds are those of the same noise without
signals. The two numbers in brackets are the results at the ends of the threshold's interval (order
statistics; windows that overlap are counted as independent, so it is somewhat too short). FILE is
the run's configuration; OUT keeps the spectra of the validation set.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

from ccsncam.config import schema  # noqa: E402
from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.detection import operating  # noqa: E402
from ccsncam.detection.statistic import statistic  # noqa: E402
from ccsncam.network import classifier, device  # noqa: E402
from ccsncam.network.architecture import count_parameters  # noqa: E402
from ccsncam.samples import spectrogram, synthesis, transforming  # noqa: E402
from ccsncam.samples.dataset import DataSet  # noqa: E402
from ccsncam.samples.spectra import Spectra  # noqa: E402

# Network SNRs of the signals; and that for which the bank is best, near the half that is found.
SNRS = (6, 7, 8, 9, 10, 11, 12, 13, 14)
BEST = 9.5
# False-alarm probabilities of a window.
LEVELS = (1e-2, 1e-3)
# A louder cell is a glitch that no file names, and counts as this many mean powers.
LOUDEST = 60.0
# Signals of the bank whose likelihoods are computed at once.
BATCH = 1000


def log_likelihood_ratio(
    power: np.ndarray, templates: np.ndarray, snr: float, independent: float
) -> np.ndarray:
    """Compute the log of the mean likelihood ratio over a bank of signals.

    Under noise the power of a cell is exponential with a mean of 1. With a Gaussian signal whose
    mean power is ρ² w it is exponential with a mean of 1 + ρ² w; w is the power of a signal of the
    bank at a network SNR of 1. The ratio of a signal is the product over cells, and that of the
    bank is the mean over its signals. For such sources and independent cells no statistic of the
    powers finds more (Neyman & Pearson 1933). Cells whose power is fixed and whose phases alone are
    random have ratios of Bessel functions, which take much longer and find about 1 % more.

    Parameters
    ----------
    power : numpy.ndarray
        Power of each cell in mean powers of noise, shape (n, cell), float32.
    templates : numpy.ndarray
        The same of the signals of the bank without noise, at a network SNR of 1, shape
        (signal, cell), float32.
    snr : float
        Network SNR ρ of the signals.
    independent : float
        Share of the cells that are independent: hop / window of a spectrogram. Logarithms are
        multiplied by it, so that cells that overlap do not count twice.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64.
    """
    total = np.full(len(power), -np.inf)
    for first in range(0, len(templates), BATCH):
        excess = snr**2 * templates[first : first + BATCH]
        gain = excess / (1 + excess)
        each = independent * (power @ gain.T - np.log1p(excess).sum(axis=1)).astype(float)
        total = np.logaddexp(total, np.logaddexp.reduce(each, axis=1))
    return total - np.log(len(templates))


def configuration(paths: list[Path]) -> dict[str, Any]:
    """Merge configuration files as Snakemake does, over the defaults."""
    merged: dict[str, Any] = {}
    for path in paths:
        schema.fill(own := yaml.safe_load(path.read_text(encoding="utf-8")), merged)
        merged = own
    schema.fill(merged, yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8")))
    return merged


def validation(run: Path, out: Path, config: dict[str, Any]) -> Spectra:
    """Make the spectra of the validation set, or open those that are there."""
    path, band = out / "validation.h5", tuple(config["datasets"]["validation_band"])
    if not path.exists():
        out.mkdir(parents=True, exist_ok=True)
        waveforms = [run / f"waveforms/{name}.h5" for name in config["classes"][1:]]
        noise = [run / f"noise/validation-{name}.h5" for name in config["detectors"]]
        inputs = synthesis.Inputs.read(waveforms, noise, Sampling.of(config))
        dataset = DataSet.open(run / f"datasets/validation-snr-{band[0]:g}-{band[1]:g}.h5")
        transforming.transform(path, inputs, [dataset], [band], config["seed"])
    return Spectra.read(path)


def noise_of(spectra: Spectra, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw windows of noise without glitches, shape (n, detector, frame, frequency)."""
    frames = spectra.signals[0].spectra.shape[2]
    drawn = []
    for one in spectra.noise:
        first = generator.choice(one.first[~one.glitchy], count)
        drawn.append(np.stack([one.spectra[row : row + frames] for row in first]))
    return np.stack(drawn, axis=1)


def power_of(windows: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Power in each cell in mean powers of noise, shape (n, cell)."""
    # The row of 0 Hz is real, and its power has another law.
    power = np.minimum(np.abs(windows) ** 2 / mean, LOUDEST)[..., 1:]
    return power.reshape(len(power), -1).astype(np.float32)


def heard(model: Any, windows: np.ndarray, config: dict[str, Any]) -> np.ndarray:
    """Statistic of the network for windows, shape (n,)."""
    block = Sampling.of(config).spectrogram
    seen = spectrogram.of_rows(windows, block)
    images = spectrogram.normalise(seen, block, out=seen).transpose(0, 2, 3, 1)
    return statistic(classifier.predict(model, images)[1])


def half(loud: np.ndarray, threshold: float) -> float:
    """SNR at which half of the signals are louder; 0 or infinite if it is none of `SNRS`."""
    share = np.maximum.accumulate(np.mean(loud > threshold, axis=1))
    return float(np.interp(0.5, share, SNRS, left=np.inf if share[-1] < 0.5 else 0, right=np.inf))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    files = [ROOT / "config/detector.yaml"]
    parser.add_argument("--config", type=Path, nargs="+", default=files)
    parser.add_argument("--signals", type=int, default=900)
    parser.add_argument("--noise", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    device.prepare(threads=2)
    config = configuration(given.config)
    if config["spectrogram"]["kind"] != "stft" or "coherence" in config["classifier"]["extra"]:
        sys.exit("spectrogram.kind must be stft, and classifier.extra must not have coherence")
    own = validation(given.run, given.out, config)
    bank = Spectra.read(given.run / "mixing/train.h5")
    generator = np.random.default_rng(given.seed)
    noise = noise_of(own, given.noise, generator)
    mean = np.median(np.abs(noise) ** 2, axis=(0, 2))[:, None] / np.log(2)
    every = own.signals[0].spectra
    signals = every[np.sort(generator.choice(len(every), min(given.signals, len(every)), False))]
    below = noise_of(own, len(signals), generator)
    templates = np.concatenate([power_of(one.spectra, mean) for one in bank.signals])
    block = Sampling.of(config).spectrogram
    values = config["classifier"]
    counts = count_parameters(
        values["filters"],
        values["dense"],
        own.image_shape,
        len(config["classes"]),
        values["network"],
        values["extra"],
    )
    values["parameters"], values["features"] = counts
    model = classifier.build(Classifier.of(values), own.image_shape, len(config["classes"]))
    model.load_weights(given.run / f"models/seed-{given.seed}/best.weights.h5")
    print(f"{len(templates)} signals in the bank, {len(signals)} signals, {len(noise)} windows")
    windows = np.concatenate([noise, *(below + snr * signals for snr in SNRS)])
    power, share = power_of(windows, mean), block.hop / block.window
    scores = {
        "bank": log_likelihood_ratio(power, templates, BEST, share),
        "half of the bank": log_likelihood_ratio(power, templates[::2], BEST, share),
        "network": heard(model, windows, config),
    }
    for level in LEVELS:
        for name, score in scores.items():
            found = operating.window_threshold(score[: len(noise)], level)
            loud = score[len(noise) :].reshape(len(SNRS), -1)
            ends = ", ".join(f"{half(loud, end):.1f}" for end in (found.low, found.high))
            shares = 100 * np.mean(loud > found.value, axis=1)
            text = ", ".join(f"{one:.1f}" for one in shares)
            print(f"{name} at {level:g}: half at SNR {half(loud, found.value):.1f} ({ends});")
            print(f"    {text} % at SNR {', '.join(map(str, SNRS))}")


if __name__ == "__main__":
    main()
