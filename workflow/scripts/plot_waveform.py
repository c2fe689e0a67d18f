"""What one waveform looks like: strain, spectrogram, spectrum."""

from ccsncam import joblog, plots, waveform


def main(job):
    """Read the waveform, draw."""
    joblog.start(job.log[0], job.rule)
    model = waveform.Waveform.read(job.input[0])
    plots.save(
        plots.sheet(model), {"png": job.output[0]}, job.config["run"], f"{model.source} waveform"
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
