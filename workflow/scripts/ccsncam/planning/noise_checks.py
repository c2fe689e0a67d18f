"""Checks of the blocks ``noise`` and ``whitening`` that a schema cannot express."""

import difflib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from ccsncam import resources
from ccsncam.config import schema
from ccsncam.config.noise import Whitening
from ccsncam.noise import asd, psd_names
from ccsncam.noise.reasons import DQ_BITS, INJECTION_BITS
from ccsncam.planning import inputs

Config = Mapping[str, Any]
# Glitches per minute.
MOST_GLITCHES = 60


def check(config: Config) -> None:
    """Check what noise is made from, before any job.

    Parameters
    ----------
    config : mapping
        A configuration that its schema accepts.

    Raises
    ------
    ValueError
        One line says which key is wrong, why, and what to do.
    """
    _check_ranges(config)
    _check_rising(config["noise"])
    _check_passwords(config["noise"]["gwosc"])
    _check_noise(config)


def _check_rising(noise: Config) -> None:
    """Check that pairs of bounds rise: a reversed range would exclude nothing."""
    for pair in noise["exclude"]:
        schema.must_rise("noise.exclude", pair)
    schema.must_rise("noise.simulated.glitch_snr", noise["simulated"]["glitch_snr"], equal=True)


def _check_passwords(gwosc: Config) -> None:
    """Refuse URLs with a password, because logs and the record of a run name them."""
    for key in ("host", "mirror", "proxy"):
        if "@" in (gwosc[key] or "").partition("://")[2].partition("/")[0]:
            advice = "set https_proxy in the environment" if key == "proxy" else "leave it out"
            raise ValueError(
                f"config, noise.gwosc.{key}: a URL with a user's name or password would be "
                f"printed in logs and in the record: {advice}"
            )


def _check_ranges(config: Config) -> None:
    """Check that GPS ranges rise, hold a piece, and do not overlap."""
    noise, flat = config["noise"], []
    for split, ranges in noise["ranges"].items():
        for start, end in ranges:
            schema.must_rise(f"noise.ranges.{split}", (start, end))
            flat.append((start, end, split))
        longest = max(end - start for start, end in ranges)
        if longest < noise["segment_duration"]:
            raise ValueError(
                f"config, noise.ranges.{split}: the longest range is {longest} s, but a "
                f"piece (noise.segment_duration) is {noise['segment_duration']} s: take longer "
                "ranges or shorter pieces"
            )
    flat.sort()
    for (a, b, one), (c, d, other) in pairwise(flat):
        if c < b:
            raise ValueError(
                f"config, noise.ranges: [{a}, {b}] of {one} and [{c}, {d}] of {other} overlap"
            )


def _check_noise(config: Config) -> None:
    """Check that pieces are long enough, catalogs known, and all that the source needs is set."""
    noise, whitening = config["noise"], Whitening.of(config["whitening"])
    if noise["segment_duration"] < whitening.shortest_piece:
        raise ValueError(
            f"config, noise.segment_duration: {noise['segment_duration']} s is too short: "
            f"{whitening.pieces}: take longer pieces, or a shorter whitening.psd_duration"
        )
    inputs.events_of(noise, [pair for ranges in noise["ranges"].values() for pair in ranges])
    if noise["source"] == "files" and noise["files"]["folder"] is None:
        raise ValueError("config, noise.files.folder: name the folder of the strain files")
    if noise["source"] == "gwosc":
        _check_bits(noise["files"])
    if noise["source"] == "simulated":
        _check_psds(noise["simulated"]["psd"], config["detectors"])
        _check_glitches(noise["simulated"], config["detectors"])
        for split in noise["ranges"]:
            _check_live_time(noise, split, config["detectors"])


def _check_bits(files: Config) -> None:
    """Check that strain of GWOSC has the bits that every second must have."""
    for key, known in (("quality", DQ_BITS), ("injections", INJECTION_BITS)):
        unknown = [name for name in files[key] if name not in known]
        if unknown:
            raise ValueError(
                f"config, noise.files.{key}: strain of GWOSC has no bit {unknown[0]!r}; take some "
                f"of {', '.join(known)}"
            )


def _check_psds(psds: Mapping[str, str], detectors: Iterable[str]) -> None:
    """Check that the PSDs of the detectors are known; what lacks an entry is named elsewhere."""
    for detector in detectors:
        name = psds.get(detector)
        if name is None or asd.names_file(name):
            continue
        known = [*asd.shipped(), *psd_names.ANALYTICAL]
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0)[0]
            raise ValueError(
                f"config, noise.simulated.psd.{detector}: {name!r} is no PSD; did you mean "
                f"{near!r}? Give {', '.join(asd.shipped())}, a name of pycbc.psd, or a text file "
                "(./name, if its name has no dot)"
            )


def _check_glitches(simulated: Config, detectors: Iterable[str]) -> None:
    """Check that glitches leave room for noise, and that their kinds are in the shipped table."""
    for detector in detectors:
        rate = simulated["glitches"].get(detector, 0)
        if rate > MOST_GLITCHES:
            raise ValueError(
                f"config, noise.simulated.glitches.{detector}: {rate:g} per minute; give at most "
                f"{MOST_GLITCHES}, which is one in each second"
            )
    shares = simulated["glitch_kinds"]
    known = resources.read(resources.path("glitches.tsv"), (), ("kind",))["kind"]
    unknown = [kind for kind in shares if kind not in set(known)]
    if unknown or sum(shares.values()) <= 0:
        what = f"unknown kind {unknown[0]!r}" if unknown else "all shares are 0"
        raise ValueError(
            f"config, noise.simulated.glitch_kinds: {what}; give shares to kinds among "
            f"{', '.join(known)}"
        )


def _check_live_time(noise: Config, split: str, detectors: Iterable[str]) -> None:
    """Check that the live time of simulated noise holds a piece and fits into the GPS ranges."""
    piece = noise["segment_duration"]
    room = sum((end - start) // piece * piece for start, end in noise["ranges"][split])
    for detector in detectors:
        live = inputs.noise_of(noise, split, detector)["simulated"]["live_time"]
        if not piece <= live <= room:
            raise ValueError(
                f"config, noise.simulated.live_time.{split}.{detector}: {live} s must be at least "
                f"one piece ({piece} s) and at most the pieces that fit into the ranges ({room} s)"
            )
