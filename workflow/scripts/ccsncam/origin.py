"""What made a result: the source of its noise and of each waveform.

Every data set and everything that follows from one carries this in the attribute ``inputs``, so
that figures, tables and reports can say whether inputs were surrogates and simulated noise.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Sources of noise, and what readers see of them.
NOISE_WORDS = {
    "simulated": "simulated noise",
    "files": "strain files",
    "gwosc": "strain of GWOSC",
}
# Key of a configuration that names the variant of a study which it is of, such as ``study/power``.
VARIANT = "_variant"


@dataclass(frozen=True)
class Origin:
    """Sources of the inputs of a result.

    Attributes
    ----------
    noise : str
        ``simulated``, ``files`` or ``gwosc``; several are joined by ``+``.
    waveforms : dict of str to str
        ``surrogate`` or ``numerical``, by the name of the waveform.
    """

    noise: str
    waveforms: Mapping[str, str]

    @classmethod
    def from_json(cls, text: str) -> "Origin":
        """Read the attribute ``inputs``."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Text for the attribute ``inputs``."""
        return json.dumps(self.as_dict())

    def as_dict(self) -> dict:
        """The content of the attribute ``inputs``: ``{"noise": …, "waveforms": {…}}``."""
        return {"noise": self.noise, "waveforms": dict(self.waveforms)}

    @property
    def words(self) -> str:
        """One line for readers, such as "surrogate waveforms, simulated noise"."""
        kinds = " and ".join(sorted(set(self.waveforms.values())))
        return f"{kinds} waveforms, {NOISE_WORDS[self.noise]}"


def run_name(config: Mapping[str, Any]) -> str:
    """What figures and pages call the run of a configuration, or the variant that it is of."""
    return str(config.get(VARIANT, config["run"]))
