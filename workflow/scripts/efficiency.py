"""Search test samples as noise is searched, and look at windows of noise, with one network."""

from typing import Any

from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.detection import searching, stretches
from ccsncam.detection.searched import write_noise
from ccsncam.detection.windows import judge
from ccsncam.network import classifier, device
from ccsncam.network.evaluation import WITHOUT_EMBEDDING, Evaluation
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.synthesis import Inputs


def main(job: Any) -> None:
    """Run the rule ``efficiency``."""
    joblog.start(job.log[0], job.rule)
    device.prepare(job.threads)
    params = job.params
    datasets = [DataSet.open(path) for path in job.input.datasets]
    sampling = datasets[0].sampling
    block = Classifier.of(params.classifier)
    # Classes are those of the network, of which a data set of unseen waveforms has others.
    known = DataSet.open(job.input.get("known", job.input.datasets[0]))
    score = judge(classifier.load_model(block, job.input.weights, known))
    with threadpool_limits(1):
        noise = {"validation": job.input.validation_noise, "test": job.input.test_noise}
        windows = {}
        # A network needs them once, not for each group of data sets.
        for split, paths in noise.items() if job.output.get("noise") else ():
            silent = Inputs.read([], paths, sampling)
            batches = stretches.single_windows(
                silent, datasets[0].seed, split, params.noise_windows
            )
            windows[split] = searching.look_at_noise(
                score, batches, sampling.spectrogram, split, stretches.seconds(silent)
            )
        inputs = Inputs.read(job.input.waveforms, noise["test"], sampling)
        starts = stretches.window_starts(sampling.spectrogram, inputs.rate, params.stride)
        around = stretches.Stretches(inputs, starts)
        for dataset, evaluation, path in zip(
            datasets, job.input.evaluations, job.output.searched, strict=True
        ):
            said = Evaluation.read(evaluation, WITHOUT_EMBEDDING)
            found = searching.search(
                score, around, dataset, said, params.per_class, joblog.progress
            )
            found.write(path)
    if windows:
        write_noise(job.output.noise, windows)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
