"""The loop over samples that a user would write with PyCBC, as reference and rival."""

import numpy as np
import scipy.signal
from pycbc.detector import Detector
from pycbc.filter import sigma
from pycbc.types import FrequencySeries, TimeSeries
from pycbc.waveform import apply_fseries_time_shift

from ccsncam.waveforms.model import KPC_IN_CM

RATE = 4096
# Noise that is whitened with the sample in it [s]: the grid of its transform is the PSD's.
STRETCH = 4


def plus_cross(quadrupole, theta, phi):
    """D h₊ and D h× by rotating the tensor into the observer's frame [cm]."""
    e_theta = np.array([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)])
    e_phi = np.array([-np.sin(phi), np.cos(phi), 0.0])
    plus = np.einsum("i,ijt,j->t", e_theta, quadrupole, e_theta) - np.einsum(
        "i,ijt,j->t", e_phi, quadrupole, e_phi
    )
    return plus, 2 * np.einsum("i,ijt,j->t", e_theta, quadrupole, e_phi)


def strain_at(detector, model, row, distance_kpc):
    """One second of strain at a detector, as a TimeSeries."""
    plus, cross = plus_cross(model.quadrupole, row["theta"], row["phi"])
    site = Detector(detector)
    gps = row["gps_start"]
    f_plus, f_cross = site.antenna_pattern(row["ra"], row["dec"], row["psi"], gps)
    delay = site.time_delay_from_earth_center(row["ra"], row["dec"], gps)
    h = (f_plus * plus + f_cross * cross) / (distance_kpc * KPC_IN_CM)
    # 4 s with bounce in the middle of the first two, moved by PyCBC to its place in the sample.
    buffer = np.zeros(4 * RATE)
    first = round((model.start + 1.5) * RATE)
    buffer[first : first + len(h)] = h
    series = TimeSeries(buffer, delta_t=1 / RATE)
    # Bounce lies at first/RATE - model.start in the buffer.
    late = row["bounce_time"] + delay - (first / RATE - model.start)
    moved = apply_fseries_time_shift(series.to_frequencyseries(), late).to_timeseries()
    return TimeSeries(moved.numpy()[:RATE], delta_t=1 / RATE)


def sample(model, row, noises, distance_kpc, sampling):
    """Image of one sample (frequency, time, detector) and its SNR in each detector.

    ``noises`` hold raw strain. Signal and noise are whitened together in the frequency domain with
    the piece's PSD. ``sampling`` is a `ccsncam.config.blocks.Sampling`.
    """
    images, snrs = [], []
    for d, noise in enumerate(noises):
        piece, offset = row["noise_piece"][d], row["noise_offset"][d]
        first = np.clip(offset - 3 * RATE // 2, 0, noise.strain.shape[1] - STRETCH * RATE)
        data = np.array(noise.strain[piece, first : first + STRETCH * RATE], dtype=float)
        inside = slice(offset - first, offset - first + RATE)
        if model is not None:
            signal = strain_at(noise.detector, model, row, distance_kpc)
            padded = signal.copy()
            padded.resize(round(RATE / noise.delta_f))
            psd = FrequencySeries(noise.psd[piece], delta_f=noise.delta_f)
            snrs.append(sigma(padded, psd, sampling.signal.f_min, sampling.signal.f_max))
            data[inside] += signal.numpy()
        series = TimeSeries(data, delta_t=1 / RATE)
        spectrum = series.to_frequencyseries()
        asd = np.sqrt(FrequencySeries(noise.psd[piece], delta_f=noise.delta_f))
        # In a deep notch the response of the truncated filter may change its sign.
        asd *= np.sign(noise.whitening[piece])
        white = (spectrum / asd).to_timeseries()[inside]
        block = sampling.spectrogram
        _, _, image = scipy.signal.stft(
            white.numpy(),
            RATE,
            nperseg=block.window,
            noverlap=block.window - block.hop,
            boundary=None,
            padded=False,
        )
        image = np.abs(image[: int(block.f_max // (RATE / block.window)) + 1])
        images.append((image - image.min()) / (image.max() - image.min()))
    return np.stack(images, axis=-1), np.array(snrs)
