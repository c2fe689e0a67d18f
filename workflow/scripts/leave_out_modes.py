"""Leave a mode out of each signal of a training, which then mixes samples from what is left."""

from typing import Any

from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.leaving_out import leave_out
from ccsncam.samples.synthesis import Inputs


def main(job: Any) -> None:
    """Run the rule ``leave_out_modes``."""
    joblog.start(job.log[0], job.rule)
    params = job.params
    inputs = Inputs.read(job.input.waveforms, job.input.noise, Sampling.of(params.settings))
    sets = [DataSet.open(path) for path in job.input.train]
    with threadpool_limits(1):
        leave_out(job.output[0], inputs, sets, int(params.seed), joblog.progress)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
