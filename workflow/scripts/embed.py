"""The features of a test set in two dimensions, and how well they keep the classes apart."""

from typing import Any

from ccsncam import joblog
from ccsncam.network.evaluation import Evaluation
from ccsncam.results.embedding import Embedding
from ccsncam.results.separation import embed, separation


def main(job: Any) -> None:
    """Read the features, embed them, measure how well classes are apart, and write both."""
    joblog.start(job.log[0], job.rule)
    names = ("label", "prediction", "embedding")
    evaluation = Evaluation.read(job.input.evaluation, names)
    points = embed(evaluation.embedding, job.params.seed)
    table = separation(evaluation.embedding, points, evaluation.label, evaluation.classes)
    table.to_csv(job.output.table, index=False, float_format="%.6g")
    Embedding(
        label=evaluation.label,
        prediction=evaluation.prediction,
        point=points,
        classes=evaluation.classes,
        dataset=evaluation.dataset,
        origin=evaluation.origin,
        seed=evaluation.seed,
    ).write(job.output.points)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
