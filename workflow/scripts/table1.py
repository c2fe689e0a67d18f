"""Table I: average drop and average increase, the paper's beside ours."""

import json

from ccsncam import evaluation, joblog, relevance, resources


def main(job):
    """Read the maps' scores, write the table."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.explained[0]))
    published = json.loads(resources.path("published.json").read_text())["table1"]
    table = relevance.table1(relevance.drops(job.input.explained), published)
    table.assign(inputs=inputs).to_csv(job.output[0], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
