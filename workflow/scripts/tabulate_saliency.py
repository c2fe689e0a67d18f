"""How faithful the maps are, and on which modes they lie, as tidy tables."""

from typing import Any

from ccsncam import joblog
from ccsncam.results.faithfulness_tables import faithfulness_tables
from ccsncam.results.mode_tables import mode_tables
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained


def main(job: Any) -> None:
    """Read maps and attributions, write the tables."""
    joblog.start(job.log[0], job.rule)
    explained = [Explained.read(path, maps=False) for path in job.input.explained]
    attributions = [Attribution.read(path) for path in job.input.attributed]
    found = faithfulness_tables(explained) | mode_tables(attributions)
    inputs = explained[0].origin.words
    for name, table in found.items():
        table.assign(inputs=inputs).to_csv(job.output[name], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
