"""What one waveform looks like: strain, spectrogram, spectrum."""

from typing import Any

from ccsncam import joblog
from ccsncam.origin import run_name
from ccsncam.plots import style
from ccsncam.plots.waveform import sheet
from ccsncam.waveforms.model import Waveform


def main(job: Any) -> None:
    """Read the waveform, draw it, and write the figure."""
    joblog.start(job.log[0], job.rule)
    model = Waveform.read(job.input[0])
    words = f"{model.source} waveform"
    style.save(sheet(model), {"png": job.output[0]}, run_name(job.config), words)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
