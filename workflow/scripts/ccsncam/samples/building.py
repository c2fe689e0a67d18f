"""Data sets: draw samples class by class, make their images, write them."""

import numpy as np
import scipy.fft

from ccsncam.aliases import PathLike, Progress, silent
from ccsncam.samples import antenna, beside, injection
from ccsncam.samples.dataset import DRAWN, PLACES, DataSet, Header
from ccsncam.samples.grid import grid
from ccsncam.samples.synthesis import Inputs, Scaling, draw, mixed

# Samples per batch, enough to hide the cost of a call to PyCBC. The number is fixed, because the
# last bit of a matrix product may depend on the shape of the batch.
BATCH = 100


def build(
    path: PathLike,
    inputs: Inputs,
    seed: int,
    dataset: str,
    per_class: int,
    scaling: Scaling,
    run: str,
    progress: Progress = silent,
) -> None:
    """Make a data set and write it, class by class.

    Parameters
    ----------
    path : path
        The HDF5 file.
    inputs : Inputs
    seed : int
        Seed of the run.
    dataset, run : str
        Names of the data set and of the run.
    per_class : int
        Samples per class.
    scaling : callable
        `synthesis.by_snr` or `synthesis.by_distance`.
    progress : callable, optional
        Wraps the batches, such as `joblog.progress`.
    """
    spectra = [injection.spectra(waveform) for waveform in inputs.waveforms]
    batches = [
        (label, first, min(BATCH, per_class - first))
        for label in range(len(inputs.classes))
        for first in range(0, per_class, BATCH)
    ]
    header = _header(inputs, seed, dataset, run)
    size = per_class * len(inputs.classes)
    with DataSet.create(path, header, size) as writer, scipy.fft.set_workers(1):
        for label, first, count in progress(batches, label=dataset, unit="batches"):
            table = draw(inputs, seed, dataset, label, first, count)
            begin = label * per_class + first
            columns = _columns(inputs, spectra, label, table, scaling)
            writer.write(slice(begin, begin + count), columns)


def _columns(
    inputs: Inputs,
    spectra: list[np.ndarray],
    label: int,
    table: dict[str, np.ndarray],
    scaling: Scaling,
) -> dict[str, np.ndarray]:
    """Make the columns of a data set for the samples of a class from what was drawn for them."""
    image, snr, distance = mixed(inputs, spectra, table, scaling)
    image, numbers = beside.apart(image, len(inputs.sampling.spectrogram.coherence or ()))
    return {
        "spectrogram": image,
        **({} if numbers is None else {"coherence": numbers}),
        "label": np.full(len(image), label),
        "snr": snr,
        "distance_kpc": distance,
        "network_snr": np.sqrt(np.sum(snr**2, axis=1)),
        **{name: table[name] for name in (*DRAWN, *PLACES)},
    }


def _header(inputs: Inputs, seed: int, dataset: str, run: str) -> Header:
    """What a data set from these inputs says of itself."""
    return Header(
        name=dataset,
        run=run,
        seed=seed,
        classes=inputs.classes,
        waveforms=[waveform.name for waveform in inputs.waveforms],
        detectors=inputs.detectors,
        grid=grid(inputs.sampling.spectrogram, inputs.rate),
        origin=inputs.origin,
        sampling=inputs.sampling,
    )


def polar_examples(
    path: PathLike,
    inputs: Inputs,
    seed: int,
    detector: str,
    snr: float,
    bounce_time: float,
    run: str,
) -> None:
    """Make one sample per class, seen from the pole, with a given SNR in one detector (Figure 2).

    Parameters
    ----------
    path : path
        The HDF5 file; its layout is that of `build`.
    inputs : Inputs
    seed : int
        Seed of the run.
    detector : str
        The detector that has this SNR.
    snr : float
        Optimal SNR in this detector.
    bounce_time : float
        Arrival of the bounce in this detector [s from the start of the sample].
    run : str
        Name of the run.
    """
    at = inputs.detectors.index(detector)

    def scaling(_: object, near: np.ndarray) -> np.ndarray:
        return near[:, at] / snr

    header = _header(inputs, seed, "examples", run)
    with DataSet.create(path, header, len(inputs.classes)) as writer:
        spectra = [injection.spectra(waveform) for waveform in inputs.waveforms]
        for label in range(len(inputs.classes)):
            table = draw(inputs, seed, "examples", label, 0, 1)
            table["theta"], table["phi"] = np.zeros(1), np.zeros(1)
            response = antenna.response(
                [detector], table["ra"], table["dec"], table["psi"], table["gps_start"]
            )
            table["bounce_time"] = bounce_time - response.delay[:, 0]
            columns = _columns(inputs, spectra, label, table, scaling)
            writer.write(slice(label, label + 1), columns)
