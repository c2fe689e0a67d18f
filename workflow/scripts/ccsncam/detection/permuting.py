"""Does a network use the scales of the detectors? Give samples the scales of other samples.

With ``normalisation: detector`` the noise floor of a detector is as bright as its signal is faint:
the floor of an image is one over the loudest cell. So the images of all detectors together say how
loud the signal is in one detector relative to another, although each is scaled by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ccsncam import seeds
from ccsncam.aliases import Progress, silent
from ccsncam.config.blocks import Spectrogram
from ccsncam.detection.windows import in_batches
from ccsncam.samples import beside, injection, spectrogram
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.synthesis import Inputs, noise_windows, whitened_signal

# What is permuted: the limits of each detector, or only their ratios from detector to detector.
WHAT = ("limits", "ratios")
# Where they come from: another sample of the same class, or of any class.
DONORS = ("same class", "any class")
# Normalisations in which each detector has limits of its own.
NORMALISATIONS = ("detector", "none")
# Samples per batch. The number is fixed, because the last bit of a matrix product may depend on it.
BATCH = 100
# A sample counts as built again if it differs from the stored image by no more than this share of
# its largest value.
_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Permuted:
    """What a network says of samples on the scales of others.

    Attributes
    ----------
    what, donor : str
        Of `WHAT` and `DONORS`.
    right : numpy.ndarray of bool
        Whether each prediction is right, shape (n,).
    clipped : float
        Share of the cells that lie above the new limits.
    """

    what: str
    donor: str
    right: np.ndarray
    clipped: float


def magnitudes(inputs: Inputs, dataset: DataSet, rows: np.ndarray) -> np.ndarray:
    """Build the spectrograms of samples again, before they are scaled.

    Parameters
    ----------
    inputs : Inputs
        Those from which the data set was made.
    dataset : DataSet
    rows : numpy.ndarray of int
        Rows of the samples, rising, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n, detector, frequency, time), float32.

    Raises
    ------
    ValueError
        If the data set was made from other inputs.
    """
    names = (*DRAWN, "waveform", "noise_piece", "noise_offset", "distance_kpc")
    table = dataset.columns(names, rows)
    strain = noise_windows(inputs, table)
    for number, model in enumerate(inputs.waveforms):
        own, spectrum = np.flatnonzero(table["waveform"] == number), injection.spectra(model)
        for first in range(0, len(own), BATCH):
            places = own[first : first + BATCH]
            part = {name: values[places] for name, values in table.items()}
            far = part["distance_kpc"][:, None, None].astype(np.float32)
            strain[places] += whitened_signal(inputs, spectrum, part)[0] / far
    block = inputs.sampling.spectrogram
    seen = spectrogram.magnitude(strain, block, inputs.rate)
    stored = dataset.column("spectrogram", rows)
    again = np.moveaxis(spectrogram.normalise(seen, block), 1, -1)
    if np.abs(again - stored).max() > _TOLERANCE * stored.max():
        raise ValueError(
            f"{dataset.path}: its samples were not made from these waveforms and this noise: give "
            "those from which the data set was made"
        )
    return seen


def permute(
    score: Callable[[np.ndarray], np.ndarray],
    seen: np.ndarray,
    label: np.ndarray,
    block: Spectrogram,
    stream: tuple[int, str],
    progress: Progress = silent,
    numbers: np.ndarray | None = None,
) -> Iterator[Permuted]:
    """Ask a network about samples whose detectors have the scales of other samples.

    Parameters
    ----------
    score : callable
        From `ccsncam.detection.windows.judge`.
    seen : numpy.ndarray
        From `magnitudes`, shape (n, detector, frequency, time).
    label : numpy.ndarray of int
        Class of each sample, shape (n,).
    block : Spectrogram
        How the network's images are made.
    stream : tuple
        Seed of the run and name of the data set, for which the donors are drawn.
    progress : callable, optional
        Wraps the four permutations.
    numbers : numpy.ndarray, optional
        Coherence of the samples, shape (n, pair), which they keep.

    Yields
    ------
    Permuted
        For each of `WHAT` and of `DONORS`.

    Raises
    ------
    ValueError
        If detectors have no limits of their own.
    """
    if block.normalisation not in NORMALISATIONS:
        raise ValueError(
            f"spectrogram.normalisation {block.normalisation}: its detectors have no limits of "
            f"their own that could be permuted; only runs with {' and '.join(NORMALISATIONS)} have"
        )
    own = spectrogram.limits(seen, replace(block, normalisation="detector"))
    asked = [(what, donor) for what in WHAT for donor in DONORS]
    for what, donor in progress(asked, label="permutations", unit="permutations"):
        other = tuple(one[_donors(label, donor, stream)] for one in own)
        if what == "ratios":
            other = with_mean_of(own, other)
        images, clipped = rescaled(seen, own, other, block)
        found = in_batches(score, beside.join(np.moveaxis(images, 1, -1), numbers))
        yield Permuted(what, donor, found.argmax(axis=1) == label, clipped)


def rescaled(
    seen: np.ndarray,
    own: tuple[np.ndarray, ...],
    other: tuple[np.ndarray, ...],
    block: Spectrogram,
) -> tuple[np.ndarray, float]:
    """Give samples other limits.

    Parameters
    ----------
    seen : numpy.ndarray
        Shape (n, detector, frequency, time).
    own, other : tuple of numpy.ndarray
        Minimum and maximum of each detector of the samples, and those that they get, shape
        (n, detector, 1, 1).
    block : Spectrogram
        With ``normalisation: detector``, the other limits become 0 and 1: the image is brighter or
        darker than it was. With ``none``, the image keeps its picture and has the other scales.

    Returns
    -------
    images : numpy.ndarray
        Shape of ``seen``.
    clipped : float
        Share of the cells above the other maximum, which are clipped; 0 with ``none``.
    """
    if block.normalisation == "none":
        span = np.where(own[1] > own[0], own[1] - own[0], 1)
        return (seen - own[0]) / span * (other[1] - other[0]) + other[0], 0.0
    images = spectrogram.normalise(seen, block, (other[0], other[1]))
    return images, float((np.abs(seen) > other[1]).mean())


def with_mean_of(
    own: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, ...]:
    """Scale other limits by one number a sample, so that their mean loudness is the sample's own.

    Parameters
    ----------
    own, other : tuple of numpy.ndarray
        Minimum and maximum, shape (n, detector, 1, 1).

    Returns
    -------
    tuple of numpy.ndarray
        The other limits, with the geometric mean over detectors of ``own``'s maxima. What is left
        of the other sample is how its detectors compare.
    """
    factor = np.exp(np.log(own[1] / other[1]).mean(axis=1, keepdims=True))
    return tuple(one * factor for one in other)


def _donors(label: np.ndarray, donor: str, stream: tuple[int, str]) -> np.ndarray:
    """Give each sample another one, which gives its limits to no third."""
    found = np.empty(len(label), int)
    random = seeds.generator(stream[0], stream[1], "scales", donor)
    same = label if donor == "same class" else np.zeros(len(label), int)
    for one in np.unique(same):
        order = random.permutation(np.flatnonzero(same == one))
        if len(order) < 2:
            raise ValueError(
                "detection.per_class: 1 sample of a class has no other one that could give it its "
                "scales; take at least 2"
            )
        # Each gives its limits to the next one, so that no sample keeps its own.
        found[order] = np.roll(order, 1)
    return found
