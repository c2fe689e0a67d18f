"""Put the parts of the backgrounds of one network together."""

from pathlib import Path
from typing import Any

from ccsncam import joblog
from ccsncam.config.blocks import Sampling
from ccsncam.config.detection import BackgroundSearch
from ccsncam.detection import plan, store
from ccsncam.noise.store import Noise


def main(job: Any) -> None:
    """Run the rule ``background``."""
    logger = joblog.start(job.log[0], job.rule)
    settings = job.params.settings
    sampling = Sampling.of(settings)
    search = BackgroundSearch.of(settings["background"])
    noise = [Noise.read(path) for path in job.input.noise]
    found = []
    for split in job.params.splits:
        own = [one for one in noise if one.split == split]
        paths = [path for path in job.input.parts if Path(path).name.startswith(f"{split}-")]
        parts = [store.Background.read(path, split) for path in paths]
        found.append(plan.merged(plan.plan(own, sampling, search, split), parts))
        logger.info("%s: %s", split, found[-1].words)
    store.write(job.output[0], found)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
