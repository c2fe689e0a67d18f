"""Search one part of the noise of a split in time slides."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.config.classifier import Classifier
from ccsncam.config.detection import BackgroundSearch
from ccsncam.detection import background, plan, store, windows
from ccsncam.network import classifier, device
from ccsncam.noise.store import Noise
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Run the rule ``search_background``."""
    joblog.start(job.log[0], job.rule)
    device.prepare(job.threads, job.resources.get("gpu", 0) > 0)
    noise = [Noise.read(path) for path in job.input.noise]
    settings = job.params.settings
    laid_out = plan.plan(
        noise,
        Sampling.of(settings),
        BackgroundSearch.of(settings["background"]),
        job.wildcards.split,
    )
    dataset = DataSet.open(job.input.dataset)
    model = classifier.load_model(Classifier.of(job.params.classifier), job.input.weights, dataset)
    found = background.part_of(
        windows.judge(model),
        laid_out,
        (int(job.wildcards.batch), job.params.batches),
        plan.About(dataset.classes, dataset.origin, int(job.wildcards.seed)),
        joblog.progress,
    )
    store.write(job.output[0], [found])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
