"""Images and saliency maps of the samples that figures show."""

from typing import Any

import pandas as pd

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.saliency import Saliency
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.saliency.maps import explain_row, shown_samples
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
    picks = list(pd.read_csv(job.input.picks).itertuples())
    samples: dict[str, ShownSample | NoSample] = {}
    for pick in joblog.progress(picks, label="samples", unit="samples"):
        if pick.row < 0:
            samples[pick.panel] = NoSample(pick.rule)
            continue
        dataset = datasets[pick.dataset]
        samples[pick.panel] = explain_row(network, dataset, pick.row, saliency, rule=pick.rule)
    shown_samples(samples, first).write(job.output[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
