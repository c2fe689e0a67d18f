"""Print the mean power of white noise in the rows of the Hilbert spectrum.

python tools/measure_sift_noise.py [seconds]

The numbers are those of ``NOISE`` in samples/representations/hilbert_huang.py. By default they are
measured on 600 seconds, which takes a minute, and are then known to half a percent.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "workflow/scripts"))

from ccsncam.samples.representations.hilbert_huang import ROWS, spectrum

RATE, SECONDS, SEED = 4096, 600, 1


def main() -> None:
    """Measure, and print the numbers with three decimals."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    rng = np.random.default_rng(SEED)
    found = np.zeros((ROWS[-1] + 1, RATE // 128 - 1))
    for _ in range(seconds):
        found += spectrum(rng.standard_normal(RATE), 256, 128, len(found))
    mean = found.mean(axis=1)[ROWS] / seconds
    print(", ".join(f"{value:.3f}" for value in mean))


if __name__ == "__main__":
    main()
