"""Build data sets of samples in bands of network SNR."""

from typing import Any

from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.noise.store import of_split
from ccsncam.samples import synthesis
from ccsncam.samples.building import build
from ccsncam.samples.kept import Kept


def main(job: Any) -> None:
    """Run the rule ``build_snr_dataset``."""
    joblog.start(job.log[0], job.rule)
    params = job.params
    sampling = Sampling.of(params.settings)
    splits = {name: name.split("-")[0] for name in params.datasets}
    inputs = {
        split: synthesis.Inputs.read(
            job.input.waveforms, of_split(job.input.noise, split), sampling, Kept(job.output[0])
        )
        for split in set(splits.values())
    }
    sets = zip(job.output, params.datasets, params.bands, params.per_class, strict=True)
    for path, name, band, per_class in sets:
        scaling = synthesis.by_snr(*band)
        with threadpool_limits(1):
            build(
                path,
                inputs[splits[name]],
                params.seed,
                name,
                per_class,
                scaling,
                params.run,
                joblog.progress,
            )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
