"""Picture and page of the network's answer to a moment of strain."""

from pathlib import Path
from typing import Any

from ccsncam import joblog
from ccsncam.moment.store import MomentResult
from ccsncam.origin import run_name
from ccsncam.plots import style
from ccsncam.plots.moment import picture
from ccsncam.plots.moment_page import page


def main(job: Any) -> None:
    """Read the answer, draw it, and write the picture and the page."""
    joblog.start(job.log[0], job.rule)
    found = MomentResult.read(job.input[0])
    words = f"network trained on {found.origin.words}; {found.words}"
    style.save(picture(found), {"png": job.output.png}, run_name(job.config), words)
    text = page(found, Path(job.output.png).read_bytes())
    Path(job.output.html).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
