"""Picture and page of what the network says of a moment."""

from pathlib import Path

from ccsncam import evaluation, joblog, plots, plots_classify


def main(job):
    """Read what was found, draw, write."""
    joblog.start(job.log[0], job.rule)
    trained = evaluation.describe(evaluation.sources(job.input[0]))
    found = plots_classify.Found.read(job.input[0])
    inputs = f"network trained on {trained}; {found.words}"
    plots.save(plots_classify.moment(found), {"png": job.output.png}, job.config["run"], inputs)
    page = plots_classify.page(found, Path(job.output.png).read_bytes(), trained)
    Path(job.output.html).write_text(page)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
