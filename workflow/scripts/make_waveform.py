"""One waveform of the table: read or realised, resampled, conditioned, written."""

from ccsncam import joblog, resources, waveform


def main(job):
    """Load one row of the waveform table and write it."""
    logger = joblog.start(job.log[0], job.rule)
    surrogates = resources.path("surrogates.tsv")
    table = waveform.read_table(job.params.table)
    table = waveform.substitute(table, job.params.surrogates, surrogates)
    row = table.loc[job.params.name]
    model = waveform.load(row, job.params.table, job.params.signal, surrogates)
    logger.info(
        "%s (%s): %d samples from %.4f s after bounce",
        model.name,
        model.source,
        model.quadrupole.shape[-1],
        model.start,
    )
    model.write(job.output[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
