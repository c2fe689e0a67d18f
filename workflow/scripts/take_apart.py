"""Noise, signal and modes of the first samples of each class of a data set."""

from threadpoolctl import threadpool_limits

from ccsncam import dataset, joblog


def main(job):
    """Read waveforms, noise and data set, take samples apart."""
    joblog.start(job.log[0], job.rule)
    inputs = dataset.load(job.input.waveforms, job.input.noise, job.params.settings)
    with threadpool_limits(1):
        dataset.take_apart(
            job.output[0], inputs, job.input.dataset, job.params.per_class, joblog.progress
        )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
