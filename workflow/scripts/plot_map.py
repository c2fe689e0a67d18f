"""One sample and its map by one method."""

from ccsncam import evaluation, joblog, plots, plots_saliency


def main(job):
    """Read the sample, draw."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input[0]))
    figure = plots_saliency.single(job.input[0], job.params.method)
    plots.save(figure, {"png": job.output[0]}, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
