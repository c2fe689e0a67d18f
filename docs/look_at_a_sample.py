"""Look at one sample of a finished run: its image, its map, and the modes of its signal.

This is how a notebook uses the library. In the checkout, after ``make quick``::

    PYTHONPATH=workflow/scripts .venv/bin/python docs/look_at_a_sample.py results/quick sample.png

In an environment of your own, ``pip install <checkout>`` gives ``import ccsncam``.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import yaml

import ccsncam
from ccsncam.network import device
from ccsncam.plots import style
from ccsncam.plots.attribution import mode_name

CONFIG = Path(__file__).parents[1] / "config/config.yaml"


def main() -> None:
    """Load a data set and a network, explain one sample, and draw it with its modes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a finished run, such as results/quick")
    parser.add_argument("picture", type=Path, help="the PNG to be written")
    parser.add_argument("--class", dest="name", default="s25", help="class of the sample")
    parser.add_argument("--index", type=int, default=0, help="its number in the class, from 0")
    given = parser.parse_args()

    # The data set: attributes are read at once, columns and images when they are asked for.
    data = ccsncam.DataSet.open(given.run / "datasets/test-1kpc.h5")
    row = data.row_of(given.name, given.index)
    image = data.images([row])
    snr = data.column("network_snr")[row]

    # The trained network, and its Score-CAM of the sample.
    device.prepare(threads=2)
    settings = yaml.safe_load(CONFIG.read_text())["classifier"]
    weights = given.run / "models/seed-0/best.weights.h5"
    counts = ccsncam.count_parameters(
        settings["filters"], settings["dense"], data.image_shape, len(data.classes)
    )
    settings |= dict(zip(("parameters", "features"), counts, strict=True))
    network = ccsncam.load_network(ccsncam.Classifier.of(settings), "conv2", weights, data)
    target = data.column("label", [row])
    found = ccsncam.maps.maps(network, "score-cam", image, target)
    large = ccsncam.maps.scaled(ccsncam.maps.upsample(found, network.stretch("reach")))[0]

    # The modes of its signal: power without noise, for the samples that were taken apart.
    parts = ccsncam.Parts.read(given.run / "parts/test-1kpc.h5")
    power = parts.mode_power[parts.rows.tolist().index(row)].sum(axis=-1)
    modes = {name: one for name, one in zip(parts.modes, power, strict=True) if np.any(one > 0)}

    mean = image[0].mean(axis=-1)
    panels = {"input": mean / mean.max(), "Score-CAM": large}
    panels |= {mode_name(name): one / one.max() for name, one in modes.items()}
    figure, grid = plt.subplots(1, len(panels), figsize=(style.PAGE, 2.4), sharey=True)
    for axes, (title, values) in zip(grid, panels.items(), strict=True):
        mesh = axes.pcolormesh(data.times, data.frequencies, values, vmin=0, vmax=1)
        axes.set(title=title, xlabel="time [s]")
        axes.grid(False)
    grid[0].set_ylabel("frequency [Hz]")
    figure.colorbar(mesh, ax=list(grid), label="value / maximum")
    figure.suptitle(
        f"{given.name}, network SNR {snr:.0f} at {data.distance:g} kpc: mean image, map, "
        "and the power of each mode",
        fontsize=8,
    )
    style.save(figure, {"png": given.picture}, data.run, data.origin.words)
    print(f"{given.picture}: {given.name} in {data.name}, modes: {', '.join(modes)}")


if __name__ == "__main__":
    main()
