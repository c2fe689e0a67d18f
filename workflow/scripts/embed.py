"""The features of a test set in two dimensions, and how well they keep the classes apart."""

import h5py

from ccsncam import embedding, joblog


def main(job):
    """Read the features, embed, measure, write."""
    joblog.start(job.log[0], job.rule)
    with h5py.File(job.input.evaluation) as file:
        features, label = file["embedding"][()], file["label"][()]
        carried = {name: file[name][()] for name in ("label", "prediction")}
        described = {name: file.attrs[name] for name in ("classes", "dataset", "inputs", "seed")}
    points = embedding.embed(features, job.params.seed)
    table = embedding.separation(features, points, label, list(described["classes"]))
    table.to_csv(job.output.table, index=False, float_format="%.6g")
    with h5py.File(job.output.points, "w") as out:
        for name, values in (carried | {"point": points}).items():
            out.create_dataset(name, data=values, track_times=False)
        out.attrs.update(described)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
