"""Operating points, efficiency and reach of the networks of a run, as tidy tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ccsncam import joblog
from ccsncam.detection.names import NETWORK
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.store import Background
from ccsncam.results import detection_tables as tables
from ccsncam.results.operating_points import gather, operating_point, points
from ccsncam.results.searches import Inputs


def main(job: Any) -> None:
    """Read backgrounds and what was searched, write the tables."""
    joblog.start(job.log[0], job.rule)
    splits, params = job.params.splits, job.params
    controls = {
        Path(path).stem: {split: Background.read(path, split) for split in splits}
        for path in job.input.controls
    }
    found = []
    for seed, background in zip(params.seeds, job.input.backgrounds, strict=True):
        own = [path for path in job.input.searched if f"/seed-{seed}/" in path]
        noise = next(path for path in job.input.noise if f"/seed-{seed}/" in path)
        inputs = Inputs(
            seed,
            {NETWORK: {split: Background.read(background, split) for split in splits}, **controls},
            {split: NoiseWindows.read(noise, split) for split in splits},
            [Searched.read(path) for path in own],
        )
        found.append(of_network(inputs, params.rates, params.probabilities))
        words = inputs.searched[0].origin.words
    for name in found[0]:
        table = pd.concat([one[name] for one in found], ignore_index=True)
        table.assign(inputs=words).to_csv(job.output[name], index=False, float_format="%.6g")


def of_network(
    inputs: Inputs, rates: Mapping[str, float], probabilities: Sequence[float]
) -> dict[str, pd.DataFrame]:
    """All tables of one network, by name."""
    found = points(inputs, rates, probabilities)
    samples = gather(inputs, found)
    of_samples = (tables.efficiency, tables.reach, tables.detected, tables.recognised)
    named = {table.__name__: table(samples) for table in of_samples}
    return {"operating_point": operating_point(inputs, found)} | named


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
