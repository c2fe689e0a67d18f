"""Evaluate one network on one data set: predictions, probabilities and features."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.network import classifier, device
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Run the rule ``evaluate``."""
    logger = joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    dataset = DataSet.open(job.input.dataset)
    block = Classifier.of(job.params.classifier)
    model = classifier.load_model(block, job.input.weights, dataset)
    evaluation = classifier.evaluate(model, dataset, int(job.params.seed))
    evaluation.write(job.output[0])
    logger.info("%s: accuracy %.4f", dataset.name, evaluation.accuracy)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
