"""Samples per second and core of each representation, beside what a user would write.

python tests/benchmarks/representations.py
CCSNCAM_COMPARE=/path/to/python python tests/benchmarks/representations.py

A sample has three detectors. emd, GWpy and SciPy are in .venv. CCSNCAM_COMPARE names a python that
has librosa, ssqueezepy and wdm-transform, in an environment of its own; without it, they are left
out. They are asked for the same thing: frames or rows on the same grid, before they are pooled to
its cells. Nothing of the user's work beyond the call of the library counts.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

# One core, for all.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["SSQ_PARALLEL"] = "0"

ROOT = Path(__file__).parents[2]

import numpy as np  # noqa: E402

RATE, DETECTORS = 4096, 3
# At least so long is measured, after one call that does not count [s].
LONG = 2.0


def per_second(call, samples):
    """Samples per second of a call that does so many."""
    call()
    began, done = time.process_time(), 0
    while time.process_time() - began < LONG:
        call()
        done += samples
    return done / (time.process_time() - began)


def noise(samples):
    return np.random.default_rng(0).standard_normal((samples, DETECTORS, RATE)).astype(np.float32)


def ours():
    """Rates of the library, in batches as data sets are built."""
    sys.path.append(str(ROOT / "workflow/scripts"))
    from ccsncam.config.blocks import Spectrogram
    from ccsncam.samples.representations import hilbert_huang
    from ccsncam.samples.representations.names import CHANNELS, COSTLY
    from ccsncam.samples.spectrogram import magnitude

    data, few = noise(100), noise(2)
    found = {"hilbert-huang": per_second(lambda: hilbert_huang.power(few, 256, 128, 94), len(few))}
    for kind in (name for name in CHANNELS if name not in COSTLY):
        block = Spectrogram(256, 128, 1500.0, "amplitude", "detector", None, kind)
        # The loop runs at once.
        found[kind] = per_second(lambda: magnitude(data, block, RATE), len(data))  # noqa: B023
    return found


def in_venv():
    """Rates of what .venv has: one series at a time, as in the documentation of each."""
    import emd
    from gwpy.timeseries import TimeSeries
    from scipy.signal import spectrogram

    series = noise(1)[0]

    def stft(windows):
        for one in series:
            for window in windows:
                spectrogram(one, RATE, "hann", window, window // 2, detrend=False)

    def q_transform():
        for one in series:
            TimeSeries(one, sample_rate=RATE).q_transform(
                qrange=(20, 20), frange=(32, 1488), whiten=False, tres=1 / 32, fres=16
            )

    def hilbert_huang(sift):
        edges = np.arange(-8.0, 1497.0, 16.0)
        for one in series:
            _, frequency, amplitude = emd.spectra.frequency_transform(sift(one), RATE, "hilbert")
            emd.spectra.hilberthuang(frequency, amplitude, edges, sum_time=False)

    return {
        ("hilbert-huang", "emd sift, hilberthuang"): per_second(
            lambda: hilbert_huang(emd.sift.sift), 1
        ),
        ("hilbert-huang", "emd mask_sift, hilberthuang"): per_second(
            lambda: hilbert_huang(emd.sift.mask_sift), 1
        ),
        ("stft", "scipy.signal.spectrogram"): per_second(lambda: stft((256,)), 1),
        ("multiresolution", "scipy.signal.spectrogram"): per_second(
            lambda: stft((128, 256, 512)), 1
        ),
        ("constant-q", "gwpy q_transform"): per_second(q_transform, 1),
    }


def others():
    """Rates of librosa, ssqueezepy and wdm-transform; run by the python that has them."""
    import librosa
    import ssqueezepy
    import wdm_transform

    series = noise(1)[0]

    def reassigned():
        for one in series:
            librosa.reassigned_spectrogram(
                one, sr=RATE, n_fft=256, hop_length=64, center=False, fill_nan=True
            )

    def synchrosqueezed():
        for one in series:
            ssqueezepy.ssq_stft(one, "hann", n_fft=256, hop_len=1, fs=RATE)

    def constant_q():
        for one in series:
            librosa.vqt(
                one, sr=RATE, hop_length=128, fmin=32, n_bins=94, bins_per_octave=17, gamma=0
            )

    def wavelets():
        for one in series:
            # Both phases, as the energy of both is asked for.
            for phase in (one, one):
                wdm_transform.WDM.from_time_series(
                    wdm_transform.TimeSeries(phase.astype(float), dt=1 / RATE), nt=32
                )

    return {
        "constant-q|librosa.vqt": per_second(constant_q, 1),
        "wdm|wdm_transform, twice": per_second(wavelets, 1),
        "reassigned|librosa.reassigned_spectrogram": per_second(reassigned, 1),
        "reassigned|ssqueezepy.ssq_stft": per_second(synchrosqueezed, 1),
    }


def main():
    """Print the rates, and how many times faster we are."""
    own, theirs = ours(), in_venv()
    python = os.environ.get("CCSNCAM_COMPARE")
    if python:
        asked = [python, __file__, "others"]
        done = subprocess.run(asked, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        theirs |= {tuple(name.split("|")): rate for name, rate in found.items()}
    else:
        print("librosa, ssqueezepy and wdm-transform are left out: CCSNCAM_COMPARE names no python")
    print(f"{'kind':16} {'samples/s':>10}   beside")
    for kind, rate in own.items():
        rows = [(name, other) for (of, name), other in theirs.items() if of == kind]
        words = "; ".join(f"{name} {other:.1f}/s, ratio {rate / other:.1f}" for name, other in rows)
        print(f"{kind:16} {rate:10.1f}   {words}")


if __name__ == "__main__":
    if sys.argv[1:] == ["others"]:
        print(json.dumps(others()))
    else:
        main()
