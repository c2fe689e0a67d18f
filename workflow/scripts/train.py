"""Train the network of one seed through the curriculum."""

from pathlib import Path
from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.network import device
from ccsncam.network.material import Mixed, Stored
from ccsncam.network.training import Curriculum, Material, Outputs, train
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.mixing import Mixer
from ccsncam.samples.rests import Rests
from ccsncam.samples.spectra import Spectra


def main(job: Any) -> None:
    """Run the rule ``train``."""
    joblog.start(job.log[0], job.rule)
    block = Classifier.of(job.params.classifier)
    device.prepare(job.threads, job.resources.get("gpu", 0) > 0, block.mixed_precision, block.xla)
    sets = [DataSet.open(path) for path in job.input.train]
    validation = DataSet.open(job.input.validation)
    rests = Rests.read(job.input.rests[0]) if job.input.rests else None
    material: Material = (
        Mixed(Mixer(Spectra.read(job.input.spectra[0]), rests), block)
        if block.mixing.anew
        else Stored(sets, block)
    )
    curriculum = Curriculum(job.params.stages, material, validation)
    outputs = Outputs(
        best=job.output["best"],
        last=job.output["last"],
        history=job.output["history"],
        state=Path(job.output["best"]).parent / "state",
    )
    train(block, curriculum, outputs, int(job.params.seed), job.params.code, joblog.bar)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
