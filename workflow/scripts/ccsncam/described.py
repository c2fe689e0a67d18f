"""What the results of a network say of themselves, as attributes of their HDF5 files."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from ccsncam.origin import Origin


def write_description(attributes: MutableMapping[str, Any], result: Any) -> None:
    """Write ``classes``, ``dataset``, ``inputs`` and ``seed`` of a result.

    Parameters
    ----------
    attributes : mapping
        Attributes of a file.
    result : object
        Has the attributes ``classes``, ``dataset``, ``origin`` and ``seed``.
    """
    attributes["classes"] = list(result.classes)
    attributes["dataset"] = result.dataset
    attributes["inputs"] = result.origin.to_json()
    attributes["seed"] = result.seed


def read_description(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Read ``classes``, ``dataset``, ``origin`` and ``seed`` of a result, by name."""
    return {
        "classes": [str(name) for name in attributes["classes"]],
        "dataset": str(attributes["dataset"]),
        "origin": Origin.from_json(attributes["inputs"]),
        "seed": int(attributes["seed"]),
    }
