"""The network's answer to a moment of strain."""

import logging
from typing import Any

from ccsncam import joblog
from ccsncam.config.classifier import Classifier
from ccsncam.config.moment import Moment
from ccsncam.config.saliency import Saliency
from ccsncam.moment import hearing, windows
from ccsncam.moment.span import span_begin
from ccsncam.moment.store import WINDOWS, MomentResult
from ccsncam.network import device
from ccsncam.network.classifier import load_network
from ccsncam.network.history import best_accuracy
from ccsncam.samples.dataset import DataSet

logger = logging.getLogger(__name__)


def main(job: Any) -> None:
    """Read strain, whiten it, ask the network, and write its answer."""
    joblog.start(job.log[0], job.rule)
    gps, moment = float(job.params.gps), Moment.of(job.params.moment)
    saliency, dataset = Saliency.of(job.params.saliency), DataSet.open(job.input.dataset)
    heard = hearing.hear(job.input, gps, moment)
    series = hearing.with_stand_ins(heard, gps, moment)
    device.prepare(job.threads)
    network = load_network(
        Classifier.of(job.params.classifier), saliency.layer, job.input.weights, dataset
    )
    result = MomentResult(
        **windows.answer(network, series, moment, saliency)._asdict(),
        gps=gps,
        run=job.params.run,
        classes=dataset.classes,
        detectors=dataset.detectors,
        dataset=dataset.name,
        frequencies=dataset.frequencies,
        times=dataset.times,
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
    result.write(job.output[0])
    for name, words in WINDOWS.items():
        logger.info("window %s: %s, %s", words, *result.verdict(name))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
