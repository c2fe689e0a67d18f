"""Conditioning of waveforms: resampling, high-pass, taper, and separation of modes."""

from collections.abc import Mapping

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.signal import (
    ShortTimeFFT,
    butter,
    firwin,
    kaiser_beta,
    resample_poly,
    sosfiltfilt,
)
from scipy.signal.windows import hann, tukey

from ccsncam.config.blocks import Conditioning
from ccsncam.waveforms.cells import Track


def condition(series: np.ndarray, conditioning: Conditioning) -> np.ndarray:
    """High-pass a series with zero phase, then taper both ends.

    Parameters
    ----------
    series : numpy.ndarray
        Shape (..., n).
    conditioning : Conditioning
        Sample rate, cutoff and tapered share. The filter is a Butterworth of order 4, which runs
        forwards and backwards.

    Returns
    -------
    numpy.ndarray
        Same shape.
    """
    sample_rate, highpass = conditioning.sample_rate, conditioning.highpass
    sections = butter(4, highpass, "highpass", fs=sample_rate, output="sos")
    size = series.shape[-1]
    # The default padding is a few samples, but the filter rings for a period of its cutoff.
    padding = min(size - 1, round(2 * sample_rate / highpass))
    filtered = sosfiltfilt(sections, series, axis=-1, padtype="even", padlen=padding)
    return filtered * tukey(size, conditioning.tukey)


def along_tracks(
    series: np.ndarray, start: float, sample_rate: int, tracks: Mapping[str, Track]
) -> dict[str, np.ndarray]:
    """Separate the parts of a signal along tracks in time and frequency.

    Parameters
    ----------
    series : numpy.ndarray
        Shape (..., n).
    start : float
        Time of the first sample [s].
    sample_rate : int
        Hz.
    tracks : dict
        Name → (times [s], frequencies [Hz], half width [Hz]). A track is a straight line between
        its knots, and ends at the first and the last. A cell of the short-time Fourier transform
        (Hann, 62.5 ms) that two tracks claim belongs to the nearer one.

    Returns
    -------
    dict of numpy.ndarray
        Name → the part, of the series' shape. The parts add up to less than the series.
    """
    if not tracks:
        return {}
    window = round(sample_rate / 16)
    transform = ShortTimeFFT(hann(window, sym=False), window // 8, sample_rate)
    size = series.shape[-1]
    cells = transform.stft(series)
    time = start + transform.t(size)
    apart = np.full((len(tracks), len(transform.f), len(time)), np.inf)
    for number, (times, frequencies, width) in enumerate(tracks.values()):
        middle = np.interp(time, times, frequencies)
        away = np.abs(transform.f[:, None] - middle)
        inside = (away <= width) & (time >= times[0]) & (time <= times[-1])
        apart[number] = np.where(inside, away, np.inf)
    nearest = apart.argmin(axis=0)
    return {
        name: transform.istft(cells * ((nearest == number) & np.isfinite(apart[number])), k1=size)
        for number, name in enumerate(tracks)
    }


def resample(
    time: np.ndarray, values: np.ndarray, sample_rate: int, derivatives: int = 0
) -> tuple[float, np.ndarray]:
    """Bring irregular samples to a uniform rate without aliasing.

    A spline through the samples is taken at a rate well above theirs. It is then decimated after a
    filter that damps everything above the new Nyquist frequency by 80 dB.

    Parameters
    ----------
    time : numpy.ndarray
        Rising [s], shape (m,).
    values : numpy.ndarray
        Shape (..., m).
    sample_rate : int
        Hz.
    derivatives : int
        Number of time derivatives to take.

    Returns
    -------
    start : float
        Time of the first sample, a multiple of the sample period [s].
    values : numpy.ndarray
        Shape (..., n).
    """
    steps = np.diff(time)
    # The spline is taken at twice the rate of the closest samples, leaving out the closest 1 %. Its
    # images then stay below its Nyquist frequency.
    factor = int(np.clip(np.ceil(2 / (sample_rate * np.percentile(steps, 1))), 4, 64))
    first = int(np.ceil(time[0] * sample_rate - 1e-6))
    count = int(np.floor((time[-1] * sample_rate - first) * factor + 1e-6)) + 1
    fine = np.clip((first + np.arange(count) / factor) / sample_rate, time[0], time[-1])
    series = make_interp_spline(time, values, k=5, axis=-1)(fine, nu=derivatives)
    # 64 new samples to either side give a transition of 8 % of the band, all of it below the new
    # Nyquist frequency.
    taps = firwin(128 * factor + 1, 0.96 / factor, window=("kaiser", kaiser_beta(80)))
    series = resample_poly(series, 1, factor, axis=-1, window=taps, padtype="reflect")
    return first / sample_rate, series
