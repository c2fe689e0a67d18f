"""Find the scale that brings the median network SNR of each surrogate at 10 kpc to its target.

The targets are in resources/surrogate_targets.tsv. --write scales the amplitudes in
resources/surrogates.tsv.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pycbc.detector import Detector

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

from ccsncam import resources  # noqa: E402
from ccsncam.config.blocks import Conditioning  # noqa: E402
from ccsncam.noise.psd import noise_psd, read_lines  # noqa: E402
from ccsncam.waveforms import loading, model, table  # noqa: E402

DISTANCE = 10 * model.KPC_IN_CM
DRAWS = 4096
GPS = 1238236470.0


def directions(size: int, seed: int) -> np.ndarray:
    """Draw orientations and sky positions; give the weights (draw, detector, 5) of components."""
    rng = np.random.default_rng(seed)
    theta, dec = np.arccos(rng.uniform(-1, 1, size)), np.arcsin(rng.uniform(-1, 1, size))
    phi, ra = rng.uniform(0, 2 * np.pi, (2, size))
    psi = rng.uniform(0, np.pi, size)
    source = model.polarisation_weights(theta, phi)
    patterns = [Detector(d).antenna_pattern(ra, dec, psi, GPS) for d in ("H1", "L1", "V1")]
    return np.stack([p[:, None] * source[:, 0] + c[:, None] * source[:, 1] for p, c in patterns], 1)


def network_snr(
    waveform: model.Waveform, config: Mapping[str, Any], weights: np.ndarray
) -> np.ndarray:
    """Compute the network SNR of each draw at 10 kpc from Gram matrices of the five components."""
    signal, simulated = config["signal"], config["noise"]["simulated"]
    rate, size = signal["sample_rate"], 4 * signal["sample_rate"]
    spectrum = np.fft.rfft(model.components(waveform.quadrupole) / DISTANCE, size) / rate
    step = rate / size
    band = slice(round(signal["f_min"] / step), round(signal["f_max"] / step))
    total = np.zeros(len(weights))
    for index, detector in enumerate(("H1", "L1", "V1")):
        lines = read_lines(resources.path("spectral_lines.tsv"), detector)
        psd = noise_psd(simulated["psd"][detector], step * np.arange(size // 2 + 1), lines)[band]
        inside = spectrum[:, band]
        gram = 4 * step * (inside / psd @ inside.conj().T).real
        total += np.einsum("nk,kl,nl->n", weights[:, index], gram, weights[:, index])
    return np.sqrt(total)


def main() -> None:
    """Print the scales, and write them on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="update rms_cm in the table")
    write = parser.parse_args().write
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    surrogates = ROOT / "resources/surrogates.tsv"
    path = ROOT / "config/waveforms.tsv"
    rows = table.read_table(path)
    conditioning = Conditioning.of(config["signal"])
    targets = {}
    for line in (ROOT / "resources/surrogate_targets.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith(("#", "model\t")):
            name, median, _ = line.split("\t")
            targets[name] = float(median)
    weights = directions(DRAWS, seed=1)
    scales = {}
    print("model         target  median  5 %     95 %    scale")
    for name, target in targets.items():
        made = loading.load_waveform(table.row_of(rows, name), path, conditioning, surrogates)
        snr = network_snr(made, config, weights)
        low, middle, high = np.quantile(snr, [0.05, 0.5, 0.95])
        scales[name] = target / middle
        print(f"{name:12}{target:8.2f}{middle:8.2f}{low:8.2f}{high:8.2f}{scales[name]:9.4f}")
    if write:
        lines = surrogates.read_text(encoding="utf-8").splitlines()
        header = next(line for line in lines if not line.startswith("#")).split("\t")
        index = header.index("rms_cm")
        for number, line in enumerate(lines):
            cells = line.split("\t")
            if cells[0] in scales:
                cells[index] = f"{float(cells[index]) * scales[cells[0]]:.4g}"
                lines[number] = "\t".join(cells)
        surrogates.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
