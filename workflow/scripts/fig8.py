"""Figure 8: input and map of a rightly classified sample of each class."""

from ccsncam import evaluation, joblog, plots, plots_saliency


def main(job):
    """Read the samples, draw."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.examples))
    plots.save(plots_saliency.gallery(job.input.examples), job.output, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
