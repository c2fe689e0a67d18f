"""Pick the samples that Figures 7 to 10 show, by the rules of the config."""

from typing import Any

import numpy as np

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.config.picks import Picks
from ccsncam.network.evaluation import WITHOUT_EMBEDDING, Evaluation
from ccsncam.results.picks import pick
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.synthesis import Inputs, noise_peaks


def main(job: Any) -> None:
    """Read predictions and noise, pick the samples, and write a table."""
    joblog.start(job.log[0], job.rule)
    evaluations = [Evaluation.read(path, WITHOUT_EMBEDDING) for path in job.input.evaluations]
    names = job.params.names
    paths = dict(zip(names["datasets"], job.input.datasets, strict=True))
    sampling = Sampling.of(job.params.settings)
    inputs = Inputs.read(job.input.waveforms, job.input.noise, sampling)

    def peaks_of(name: str, row: int) -> np.ndarray:
        return noise_peaks(inputs, DataSet.open(paths[name]), row)

    rules = Picks.of(job.params.rules)
    table = pick(rules, evaluations, names["comparison"], names["gallery"], peaks_of)
    table.to_csv(job.output[0], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
