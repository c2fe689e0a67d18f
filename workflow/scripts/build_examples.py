"""Build one sample per class, seen from the pole, for Figure 2, and in each representation."""

from dataclasses import replace
from typing import Any

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.samples.building import polar_examples
from ccsncam.samples.kept import Kept
from ccsncam.samples.synthesis import Inputs


def main(job: Any) -> None:
    """Run the rule ``build_examples``."""
    joblog.start(job.log[0], job.rule)
    params, example = job.params, job.params.examples
    sampling = Sampling.of(params.settings)
    inputs = Inputs.read(job.input.waveforms, job.input.noise, sampling, Kept(job.output[0]))
    kinds = [sampling.spectrogram.kind, *params.kinds]
    for path, kind in zip(job.output, kinds, strict=True):
        block = replace(sampling.spectrogram, kind=kind)
        polar_examples(
            path,
            replace(inputs, sampling=replace(sampling, spectrogram=block)),
            params.seed,
            inputs.detectors[0],
            example["snr"],
            example["bounce_time"],
            params.run,
        )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
