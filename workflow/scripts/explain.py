"""Saliency maps of some methods for a whole data set, and how faithful they are."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.saliency import Saliency
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.saliency.faithfulness import explain_dataset
from ccsncam.saliency.scores import logits
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import Parts


def main(job: Any) -> None:
    """Run the rule ``explain``."""
    joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    dataset, saliency = DataSet.open(job.input.dataset), Saliency.of(job.params.saliency)
    block = Classifier.of(job.params.classifier)
    network = load_network(block, saliency.layer, job.input.weights, dataset)
    parts, values = Parts.read(job.input.parts), logits(network, dataset.spectrograms)
    seed = int(job.params.seed)
    for method, path in zip(job.params.methods, job.output, strict=True):
        explained = explain_dataset(
            network, method, dataset, parts, values, saliency, seed, joblog.progress
        )
        explained.write(path)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
