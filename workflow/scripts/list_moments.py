"""Page that lists the moments of a table, with a link to the page of each."""

from pathlib import Path
from typing import Any

from ccsncam import joblog
from ccsncam.moment.store import MomentResult
from ccsncam.origin import run_name
from ccsncam.plots.moment_index import index


def main(job: Any) -> None:
    """Run the rule ``list_moments``."""
    joblog.start(job.log[0], job.rule)
    moments = {Path(path).stem: MomentResult.read(path) for path in job.input.answers}
    text = index(moments, job.params.names, run_name(job.config))
    Path(job.output[0]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
