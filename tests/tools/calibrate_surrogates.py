"""Scale the surrogates to their median network SNR at 10 kpc: prints, or with --write rewrites."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pycbc.psd
import yaml

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "workflow/scripts"))

from ccsncam import injection, network, seeds, surrogate  # noqa: E402

DRAWS, TABLE = 3000, ROOT / "resources/surrogates.tsv"


def median_snr(model, config, distance_kpc=10.0):
    """Median network SNR over directions and positions, with PyCBC's PSDs."""
    signal, detectors = config["signal"], ["H1", "L1", "V1"]
    rate, delta_f = signal["sample_rate"], 1 / injection.BUFFER
    filters = []
    for detector in detectors:
        psd = pycbc.psd.from_string(
            config["noise"]["simulated"]["psd"][detector], rate + 1, delta_f, 15.0
        ).numpy()
        filters.append(np.sqrt(2 / (rate * np.where(psd > 0, psd, np.inf))))
    u = seeds.uniforms(1, "calibration", model.name, 0, DRAWS, 6)
    theta, phi = np.arccos(1 - 2 * u[:, 0]), 2 * np.pi * u[:, 1]
    where = 2 * np.pi * u[:, 2], np.arcsin(2 * u[:, 3] - 1), np.pi * u[:, 4]
    response = network.response(detectors, *where, np.full(DRAWS, 1238236470.0))
    spectrum, snr = injection.spectra(model), []
    for first in range(0, DRAWS, 100):
        part = slice(first, first + 100)
        strain = injection.project(
            spectrum,
            *(theta[part], phi[part]),
            network.Response(*(values[part] for values in response)),
            *(0.15 * u[part, 5], rate),
        )
        whitening = np.stack(filters).astype(np.float32)
        _, each = injection.whiten(strain, whitening, (signal["f_min"], signal["f_max"]), rate)
        snr.append(np.sqrt(np.sum(each**2, axis=1)))
    return np.median(np.concatenate(snr)) / distance_kpc


def main():
    """Print median, target and scale of each model."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    targets = pd.read_csv(ROOT / "resources/surrogate_targets.tsv", sep="\t").set_index("model")
    raw = pd.read_csv(TABLE, sep="\t")
    table = surrogate.read_table(TABLE)
    for name, row in targets.iterrows():
        median = median_snr(surrogate.realise(table, name, config["signal"]), config)
        scale = row["median_network_snr_10kpc"] / median
        print(f"{name}: median {median:.2f}, target {row.iloc[0]}, scale {scale:.4f}")
        mine = raw["model"] == name
        raw.loc[mine, "rms_cm"] = (raw.loc[mine, "rms_cm"] * scale).round(3)
    if "--write" in sys.argv:
        raw.to_csv(TABLE, sep="\t", index=False)


if __name__ == "__main__":
    main()
