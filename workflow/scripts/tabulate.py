"""Accuracy, true positive rates, confusion, network SNR and noise of a run, as tidy tables."""

from ccsncam import evaluation, joblog


def main(job):
    """Read evaluations, data sets and noise, write the tables."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.datasets[0]))
    tables = evaluation.tables(job.input.evaluations)
    tables["accuracy_by_snr"] = evaluation.by_snr(job.input.evaluations)
    tables["snr"] = evaluation.snr_table(job.input.datasets)
    coincident = job.params.coincident
    tables["noise"] = evaluation.noise_table(job.input.noise, job.input.datasets, coincident)
    for name, table in tables.items():
        table.assign(inputs=inputs).to_csv(job.output[name], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
