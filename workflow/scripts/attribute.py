"""How much of the saliency lies on each mode, and what the network says without the mode."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.saliency import Saliency
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.saliency.attributing import attribute
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import Parts


def main(job: Any) -> None:
    """Run the rule ``attribute``."""
    joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    dataset, saliency = DataSet.open(job.input.dataset), Saliency.of(job.params.saliency)
    block = Classifier.of(job.params.classifier)
    attribution = attribute(
        load_network(block, saliency.layer, job.input.weights, dataset),
        dataset,
        Parts.read(job.input.parts),
        job.params.methods,
        saliency,
        int(job.params.seed),
        joblog.progress,
    )
    attribution.write(job.output[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
