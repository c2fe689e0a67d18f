"""Figure 7: an input and its maps by the three methods of the paper."""

from ccsncam import evaluation, joblog, plots, plots_saliency


def main(job):
    """Read the samples, draw."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.examples))
    plots.save(plots_saliency.comparison(job.input.examples), job.output, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
