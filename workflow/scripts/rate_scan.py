"""Table of the candidates of a scan, with their false-alarm rates and sets of classes."""

from typing import Any

from ccsncam import joblog, resources
from ccsncam.detection.calibration import Calibration
from ccsncam.detection.store import Background
from ccsncam.noise.events import read_events
from ccsncam.samples.dataset import DataSet
from ccsncam.scan.rating import Judge, candidate_table
from ccsncam.scan.store import ScanPart, write_candidates


def main(job: Any) -> None:
    """Run the rule ``rate_scan``."""
    logger = joblog.start(job.log[0], job.rule)
    background = job.input.get("background")
    judge = Judge(
        classes=DataSet.open(job.input.dataset).classes,
        background=Background.read(background, "test") if background else None,
        sets=Calibration.read(job.input.calibration).sets,
        events=read_events(resources.path("events.tsv")),
        lowest=job.params.lowest,
        most=job.params.most,
    )
    table = candidate_table([ScanPart.read(path) for path in job.input.parts], judge)
    write_candidates(job.output[0], table)
    logger.info("%d candidates", len(table))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
