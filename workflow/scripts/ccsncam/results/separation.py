"""The features of a network in two dimensions, and how well they keep the classes apart.

This module stands apart from `ccsncam.results.embedding`, because figures need its result but not
scikit-learn.
"""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_samples
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

logger = logging.getLogger(__name__)

NEIGHBOURS, FOLDS = 10, 5


def embed(features: np.ndarray, seed: int) -> np.ndarray:
    """Map features to two dimensions by t-SNE (van der Maaten & Hinton 2008).

    We use scikit-learn's implementation with its defaults (perplexity 30, start from the principal
    components). It is the reference that most people would use, it also gives the measures of
    `separation`, and it handles ten thousand samples well.

    Parameters
    ----------
    features : numpy.ndarray
        Shape (n, feature).
    seed : int

    Returns
    -------
    numpy.ndarray
        Shape (n, 2), float32.
    """
    perplexity = min(30.0, (len(features) - 1) / 3)
    # One thread adds in one order, so the points do not depend on a machine's number of cores.
    with threadpool_limits(1):
        return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(features)


def separation(
    features: np.ndarray, points: np.ndarray, labels: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Measure how well the classes are apart, in the features and in the plane.

    Parameters
    ----------
    features : numpy.ndarray
        Shape (n, feature).
    points : numpy.ndarray
        From `embed`, shape (n, 2).
    labels : numpy.ndarray of int
        Shape (n,).
    classes : list of str

    Returns
    -------
    pandas.DataFrame
        ``space`` (features or plane), ``class`` (a class, or all), ``silhouette`` (Rousseeuw 1987,
        mean), ``knn_accuracy`` (10 nearest neighbours, cross-validated in 5 folds), ``n``.
        A measure for which there are too few samples is left out: it is NaN, and the log says so.
    """
    fewest = np.unique(labels, return_counts=True)[1].min()
    # Each fold holds every class, and the others hold all the neighbours.
    folded = fewest >= FOLDS and len(labels) - -(-len(labels) // FOLDS) >= NEIGHBOURS
    if not folded:
        logger.warning(
            "knn_accuracy is left out: %d samples, %d in the smallest class, are too few for %d "
            "neighbours in %d folds",
            len(labels),
            fewest,
            NEIGHBOURS,
            FOLDS,
        )
    if fewest < 2:
        logger.warning("silhouette is left out: a class has one sample only")
    rows = []
    for space, points_of in (("features", features), ("plane", points)):
        silhouette = right = np.full(len(labels), np.nan)
        if fewest > 1:
            silhouette = silhouette_samples(points_of, labels)
        if folded:
            folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
            neighbours = KNeighborsClassifier(NEIGHBOURS)
            right = cross_val_predict(neighbours, points_of, labels, cv=folds) == labels
        groups = [("all", np.full(len(labels), True))]
        groups += [(name, labels == number) for number, name in enumerate(classes)]
        for name, chosen in groups:
            rows.append(
                {
                    "space": space,
                    "class": name,
                    "silhouette": silhouette[chosen].mean(),
                    "knn_accuracy": right[chosen].mean(),
                    "n": int(chosen.sum()),
                }
            )
    return pd.DataFrame(rows)
