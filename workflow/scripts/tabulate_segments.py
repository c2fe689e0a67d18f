"""Which stretches of the GPS ranges each noise file keeps or loses, and why, as a tidy table."""

from typing import Any

import pandas as pd

from ccsncam import joblog
from ccsncam.noise.store import common_starts, read_stretches


def main(job: Any) -> None:
    """Read the noise files, write the table."""
    joblog.start(job.log[0], job.rule)
    paths = job.input.noise
    common = common_starts(paths) if job.params.coincident else {}
    table = pd.concat([read_stretches(path, common) for path in paths])
    table = table.rename(columns={"start": "gps_start_s", "end": "gps_end_s"})
    table.to_csv(job.output[0], index=False, float_format="%.15g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
