"""The numbers that a paper would print, and the published ones beside them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from ccsncam import joblog, resources
from ccsncam.results import paper
from ccsncam.results.detector_numbers import detector_numbers
from ccsncam.results.faithfulness_tables import table1_numbers
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Read the tables, write numbers.json and the comparison."""
    joblog.start(job.log[0], job.rule)
    origin = DataSet.open(job.input.dataset).origin
    accuracy, tpr, alarms, snr, noise = (pd.read_csv(path) for path in job.input.tables)
    numbers = paper.paper_numbers(
        accuracy,
        tpr,
        alarms,
        snr,
        noise,
        size=job.params.classifier,
        seeds=job.params.seeds,
        origin=origin,
    )
    numbers["table1"] = table1_numbers(pd.read_csv(job.input.table1))
    numbers["detector"] = detector_numbers(*map(pd.read_csv, job.input.detection))
    text = json.dumps(numbers, indent=2) + "\n"
    Path(job.output.numbers).write_text(text, encoding="utf-8")
    published = json.loads(resources.path("published.json").read_text(encoding="utf-8"))
    intervals = paper.rate_intervals(accuracy, tpr, alarms) if len(job.params.seeds) == 1 else {}
    table = pd.DataFrame(paper.compare_with_paper(numbers, published, intervals))
    table = table.assign(inputs=origin.words)
    table.to_csv(job.output.comparison, index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
