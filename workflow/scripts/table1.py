"""Table I: average drop and average increase of the paper and of this run."""

import json
from typing import Any

from ccsncam import joblog, resources
from ccsncam.results.faithfulness_tables import add_published, drop_table
from ccsncam.saliency.explained import Explained


def main(job: Any) -> None:
    """Read the scores of the maps, and write the table."""
    joblog.start(job.log[0], job.rule)
    explained = [Explained.read(path, maps=False) for path in job.input.explained]
    published = json.loads(resources.path("published.json").read_text(encoding="utf-8"))["table1"]
    table = add_published(drop_table(explained), published)
    table = table.assign(inputs=explained[0].origin.words)
    table.to_csv(job.output[0], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
