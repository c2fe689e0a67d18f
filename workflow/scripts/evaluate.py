"""Predictions and features of one network on one data set."""

import h5py

from ccsncam import classifier, joblog

CARRIED = ("label", "network_snr", "distance_kpc")


def main(job):
    """Read weights and data set, predict, write."""
    log = joblog.start(job.log[0], job.rule)
    with joblog.native_words(job.log[0]):
        classifier.prepare(job.threads)
    with h5py.File(job.input.dataset) as data, h5py.File(job.output[0], "w") as out:
        classes = list(data.attrs["classes"])
        model = classifier.build(job.params.classifier, data["spectrogram"].shape[1:], len(classes))
        model.load_weights(job.input.weights)
        features, probability = classifier.predict(model, data["spectrogram"])
        prediction = probability.argmax(axis=1).astype("i4")
        columns = {"probability": probability, "prediction": prediction, "embedding": features}
        for name, values in (columns | {name: data[name][()] for name in CARRIED}).items():
            out.create_dataset(name, data=values, track_times=False)
        for name in ("classes", "dataset", "inputs"):
            out.attrs[name] = data.attrs[name]
        out.attrs["seed"] = int(job.params.seed)
        out.attrs["accuracy"] = float((prediction == data["label"][()]).mean())
        log.info("%s: accuracy %.4f", data.attrs["dataset"], out.attrs["accuracy"])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
