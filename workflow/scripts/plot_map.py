"""One sample and its map by one method."""

from typing import Any

from ccsncam import joblog
from ccsncam.origin import run_name
from ccsncam.plots import style
from ccsncam.plots.single import single
from ccsncam.saliency.shown import ShownSamples


def main(job: Any) -> None:
    """Read the sample, draw it, and write the figure."""
    joblog.start(job.log[0], job.rule)
    shown = ShownSamples.read(job.input[0])
    figure = single(shown, job.params.method)
    style.save(figure, {"png": job.output[0]}, run_name(job.config), shown.origin.words)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
