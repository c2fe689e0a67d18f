"""Power spectral densities and whitening.

One convention for the whole workflow. The PSD is Welch's (median, Hann, 50 % overlap). The
whitening filter is ``sqrt(2 / fs) / sqrt(S)`` with its impulse response cut to a finite length by
a Hann taper (as ``pycbc.psd.inverse_spectrum_truncation`` and GWpy do), so that it corrupts only
the first and last half length. Below ``f_min`` it rolls off to nothing (raised cosine between
0.75 ``f_min`` and ``f_min``), for the seismic wall must not leak; above ``f_max``, when given, it
rolls off likewise (between ``f_max`` and 1.05 ``f_max`` or the Nyquist frequency).

A filter of finite length cannot notch a line narrower than its own resolution: the line would
stand out of the whitened noise. So the PSD's lines are first widened to that resolution
(`widen_lines`).

In the pass band the whitened noise has the one-sided density ``2 / fs``, which is unit variance
for the whole band. The variance is therefore the passed fraction of the band: 0.991 for
``f_min`` = 20 Hz and no ``f_max`` at 4096 Hz, and 1 to 3 % less where lines are notched. The sum
of squares of a whitened signal is the square of its optimal SNR against the effective PSD.
"""

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, signal
from scipy.ndimage import maximum_filter1d, median_filter

# The response relative to its largest value below which the effective PSD is not followed: it
# must stay finite where the filter passes nothing.
_FLOOR = 1e-6
# A line is where the PSD exceeds so many times its running median over so many Hz.
_LINE_THRESHOLD = 10.0
_LINE_WINDOW = 16.0


def welch_psd(strain, sample_rate, duration, overlap=0.5):
    """One-sided PSD by Welch's method: median of Hann windows.

    Parameters
    ----------
    strain : array (..., n)
        Time series.
    sample_rate : float
        Hz.
    duration : float
        Length of a window in seconds; the frequency step is its inverse.
    overlap : float
        Share of a window that the next one has too.

    Returns
    -------
    array (..., duration * sample_rate // 2 + 1), float64
        Power per Hz.

    Raises
    ------
    ValueError
        When the series is shorter than a window, not finite, or holds no power.
    """
    strain = np.asarray(strain, dtype=np.float64)
    size = _samples(duration, sample_rate, "psd_duration")
    if strain.shape[-1] < size:
        raise ValueError(
            f"PSD: {strain.shape[-1] / sample_rate:g} s of strain are shorter than psd_duration "
            f"({duration:g} s): take longer pieces or a shorter psd_duration"
        )
    if not np.isfinite(strain).all():
        raise ValueError("PSD: the strain holds NaN or infinite samples: cut the gaps out first")
    _, psd = signal.welch(
        strain,
        fs=sample_rate,
        window="hann",
        nperseg=size,
        noverlap=round(overlap * size),
        detrend=False,
        average="median",
    )
    if not (psd[..., 1:] > 0).all():
        raise ValueError("PSD: no power at some frequencies: the strain is constant or filled")
    return psd


def band(frequencies, f_min, f_max=None):
    """Response of the pass band, 0 to 1: raised-cosine edges outside ``f_min`` to ``f_max``.

    Parameters
    ----------
    frequencies : array (n,)
        Hz, the last the Nyquist frequency.
    f_min, f_max : float
        Hz, the pass band; ``f_max`` None for no upper edge.

    Returns
    -------
    array (n,)
    """
    frequencies = np.asarray(frequencies, dtype=np.float64)
    low = 0.75 * f_min
    edge = np.clip((frequencies - low) / (f_min - low), 0, 1) if f_min > 0 else 1.0
    response = np.sin(0.5 * np.pi * edge) ** 2 * np.ones_like(frequencies)
    if f_max is not None:
        high = min(1.05 * f_max, frequencies[-1])
        if high <= f_max:
            raise ValueError(
                f"whitening: f_max = {f_max:g} Hz is not below the Nyquist frequency "
                f"({frequencies[-1]:g} Hz)"
            )
        response *= np.cos(0.5 * np.pi * np.clip((frequencies - f_max) / (high - f_max), 0, 1)) ** 2
    return response


@cache
def estimation_bias(samples, sample_rate, psd_duration, filter_duration):
    """Factor by which noise whitened with its own estimated PSD comes out too loud.

    The inverse of a scattered estimate is too large in the mean: about 4 % in power for 64 s of
    strain and windows of 4 s. It is measured on white noise with the same lengths (fixed seed,
    to about 0.1 %), for it does not depend on the PSD. A PSD multiplied by it whitens to unit
    density and gives SNRs that are not too high.

    Parameters
    ----------
    samples : int
        Length of the strain of one PSD.
    sample_rate : int
        Hz.
    psd_duration, filter_duration : float
        Seconds.

    Returns
    -------
    float
    """
    white, fir = _filters_of_white_noise(samples, sample_rate, psd_duration, filter_duration)
    edge = round(filter_duration * sample_rate) // 2
    return float(whiten(white, fir)[:, edge:-edge].var(dtype=np.float64))


