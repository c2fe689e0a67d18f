"""Small evaluations, data sets and noise files, as the workflow writes them."""

import numpy as np
import pandas as pd

from ccsncam.config.blocks import Sampling, Signal, Spectrogram
from ccsncam.network.evaluation import Evaluation
from ccsncam.noise.store import NoiseFacts, Pieces, write_noise
from ccsncam.origin import Origin
from ccsncam.samples.dataset import DataSet, Header
from ccsncam.samples.grid import Grid

CLASSES = ["noise", "a", "b"]
ORIGIN = Origin("simulated", {"a": "surrogate", "b": "numerical"})
SAMPLING = Sampling(
    Signal(4096, 11.0, 0.1, (0.0, 0.15), 11.0, 1500.0),
    Spectrogram(256, 128, 1500.0, "amplitude", "detector", None),
    coincident=False,
)


def columns(label, distance=np.nan):
    """Labels, network SNRs and distances [kpc] of samples; SNRs of signals are 10 + their row."""
    label = np.array(label)
    return {
        "label": label,
        "network_snr": np.where(label > 0, 10.0 + np.arange(len(label)), 0.0),
        "distance_kpc": np.where(label > 0, distance, np.nan),
    }


def make_evaluation(label, prediction, distance=np.nan, dataset="test-1kpc", seed=0):
    """An evaluation with these labels and predictions."""
    label, prediction = np.array(label), np.array(prediction)
    return Evaluation(
        **columns(label, distance),
        prediction=prediction,
        logits=20 * np.eye(len(CLASSES), dtype="f4")[prediction],
        probability=np.eye(len(CLASSES), dtype="f4")[prediction],
        embedding=np.zeros((len(label), 2), "f4"),
        classes=CLASSES,
        dataset=dataset,
        origin=ORIGIN,
        seed=seed,
    )


def make_dataset(path, label, distance=np.nan, dataset="test-1kpc"):
    """A data set with these labels and black images."""
    header = Header(
        name=dataset,
        run="tried",
        seed=0,
        classes=CLASSES,
        waveforms=CLASSES[1:],
        detectors=["H1"],
        grid=Grid(np.arange(2) * 16.0, np.arange(1, 3) / 32),
        origin=ORIGIN,
        sampling=SAMPLING,
    )
    with DataSet.create(path, header, len(label)) as writer:
        writer.write(slice(None), columns(label, distance))
    return DataSet.open(path)


def make_noise(path, starts, glitches=(), duration=4.0):
    """A file of test noise with pieces from these GPS times, and glitches at others."""
    facts = NoiseFacts(
        detector=path.stem[-2:],
        split="test",
        source="files",
        description="strain cut from files",
        quality="DATA",
        sample_rate=16.0,
        delta_f=1.0,
        estimation_bias=1.0,
        corrupted=1.0,
        live_time=duration * len(starts),
    )
    silent = np.zeros((len(starts), 8))
    of_glitches = {"gps": np.array(glitches, float), "snr": 9.0, "frequency": 50.0, "kind": "blip"}
    pieces = Pieces(
        gps_start=np.array(starts, float),
        strain=silent,
        whitened=silent,
        psd=silent,
        whitening=silent,
        welch_psd=silent,
        glitches=pd.DataFrame(of_glitches),
    )
    stretches = {"start": [starts[0]], "end": [starts[-1] + duration], "reason": ["kept"]}
    write_noise(path, facts, len(starts), [pieces], pd.DataFrame(stretches))
    return path
