"""Make waveforms of the table: read or realise each, resample, condition, write."""

from typing import Any

from ccsncam import joblog, resources
from ccsncam.config.blocks import Conditioning
from ccsncam.waveforms import loading, table


def main(job: Any) -> None:
    """Load rows of the waveform table and write them."""
    logger = joblog.start(job.log[0], job.rule)
    surrogates = resources.path("surrogates.tsv")
    rows = table.read_table(job.params.table)
    rows = table.substitute(rows, job.params.surrogates, surrogates)
    conditioning = Conditioning.of(job.params.signal)
    for name, path in zip(job.params.names, job.output, strict=True):
        row = table.row_of(rows, name)
        waveform = loading.load_waveform(row, job.params.table, conditioning, surrogates)
        logger.info(
            "%s (%s): %d samples from %.4f s after bounce",
            waveform.name,
            waveform.source,
            waveform.quadrupole.shape[-1],
            waveform.start,
        )
        waveform.write(path)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
