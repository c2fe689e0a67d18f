"""One file of 4096 s of strain from GWOSC."""

from pathlib import Path
from typing import Any

from ccsncam import joblog
from ccsncam.config.access import Access
from ccsncam.gwosc import download


def main(job: Any) -> None:
    """Run the rule ``fetch_strain``."""
    logger = joblog.start(job.log[0], job.rule)
    target = Path(job.output[0])
    block = job.config["noise"]["gwosc"]
    with joblog.transfer(target.name) as report:
        download.fetch(target, Access.of(block), report, cache=block["cache"])
    logger.info("%s: %.1f MB", target, target.stat().st_size / 1e6)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
