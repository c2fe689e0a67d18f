"""Make one waveform of the table: read or realise it, resample, condition, write."""

from typing import Any

from ccsncam import joblog, resources
from ccsncam.config.blocks import Conditioning
from ccsncam.waveforms import loading, table


def main(job: Any) -> None:
    """Load one row of the waveform table and write it."""
    logger = joblog.start(job.log[0], job.rule)
    surrogates = resources.path("surrogates.tsv")
    rows = table.read_table(job.params.table)
    rows = table.substitute(rows, job.params.surrogates, surrogates)
    row = table.row_of(rows, job.params.name)
    conditioning = Conditioning.of(job.params.signal)
    waveform = loading.load_waveform(row, job.params.table, conditioning, surrogates)
    logger.info(
        "%s (%s): %d samples from %.4f s after bounce",
        waveform.name,
        waveform.source,
        waveform.quadrupole.shape[-1],
        waveform.start,
    )
    waveform.write(job.output[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
