"""Figure 1: spectra of the waveforms at 1 kpc over the detectors' noise."""

import h5py
import numpy as np

from ccsncam import evaluation, joblog, plots, waveform


def main(job):
    """Read waveforms and noise, draw."""
    joblog.start(job.log[0], job.rule)
    models = [waveform.Waveform.read(path) for path in job.input.waveforms]
    noises = []
    for path in job.input.noise:
        with h5py.File(path) as file:
            asd = np.sqrt(np.median(file["welch_psd"], axis=0))
            frequency = np.arange(len(asd)) * file.attrs["delta_f"]
            noises.append((file.attrs["detector"], frequency, asd))
            source = file.attrs["source"]
    inputs = {"noise": source, "waveforms": {model.name: model.source for model in models}}
    figure = plots.spectra(models, noises, job.params.classes)
    plots.save(figure, job.output, job.config["run"], evaluation.describe(inputs))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
