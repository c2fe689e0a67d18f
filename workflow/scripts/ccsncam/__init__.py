"""Waveform → data set → classifier → explanation: the library behind the workflow's scripts.

Notebooks can take the main names from here; each is imported when it is first used::

    import ccsncam

    data = ccsncam.DataSet.open("results/embedded/datasets/test-1kpc.h5")
"""

import importlib
from typing import Any

_NAMES = {
    "Waveform": "waveforms.model",
    "Noise": "noise.store",
    "DataSet": "samples.dataset",
    "Parts": "samples.parts",
    "Classifier": "config.classifier",
    "count_parameters": "network.architecture",
    "Network": "network.chain",
    "load_network": "network.classifier",
    "Evaluation": "network.evaluation",
    "Background": "detection.store",
    "maps": "saliency.maps",
    "Explained": "saliency.explained",
}
__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    """Import a name of this package's own list when it is first used."""
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_NAMES[name]}")
    return module if _NAMES[name].endswith(f".{name}") else getattr(module, name)


def __dir__() -> list[str]:
    """Names of the package, including those that are not imported yet."""
    return sorted([*globals(), *__all__])
