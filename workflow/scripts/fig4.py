"""Figure 4: true positive rate of each class against distance."""

import pandas as pd

from ccsncam import joblog, plots


def main(job):
    """Read the table, draw."""
    joblog.start(job.log[0], job.rule)
    tpr = pd.read_csv(job.input.tpr).dropna(subset="distance_kpc")
    figure = plots.rates(tpr, job.params.classes)
    plots.save(figure, job.output, job.config["run"], tpr["inputs"].iloc[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
