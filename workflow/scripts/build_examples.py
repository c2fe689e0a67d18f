"""Build one sample a class, seen from the pole, for Figure 2."""

from ccsncam import dataset, joblog


def main(job):
    """Read waveforms and noise, build the examples."""
    joblog.start(job.log[0], job.rule)
    inputs = dataset.load(job.input.waveforms, job.input.noise, job.params.settings)
    example = job.params.examples
    dataset.polar_examples(
        job.output[0],
        inputs,
        job.params.seed,
        inputs.detectors[0],
        example["snr"],
        example["bounce_time"],
        job.params.run,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
