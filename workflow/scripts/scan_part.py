"""Search a part of a stretch of strain, window by window."""

from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.moment import Scan
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.samples.dataset import DataSet
from ccsncam.scan.searching import Ear, search
from ccsncam.scan.strain import DetectorStrain


def main(job: Any) -> None:
    """Run the rule ``scan_part``."""
    logger = joblog.start(job.log[0], job.rule)
    scan, dataset = Scan.of(job.params.scan), DataSet.open(job.input.dataset)
    device.prepare(job.threads)
    network = load_network(
        Classifier.of(job.params.classifier), job.params.layer, job.input.weights, dataset
    )
    rate, access = scan.moment.signal.sample_rate, scan.moment.files
    strain = {
        name: DetectorStrain(name, job.input.get(name, []), rate, access)
        for name in dataset.detectors
    }
    ear = Ear(network, len(dataset.classes), strain, scan)
    start, end = (float(gps) for gps in (job.params.start, job.params.end))
    part = search(ear, start, end, joblog.progress)
    part.write(job.output[0])
    logger.info("%d candidates", len(part.candidates))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
