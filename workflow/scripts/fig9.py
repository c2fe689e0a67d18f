"""Figure 9: a misclassified sample with a glitch in one detector."""

from ccsncam import evaluation, joblog, plots, plots_saliency


def main(job):
    """Read the samples, draw."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.examples))
    figure = plots_saliency.misclassified(job.input.examples, "glitch")
    plots.save(figure, job.output, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
