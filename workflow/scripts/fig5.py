"""Figure 5: confusion matrices, and the network SNR of each class, at some distances."""

import h5py
import numpy as np
import pandas as pd

from ccsncam import joblog, plots


def main(job):
    """Read the table and the data sets' SNR, draw."""
    joblog.start(job.log[0], job.rule)
    confusion = pd.read_csv(job.input.confusion)
    snr = {}
    for distance, path in zip(job.params.distances, job.input.datasets, strict=True):
        with h5py.File(path) as file:
            names = np.array(file.attrs["classes"])[file["label"][()]]
            table = pd.DataFrame({"class": names, "network_snr": file["network_snr"][()]})
        snr[distance] = table[table["class"] != "noise"]
    figure = plots.matrices(confusion, snr, job.params.classes, job.params.distances)
    plots.save(figure, job.output, job.config["run"], confusion["inputs"].iloc[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