def _filters_of_white_noise(samples, sample_rate, psd_duration, filter_duration):
    """White noise (piece, samples), and the filter of each piece's own estimated PSD."""
    pieces = -(-(1 << 21) // samples)
    white = np.random.default_rng(0).standard_normal((pieces, samples))
    psd = welch_psd(white, sample_rate, psd_duration)
    return white, whitening_fir(psd, 1 / psd_duration, sample_rate, filter_duration, f_min=0)


def windows_beside(strain, first, last, sample_rate, duration):
    """Windows of Welch's method on either side of a stretch, which none of them touches.

    Parameters
    ----------
    strain : array (n,)
        Time series.
    first, last : int
        The stretch is ``strain[first:last]``.
    sample_rate : float
        Hz.
    duration : float
        Length of a window in seconds; they overlap by half, and end or begin at the stretch.

    Returns
    -------
    array (window, duration * sample_rate)
        Empty where neither side has room for one.
    """
    size = _samples(duration, sample_rate, "psd_duration")
    sides = strain[first % (size // 2) : first], strain[last:]
    frames = [sliding_window_view(side, size)[:: size // 2] for side in sides if len(side) >= size]
    return np.concatenate([np.empty((0, size)), *frames])


@cache
def beside_bias(windows, sample_rate, psd_duration, filter_duration):
    """As `estimation_bias`, for noise that is not in the windows of its PSD.

    It is measured on the PSDs of white noise: what a filter makes of independent noise of unit
    variance has the sum of its squared taps for variance.

    Parameters
    ----------
    windows : int
        Of Welch's method, overlapping by half.
    sample_rate, psd_duration, filter_duration
        As in `estimation_bias`.

    Returns
    -------
    float
    """
    samples = (windows + 1) * _samples(psd_duration, sample_rate, "psd_duration") // 2
    _, fir = _filters_of_white_noise(samples, sample_rate, psd_duration, filter_duration)
    return float(np.mean(np.sum(fir**2, axis=-1)))


def widen_lines(psd, delta_f, filter_duration):
    """Raise a PSD beside its lines: each is as wide as a filter of this length can resolve.

    Parameters
    ----------
    psd : array (..., n)
        One-sided PSD.
    delta_f : float
        Hz.
    filter_duration : float
        Seconds; the half width of a Hann taper's main lobe is 2 over it.

    Returns
    -------
    array (..., n)
        At least ``psd``; equal to it away from lines.
    """
    half = round(_LINE_WINDOW / delta_f / 2)
    # Row by row: SciPy's filter of one dimension is ten times as fast as its general one.
    floor = np.apply_along_axis(median_filter, -1, psd, size=2 * half + 1, mode="nearest")
    lines = np.where(psd > _LINE_THRESHOLD * floor, psd, 0)
    width = 2 * round(2 / filter_duration / delta_f) + 1
    return np.maximum(psd, maximum_filter1d(lines, width, axis=-1, mode="nearest"))


def whitening_fir(psd, delta_f, sample_rate, filter_duration, f_min=20.0, f_max=None):
    """Taps of the whitening filter, symmetric about the middle one.

    Parameters
    ----------
    psd : array (..., n)
        One-sided PSD, 1/Hz, from 0 Hz to the Nyquist frequency in steps of ``delta_f``.
    delta_f, sample_rate : float
        Hz.
    filter_duration : float
        Seconds; at most ``1 / delta_f``.
    f_min, f_max : float
        Hz, the pass band (see `band`).

    Returns
    -------
    array (..., m), float64
        ``m = filter_duration * sample_rate`` taps; lag 0 is at index ``m // 2``, the first is 0.
    """
    psd = np.asarray(psd, dtype=np.float64)
    size = round(sample_rate / delta_f)
    if psd.shape[-1] != size // 2 + 1:
        raise ValueError(
            f"whitening: a PSD of {psd.shape[-1]} values does not reach from 0 to "
            f"{sample_rate / 2:g} Hz in steps of {delta_f:g} Hz ({size // 2 + 1} values)"
        )
    taps = _samples(filter_duration, sample_rate, "filter_duration")
    if taps > size:
        raise ValueError(
            f"whitening: filter_duration ({filter_duration:g} s) is longer than psd_duration "
            f"({1 / delta_f:g} s)"
        )
    response = np.broadcast_to(
        band(np.arange(size // 2 + 1) * delta_f, f_min, f_max), psd.shape
    ).copy()
    passed = response > 0
    if not (psd[passed] > 0).all() or not np.isfinite(psd[passed]).all():
        raise ValueError("whitening: the PSD is not positive and finite in the pass band")
    psd = widen_lines(psd, delta_f, filter_duration)
    response[passed] *= np.sqrt(2 / (sample_rate * psd[passed]))
    impulse = np.roll(fft.irfft(response, n=size, axis=-1), taps // 2, axis=-1)[..., :taps]
    return impulse * signal.windows.hann(taps, sym=False)


def upper_edge(signal):
    """Upper edge of the pass band by the config's block ``signal``; None at the Nyquist frequency.

    Parameters
    ----------
    signal : dict
        ``f_max`` and ``sample_rate`` [Hz].

    Returns
    -------
    float or None
    """
    return signal["f_max"] if signal["f_max"] < signal["sample_rate"] / 2 else None


def fir_response(fir, n_fft):
    """Frequency response of a symmetric FIR filter; real, for the middle tap is lag 0.

    Parameters
    ----------
    fir : array (..., m)
        Taps of `whitening_fir`.
    n_fft : int
        Length of the transform, at least ``m``.

    Returns
    -------
    array (..., n_fft // 2 + 1), float64
        A series of n samples multiplied by it in a transform of ``n_fft`` is the linear
        convolution in its own n samples as long as ``n_fft >= n + m // 2``.
    """
    taps = fir.shape[-1]
    if n_fft < taps:
        raise ValueError(f"whitening: a transform of {n_fft} cannot hold {taps} taps")
    padded = np.zeros((*fir.shape[:-1], n_fft))
    padded[..., : taps // 2] = fir[..., taps // 2 :]
    padded[..., n_fft - taps // 2 :] = fir[..., : taps // 2]
    return fft.rfft(padded, axis=-1).real


def whitening_filter(psd, delta_f, sample_rate, filter_duration, n_fft, f_min=20.0, f_max=None):
    """Real frequency response of the truncated whitening filter on a transform of ``n_fft``.

    Parameters and errors as in `whitening_fir` and `fir_response`.

    Returns
    -------
    array (..., n_fft // 2 + 1), float64
    """
    return fir_response(
        whitening_fir(psd, delta_f, sample_rate, filter_duration, f_min, f_max), n_fft
    )


def effective_psd(psd, delta_f, sample_rate, filter_duration, f_min=20.0, f_max=None):
    """PSD that the truncated filter divides by: ``2 / (fs W²)``, on the grid of ``psd``.

    Parameters and errors as in `whitening_fir`; see `fir_psd`.

    Returns
    -------
    array (..., n), float64
        Power per Hz.
    """
    fir = whitening_fir(psd, delta_f, sample_rate, filter_duration, f_min, f_max)
    return fir_psd(fir, delta_f, sample_rate)


def fir_psd(fir, delta_f, sample_rate):
    """PSD that given taps divide by, for whitening and SNR to share.

    Where the filter passes less than 1e-6 of its largest response it stays at that floor, so it
    is positive and finite everywhere. SNRs are integrated against it from ``f_min`` up.

    Parameters
    ----------
    fir : array (..., m)
        Taps of `whitening_fir`.
    delta_f, sample_rate : float
        Hz.

    Returns
    -------
    array (..., n), float64
        Power per Hz, from 0 to the Nyquist frequency in steps of ``delta_f``.
    """
    response = np.abs(fir_response(fir, round(sample_rate / delta_f)))
    response = np.maximum(response, _FLOOR * response.max(axis=-1, keepdims=True))
    return 2 / (sample_rate * response**2)


def whiten(strain, fir):
    """Whiten series with the taps of `whitening_fir`.

    Parameters
    ----------
    strain : array (..., n)
        Strain, at least as long as the filter.
    fir : array (..., m)
        Taps, one set for all or one for each series.

    Returns
    -------
    array (..., n), float32
        The first and last ``m // 2`` samples are corrupted: the series wraps round there.
    """
    size = strain.shape[-1]
    # In double precision: the seismic wall is some four orders above the floor at 200 Hz, and the
    # rounding of a float32 transform is a share of the wall.
    spectrum = fft.rfft(np.asarray(strain, dtype=np.float64), axis=-1)
    spectrum *= fir_response(np.asarray(fir), size)
    return fft.irfft(spectrum, n=size, axis=-1).astype(np.float32)


def _samples(duration, sample_rate, name):
    """Even number of samples in a duration; ValueError when it is none."""
    size = round(duration * sample_rate)
    if size < 2 or size % 2 or abs(size - duration * sample_rate) > 1e-6:
        raise ValueError(
            f"whitening: {name} = {duration:g} s is not an even number of samples at "
            f"{sample_rate:g} Hz"
        )
    return size
