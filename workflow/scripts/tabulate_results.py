"""Accuracy, true positive rates, confusion, network SNR and noise of a run, as tidy tables."""

from typing import Any

from ccsncam import joblog
from ccsncam.network.evaluation import WITHOUT_EMBEDDING, Evaluation
from ccsncam.noise.store import NoiseHeader, common_starts
from ccsncam.results import tables
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Read evaluations, data sets and noise, write the tables."""
    joblog.start(job.log[0], job.rule)
    evaluations = [Evaluation.read(path, WITHOUT_EMBEDDING) for path in job.input.evaluations]
    datasets = [DataSet.open(path) for path in job.input.datasets]
    noise = [NoiseHeader.read(path) for path in job.input.noise]
    starts = common_starts(job.input.noise) if job.params.coincident else None
    usable = tables.noise_table(noise, datasets, starts)
    drawn = tables.noise_of(datasets, usable)
    found = tables.rate_tables(evaluations, drawn)
    found["false_alarms"] = tables.false_alarms(evaluations, drawn)
    found["accuracy_by_snr"] = tables.accuracy_by_snr(evaluations)
    found["snr"] = tables.snr_table(datasets)
    found["noise"] = usable
    inputs = datasets[0].origin.words
    for name, table in found.items():
        table.assign(inputs=inputs).to_csv(job.output[name], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
