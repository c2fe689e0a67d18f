"""How long a costly representation takes, so that nobody starts it without knowing."""

import math
from collections.abc import Mapping
from typing import Any

from ccsncam.planning import sizes
from ccsncam.samples.representations.names import COSTLY, affordable

Config = Mapping[str, Any]

# Images that are made of a sample that is taken apart: whole, noise, signal, and two of each mode.
PARTS = 3 + 2 * 3
# A job may take so many times what it takes on the machine on which `COSTLY` was measured.
SLOWER = 3


def costly(config: Config) -> bool:
    """Whether the representation of a configuration is one of `COSTLY`."""
    return config["spectrogram"]["kind"] in COSTLY


def check(config: Config) -> None:
    """Refuse a costly representation where it would transform samples without end.

    Parameters
    ----------
    config : mapping

    Raises
    ------
    ValueError
        In one line: which key asks for it, and what to do.
    """
    if config["classifier"]["mixing"]["anew"]:
        affordable(
            config["spectrogram"]["kind"],
            "config, classifier.mixing.anew: true",
            "set it to false, so that the images of the data sets are used",
        )


def check_study(config: Config, where: str) -> None:
    """Refuse a variant with a costly representation in a study that searches noise.

    Parameters
    ----------
    config : mapping
        The whole configuration of the variant.
    where : str
        What the variant is called in messages.

    Raises
    ------
    ValueError
        In one line that says what to do.
    """
    if config["study"]["detection"]:
        affordable(
            config["spectrogram"]["kind"],
            f"{where}: search of noise",
            "set study.detection to false, or leave this variant out",
        )


def warnings(config: Config) -> list[str]:
    """Say how long the images of a run take, as a line for the log; nothing if they are quick."""
    if not costly(config):
        return []
    sets = config["datasets"]
    per_class = sets["validation_per_class"]
    per_class += len(sets["train_bands"]) * sets["train_per_class"]
    per_class += len(sets["distances"]) * sets["test_per_class"]
    block = config["saliency"]
    apart = len({block["distance"], *block["distances"]}) * _apart(config)
    minutes = math.ceil(_seconds(config, len(config["classes"]) * per_class + apart) / 60)
    time = f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.2g} hours"
    return [
        f"spectrogram.kind: {config['spectrogram']['kind']} takes about {time} of one core for the "
        "images of this run; what is transformed is kept and not done again. Noise is not "
        "searched, so the target all has no background, efficiency and paper_numbers."
    ]


def words(config: Config) -> str:
    """What the message of a job that makes images adds; nothing if they are quick."""
    kind = config["spectrogram"]["kind"]
    return f" ({kind}: about {_rate(config):.2g} samples a second)" if costly(config) else ""


def of_building(config: Config, usual: str) -> str | int:
    """Time for a job that builds data sets, as a resource of Snakemake.

    Parameters
    ----------
    config : mapping
    usual : str
        What it is with a quick representation.

    Returns
    -------
    str or int
        As a text, or in minutes.
    """
    block = config["datasets"]
    per_class = max(block[f"{split}_per_class"] for split in ("train", "validation", "test"))
    # In a small run, one job builds several data sets.
    return _minutes(config, max(len(config["classes"]) * per_class, sizes.FEW_SAMPLES), usual)


def of_taking_apart(config: Config, usual: str) -> str | int:
    """Time for a job that takes samples apart; see `of_building`."""
    return _minutes(config, _apart(config), usual)


def _apart(config: Config) -> int:
    """Images that are made to take the samples of a data set apart."""
    return (len(config["classes"]) - 1) * config["saliency"]["per_class"] * PARTS


def _minutes(config: Config, samples: int, usual: str) -> str | int:
    return 60 + math.ceil(SLOWER * _seconds(config, samples) / 60) if costly(config) else usual


def _seconds(config: Config, samples: int) -> float:
    return samples / _rate(config)


def _rate(config: Config) -> float:
    """Samples of the detectors of a run that a core transforms in a second."""
    return COSTLY[config["spectrogram"]["kind"]] * 3 / len(config["detectors"])
