"""Figure 6: the features of a test set in two dimensions."""

import pandas as pd

from ccsncam import evaluation, joblog, plots, plots_saliency


def main(job):
    """Read points and table, draw."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.points))
    table = pd.read_csv(job.input.table)
    figure = plots_saliency.embedding(job.input.points, table, job.params.classes)
    plots.save(figure, job.output, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
