"""What networks say of waveforms that they have not seen, as tidy tables."""

from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from ccsncam import joblog
from ccsncam.detection.names import NETWORK
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.store import Background
from ccsncam.network.evaluation import Evaluation
from ccsncam.origin import Origin
from ccsncam.results import novelty, unseen
from ccsncam.results.operating_points import gather, points
from ccsncam.results.searches import Inputs

TABLES = ("unseen", "unseen_classes", "novelty")


def main(job: Any) -> None:
    """Read what was searched and evaluated, write the tables."""
    logger = joblog.start(job.log[0], job.rule)
    splits, params = job.params.splits, job.params
    controls = {
        Path(path).stem: {split: Background.read(path, split) for split in splits}
        for path in job.input.controls
    }
    made: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for seed, background in zip(params.seeds, job.input.backgrounds, strict=True):
        own = {
            key: [path for path in job.input[key] if f"/seed-{seed}/" in path]
            for key in ("noise", "searched", "validation", "evaluations")
        }
        network = {split: Background.read(background, split) for split in splits}
        searched = [Searched.read(path) for path in own["searched"]]
        windows = {split: NoiseWindows.read(own["noise"][0], split) for split in splits}
        inputs = Inputs(seed, {NETWORK: network, **controls}, windows, searched)
        known = network[splits[0]].classes
        classes = max((one.classes for one in searched), key=len)
        about = unseen.Classes(known, classes, params.families)
        reached = gather(inputs, points(inputs, params.rates, params.probabilities)).found
        hits = {values.point[:3]: values.hits for values in reached}
        made["unseen"].append(unseen.found(searched, hits, about))
        made["unseen_classes"].append(unseen.taken_for(searched, hits, about))
        with threadpool_limits(1):
            fit = novelty.fitted(Evaluation.read(own["validation"][0]), known)
            logger.info("seed %d: shrinkage of the covariance %.3g", seed, fit.shrinkage)
            parts = [novelty.scored(Evaluation.read(path), fit) for path in own["evaluations"]]
        table = novelty.novelty(parts, known, classes)
        made["novelty"].append(table.assign(shrinkage=fit.shrinkage))
    sources = {name: kind for one in searched for name, kind in one.origin.waveforms.items()}
    words = Origin(searched[0].origin.noise, sources).words
    for name, tables in made.items():
        table = pd.concat(tables, keys=params.seeds, names=["seed"]).reset_index("seed")
        table = table.assign(inputs=words)
        table.to_csv(job.output[name], index=False, float_format="%.6g")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
