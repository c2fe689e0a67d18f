"""Fit a temperature and conformal quantiles to what a network says of the validation set."""

from typing import Any

from ccsncam import joblog
from ccsncam.detection.calibration import calibrate
from ccsncam.network.evaluation import WITHOUT_EMBEDDING, Evaluation


def main(job: Any) -> None:
    """Run the rule ``calibrate``."""
    logger = joblog.start(job.log[0], job.rule)
    one = Evaluation.read(job.input[0], WITHOUT_EMBEDDING)
    found = calibrate(
        one.logits,
        one.label,
        one.classes,
        job.params.coverage,
        seed=one.seed,
        inputs=one.origin.as_dict(),
    )
    found.write(job.output[0])
    logger.info("temperature %.3f from %d samples", found.temperature, found.fitted)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
