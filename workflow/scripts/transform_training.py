"""Transform the signals and the noise of a training, from which it mixes samples."""

from typing import Any

from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.synthesis import Inputs
from ccsncam.samples.transforming import transform


def main(job: Any) -> None:
    """Run the rule ``transform_training``."""
    joblog.start(job.log[0], job.rule)
    params = job.params
    sampling = Sampling.of(params.settings)
    inputs = Inputs.read(job.input.waveforms, job.input.noise, sampling)
    sets = [DataSet.open(path) for path in job.input.train]
    with threadpool_limits(1):
        transform(job.output[0], inputs, sets, params.bands, int(params.seed), joblog.progress)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
