"""Images and saliency maps of the samples that figures show."""

from typing import Any

import pandas as pd

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.saliency import Saliency
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.saliency.maps import Picked, explain_rows, shown_samples
from ccsncam.saliency.shown import NoSample, ShownSample
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Run the rule ``explain_examples``."""
    joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    paths = zip(job.params.datasets, job.input.datasets, strict=True)
    datasets = {name: DataSet.open(path) for name, path in paths}
    first, saliency = datasets[job.params.datasets[0]], Saliency.of(job.params.saliency)
    block = Classifier.of(job.params.classifier)
    network = load_network(block, saliency.layer, job.input.weights, first)
    picks = pd.read_csv(job.input.picks)
    there = picks[picks["row"] >= 0]
    picked = [
        Picked(datasets[name], row, rule)
        for name, row, rule in zip(there["dataset"], there["row"], there["rule"], strict=True)
    ]
    found = dict(zip(there["panel"], explain_rows(network, picked, saliency), strict=True))
    samples: dict[str, ShownSample | NoSample] = {
        panel: found.get(panel, NoSample(rule))
        for panel, rule in zip(picks["panel"], picks["rule"], strict=True)
    }
    shown_samples(samples, first).write(job.output[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
