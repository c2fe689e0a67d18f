"""The network's answer to a moment of strain, or to each of the loudest candidates of a scan."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.moment import Moment
from ccsncam.config.saliency import Saliency
from ccsncam.moment import hearing, windows
from ccsncam.moment.span import span_begin
from ccsncam.moment.store import WINDOWS, MomentResult
from ccsncam.network import device
from ccsncam.network.chain import Network
from ccsncam.network.classifier import load_network
from ccsncam.network.history import best_accuracy
from ccsncam.samples.dataset import DataSet
from ccsncam.scan.store import gps_name, read_candidates

logger = logging.getLogger(__name__)


def main(job: Any) -> None:
    """Prepare the network, and answer moment by moment."""
    joblog.start(job.log[0], job.rule)
    saliency, dataset = Saliency.of(job.params.saliency), DataSet.open(job.input.dataset)
    device.prepare(job.threads)
    network = load_network(
        Classifier.of(job.params.classifier), saliency.layer, job.input.weights, dataset
    )
    if job.params.get("gps") is not None:
        answer(job, network, dataset, float(job.params.gps), job.output[0])
        return
    Path(job.output[0]).mkdir()
    for gps in joblog.progress(list(_loudest(job)), label="candidates", unit="candidates"):
        try:
            answer(job, network, dataset, gps, Path(job.output[0], f"{gps_name(gps)}.h5"))
        except hearing.NoStrain as error:
            # A moment needs more strain around it than a window of a scan.
            logger.warning("candidate at GPS %s has no page of its own: %s", gps_name(gps), error)


def answer(job: Any, network: Network, dataset: DataSet, gps: float, path: Path | str) -> None:
    """Read strain, whiten it, ask the network, and write its answer."""
    moment, saliency = Moment.of(job.params.moment), Saliency.of(job.params.saliency)
    heard = hearing.hear(job.input, gps, moment)
    series = hearing.with_stand_ins(heard, gps, moment)
    result = MomentResult(
        **windows.answer(network, series, moment, saliency)._asdict(),
        gps=gps,
        run=job.params.run,
        classes=dataset.classes,
        detectors=dataset.detectors,
        dataset=dataset.name,
        frequencies=dataset.shown.frequencies,
        times=dataset.shown.times,
        origin=dataset.origin,
        missing=moment.missing,
        data=[name for name, one in heard.items() if one.whitened is not None],
        begin=span_begin(moment),
        trained_seconds=moment.segment_duration,
        aside=hearing.ASIDE,
        validation_accuracy=best_accuracy(job.input.history),
        events=hearing.mergers_near(gps, moment),
        strain=hearing.strain_of(heard, series, moment),
    )
    result.write(path)
    for name, words in WINDOWS.items():
        logger.info("window %s: %s, %s", words, *result.verdict(name))


def _loudest(job: Any) -> Iterator[float]:
    """GPS times of the loudest candidates of a scan."""
    yield from read_candidates(job.input.candidates)["gps"].head(job.params.pages).tolist()


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
