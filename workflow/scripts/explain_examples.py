"""Images and saliency maps of the samples that figures show."""

import h5py
import pandas as pd

from ccsncam import classifier, joblog, saliency


def main(job):
    """Read picks, weights and data sets, explain, write."""
    joblog.start(job.log[0], job.rule)
    with joblog.native_words(job.log[0]):
        classifier.prepare(job.threads)
    picks = pd.read_csv(job.input.picks)
    paths = dict(zip(job.params.datasets, job.input.datasets, strict=True))
    network = saliency.load(
        job.params.classifier, job.params.saliency, job.input.weights, job.input.datasets[0]
    )
    with h5py.File(job.output[0], "w") as out:
        for pick in joblog.progress(list(picks.itertuples()), label="samples", unit="samples"):
            group = out.create_group(pick.panel)
            group.attrs["rule"] = pick.rule
            if pick.row >= 0:
                saliency.write_sample(
                    group, network, paths[pick.dataset], pick.row, job.params.saliency
                )
        saliency.describe(out, job.input.datasets[0])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
