"""What the history of a training says. Jobs that only use a network need no pandas."""

import pandas as pd

from ccsncam.aliases import PathLike


def best_accuracy(history: PathLike) -> float:
    """Read the validation accuracy of the best weights, those of the lowest validation loss.

    Parameters
    ----------
    history : path
        The file ``history.csv`` of a training.
    """
    epochs = pd.read_csv(history)
    return float(epochs["validation_accuracy"][epochs["validation_loss"].idxmin()])
