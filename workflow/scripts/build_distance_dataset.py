"""Build data sets of samples from one distance each."""

from typing import Any

from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.samples import synthesis
from ccsncam.samples.building import build
from ccsncam.samples.kept import Kept


def main(job: Any) -> None:
    """Run the rule ``build_distance_dataset``."""
    joblog.start(job.log[0], job.rule)
    params = job.params
    sampling = Sampling.of(params.settings)
    inputs = synthesis.Inputs.read(
        job.input.waveforms, job.input.noise, sampling, Kept(job.output[0])
    )
    sets = zip(job.output, params.datasets, params.distances, params.per_class, strict=True)
    for path, name, distance, per_class in sets:
        scaling = synthesis.by_distance(distance)
        with threadpool_limits(1):
            build(
                path,
                inputs,
                params.seed,
                name,
                per_class,
                scaling,
                params.run,
                joblog.progress,
            )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
