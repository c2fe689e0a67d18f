"""The features of a network in two dimensions, and how well they keep the classes apart."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

NEIGHBOURS, FOLDS = 10, 5


def embed(features, seed):
    """Two dimensions by t-SNE (van der Maaten & Hinton 2008).

    scikit-learn's, with its defaults (perplexity 30, start from the principal components): it is
    the reference that most would use, it also gives the measures of `separation`, and ten thousand
    samples are well within what it can do.

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
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(features) - 1) / 3)
    # One thread: sums in one order, and so the same points on any machine's number of cores.
    with threadpool_limits(1):
        return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(features)


def separation(features, points, labels, classes):
    """How well the classes are apart, in the features and in the plane.

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
        ``space`` (features or plane), ``class`` (or all), ``silhouette`` (Rousseeuw 1987, mean),
        ``knn_accuracy`` (10 neighbours, of the folds of a cross-validation in five), ``n``.
    """
    from sklearn.metrics import silhouette_samples
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    rows = []
    for space, points_of in (("features", features), ("plane", points)):
        silhouette = silhouette_samples(points_of, labels)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        neighbours = KNeighborsClassifier(NEIGHBOURS)
        right = cross_val_predict(neighbours, points_of, labels, cv=folds) == labels
        for name, chosen in [
            ("all", np.full(len(labels), True)),
            *((name, labels == number) for number, name in enumerate(classes)),
        ]:
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
