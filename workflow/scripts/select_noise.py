"""Make noise of some detectors for one split: simulate it or cut it from files, and whiten it."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.blocks import Band
from ccsncam.config.noise import NoiseSource, Whitening
from ccsncam.noise.making import NoiseRequest, make_noise


def main(job: Any) -> None:
    """Run the rule ``select_noise``."""
    joblog.start(job.log[0], job.rule)
    params = job.params
    for detector, noise, path in zip(params["detectors"], params["noise"], job.output, strict=True):
        request = NoiseRequest(
            seed=params["seed"],
            split=params["split"],
            detector=detector,
            noise=NoiseSource.of(noise),
            whitening=Whitening.of(params["whitening"]),
            band=Band.of(params["signal"]),
        )
        make_noise(path, job.input["files"], request, joblog.progress)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
