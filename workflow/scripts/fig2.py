"""Figure 2: a whitened spectrogram of each class."""

from ccsncam import evaluation, joblog, plots


def main(job):
    """Read the examples, draw."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.examples))
    plots.save(plots.examples(job.input.examples), job.output, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
