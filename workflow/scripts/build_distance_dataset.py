"""Build a data set of samples from one distance."""

from threadpoolctl import threadpool_limits

from ccsncam import dataset, joblog


def main(job):
    """Read waveforms and noise, build the data set."""
    joblog.start(job.log[0], job.rule)
    inputs = dataset.load(job.input.waveforms, job.input.noise, job.params.settings)
    scaling = dataset.by_distance(job.params.distance)
    with threadpool_limits(1):
        dataset.build(
            job.output[0],
            inputs,
            job.params.seed,
            job.params.dataset,
            job.params.per_class,
            scaling,
            job.params.run,
            joblog.progress,
        )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
