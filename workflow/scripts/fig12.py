"""Figure 12: insertion and deletion, and the maps of a randomised network."""

import pandas as pd

from ccsncam import joblog, plots, plots_saliency


def main(job):
    """Read the tables, draw."""
    joblog.start(job.log[0], job.rule)
    curves, randomisation = (pd.read_csv(job.input[name]) for name in ("curves", "randomisation"))
    figure = plots_saliency.faithfulness(curves, randomisation, job.params.title)
    plots.save(figure, job.output, job.config["run"], curves["inputs"].iloc[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
