"""Saliency maps of one method for a whole data set, and how faithful they are."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.saliency import Saliency
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.network.evaluation import Evaluation
from ccsncam.saliency.faithfulness import explain_dataset
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import Parts


def main(job: Any) -> None:
    """Run the rule ``explain``."""
    joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    dataset, saliency = DataSet.open(job.input.dataset), Saliency.of(job.params.saliency)
    block = Classifier.of(job.params.classifier)
    explained = explain_dataset(
        load_network(block, saliency.layer, job.input.weights, dataset),
        job.params.method,
        dataset,
        Parts.read(job.input.parts),
        Evaluation.read(job.input.evaluation, ["prediction"]).prediction,
        saliency,
        int(job.params.seed),
        joblog.progress,
    )
    explained.write(job.output[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
