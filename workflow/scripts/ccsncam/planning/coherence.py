"""Coherence of the detectors in a configuration: its largest lags, and what it needs."""

from collections.abc import Mapping
from typing import Any

from ccsncam.samples.baselines import pairs, travel_times

Config = Mapping[str, Any]
# Key of the block ``spectrogram``. The schema has no such key, because no user writes it.
KEY = "coherence"


def asked(config: Config) -> bool:
    """Whether the network of a configuration gets coherence."""
    return "coherence" in config["classifier"]["extra"]


def lags(config: Config) -> list[float]:
    """Give the largest lag of each pair of detectors [samples]: the light travel time."""
    rate = config["signal"]["sample_rate"]
    return [rate * time for time in travel_times(config["detectors"])]


def check(config: Config) -> None:
    """Check that a configuration that asks for coherence can have it.

    Raises
    ------
    ValueError
        In one line, if there is one detector only, if frames are too short for the lags, or if
        the training would see noise that is more coherent than that of the background.
    """
    if not asked(config):
        return
    where, detectors, block = "config, classifier.extra", config["detectors"], config["spectrogram"]
    if len(detectors) < 2:
        raise ValueError(
            f"{where}: coherence is of two detectors, and detectors has only {detectors[0]}; add "
            "one there, or take coherence out"
        )
    if 2 * block["hop"] > block["window"]:
        raise ValueError(
            f"{where}: coherence needs frames that overlap by half; set spectrogram.hop to "
            f"{block['window'] // 2} or less, or take coherence out"
        )
    longest, pair = max(zip(lags(config), pairs(detectors), strict=True))
    if 2 * longest > block["window"]:
        raise ValueError(
            f"{where}: light needs {longest:.0f} samples from {pair.replace('-', ' to ')}, which "
            f"is more than half a spectrogram.window of {block['window']}; take a longer window, "
            "or take coherence out"
        )
    noise = config["noise"]
    if noise["coincident"] and noise["source"] != "simulated":
        raise ValueError(
            f"{where}: with noise.coincident, detectors draw the same second of real noise, which "
            "may be coherent where that of time slides is not; set noise.coincident to false, or "
            "take coherence out"
        )


def complete(config: dict[str, Any]) -> None:
    """Give the block ``spectrogram`` the lags, if the network gets coherence."""
    if asked(config):
        config["spectrogram"][KEY] = lags(config)


def taken_out(config: dict[str, Any]) -> list[Any]:
    """Take the lags out of a configuration that was completed before; empty where it has none."""
    block = config["spectrogram"]
    return [block.pop(KEY)] if isinstance(block, dict) and KEY in block else []


def must_be(given: list[Any], config: Config) -> None:
    """Check that lags which were taken out are those of the completed configuration."""
    if given and given != [config["spectrogram"].get(KEY, ...)]:
        raise ValueError(
            f"config, spectrogram: unknown key '{KEY}'; the light travel times of the detectors "
            "are computed, so leave it out"
        )
