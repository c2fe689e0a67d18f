"""Evaluate one network on data sets: predictions, probabilities and features."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.network import classifier, device
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Run the rule ``evaluate``."""
    logger = joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    datasets = [DataSet.open(path) for path in job.input.datasets]
    block = Classifier.of(job.params.classifier)
    # Classes are those of the network, of which a data set of unseen waveforms has others.
    known = DataSet.open(job.input.get("known", job.input.datasets[0]))
    model = classifier.load_model(block, job.input.weights, known)
    for dataset, path in zip(datasets, job.output, strict=True):
        evaluation = classifier.evaluate(model, dataset, int(job.params.seed))
        evaluation = evaluation.among(known.classes)
        evaluation.write(path)
        logger.info("%s: accuracy %.4f", dataset.name, evaluation.accuracy)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
