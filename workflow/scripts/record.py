"""The record of a run, as an RO-Crate."""

from pathlib import Path
from typing import Any

from ccsncam import joblog, record


def main(job: Any) -> None:
    """Copy the code, read what the jobs cost, and write the crate."""
    joblog.start(job.log[0], job.rule)
    record.keep_code(job.output.code, dict(job.config))
    table = record.jobs(job.params.benchmarks, job.params.logs, job.params.figures)
    record.write(
        Path(job.output.metadata).parent,
        job.output.code,
        job.params.inputs,
        table,
        job.config["run"],
        job.params.snakemake,
        job.params.ref,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
