"""One model's quadrupole on the workflow's time grid: read from its files, or a surrogate."""

from ccsncam import joblog, surrogate, waveform


def main(job):
    """Read the waveform's row, make it, write it."""
    log = joblog.start(job.log[0], job.rule)
    row = waveform.read_table(job.input["table"]).loc[job.params["name"]]
    if row["format"] == "surrogate":
        table = surrogate.read_table(job.input["surrogates"])
        model = surrogate.realise(table, row["name"], job.params["signal"])
    else:
        model = waveform.load(row, list(job.input["files"]), job.params["signal"])
    model.write(job.output[0])
    peak = abs(model.quadrupole).max()
    log.info(
        "%s (%s): %d samples, peak %.3g cm",
        *(model.name, model.source),
        model.quadrupole.shape[-1],
        peak,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
