"""The numbers that a paper would print, and the published ones beside them."""

import json
from pathlib import Path

import pandas as pd

from ccsncam import evaluation, joblog, relevance, resources


def main(job):
    """Read the tables, write numbers.json and the comparison."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.sources(job.input.dataset)
    tables = [pd.read_csv(path) for path in job.input.tables]
    numbers = evaluation.paper_numbers(*tables, job.params.classifier, job.params.seeds, inputs)
    numbers["table1"] = relevance.numbers(pd.read_csv(job.input.table1))
    Path(job.output.numbers).write_text(json.dumps(numbers, indent=2) + "\n")
    published = json.loads(resources.path("published.json").read_text())
    rates = evaluation.intervals(*tables[:2]) if len(job.params.seeds) == 1 else {}
    table = pd.DataFrame(evaluation.comparison(numbers, published, rates))
    table.assign(inputs=evaluation.describe(inputs)).to_csv(
        job.output.comparison, index=False, float_format="%.6g"
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
