"""Image and saliency map of one sample by one method."""

import h5py

from ccsncam import classifier, joblog, saliency


def main(job):
    """Read weights and data set, explain, write."""
    joblog.start(job.log[0], job.rule)
    with joblog.native_words(job.log[0]):
        classifier.prepare(job.threads)
    row = saliency.row_of(job.input.dataset, job.params.name, int(job.params.index))
    network = saliency.load(
        job.params.classifier, job.params.saliency, job.input.weights, job.input.dataset
    )
    with h5py.File(job.output[0], "w") as out:
        saliency.write_sample(
            out, network, job.input.dataset, row, job.params.saliency, [job.params.method]
        )
        saliency.describe(out, job.input.dataset)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
