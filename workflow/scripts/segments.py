"""What is kept and lost of the GPS ranges."""

import pandas as pd

from ccsncam import evaluation, joblog, plots, plots_segments


def main(job):
    """Read the table, draw."""
    joblog.start(job.log[0], job.rule)
    table = pd.read_csv(job.input[0])
    figure = plots_segments.segments(table, job.params.ranges, job.params.detectors)
    inputs = " and ".join(evaluation.NOISE[source] for source in table["source"].unique())
    plots.save(figure, job.output, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
