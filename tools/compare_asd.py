"""Compare the embedded noise curves with other curves of O3 and with strain.

``python tools/compare_asd.py DATA``

DATA holds asd/ (the measured curves), strain/o3a_events/ and strain/o3b_h1/. Each number is a
median ratio of amplitudes over a band: another curve over the embedded one. The last column is
the inspiral range of binary neutron stars in the other noise.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from pycbc.frame import read_frame
from pycbc.types import FrequencySeries
from pycbc.waveform.spa_tmplt import spa_distance
from scipy import signal

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

from ccsncam.noise import asd  # noqa: E402
from ccsncam.noise.psd import smooth_psd  # noqa: E402

BANDS = [(20, 50), (50, 200), (200, 500), (500, 1000), (1000, 1500), (50, 1500)]
RATE, STEP = 4096, 1.0
GRID = np.arange(0, 2048 + STEP, STEP)
DESIGN = {
    "H1": "aLIGOaLIGOO3LowT1800545",
    "L1": "aLIGOaLIGOO3LowT1800545",
    "V1": "aLIGOAdVO3LowT1800545",
}
CHANNEL = "H1:GWOSC-4KHZ_R1_STRAIN"


def welch(strain: np.ndarray) -> np.ndarray:
    """Median spectrum of strain on GRID; a merger in it hardly counts."""
    power = signal.welch(strain, RATE, nperseg=round(RATE / STEP), average="median")[1]
    return np.sqrt(power)


def others(data: Path) -> Iterator[tuple[str, str, np.ndarray]]:
    """Detector, name and amplitude spectral density on GRID of all that is compared."""
    for detector, name in DESIGN.items():
        yield detector, f"PyCBC {name}", np.sqrt(smooth_psd(name, GRID))
    for path in sorted((data / "asd").glob("*.txt")):
        density = np.sqrt(smooth_psd(str(path), GRID))
        yield path.name.split("-")[1][:2], "measured curve, with lines", density
    for path in sorted((data / "strain/o3a_events").glob("*.hdf5")):
        event, detector = path.name.split("_")[:2]
        with h5py.File(path) as file:
            yield detector, f"8 s of strain at {event}", welch(file["strain"][()])
    for path in sorted((data / "strain/o3b_h1").glob("*.gwf")):
        yield "H1", "128 s of O3b strain", welch(read_frame(str(path), CHANNEL).numpy())


def inspiral_range(density: np.ndarray) -> float:
    """Mean range of 1.4 + 1.4 solar masses at SNR 8, above 20 Hz [Mpc]."""
    return spa_distance(FrequencySeries(density**2, delta_f=STEP), 1.4, 1.4, 20.0, snr=8) / 2.264


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    given = parser.parse_args().data
    bands = " | ".join(f"{low} to {high} Hz" for low, high in BANDS)
    print(f"| noise | {bands} | range [Mpc] |")
    print("|---" * (len(BANDS) + 2) + "|")
    embedded = {name.split("-")[1]: np.sqrt(smooth_psd(name, GRID)) for name in asd.shipped()}
    for detector, density in embedded.items():
        ones = " | ".join(["1"] * len(BANDS))
        print(f"| {detector}, embedded | {ones} | {inspiral_range(density):.0f} |")
    for detector, name, density in others(given):
        ratio = density / embedded[detector]
        medians = [np.median(ratio[np.digitize(GRID, band) == 1]) for band in BANDS]
        cells = " | ".join(f"{median:.2f}" for median in medians)
        print(f"| {detector}, {name} | {cells} | {inspiral_range(density):.0f} |")


if __name__ == "__main__":
    main()
