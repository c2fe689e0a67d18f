"""One figure of the run; the parameter ``module`` names the module of ccsncam.plots that draws."""

import importlib
from typing import Any

from ccsncam import joblog
from ccsncam.origin import run_name
from ccsncam.plots import style


def main(job: Any) -> None:
    """Draw the figure with its own module, and write it."""
    joblog.start(job.log[0], job.rule)
    module = importlib.import_module(f"ccsncam.plots.{job.params.module}")
    figure, words = module.draw(job.input, job.params)
    style.save(figure, job.output, run_name(job.config), words)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
