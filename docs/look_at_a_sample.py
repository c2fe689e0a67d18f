"""Look at one sample of a finished run: its image, its map, and the modes of its waveform.

    python docs/look_at_a_sample.py results/quick sample.png
    python docs/look_at_a_sample.py results/embedded sample.png --class m39 --index 3

It shows how a notebook uses the library. Outside the workflow's own environment, `pip install .` in
the checkout gives `import ccsncam`.
"""

import argparse
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import ccsncam
from ccsncam.config.blocks import Sampling
from ccsncam.network import device
from ccsncam.plots import style
from ccsncam.samples import spectrogram, synthesis


def main() -> None:
    """Load a data set and a network, explain one sample, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a finished run, such as results/quick")
    parser.add_argument("picture", type=Path, help="the PNG to write")
    parser.add_argument("--class", dest="name", default="s25")
    parser.add_argument("--index", type=int, default=0)
    given = parser.parse_args()

    # A data set: attributes at once, columns and images when they are asked for.
    data = ccsncam.DataSet.open(given.run / "datasets/test-1kpc.h5")
    row = data.row_of(given.name, given.index)
    image = data.images([row])
    snr = data.column("network_snr")[row]

    # The network of the run, and its Score-CAM of the sample.
    device.prepare(threads=2)
    numbers = json.loads((given.run / "paper/numbers.json").read_text())
    block = classifier_of(numbers)
    weights = given.run / "models/seed-0/best.weights.h5"
    network = ccsncam.load_network(block, "conv2", weights, data)
    target = np.array([data.column("label")[row]])
    found = ccsncam.maps.maps(network, "score-cam", image, target)
    large = ccsncam.maps.scaled(ccsncam.maps.upsample(found, network.stretch("reach")))[0]

    # The waveform, and the strain of each of its modes seen from the equator.
    model = ccsncam.Waveform.read(given.run / f"waveforms/{given.name}.h5")
    draw(data, image[0], large, model, f"{given.name}, network SNR {snr:.0f}", given.picture)
    print(f"{given.picture}: {data.origin.words}")
