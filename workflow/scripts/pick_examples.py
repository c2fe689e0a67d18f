"""Which samples Figures 7 to 10 show, by the rules of the config."""

from ccsncam import dataset, examples, joblog


def main(job):
    """Read predictions and noise, pick, write a table."""
    joblog.start(job.log[0], job.rule)
    classes, tables = examples.read(job.input.evaluations)
    names = job.params.names
    paths = dict(zip(names["datasets"], job.input.datasets, strict=True))
    inputs = dataset.load(job.input.waveforms, job.input.noise, job.params.settings)

    def peaks_of(name, row):
        return dataset.noise_peaks(inputs, paths[name], row)

    shown = names["comparison"], names["gallery"]
    table = examples.pick(job.params.rules, classes, tables, *shown, peaks_of)
    table.to_csv(job.output[0], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
