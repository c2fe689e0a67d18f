"""Backgrounds of the detection statistic, as the workflow writes them, and white noise."""

import numpy as np
import pandas as pd

from ccsncam.detection.store import Background, Clusters, no_clusters
from ccsncam.noise.store import Noise, NoiseFacts, Pieces, write_noise
from ccsncam.origin import Origin

CLASSES = ["noise", "a", "b"]
DETECTORS = ["H1", "L1", "V1"]
ORIGIN = Origin("simulated", {"a": "surrogate", "b": "numerical"})
PIECE, RATE = 64.0, 4096


def make_clusters(statistic, pieces=None, offsets=None, slide=1, start=1000.0):
    """Clusters with these statistics; each takes pieces 0, 1, 2, … in all detectors by default."""
    statistic = np.asarray(statistic, float)
    count = len(statistic)
    shape = (count, len(DETECTORS))
    pieces = np.arange(count)[:, None] if pieces is None else np.asarray(pieces)
    pieces = np.broadcast_to(pieces, shape).astype(np.int32)
    offsets = 4096 if offsets is None else np.asarray(offsets)
    offsets = np.broadcast_to(offsets, shape).astype(np.int32)
    return Clusters(
        statistic=statistic,
        logits=np.zeros((count, len(CLASSES)), np.float32),
        gps=start + PIECE * pieces + offsets / RATE,
        piece=pieces,
        offset=offsets,
        slide=np.full(count, slide, np.int32),
    ).loudest_first()


def make_background(clusters, live_time, zero_lag=None, pieces=1000, **changes):
    """A background of these clusters; each piece has the same exposure."""
    values = {
        **clusters.columns(),
        "live_time": live_time,
        "slides": 10,
        "stride": 0.09375,
        "cluster": 1.0,
        "duration": 1.0,
        "piece_time": 61.0,
        "floor": -np.inf,
        "exposure": [np.full(pieces, live_time / pieces) for _ in DETECTORS],
        "zero_lag": no_clusters(len(CLASSES), len(DETECTORS)) if zero_lag is None else zero_lag,
        "zero_time": 8000.0,
        "split": "test",
        "detectors": DETECTORS,
        "classes": CLASSES,
        "origin": ORIGIN,
        "seed": 0,
    }
    return Background(**values | changes)


def make_white(path, detector, starts, seed, seconds=34, split="test", glitches=()):
    """A noise file of white Gaussian noise without lines; its glitches are words only."""
    count = len(starts)
    whitened = np.random.default_rng(seed).standard_normal((count, seconds * RATE), np.float32)
    little = np.ones((count, 2))
    facts = NoiseFacts(
        detector=detector,
        split=split,
        source="simulated",
        description="white noise",
        quality="",
        sample_rate=float(RATE),
        delta_f=0.25,
        estimation_bias=1.0,
        corrupted=1.0,
        live_time=float(seconds * count),
    )
    columns = {"gps": np.array(glitches, float), "snr": 9.0, "frequency": 50.0, "kind": "blip"}
    pieces = Pieces(
        gps_start=np.array(starts, float),
        strain=little,
        whitened=whitened,
        psd=little,
        whitening=little,
        welch_psd=little,
        glitches=pd.DataFrame(columns),
    )
    stretches = {"start": [starts[0]], "end": [starts[-1] + seconds], "reason": ["kept"]}
    write_noise(path, facts, count, [pieces], pd.DataFrame(stretches))
    return Noise.read(path)
