"""How much of the saliency lies on each mode, and what the network says without it."""

import h5py
import numpy as np

from ccsncam import attribution, classifier, joblog, methods, saliency


def main(job):
    """Read weights, data set and parts, explain by every method, compare, write."""
    joblog.start(job.log[0], job.rule)
    with joblog.native_words(job.log[0]):
        classifier.prepare(job.threads)
    settings, seed = job.params.saliency, int(job.params.seed)
    with h5py.File(job.input.parts) as parts, h5py.File(job.input.dataset) as data:
        rows = parts["row"][()]
        images, label = data["spectrogram"][rows], data["label"][rows]
        snr, distance = data["network_snr"][rows], data["distance_kpc"][rows]
        silent, without, fixed = (parts[k][()] for k in ("silent", "without", "without_fixed"))
        power = parts["signal_power"][()].sum(axis=-1), parts["mode_power"][()].sum(axis=-1)
        described = {
            name: parts.attrs[name]
            for name in ("classes", "detectors", "dataset", "inputs", "modes")
        }
    network = saliency.load(job.params.classifier, settings, job.input.weights, job.input.dataset)
    prediction = saliency.logits(network, images).argmax(axis=1)
    target = label if settings["target"] == "label" else prediction
    cells = attribution.regions(*power)
    matrices = network.stretch("reach")
    flat = saliency.upsample(np.ones((1, *network.map_shape), np.float32), matrices)
    # What lies wholly in the first frames is where no cell of the layer is centred.
    cells &= (attribution.share_on(flat, cells) > 0)[..., None, None]
    by_power = attribution.share_on(power[0], cells)
    area = attribution.share_on(np.ones_like(flat), cells)
    columns = {"row": rows, "label": label, "prediction": prediction, "target": target}
    columns |= {"network_snr": snr, "distance_kpc": distance, "power": by_power}
    for name, images_without in (
        ("mode", without),
        ("mode_fixed_scale", fixed),
        ("detector", attribution.occluded(images, silent)),
    ):
        change, instead = attribution.removal(network, images, target, images_without)
        columns |= {f"{name}_change": change, f"{name}_prediction": instead}
    with h5py.File(job.output[0], "w") as out:
        groups = out.create_group("methods")
        for method in joblog.progress(job.params.methods, label="methods", unit="methods"):
            options = settings["options"].get(method, {})
            maps = saliency.maps(network, method, images, target, seed, **options)
            found = attribution.on_regions(saliency.upsample(maps, matrices), cells)
            flat = saliency.upsample(np.ones_like(maps[:1]), matrices)
            own = attribution.share_on(flat, cells)
            _write(groups, method, methods.NAMES[method], *found, own, columns["mode_change"])
        unknown = np.full_like(by_power, np.nan)
        _write(groups, "power", "signal power", by_power, unknown, area, columns["mode_change"])
        for name, values in columns.items():
            out.create_dataset(name, data=values, track_times=False)
        out.attrs.update(described | {"seed": seed})


def _write(groups, method, name, share, pointing, area, change):
    group = groups.create_group(method)
    group.attrs["name"] = name
    values = {"share": share, "pointing": pointing, "area": area}
    for key, weight in (("share", 1), ("density", area)):
        tau, top, chance = attribution.agreement((share / weight)[:, 1:], change)
        values |= {f"tau_{key}": tau, f"top_{key}": top, "chance": chance}
    for key, column in values.items():
        group.create_dataset(key, data=column, track_times=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
