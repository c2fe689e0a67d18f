"""Tables of the background: rate against threshold, and the loudest clusters."""

from typing import Any

import pandas as pd

from ccsncam import joblog
from ccsncam.detection.store import Background
from ccsncam.noise.store import NoiseHeader
from ccsncam.results import background_tables


def main(job: Any) -> None:
    """Read backgrounds and noise, write the tables."""
    joblog.start(job.log[0], job.rule)
    headers = [NoiseHeader.read(path) for path in job.input.noise]
    noise = {(one.split, one.detector): one for one in headers}
    backgrounds = [
        Background.read(path, split)
        for path in job.input.backgrounds
        for split in job.params.splits
    ]
    found = {
        "background": [background_tables.rate_table(one, noise) for one in backgrounds],
        "loudest": [
            background_tables.loudest_table(one, noise, job.params.loudest) for one in backgrounds
        ],
    }
    inputs = backgrounds[0].origin.words
    for name, tables in found.items():
        table = pd.concat(tables, ignore_index=True).assign(inputs=inputs)
        table.to_csv(job.output[name], index=False, float_format="%.9g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
