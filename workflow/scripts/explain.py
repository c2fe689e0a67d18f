"""Saliency maps of one method for a whole data set, and how true they are."""

import h5py
import numpy as np

from ccsncam import classifier, faithfulness, joblog, methods, saliency


def main(job):
    """Read weights, data set and parts, explain, judge, write."""
    log = joblog.start(job.log[0], job.rule)
    with joblog.native_words(job.log[0]):
        classifier.prepare(job.threads)
    settings, method, seed = job.params.saliency, job.params.method, int(job.params.seed)
    options = settings["options"].get(method, {})
    with h5py.File(job.input.dataset) as data, h5py.File(job.input.parts) as parts:
        images, label = data["spectrogram"][()], data["label"][()]
        rows, noise = parts["row"][()], parts["noise"][()]
        described = {name: data.attrs[name] for name in ("classes", "dataset", "inputs")}
    with h5py.File(job.input.evaluation) as file:
        target = label if settings["target"] == "label" else file["prediction"][()]
    network = saliency.load(job.params.classifier, settings, job.input.weights, job.input.dataset)
    maps = saliency.maps(network, method, images, target, seed, joblog.progress, **options)
    columns = faithfulness.through(network, images, maps, target)
    log.info("%s: drop %.2f %%", method, columns["drop"][label > 0].mean())
    variants = {
        name: faithfulness.through(
            network,
            images,
            saliency.maps(network, method, images, target, seed, **options | switches)
            if switches
            else maps,
            target,
            alignment,
        )
        for name, (switches, alignment) in methods.variants(method, options).items()
    }
    subset = images[rows], maps[rows], noise, target[rows]
    judged = faithfulness.judge(network, method, *subset, seed, joblog.progress, **options)
    with h5py.File(job.output[0], "w") as out:
        columns |= {"map": maps, "target": target, "label": label}
        for name, values in columns.items():
            out.create_dataset(name, data=values, track_times=False)
        for name, values in (judged | {"row": rows}).items():
            out.create_dataset(f"subset/{name}", data=values, track_times=False)
        out.create_group("variants")
        for name, found in variants.items():
            for key in ("drop", "increase", "empty"):
                path = f"variants/{name}/{key}"
                out.create_dataset(path, data=found[key], track_times=False)
        out.attrs.update(described | {"seed": seed, "method": method})
        out.attrs["name"] = methods.NAMES[method]
        out.attrs["layers"] = faithfulness.layers(network.model)
        out.attrs["fractions"] = faithfulness.FRACTIONS
        black = saliency.logits(network, np.zeros_like(images[:1]))
        out.attrs["black"] = np.exp(black - np.logaddexp.reduce(black, axis=1))[0]


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
