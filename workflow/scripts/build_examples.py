"""Build one sample per class, seen from the pole, for Figure 2."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.samples.building import polar_examples
from ccsncam.samples.synthesis import Inputs


def main(job: Any) -> None:
    """Run the rule ``build_examples``."""
    joblog.start(job.log[0], job.rule)
    params, example = job.params, job.params.examples
    sampling = Sampling.of(params.settings)
    inputs = Inputs.read(job.input.waveforms, job.input.noise, sampling)
    polar_examples(
        job.output[0],
        inputs,
        params.seed,
        inputs.detectors[0],
        example["snr"],
        example["bounce_time"],
        params.run,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
