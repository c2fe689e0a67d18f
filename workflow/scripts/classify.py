"""What the network says of a moment of strain."""

import h5py
import numpy as np

from ccsncam import classifier, classify, joblog, resources, saliency, spectrogram, strain


def main(job):
    """Read strain, whiten, classify, explain, write."""
    log = joblog.start(job.log[0], job.rule)
    settings, gps = job.params.settings, float(job.params.gps)
    rate, block = settings["signal"]["sample_rate"], settings["spectrogram"]
    missing = settings["classify"]["missing"]
    size = 2 * round(settings["classify"]["span"] * rate / 2)
    heard = classify.hear(job.input, gps, settings)
    found = {detector: one.whitened for detector, one in heard.items()}
    there = [detector for detector, series in found.items() if series is not None]
    for detector in [name for name in found if name not in there]:
        log.warning("%s: %s in its place", heard[detector].quality, missing)
        if missing == "noise":
            drawn = settings["seed"], detector, gps, size, settings["signal"]
            found[detector] = classify.substitute(*drawn)
    with joblog.native_words(job.log[0]):
        classifier.prepare(job.threads)
    network = saliency.load(
        job.params.classifier, job.params.saliency, job.input.weights, job.input.dataset
    )
    starts, moment = classify.window_starts(settings)
    image = classify.images(list(found.values()), starts, settings)
    probability, explained = classify.judge(network, image, moment, job.params.saliency)
    with h5py.File(job.output[0], "w") as out:
        saliency.describe(out, job.input.dataset)
        begin = -size / 2 / rate
        out.attrs.update({"gps": gps, "missing": missing, "data": there, "begin": begin})
        out.attrs["segment_duration"] = settings["segment_duration"]
        out.attrs.update({"run": job.params.run, "aside": classify.ASIDE})
        out.attrs["validation_accuracy"] = classifier.best_accuracy(job.input.history)
        events = strain.read_events(resources.path("events.tsv"))
        for name, at, catalog in strain.events_between(events, gps + begin, gps - begin):
            out.create_group(f"events/{name}").attrs.update({"gps": at, "catalog": catalog})
            log.warning("%s of %s lies at %+.2f s", name, catalog, at - gps)
        out.create_dataset("start", data=begin + starts / rate, track_times=False)
        out.create_dataset("probability", data=probability, track_times=False)
        for detector, series in found.items():
            said = {key: getattr(heard[detector], key) for key in classify.SAID}
            files = [str(path) for path in job.input.get(detector, [])]
            out.create_group(f"heard/{detector}").attrs.update({**said, "files": files})
            if series is not None:
                shown = spectrogram.magnitude(series, block | {"scale": "amplitude"}, rate)
                out.create_dataset(f"spectrogram/{detector}", data=shown, track_times=False)
        for name, values in explained.items():
            group, window = out.create_group(name), values.pop("window")
            saliency.write_explained(group, image[window], values)
            group.attrs["start"] = begin + starts[window] / rate
            classes = np.array(out.attrs["classes"])
            words = classes[values["prediction"]], values["probability"].max()
            log.info("%s: %s, probability %.3f", name, *words)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
