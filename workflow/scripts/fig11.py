"""Figure 11: how much each class relies on each mode."""

import pandas as pd

from ccsncam import joblog, plots, plots_saliency


def main(job):
    """Read the tables, draw."""
    joblog.start(job.log[0], job.rule)
    tables = [
        plots_saliency.at_distance(pd.read_csv(job.input[name]), job.params.distance)
        for name in ("attribution", "removal", "agreement")
    ]
    figure = plots_saliency.attribution(*tables, job.params.classes)
    plots.save(figure, job.output, job.config["run"], tables[0]["inputs"].iloc[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
