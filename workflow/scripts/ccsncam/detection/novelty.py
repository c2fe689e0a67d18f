"""Novelty: how unlike everything that a network was trained on a sample is."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy.linalg
import scipy.special
from sklearn.covariance import ledoit_wolf

# Samples in a batch; the number is fixed, so that results do not depend on the machine.
BATCH = 2000


def energy(logits: np.ndarray) -> np.ndarray:
    """Energy score: low where the network finds much evidence for some class, noise included.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (..., class), of any type of real numbers.

    Returns
    -------
    numpy.ndarray
        -log Σ exp(logits), shape (...), float64. The higher it is, the more novel is the sample.

    References
    ----------
    Liu, Wang, Owens & Li 2020, NeurIPS 33, arXiv:2010.03759, at temperature 1.
    """
    return -scipy.special.logsumexp(np.asarray(logits, np.float64), axis=-1)


@dataclass(frozen=True, eq=False)
class Mahalanobis:
    """Distance of features to the nearest class, in units of the spread within classes.

    Attributes
    ----------
    means : numpy.ndarray
        Mean features of each class that was fitted, shape (class, feature).
    factor : numpy.ndarray
        Lower triangle L of the shared covariance L Lᵀ, shape (feature, feature).
    shrinkage : float
        Share of the covariance that is a multiple of the identity, in [0, 1].

    References
    ----------
    Lee, Lee, Lee & Shin 2018, NeurIPS 31, arXiv:1807.03888, on one layer and without noise on the
    input. Ledoit & Wolf 2004, J. Multivariate Anal. 88, 365.
    """

    means: np.ndarray
    factor: np.ndarray
    shrinkage: float

    @classmethod
    def fit(cls, features: np.ndarray, label: np.ndarray) -> Self:
        """Find the means of the classes and their common covariance.

        Parameters
        ----------
        features : numpy.ndarray
            Shape (n, feature).
        label : numpy.ndarray of int
            Class of each sample, shape (n,).

        Returns
        -------
        Mahalanobis
            Its covariance is that of the features minus the mean of their class, shrunk as Ledoit
            and Wolf say: there are about as many features as samples, and many of them are zero
            for nearly all samples.

        Raises
        ------
        ValueError
            In one line, if no feature varies within a class.
        """
        values = np.asarray(features, np.float64)
        kinds, place = np.unique(label, return_inverse=True)
        means = np.stack([values[place == number].mean(axis=0) for number in range(len(kinds))])
        covariance, shrinkage = ledoit_wolf(values - means[place], assume_centered=True)
        if not np.trace(covariance) > 0:
            raise ValueError(
                f"novelty: no feature of the network varies within a class of {len(values)} "
                "samples, so there are no distances: train it for longer, or give it more samples"
            )
        return cls(means, np.linalg.cholesky(covariance), float(shrinkage))

    def score(self, features: np.ndarray) -> np.ndarray:
        """Give the squared distance to the nearest class mean.

        Parameters
        ----------
        features : numpy.ndarray
            Shape (n, feature).

        Returns
        -------
        numpy.ndarray
            Shape (n,), float64. The higher it is, the more novel is the sample.
        """
        found = np.empty(len(features))
        centres = self._whitened(self.means)
        for first in range(0, len(features), BATCH):
            rows = slice(first, first + BATCH)
            white = self._whitened(features[rows])
            squares = [np.square(white - centre).sum(axis=1) for centre in centres]
            found[rows] = np.min(squares, axis=0)
        return found

    def _whitened(self, features: np.ndarray) -> np.ndarray:
        """Features in which the spread within classes is one in each direction."""
        values = np.asarray(features, np.float64).T
        return scipy.linalg.solve_triangular(self.factor, values, lower=True).T
