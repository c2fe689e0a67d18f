"""Figure 3: loss curves with the stages of the curriculum."""

import pandas as pd

from ccsncam import evaluation, joblog, plots


def main(job):
    """Read the histories, draw."""
    joblog.start(job.log[0], job.rule)
    pairs = zip(job.params.seeds, job.input.histories, strict=True)
    histories = {seed: pd.read_csv(path) for seed, path in pairs}
    inputs = evaluation.describe(evaluation.sources(job.input.dataset))
    plots.save(plots.losses(histories), job.output, job.config["run"], inputs)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
