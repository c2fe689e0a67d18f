"""Ask networks about test samples whose detectors have the scales of other samples."""

from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.config.classifier import Classifier
from ccsncam.detection.permuting import magnitudes, permute
from ccsncam.detection.windows import in_batches, judge
from ccsncam.network import classifier, device
from ccsncam.results.scale_tables import row
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.synthesis import Inputs


def main(job: Any) -> None:
    """Run the rule ``permute_scales``."""
    logger = joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    params = job.params
    sampling, block = Sampling.of(params.settings), Classifier.of(params.classifier)
    rows = []
    inputs = Inputs.read(job.input.waveforms, job.input.noise, sampling)
    for path in job.input.datasets:
        dataset = DataSet.open(path)
        own = dataset.first(params.per_class)
        label = dataset.column("label", own)
        with threadpool_limits(1):
            seen = magnitudes(inputs, dataset, own)
        for seed, weights in zip(params.seeds, job.input.weights, strict=True):
            score = judge(classifier.load_model(block, weights, dataset))
            before = in_batches(score, dataset.images(own)).argmax(axis=1) == label
            stream = dataset.seed, dataset.name
            numbers = dataset.column("coherence", own) if dataset.pairs else None
            for one in permute(
                score, seen, label, sampling.spectrogram, stream, joblog.progress, numbers
            ):
                said = {"dataset": dataset.name, "distance_kpc": dataset.distance, "seed": seed}
                said |= {"permuted": one.what, "donor": one.donor, "clipped": one.clipped}
                rows.append(said | row(before, one.right, label > 0))
        logger.info("%s: accuracy %.4f", dataset.name, np.mean(before))
    table = pd.DataFrame(rows).assign(inputs=dataset.origin.words)
    table.to_csv(job.output[0], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
