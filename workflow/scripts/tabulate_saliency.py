"""Faithfulness of the maps, and what they lie on, as tidy tables."""

from ccsncam import evaluation, joblog, relevance


def main(job):
    """Read maps and attributions, write the tables."""
    joblog.start(job.log[0], job.rule)
    inputs = evaluation.describe(evaluation.sources(job.input.explained[0]))
    tables = relevance.faithfulness(job.input.explained)
    tables |= relevance.attribution(job.input.attributed)
    for name, table in tables.items():
        table.assign(inputs=inputs).to_csv(job.output[name], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
