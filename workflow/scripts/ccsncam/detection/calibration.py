"""Calibration of a network: a temperature for its probabilities, and sets of classes.

Both are short formulas, so no library of calibration is used: those that exist want a
scikit-learn estimator to be refitted in each job, or PyTorch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import scipy.special
from scipy import optimize

from ccsncam.aliases import PathLike

# Temperatures that are looked at. At an end of them the logits say nothing, or are all right.
BOUNDS = (0.01, 100.0)
# Bins of confidence, as in Guo et al. 2017.
BINS = 15


@dataclass(frozen=True)
class Calibration:
    """What a validation set says of the probabilities of a network.

    Attributes
    ----------
    temperature : float
        Logits are divided by it.
    coverage : float
        Share of the samples of a class whose set is to hold this class.
    quantiles : dict of str to float
        By class: the lowest probability, after division by the temperature, at which the class is
        put into a set.
    fitted : int
        Number of validation samples that the temperature was fitted to.
    ranked : dict of str to int
        Number of other validation samples that each quantile was taken from.
    seed : int
        Seed of the network.
    inputs : dict
        `ccsncam.origin.Origin.as_dict` of the validation set.
    """

    temperature: float
    coverage: float
    quantiles: dict[str, float]
    fitted: int
    ranked: dict[str, int]
    seed: int
    inputs: dict[str, Any]

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `write` has made.

        Raises
        ------
        ValueError
            In one line, if it is not such a file.
        """
        try:
            return cls(**json.loads(Path(path).read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{path}: not a whole file of this workflow ({error}); delete it, and run the same "
                "command again"
            ) from None

    def write(self, path: PathLike) -> None:
        """Write a JSON file, which `read` reads."""
        Path(path).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of logits; see `probabilities`."""
        return probabilities(logits, self.temperature)

    def sets(self, logits: np.ndarray) -> np.ndarray:
        """Sets of classes of logits; see `conformal_sets`."""
        return conformal_sets(self.probabilities(logits), list(self.quantiles.values()))


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Softmax of logits over a temperature.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (..., class).
    temperature : float
        Above 1 it makes all probabilities more alike; the order of the classes stays.

    Returns
    -------
    numpy.ndarray
        Same shape, float64.
    """
    return scipy.special.softmax(np.asarray(logits, np.float64) / temperature, axis=-1)


def cross_entropy(logits: np.ndarray, label: np.ndarray, temperature: float = 1.0) -> float:
    """Mean of minus the log-probability of the true class.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (n, class).
    label : numpy.ndarray of int
        Shape (n,).
    temperature : float
    """
    scaled = np.asarray(logits, np.float64) / temperature
    own = np.take_along_axis(scaled, label[:, None], axis=1)[:, 0]
    return float(np.mean(scipy.special.logsumexp(scaled, axis=1) - own))


def fit_temperature(logits: np.ndarray, label: np.ndarray) -> float:
    """Find the temperature with the lowest cross entropy.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (n, class), of samples that the network was not trained with.
    label : numpy.ndarray of int
        True class, shape (n,).

    Returns
    -------
    float
        Within `BOUNDS`.

    Raises
    ------
    ValueError
        In one line, if there are no samples.

    References
    ----------
    Guo et al. 2017, Proc. ICML 70, 1321.
    """
    if not len(label):
        raise ValueError("no validation sample to fit a temperature to: raise validation_per_class")
    # The cross entropy is convex in 1/T, so in log T it has one minimum, too.
    found = optimize.minimize_scalar(
        lambda log_t: cross_entropy(logits, label, float(np.exp(log_t))),
        bounds=np.log(BOUNDS),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(found.x))


def conformal_quantiles(
    probability: np.ndarray, label: np.ndarray, coverage: float
) -> tuple[np.ndarray, np.ndarray]:
    """Find how improbable each class may be for a given share of its samples, class by class.

    If a new sample of a class is exchangeable with the n samples here, its probability of this
    class is at or above the quantile with a chance of at least ``coverage``.

    Parameters
    ----------
    probability : numpy.ndarray
        Shape (n, class), of samples that nothing was fitted to.
    label : numpy.ndarray of int
        True class, shape (n,).
    coverage : float
        In (0, 1).

    Returns
    -------
    quantiles : numpy.ndarray
        Shape (class,). 0, so that the class is in every set, where it has fewer than
        coverage / (1 - coverage) samples.
    count : numpy.ndarray of int
        Samples of each class.

    References
    ----------
    Vovk 2012, Proc. ACML 25, 475; Sadinle, Lei & Wasserman 2019, J. Am. Stat. Assoc. 114, 223.
    """
    classes = probability.shape[1]
    quantiles, counts = np.zeros(classes), np.bincount(label, minlength=classes)
    for number, count in enumerate(counts):
        # Of n + 1 exchangeable values the new one is among the `rank` largest with this chance;
        # rounding must not add one where (n + 1) times coverage is a whole number.
        rank = int(np.ceil((count + 1) * coverage * (1 - 1e-12)))
        if rank <= count:
            own = np.sort(probability[label == number, number])
            quantiles[number] = own[count - rank]
    return quantiles, counts


def conformal_sets(
    probabilities: np.ndarray, quantiles: np.ndarray | Sequence[float]
) -> np.ndarray:
    """Find the classes that each sample may belong to.

    Parameters
    ----------
    probabilities : numpy.ndarray
        Shape (..., class).
    quantiles : array_like
        From `conformal_quantiles`, shape (class,).

    Returns
    -------
    numpy.ndarray of bool
        Shape (..., class). A set has each class whose probability is at least its quantile, and
        always the most probable class: an empty set would be right, because no class is likely,
        but it would name nothing. Coverage can only rise by this.
    """
    probabilities = np.asarray(probabilities)
    best = np.argmax(probabilities, axis=-1)[..., None]
    found = probabilities >= np.asarray(quantiles)
    return found | (np.arange(probabilities.shape[-1]) == best)


def first_half(label: np.ndarray) -> np.ndarray:
    """Choose every other sample of each class.

    Parameters
    ----------
    label : numpy.ndarray of int
        Shape (n,).

    Returns
    -------
    numpy.ndarray of bool
        Shape (n,).
    """
    first = np.zeros(len(label), bool)
    for number in np.unique(label):
        first[np.flatnonzero(label == number)[::2]] = True
    return first


def calibrate(
    logits: np.ndarray,
    label: np.ndarray,
    classes: Sequence[str],
    coverage: float,
    *,
    seed: int,
    inputs: Mapping[str, Any],
) -> Calibration:
    """Calibrate a network on a validation set.

    The temperature is fitted to one half of the samples, and the quantiles are taken from the
    other (`first_half`), because samples that were fitted to are no longer exchangeable with new
    ones.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (n, class).
    label : numpy.ndarray of int
        Shape (n,).
    classes : list of str
    coverage : float
        See `conformal_quantiles`.
    seed, inputs
        As in `Calibration`.

    Returns
    -------
    Calibration
    """
    first = first_half(label)
    temperature = fit_temperature(logits[first], label[first])
    found = probabilities(logits[~first], temperature)
    quantiles, counts = conformal_quantiles(found, label[~first], coverage)
    return Calibration(
        temperature=temperature,
        coverage=coverage,
        quantiles=dict(zip(classes, quantiles.tolist(), strict=True)),
        fitted=int(first.sum()),
        ranked=dict(zip(classes, counts.tolist(), strict=True)),
        seed=seed,
        inputs=dict(inputs),
    )


def confidence_bins(confidence: np.ndarray) -> np.ndarray:
    """Number of the bin of equal width in [0, 1] that each confidence lies in, from 0."""
    return np.minimum((np.asarray(confidence) * BINS).astype(int), BINS - 1)


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Mean distance between confidence and accuracy in `BINS` bins of equal width.

    Parameters
    ----------
    confidence : numpy.ndarray
        Probability of the predicted class, shape (n,).
    right : numpy.ndarray of bool
        Whether the predicted class is the true one, shape (n,).

    Returns
    -------
    float
        In [0, 1]. Chance alone makes it a little larger than 0.

    References
    ----------
    Naeini, Cooper & Hauskrecht 2015, Proc. AAAI 29, 2901; Guo et al. 2017, Proc. ICML 70, 1321.
    """
    gap = np.bincount(confidence_bins(confidence), confidence - right, BINS)
    return float(np.abs(gap).sum() / len(confidence))
