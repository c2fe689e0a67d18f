"""Search noise in time slides with excess power, as the network is searched with."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.config.detection import BackgroundSearch
from ccsncam.detection import control_background, store
from ccsncam.detection.plan import plan
from ccsncam.noise.store import Noise
from ccsncam.samples.dataset import DataSet


def main(job: Any) -> None:
    """Run the rule ``search_controls``."""
    logger = joblog.start(job.log[0], job.rule)
    settings = job.params.settings
    sampling = Sampling.of(settings)
    search = BackgroundSearch.of(settings["background"])
    noise = [Noise.read(path) for path in job.input.noise]
    origin = DataSet.open(job.input.dataset).origin
    found = {}
    for split in job.params.splits:
        own = [one for one in noise if one.split == split]
        laid_out = plan(own, sampling, search, split)
        found[split] = control_background.search(laid_out, origin, joblog.progress)
        logger.info("%s: searched", split)
    for name, path in zip(job.params.names, job.output, strict=True):
        store.write(path, [found[split][name] for split in job.params.splits])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
