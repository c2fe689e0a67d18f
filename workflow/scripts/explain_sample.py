"""Image and saliency map of one sample by one method."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.saliency import Saliency
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.saliency.maps import Picked, explain_rows, shown_samples
from ccsncam.saliency.shown import ROOT
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Run the rule ``explain_sample``."""
    joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    dataset, saliency = DataSet.open(job.input.dataset), Saliency.of(job.params.saliency)
    row = dataset.row_of(job.params.name, int(job.params.index))
    block = Classifier.of(job.params.classifier)
    network = load_network(block, saliency.layer, job.input.weights, dataset)
    (sample,) = explain_rows(network, [Picked(dataset, row)], saliency, [job.params.method])
    shown_samples({ROOT: sample}, dataset).write(job.output[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
