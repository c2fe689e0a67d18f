"""Calibration error, reliability and coverage of the networks of a run, as tidy tables."""

from typing import Any

from ccsncam import joblog
from ccsncam.detection.calibration import Calibration
from ccsncam.network.evaluation import WITHOUT_EMBEDDING, Evaluation
from ccsncam.results.calibration_tables import calibration_tables


def main(job: Any) -> None:
    """Read evaluations and calibrations, write the tables."""
    joblog.start(job.log[0], job.rule)
    evaluations = [Evaluation.read(path, WITHOUT_EMBEDDING) for path in job.input.evaluations]
    calibrations = [Calibration.read(path) for path in job.input.calibrations]
    inputs = evaluations[0].origin.words
    for name, table in calibration_tables(evaluations, calibrations).items():
        table.assign(inputs=inputs).to_csv(job.output[name], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
