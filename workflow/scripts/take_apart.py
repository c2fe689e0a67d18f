"""Noise, signal and modes of the first samples of each class of a data set."""

from typing import Any

from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.samples.anatomy import take_apart
from ccsncam.samples.kept import Kept
from ccsncam.samples.synthesis import Inputs


def main(job: Any) -> None:
    """Run the rule ``take_apart``."""
    joblog.start(job.log[0], job.rule)
    sampling = Sampling.of(job.params.settings)
    inputs = Inputs.read(job.input.waveforms, job.input.noise, sampling, Kept(job.output[0]))
    with threadpool_limits(1):
        take_apart(job.output[0], inputs, job.input.dataset, job.params.per_class, joblog.progress)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
