"""The state of a training after each epoch; this module owns the format of ``state/state.h5``."""

import fcntl
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

from ccsncam.aliases import PathLike
from ccsncam.hdf5 import created, opened, write_columns
from ccsncam.network.backend import keras

logger = logging.getLogger(__name__)


class State:
    """The state of a training, in one file that each epoch replaces as a whole.

    Parameters
    ----------
    folder : path
        Folder of the file. It is removed after the last epoch.
    digest : str
        Digest of all that the training depends on. A state with another digest is not used.
    model : keras.Model
    optimizer : keras.optimizers.Optimizer

    Raises
    ------
    ValueError
        If another process has the state, such as a job whose Snakemake was killed.
    """

    def __init__(
        self,
        folder: PathLike,
        digest: str,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
    ) -> None:
        self.path = Path(folder) / "state.h5"
        self._lock = self.path.with_name("lock")
        self._hold()
        self._digest, self._weights = digest, model.weights
        self._variables = {"model": model.variables, "optimizer": optimizer.variables}

    def restore(self) -> tuple[list[np.ndarray], list[list[Any]], np.ndarray | None]:
        """Put back the weights and the optimizer that an earlier run of this training has left.

        Returns
        -------
        best : list of numpy.ndarray
            The weights of the best epoch until then; empty where there is no state to be used.
        history : list of list
            One row per epoch; empty where there is no state to be used.
        hard : numpy.ndarray or None
            Hard negatives that were found; None where there is no state to be used.
        """
        if not self.path.exists():
            return [], [], None
        with opened(self.path) as file:
            if file.attrs["digest"] != self._digest:
                logger.info("%s is the state of another training: starting anew", self.path)
                return [], [], None
            for name, variables in self._variables.items():
                for number, variable in enumerate(variables):
                    variable.assign(file[f"{name}/{number}"][()])
            best = [file[f"best/{number}"][()] for number in range(len(self._weights))]
            history, hard = json.loads(file.attrs["history"]), file["hard"][()]
        logger.info("resuming after epoch %d", len(history))
        return best, history, hard

    def save(self, best: list[np.ndarray], history: list[list[Any]], hard: np.ndarray) -> None:
        """Replace the state; parameters are what `restore` returns."""
        groups = {
            name: [variable.numpy() for variable in variables]
            for name, variables in self._variables.items()
        }
        with created(self.path) as file:
            file.attrs["digest"], file.attrs["history"] = self._digest, json.dumps(history)
            for name, values in (groups | {"best": best}).items():
                numbered = {str(number): value for number, value in enumerate(values)}
                write_columns(file, numbered, prefix=f"{name}/")
            write_columns(file, {"hard": hard})

    def remove(self) -> None:
        """Remove the state and its folder, because the training is complete."""
        self.path.unlink()
        self._lock.unlink()
        self.path.parent.rmdir()
        self._held.close()

    def _hold(self) -> None:
        """Lock the state until this process ends."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._held = self._lock.open("a")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._held.close()
            raise ValueError(
                f"{self.path.parent}: another process trains this network, such as a job that goes "
                f"on after its Snakemake was killed: end it (fuser -k {self._lock}), or wait for it"
            ) from None
        except OSError as error:
            logger.warning(
                "%s: cannot be locked (%s): let no other job train here", self.path, error
            )
