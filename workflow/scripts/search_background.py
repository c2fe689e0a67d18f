"""Search one part of the noise of a split, or of several splits, in time slides."""

from pathlib import Path
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
    sampling = Sampling.of(job.params.settings)
    search = BackgroundSearch.of(job.params.settings["background"])
    dataset = DataSet.open(job.input.dataset)
    block = Classifier.of(job.params.classifier)
    judge = windows.judge(classifier.load_model(block, job.input.weights, dataset))
    about = plan.About(dataset.classes, dataset.origin, int(job.wildcards.seed))
    share = int(job.wildcards.batch), job.params.batches
    for path in job.output:
        split = Path(path).name.split("-")[0]
        own = [one for one in noise if one.split == split]
        laid_out = plan.plan(own, sampling, search, split)
        found = background.part_of(judge, laid_out, share, about, joblog.progress)
        store.write(path, [found])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
