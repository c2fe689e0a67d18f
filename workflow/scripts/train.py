"""Train the network of one seed through the curriculum."""

from pathlib import Path

from ccsncam import classifier, joblog


def main(job):
    """Read the data sets of the stages, train, write weights and history."""
    joblog.start(job.log[0], job.rule)
    settings = job.params.classifier
    gpu = job.resources.get("gpu", 0) > 0
    with joblog.native_words(job.log[0]):
        classifier.prepare(job.threads, gpu, settings["mixed_precision"], settings["xla"])
    classifier.train(
        settings,
        job.params.stages,
        job.input.train,
        job.input.validation,
        int(job.params.seed),
        Path(job.output.best).parent / "state",
        {name: job.output[name] for name in ("best", "last", "history")},
        job.params.code,
        joblog.bar,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
